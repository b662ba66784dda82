// The profile of an HTTP/1.1 server (RFC 9112): the peer asks for / and wants the connection closed after the answer.
// A server that keeps it all the same gets the peer's FIN a second later.
#ifndef LASTACK_CASES_PROFILES_HTTP_SERVER_H_
#define LASTACK_CASES_PROFILES_HTTP_SERVER_H_

#include "cases/conversation.h"

namespace lastack {

[[nodiscard]] Profile HttpServerProfile();

}  // namespace lastack

#endif  // LASTACK_CASES_PROFILES_HTTP_SERVER_H_
