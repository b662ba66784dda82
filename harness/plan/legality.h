// Whether a fault may be injected at all. A backend never sees one that may not.
//
// What would harm the subject in a way that no kernel does is refused, and so is what could never fire or would teach
// nothing. The parsers turn an objection into an error that points at the part; a generator of faults asks first:
//
//   Fault fault = ...;                                  // recv, made completely, and EINTR in place of its result
//   auto objection = ObjectionTo(fault);
//   objection->part                                     RulePart::kEffect
//   objection->reason                                   "recv cannot be 'full' with an error: that would lose data ..."
//
// Threads: safe. Not async-signal-safe; allocates.
#ifndef LASTACK_HARNESS_PLAN_LEGALITY_H_
#define LASTACK_HARNESS_PLAN_LEGALITY_H_

#include <optional>
#include <string>

#include "harness/plan/fault.h"
#include "harness/plan/vocabulary.h"

namespace lastack {

struct Objection {
  RulePart part;       // what would have to change
  std::string reason;  // a sentence with what would be legal
};

// The first objection; nothing if the fault is legal. A legal fault can be written in the grammar.
[[nodiscard]] std::optional<Objection> ObjectionTo(const Fault& fault);

// Why no fault may name the call, or nullptr if faults may.
[[nodiscard]] const char* WhyNoSite(Call call);

// "close may report ECONNRESET, EDQUOT, EINTR, EIO or ENOSPC": what all the calls may report.
[[nodiscard]] std::string LegalErrors(const Fault& fault);

}  // namespace lastack

#endif  // LASTACK_HARNESS_PLAN_LEGALITY_H_
