// The tables that Claims() is made of: each stands beside the functions that measure its claims.
#ifndef LASTACK_CASES_OS_CLAIM_TABLES_H_
#define LASTACK_CASES_OS_CLAIM_TABLES_H_

#include <vector>

#include "cases/os/claim.h"

namespace lastack::os {

[[nodiscard]] std::vector<Claim> CloseClaims();
[[nodiscard]] std::vector<Claim> ShutdownClaims();
[[nodiscard]] std::vector<Claim> LingerClaims();
[[nodiscard]] std::vector<Claim> PeerGoneClaims();

}  // namespace lastack::os

#endif  // LASTACK_CASES_OS_CLAIM_TABLES_H_
