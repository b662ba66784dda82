// The profile of a program that prints what a server says until it ends: nc, socat, a line-based tool. It need not send
// anything; the peer begins.
#ifndef LASTACK_CASES_PROFILES_LINE_CLIENT_H_
#define LASTACK_CASES_PROFILES_LINE_CLIENT_H_

#include "cases/conversation.h"

namespace lastack {

[[nodiscard]] Profile LineClientProfile();

}  // namespace lastack

#endif  // LASTACK_CASES_PROFILES_LINE_CLIENT_H_
