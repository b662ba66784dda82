#include <fnmatch.h>

#include "cases/always_close/orderly.h"
#include "cases/case.h"
#include "cases/check_close/eintr_not_retried.h"
#include "cases/linger/no_abort_by_default.h"
#include "cases/peer_gone/reset_on_recv_reported.h"

namespace lastack {

const std::vector<Case>& Cases() {
  static const auto* cases = new std::vector<Case>{
      AlwaysCloseOrderly(),
      CheckCloseEintrNotRetried(),
      LingerNoAbortByDefault(),
      PeerGoneResetOnRecvReported(),
  };
  return *cases;
}

std::vector<const Case*> CasesMatching(absl::string_view glob) {
  std::vector<const Case*> matching;
  for (const Case& one : Cases()) {
    if (fnmatch(std::string(glob).c_str(), one.id, 0) == 0) matching.push_back(&one);
  }
  return matching;
}

std::string AlwaysApplies(const Evidence&) { return ""; }

}  // namespace lastack
