// The two files of a comparison: which subjects are audited, and what people noted on the cells.
//
//   [{"name": "curl", "command": ["curl", "-sS", "{url}"], "version": ["curl", "--version"]},
//    {"name": "Python asyncio", "driver": ["python3", "asyncio_driver.py"], "version": ["python3", "--version"]}]
//
//   [{"subject": "curl", "requirement": "linger/*", "verdict": "pass", "note": "It never sets SO_LINGER."}]
//
// Forms: reports/matrix_subjects.schema.json, reports/matrix_notes.schema.json. Errors are InvalidArgumentError and
// name the entry and the field ("/2/name"). Pure functions. Allocate.
#ifndef LASTACK_REPORTS_MATRIX_FILES_H_
#define LASTACK_REPORTS_MATRIX_FILES_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "reports/matrix.h"

namespace lastack {

struct SubjectEntry {
  std::string name;
  std::string folder;  // "python-asyncio", made of the name; no two are the same
  std::vector<std::string> command;
  std::string profile;               // "driver" for a driver; empty: none is named
  std::vector<std::string> version;  // a command; empty: none
  std::vector<std::pair<std::string, std::string>> environment;
};

[[nodiscard]] absl::StatusOr<std::vector<SubjectEntry>> ParseSubjects(absl::string_view text);
[[nodiscard]] absl::StatusOr<std::vector<MatrixNote>> ParseNotes(absl::string_view text);

}  // namespace lastack

#endif  // LASTACK_REPORTS_MATRIX_FILES_H_
