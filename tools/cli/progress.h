// Tells a person how far an audit is, on stderr: on a terminal one line that is written over and erased at the end,
// elsewhere a line for each run.
#ifndef LASTACK_TOOLS_CLI_PROGRESS_H_
#define LASTACK_TOOLS_CLI_PROGRESS_H_

#include "absl/time/time.h"
#include "cases/audit.h"

namespace lastack {

class ProgressLine {
 public:
  ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() { Erase(); }

  void Show(const Progress& progress);
  // Before anything else is written.
  void Erase();

 private:
  const bool on_terminal_;
  const absl::Time start_;
  bool shown_ = false;
};

}  // namespace lastack

#endif  // LASTACK_TOOLS_CLI_PROGRESS_H_
