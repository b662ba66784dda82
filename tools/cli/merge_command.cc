#include "tools/cli/merge_command.h"

#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "reports/apply_waivers.h"
#include "reports/merge.h"
#include "reports/read_file.h"
#include "reports/summary.h"
#include "reports/waivers.h"
#include "reports/write.h"
#include "tools/cli/audit_options.h"
#include "tools/cli/flags.h"
#include "tools/cli/waiving.h"

namespace lastack {
namespace {

absl::StatusOr<Results> MergedOf(const Invocation& invocation) {
  if (!invocation.subject.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("what is '", invocation.subject.front(), "'? This command runs nothing"));
  }
  if (invocation.operands.empty()) {
    return absl::InvalidArgumentError(
        "which results? An audit leaves them as lastack-report/results.json; name that of each part");
  }
  if (absl::GetFlag(FLAGS_out).empty()) return absl::InvalidArgumentError("where to? Name a directory: --out=DIR");
  std::vector<ResultsFile> files;
  for (const std::string& path : invocation.operands) {
    absl::StatusOr<Results> results = ReadResults(path);
    if (!results.ok()) return absl::InvalidArgumentError(results.status().message());
    files.push_back({.name = path, .results = *std::move(results)});
  }
  const std::string file = absl::GetFlag(FLAGS_waivers);
  if (file.empty()) return Merge(files, ScopeOf("").known);
  // Each part applied them to itself; what is stale shows in the whole only.
  for (ResultsFile& part : files) part.results = WithoutWaivers(std::move(part.results));
  const absl::StatusOr<Waivers> waivers = ReadWaivers(file);
  if (!waivers.ok()) return waivers.status();
  absl::StatusOr<Results> merged = Merge(files, ScopeOf("").known);
  if (!merged.ok()) return merged;
  return Waived(*std::move(merged), *waivers);
}

}  // namespace

int RunMerge(const Invocation& invocation) {
  const absl::StatusOr<Results> merged = MergedOf(invocation);
  if (!merged.ok()) return UsageError(std::string(merged.status().message()));
  const std::string directory = OutPath("");
  if (absl::Status written = WriteReport(*merged, directory); !written.ok()) return ComplainOfOutput(written);
  const int printed = Print(absl::GetFlag(FLAGS_json) ? FormatResults(*merged)
                                                      : absl::StrCat(RenderSummary(*merged, /*color=*/false), "\n",
                                                                     directory, "/index.html\n"));
  return printed != kExitOk ? printed : ExitStatusOf(*merged, absl::GetFlag(FLAGS_strict));
}

}  // namespace lastack
