// The profile of a server that sends back what it receives (RFC 862), and ends when its client does.
#ifndef LASTACK_CASES_PROFILES_ECHO_SERVER_H_
#define LASTACK_CASES_PROFILES_ECHO_SERVER_H_

#include "cases/conversation.h"

namespace lastack {

[[nodiscard]] Profile EchoServerProfile();

}  // namespace lastack

#endif  // LASTACK_CASES_PROFILES_ECHO_SERVER_H_
