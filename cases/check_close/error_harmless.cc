#include "cases/check_close/error_harmless.h"

#include "cases/harmless.h"
#include "cases/site.h"

namespace lastack {

Case CheckCloseEintrHarmless() {
  return HarmlessFault("check-close/eintr-harmless", "close:fd=tcp:when=1:after=connected:error=EINTR", NeverCloses,
                       {"dies-on-close-eintr"}, GivingUp::kIsRightIfReported);
}

// BSD's close reports the reset that came before it.
Case CheckCloseResetTolerated() {
  return HarmlessFault("check-close/reset-tolerated", "close:fd=tcp:when=1:after=connected:error=ECONNRESET",
                       NeverCloses, {"dies-on-close-reset"});
}

}  // namespace lastack
