#include "tools/cli/platform_command.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "cases/os/report.h"
#include "cases/os/run.h"
#include "reports/html.h"
#include "reports/pending_file.h"
#include "tools/cli/flags.h"

namespace lastack {
namespace {

constexpr int kRepeat = 5;

absl::Status WriteFiles(const os::PlatformResult& platform, const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return absl::ErrnoToStatus(error.value(), absl::StrCat("cannot make the directory ", directory));
  const std::pair<const char*, std::string> files[] = {
      {"report.css", std::string(ReportCss())},
      {"platform.html", os::RenderPage(platform)},
      {"platform.json", os::FormatPlatform(platform)},
  };
  for (const auto& [name, text] : files) {
    absl::StatusOr<PendingFile> file = PendingFile::Write(absl::StrCat(directory, "/", name), text);
    if (!file.ok()) return file.status();
    if (absl::Status published = file->Publish(); !published.ok()) return published;
  }
  return absl::OkStatus();
}

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
  absl::StatusOr<os::PlatformResult> platform =
      os::RunClaims({.pattern = absl::GetFlag(FLAGS_case), .repeat = absl::GetFlag(FLAGS_repeat).value_or(kRepeat)});
  if (!platform.ok()) return Complain(platform.status());
  if (absl::Status written = WriteFiles(*platform, out); !written.ok()) {
    Complain(written);
    return kExitHarness;
  }
  const std::string text = absl::GetFlag(FLAGS_json)
                               ? os::FormatPlatform(*platform)
                               : absl::StrCat(os::RenderTable(*platform), "\n", out, "/platform.html\n");
  const int printed = Print(text);
  if (printed != kExitOk) return printed;
  return AnyFailed(*platform) ? kExitHarness : kExitOk;
}

}  // namespace lastack
