// What a driver was asked and replied, as judges see it.
#ifndef LASTACK_CASES_DRIVER_FACTS_H_
#define LASTACK_CASES_DRIVER_FACTS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "cases/evidence.h"

namespace lastack {

// Why nothing can be judged from the run of a driver; empty: it can. A control failed, or it implements too little.
[[nodiscard]] std::string WhyDriverIsUnusable(const Observation& run);

// The replies to a verb, in order.
[[nodiscard]] std::vector<const DriverReply*> RepliesTo(const Observation& run, absl::string_view verb);

[[nodiscard]] bool IsError(const DriverReply& reply);
[[nodiscard]] bool IsOk(const DriverReply& reply);

// Whether a request with the verb was answered `unimplemented`.
[[nodiscard]] bool LacksVerb(const Observation& run, absl::string_view verb);

// Whether its reply to `hello` names the capability.
[[nodiscard]] bool HasCapability(const Observation& run, absl::string_view capability);

// When a driver was told to close or to abort its connection; 0: never, or the subject is no driver.
[[nodiscard]] uint64_t WhenToldToClose(const Evidence& run);

// The first error that the driver reported and did not report in the clean run, in words; empty: none.
[[nodiscard]] std::string NewErrorReply(const Evidence& clean, const Evidence& run);

// "close a: error EIO", for evidence.
[[nodiscard]] std::string Describe(const DriverReply& reply);

}  // namespace lastack

#endif  // LASTACK_CASES_DRIVER_FACTS_H_
