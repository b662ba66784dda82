// What an audit is asked to do: the flags of `audit`, and a subject.
#ifndef LASTACK_TOOLS_CLI_AUDIT_OPTIONS_H_
#define LASTACK_TOOLS_CLI_AUDIT_OPTIONS_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "cases/audit.h"
#include "cases/case.h"
#include "reports/match_waivers.h"
#include "reports/results.h"

namespace lastack {

struct AuditSubject {
  std::vector<std::string> command;
  std::string profile;  // a name, or a file that ends in .json; empty: http-client
  std::vector<std::pair<std::string, std::string>> environment;
};

// InvalidArgumentError names the flag or the subject's slip, and the remedy. Cases are those of --case and --tier.
[[nodiscard]] absl::StatusOr<AuditOptions> AuditOptionsOf(const AuditSubject& subject);

// Which cases were chosen, and how often each is run, as flags: "--case=linger/* --repeat=3". It stands in the results,
// so that parts of different selections are not merged. `filter` is Bazel's --test_filter; empty: none.
[[nodiscard]] std::string SelectionText(const std::string& filter);

// --shard; nullopt if not given.
[[nodiscard]] absl::StatusOr<std::optional<Shard>> ChosenShard();

// The shard's share of the cases, which may be none; all of them without a shard.
[[nodiscard]] std::vector<const Case*> PartOf(const std::vector<const Case*>& cases, const std::optional<Shard>& shard);

// The cases by which waivers are judged. A profile that is not known takes all.
[[nodiscard]] CaseScope ScopeOf(const std::string& profile);

// The day on which waivers expire or not: by UTC, so that machines agree.
[[nodiscard]] absl::CivilDay Today();

}  // namespace lastack

#endif  // LASTACK_TOOLS_CLI_AUDIT_OPTIONS_H_
