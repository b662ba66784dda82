#include "cases/half_close/shutdown_error.h"

#include "cases/harmless.h"
#include "cases/site.h"

namespace lastack {
namespace {

std::string NeverShutsDown(const Evidence& clean) { return NeverCalls(clean, Call::shutdown); }

}  // namespace

Case HalfCloseShutdownInterrupted() {
  Case interrupted = HarmlessFault("half-close/shutdown-interrupted", "shutdown:fd=tcp:when=1:error=EINTR",
                                   NeverShutsDown, {"gives-up-on-shutdown-eintr"});
  interrupted.verb = "finish";
  return interrupted;
}

// What shutdown reports after a reset: routine once the answer is there. Before that it tells that the peer is gone,
// and to say so is right.
Case HalfCloseShutdownNotConnected() {
  Case not_connected = HarmlessFault("half-close/shutdown-not-connected", "shutdown:fd=tcp:when=1:error=ENOTCONN",
                                     NeverShutsDown, {"dies-on-shutdown-enotconn", "shuts-down-between-closes"},
                                     GivingUp::kIsRightIfReportedBeforeTheAnswer);
  not_connected.verb = "finish";
  return not_connected;
}

}  // namespace lastack
