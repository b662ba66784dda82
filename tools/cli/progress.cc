#include "tools/cli/progress.h"

#include <stdlib.h>
#include <unistd.h>

#include <cstdio>

#include "absl/strings/string_view.h"
#include "absl/time/clock.h"

namespace lastack {
namespace {

constexpr char kEraseLine[] = "\r\x1b[K";

// A terminal that can erase a line.
bool StderrIsTerminal() {
  const char* term = getenv("TERM");
  return isatty(STDERR_FILENO) != 0 && term != nullptr && absl::string_view(term) != "dumb";
}

}  // namespace

ProgressLine::ProgressLine() : on_terminal_(StderrIsTerminal()), start_(absl::Now()) {}

void ProgressLine::Show(const Progress& progress) {
  if (!on_terminal_) {
    fprintf(stderr, "running %s\n", progress.what);
    return;
  }
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start_);
  const double rate = seconds > 0 ? static_cast<double>(progress.done) / seconds : 0;
  fprintf(stderr, "%s[%zu/%zu] %.1f runs/s  %s", kEraseLine, progress.done, progress.all, rate, progress.what);
  fflush(stderr);
  shown_ = true;
}

void ProgressLine::Erase() {
  if (shown_) fputs(kEraseLine, stderr);
  shown_ = false;
}

}  // namespace lastack
