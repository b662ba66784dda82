// always-close/losing-attempts: where a host has several addresses, the attempts that did not win are closed, too.
//
// The subject is sent to `localhost`, which is ::1 and 127.0.0.1 in most systems' hosts files and by RFC 6761; the peer
// listens at the second only, so that the first refuses (or, where there is no IPv6, cannot be reached). It applies to
// who then tries the other address. Where the name has one address, or the subject looks at one only, nothing was lost.
// An injected refusal would not do: it would strike every attempt, and a program with one address does not make a
// second.
#ifndef LASTACK_CASES_ALWAYS_CLOSE_LOSING_ATTEMPTS_H_
#define LASTACK_CASES_ALWAYS_CLOSE_LOSING_ATTEMPTS_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case AlwaysCloseLosingAttempts();

}  // namespace lastack

#endif  // LASTACK_CASES_ALWAYS_CLOSE_LOSING_ATTEMPTS_H_
