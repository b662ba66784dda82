// The profile of a program that fetches a URL: the peer is an HTTP/1.1 server (RFC 9112) that closes after each answer.
#ifndef LASTACK_CASES_PROFILES_HTTP_CLIENT_H_
#define LASTACK_CASES_PROFILES_HTTP_CLIENT_H_

#include "cases/conversation.h"

namespace lastack {

[[nodiscard]] Profile HttpClientProfile();

}  // namespace lastack

#endif  // LASTACK_CASES_PROFILES_HTTP_CLIENT_H_
