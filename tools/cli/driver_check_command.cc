#include "tools/cli/driver_check_command.h"

#include <algorithm>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cases/driver_check.h"
#include "tools/cli/flags.h"

namespace lastack {
namespace {

const char* Mark(DriverFinding::Outcome outcome) {
  switch (outcome) {
    case DriverFinding::Outcome::kRight:
      return "✓";
    case DriverFinding::Outcome::kWrong:
      return "✗";
    case DriverFinding::Outcome::kNotOffered:
      return "–";
  }
  return "";
}

}  // namespace

int RunDriverCheck(const Invocation& invocation) {
  if (!invocation.operands.empty() || invocation.subject.empty()) {
    return UsageError(
        "which driver? Put its command after `--`:  lastack driver-check -- python3 my_library_driver.py");
  }
  DriverCheckOptions options;
  options.command = invocation.subject;
  auto environment = ExtraEnvironment(invocation);
  if (!environment.ok()) return Complain(environment.status());
  options.environment = *std::move(environment);
  options.timeout = absl::GetFlag(FLAGS_timeout).value_or(options.timeout);
  if (options.timeout <= absl::ZeroDuration()) return UsageError("--timeout must be longer than 0");
  absl::StatusOr<Scratch> scratch = Scratch::Create();
  if (!scratch.ok()) return Complain(scratch.status());
  absl::StatusOr<std::vector<DriverFinding>> findings = CheckDriver(options, *scratch);
  if (!findings.ok()) return Complain(findings.status());

  std::string text;
  for (const DriverFinding& finding : *findings) {
    absl::StrAppendFormat(&text, "%s %-22s%s\n", Mark(finding.outcome), finding.what, finding.words);
  }
  const auto wrong = std::count_if(findings->begin(), findings->end(), [](const DriverFinding& finding) {
    return finding.outcome == DriverFinding::Outcome::kWrong;
  });
  absl::StrAppend(&text, "\n",
                  wrong == 0
                      ? "The driver is written correctly. Judge the library with:  lastack audit --driver -- COMMAND\n"
                      : "The driver is not written correctly yet: mend the first ✗ first. The protocol: "
                        "cases/drivers/PORTING.md\n");
  const int printed = Print(text);
  if (printed != kExitOk) return printed;
  return wrong == 0 ? kExitOk : kExitFindings;
}

}  // namespace lastack
