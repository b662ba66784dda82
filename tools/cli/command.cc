#include "tools/cli/command.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "reports/text.h"

namespace lastack {

int Complain(const absl::Status& status) {
  // What a message repeats of files and of the command line does not reach the terminal as a control sequence.
  fprintf(stderr, "lastack: %s\n", VisibleText(status.message(), Breaks::kKeep).c_str());
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kPermissionDenied:
      return kExitUsage;
    default:
      return kExitHarness;
  }
}

absl::Status OutputError(const absl::Status& status) {
  return status.ok() ? status
                     : absl::Status(status.code(), absl::StrCat(status.message(), "; --out=PATH names another place"));
}

int ComplainOfOutput(const absl::Status& status) {
  Complain(OutputError(status));
  return kExitHarness;
}

int UsageError(const std::string& message) { return Complain(absl::InvalidArgumentError(message)); }

absl::Status CheckOperands(const Invocation& invocation, size_t most) {
  if (invocation.operands.size() <= most && invocation.subject.empty()) return absl::OkStatus();
  const std::string& extra = invocation.operands.size() > most ? invocation.operands[most] : invocation.subject.front();
  return absl::InvalidArgumentError(absl::StrCat("what is '", extra, "'? This command takes ",
                                                 most == 0 ? "no operands" : "one operand at most",
                                                 "; `lastack help` shows them all"));
}

int Print(const std::string& text) {
  const bool written = fwrite(text.data(), 1, text.size(), stdout) == text.size() && fflush(stdout) == 0;
  if (written) return kExitOk;
  return Complain(absl::InternalError(absl::StrCat("cannot write to the standard output: ", strerror(errno))));
}

}  // namespace lastack
