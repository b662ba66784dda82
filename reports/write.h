// Puts a report into a directory: results.json, index.html, report.css, junit.xml, facts.jsonl.
#ifndef LASTACK_REPORTS_WRITE_H_
#define LASTACK_REPORTS_WRITE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "reports/results.h"

namespace lastack {

// Whether a report may be written there as far as can be told without making anything: an error now, and not after an
// audit.
[[nodiscard]] absl::Status CheckDirectory(const std::string& directory);

// Makes the directory and its parents where they are missing, and replaces an older report. Other files stay.
//
// All files are written and flushed before the first is renamed, so that a full disk leaves an older report as it was.
// results.json is renamed last: when it is there, the rest is.
//
// `facts` are the lines of facts.jsonl, each without its line feed. Errors name the file and the reason:
// PermissionDenied, ResourceExhausted (disk full, quota) and whatever else absl::ErrnoToStatus gives;
// InvalidArgument for an empty directory name. Threads: safe; of two reports into one directory files may mix.
[[nodiscard]] absl::Status WriteReport(const Results& results, const std::vector<std::string>& facts,
                                       const std::string& directory);

// The same without facts.jsonl, for results whose facts are elsewhere: a facts.jsonl in the directory is of other
// results, and is removed.
[[nodiscard]] absl::Status WriteReport(const Results& results, const std::string& directory);

// Writes files as WriteReport does: names and texts, the one that stands for all last. Names have no directory.
[[nodiscard]] absl::Status WriteFiles(const std::vector<std::pair<std::string, std::string>>& files,
                                      const std::string& directory);

}  // namespace lastack

#endif  // LASTACK_REPORTS_WRITE_H_
