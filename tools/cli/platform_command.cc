#include "tools/cli/platform_command.h"

#include <algorithm>
#include <string>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "cases/os/report.h"
#include "cases/os/run.h"
#include "reports/html.h"
#include "reports/write.h"
#include "tools/cli/flags.h"

namespace lastack {
namespace {

constexpr int kRepeat = 5;

bool AnyFailed(const os::PlatformResult& platform) {
  return std::any_of(platform.claims.begin(), platform.claims.end(), [](const os::ClaimResult& claim) {
    return std::any_of(claim.families.begin(), claim.families.end(),
                       [](const os::FamilyResult& family) { return family.outcome == os::Outcome::kFailed; });
  });
}

}  // namespace

int RunPlatform(const Invocation& invocation) {
  if (absl::Status checked = CheckOperands(invocation, 0); !checked.ok()) return Complain(checked);
  const std::string out = OutPath("lastack-report");
  if (absl::Status checked = CheckDirectory(out); !checked.ok()) return ComplainOfOutput(checked);
  absl::StatusOr<os::PlatformResult> platform =
      os::RunClaims({.pattern = absl::GetFlag(FLAGS_case), .repeat = absl::GetFlag(FLAGS_repeat).value_or(kRepeat)});
  if (!platform.ok()) return Complain(platform.status());
  const absl::Status written = WriteFiles({{"report.css", std::string(ReportCss())},
                                           {"platform.html", os::RenderPage(*platform)},
                                           {"platform.json", os::FormatPlatform(*platform)}},
                                          out);
  if (!written.ok()) return ComplainOfOutput(written);
  const std::string text = absl::GetFlag(FLAGS_json)
                               ? os::FormatPlatform(*platform)
                               : absl::StrCat(os::RenderTable(*platform), "\n", out, "/platform.html\n");
  const int printed = Print(text);
  if (printed != kExitOk) return printed;
  return AnyFailed(*platform) ? kExitHarness : kExitOk;
}

}  // namespace lastack
