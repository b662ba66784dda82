// Joins the parts of an audit (`lastack audit --shard=2/4`) to the results of the whole.
//
// The parts must be of one audit: the same subject, profile and environment (kernel, time limits, selection of cases,
// version of lastack), and if one of them says that it is a part of n, all n must be there. A case is judged in one of
// them: two audits of the same cases are refused. Only different shards may have it in common, if the records are
// equal. The merged results do not depend on the order of the files.
//
// The backend may differ, as the agent may have seen everything in one part only: the merged results name all that
// there were
// ("preload and tracer"), and each record its own.
//
//   absl::StatusOr<Results> whole = Merge({{"a/results.json", a}, {"b/results.json", b}}, ids);
//
// Waivers stay as each part applied them; who has the file applies them again to the whole (reports/apply_waivers.h).
//
// Pure functions. Allocate.
#ifndef LASTACK_REPORTS_MERGE_H_
#define LASTACK_REPORTS_MERGE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "reports/results.h"

namespace lastack {

struct ResultsFile {
  std::string name;  // for errors
  Results results;
};

// In the order of `case_order` (ids); cases that it lacks stand behind, by id. InvalidArgumentError names the files,
// and what does not fit.
[[nodiscard]] absl::StatusOr<Results> Merge(const std::vector<ResultsFile>& files,
                                            const std::vector<std::string>& case_order);

// "2/4". InvalidArgumentError says what would be legal.
[[nodiscard]] absl::StatusOr<Shard> ParseShard(absl::string_view text);

// Whether the shard has the case at this place, counted from 0: every count-th, so that slow neighbours are shared out.
[[nodiscard]] bool InShard(size_t place, const Shard& shard);

}  // namespace lastack

#endif  // LASTACK_REPORTS_MERGE_H_
