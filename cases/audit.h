// Audits one subject: a clean run, a run for each case that needs one, and the judgement of them all.
//
// Threads: the caller must have none (runs are forked). SIGINT and SIGTERM must be blocked in the caller if `stop` is
// given. Allocates.
#ifndef LASTACK_CASES_AUDIT_H_
#define LASTACK_CASES_AUDIT_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "cases/case.h"
#include "harness/run/observe.h"
#include "harness/run/scratch.h"

namespace lastack {

// Told whenever a run begins.
struct Progress {
  size_t done;       // runs that have ended
  size_t all;        // runs in all, as far as is known: the clean run decides how many there will be
  const char* what;  // "clean run", or the case that is run now
};

struct AuditOptions {
  std::vector<std::string> command;  // with placeholders
  std::vector<std::pair<std::string, std::string>> environment;
  const Profile* profile = nullptr;
  std::vector<const Case*> cases;
  std::optional<Backend> backend;              // nullopt: by preload, and again by the tracer if something was not seen
  absl::Duration timeout = absl::Seconds(10);  // of each run
  int jobs = 1;                                // runs at a time
  int repeat = 1;                              // rounds: everything is run that often
  std::optional<uint32_t> seed;  // the cases are run in an order of its own; the report keeps the catalog's
  int stop = -1;  // a descriptor: when it is readable, what runs is ended (CancelledError if that was the clean run)
  std::string program = "lastack";  // what the commands begin with that repeat a case
  std::string repeat_flags;         // of theirs, beside those that follow from these options: " --strict"
  std::function<void(const Progress&)> progress = [](const Progress&) {};
};

struct AuditReport {
  Results results;
  std::vector<std::string> facts;  // one line a run, as in facts.jsonl
  bool interrupted = false;        // `stop` became readable: cases that were not reached are harness errors
};

// An error is one that no case could be run after: no such program (NotFound, PermissionDenied, InvalidArgument: the
// user's), or the harness's own.
[[nodiscard]] absl::StatusOr<AuditReport> Audit(const AuditOptions& options, const Scratch& scratch);

// The command as one shell line: pasted into a shell it is these words again.
[[nodiscard]] std::string ShellLine(const std::vector<std::string>& words);

}  // namespace lastack

#endif  // LASTACK_CASES_AUDIT_H_
