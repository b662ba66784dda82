// Reads and writes plans: the fault grammar, which strace users mostly know, and its JSON form.
//
//   CALLS[:fd=KIND][:when=FIRST[..LAST][+STEP]][:after=shutdown|reset|eof]
//        [:effect=skip|full|partial=N|delay=T|reset|decoy][:error=ERRNO][:signal=SIG]
//
//   CALLS   names from the call table, comma-separated; %send, %recv, ... name every call of a family
//   KIND    tcp, unix, listener or any (default), comma-separated
//   when    occurrences in each socket's life, from 1: `2`, `2..5`, `1+2` (every second), `3..` (from the third on);
//           every one by default
//   effect  by default what Linux does when the call fails: `full` for close, connect and shutdown, `skip` for the rest;
//           none if only `signal=` is given
//   T       a duration: 20ms, 1.5s, 300us
//
//   close:fd=tcp:when=1:effect=decoy:error=EINTR
//   %recv:fd=tcp:error=ECONNRESET
//   send,write:when=2..:effect=partial=1
//
// JSON: {"faults": [{"calls": ["close"], "fd": ["tcp"], "when": "1", "effect": "decoy", "error": "EINTR"}]}. It is the
// same model: the values are the grammar's words, and FormatFault and PlanToJson give the normal form of each.
//
// What would harm the subject in a way that no kernel does is refused, with the reason: an error after a completed
// send, receive, accept, socket or dup loses data or a descriptor; a partial close means nothing; an error that the call
// never reports teaches nothing. Errors name the token, its column (from 1) and what would be legal there.
//
// Threads: safe. Not async-signal-safe; allocates.
#ifndef LASTACK_HARNESS_PLAN_PARSE_H_
#define LASTACK_HARNESS_PLAN_PARSE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "harness/plan/fault.h"
#include "nlohmann/json_fwd.hpp"

namespace lastack {

// One rule of the grammar. InvalidArgumentError:
//   column 7: 'EAGIAN' is not an error name; close may report ECONNRESET, EDQUOT, EINTR, EIO or ENOSPC
[[nodiscard]] absl::StatusOr<Fault> ParseFault(absl::string_view text);

// Several rules; at most kMaxFaults. In an error, "rule N" precedes the column if there is more than one rule.
[[nodiscard]] absl::StatusOr<Plan> ParsePlan(const std::vector<std::string>& rules);

// The JSON form. Errors name the place as a JSON pointer (/faults/0/error).
[[nodiscard]] absl::StatusOr<Plan> ParsePlanJson(absl::string_view text);

// A plan made of faults that have passed ParseFault. Requires faults.size() <= kMaxFaults.
[[nodiscard]] Plan MakePlan(const std::vector<Fault>& faults);

// The normal form: ParseFault(FormatFault(fault)) == fault, and equal faults have equal texts.
[[nodiscard]] std::string FormatFault(const Fault& fault);
[[nodiscard]] nlohmann::json PlanToJson(const Plan& plan);

// The words of effects and realisms, as reports and plans write them: "skip", "posix".
[[nodiscard]] absl::string_view EffectName(Effect effect);
[[nodiscard]] absl::string_view RealismName(Realism realism);
[[nodiscard]] absl::string_view SocketKindName(SocketKind kind);

}  // namespace lastack

#endif  // LASTACK_HARNESS_PLAN_PARSE_H_
