#include "tools/cli/audit_command.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "absl/flags/flag.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "cases/audit.h"
#include "reports/apply_waivers.h"
#include "reports/pending_file.h"
#include "reports/results.h"
#include "reports/summary.h"
#include "reports/waivers.h"
#include "reports/write.h"
#include "tools/cli/audit_options.h"
#include "tools/cli/flags.h"
#include "tools/cli/help.h"
#include "tools/cli/matrix_commands.h"
#include "tools/cli/progress.h"
#include "tools/cli/stop.h"

namespace lastack {
namespace {

constexpr char kDefaultReport[] = "lastack-report";

bool WantsColor() { return isatty(STDOUT_FILENO) != 0 && getenv("NO_COLOR") == nullptr; }

size_t Columns() {
  winsize size{};
  const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 60;
  return known ? std::min<size_t>(size.ws_col, 120) : 100;
}

std::string Directory() { return absl::GetFlag(FLAGS_out).empty() ? kDefaultReport : absl::GetFlag(FLAGS_out); }

absl::StatusOr<AuditOptions> OptionsOf(const Invocation& invocation) {
  if (!invocation.operands.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("what is '", invocation.operands.front(),
                                                   "'? The subject's command comes after `--`:  lastack audit -- ",
                                                   ShellLine(invocation.operands)));
  }
  AuditSubject subject = {.command = invocation.subject, .profile = absl::GetFlag(FLAGS_profile), .environment = {}};
  if (absl::GetFlag(FLAGS_driver)) {
    if (!subject.profile.empty() && subject.profile != "driver") return absl::InvalidArgumentError("--driver and --profile contradict each other");
    subject.profile = "driver";
  }
  auto environment = ExtraEnvironment(invocation);
  if (!environment.ok()) return environment.status();
  subject.environment = *std::move(environment);
  return AuditOptionsOf(subject);
}

// What the flags say of waivers.
struct Waiving {
  std::optional<Waivers> waivers;  // of --waivers, or of --update-waivers as they are
  std::string update;              // the file to write, with `reason`; empty: none
  std::string reason;
};

absl::StatusOr<Waiving> ChosenWaiving() {
  Waiving waiving = {.waivers = std::nullopt, .update = absl::GetFlag(FLAGS_update_waivers), .reason = absl::GetFlag(FLAGS_reason)};
  const std::string file = absl::GetFlag(FLAGS_waivers);
  if (waiving.update.empty()) {
    if (!waiving.reason.empty()) return absl::InvalidArgumentError("--reason is for --update-waivers");
    if (file.empty()) return waiving;
  } else {
    if (!file.empty() && file != waiving.update) return absl::InvalidArgumentError("--waivers and --update-waivers name different files");
    if (absl::StripAsciiWhitespace(waiving.reason).empty()) {
      return absl::InvalidArgumentError(
          "--update-waivers wants --reason: why are the failures accepted? It stands with each new entry, as in  --reason='waits for the next release'");
    }
    if (!std::filesystem::exists(waiving.update)) {
      waiving.waivers = Waivers{.file = std::filesystem::path(waiving.update).filename().string(), .entries = {}};
      return waiving;
    }
  }
  absl::StatusOr<Waivers> waivers = ReadWaivers(waiving.update.empty() ? file : waiving.update);
  if (!waivers.ok()) return waivers.status();
  waiving.waivers = *std::move(waivers);
  return waiving;
}

// Writes the file if its entries have changed.
absl::Status UpdateFile(const Results& results, Waiving& waiving) {
  const Waivers updated = UpdatedWaivers(results, *waiving.waivers, Today(), ScopeOf(results.profile), waiving.reason);
  const bool changed = updated.entries != waiving.waivers->entries || !std::filesystem::exists(waiving.update);
  waiving.waivers = updated;
  if (!changed) return absl::OkStatus();
  absl::StatusOr<PendingFile> file = PendingFile::Write(waiving.update, FormatWaivers(updated));
  if (!file.ok()) return file.status();
  if (absl::Status published = file->Publish(); !published.ok()) return published;
  absl::StatusOr<Waivers> read = ReadWaivers(waiving.update);  // their places are the file's
  if (read.ok()) waiving.waivers = *std::move(read);
  return read.status();
}

}  // namespace

int RunAudit(const Invocation& invocation) {
  if (!absl::GetFlag(FLAGS_matrix).empty()) return RunAuditMatrix(invocation);
  if (!absl::GetFlag(FLAGS_notes).empty()) return UsageError("--notes is for --matrix");
  absl::StatusOr<AuditOptions> options = OptionsOf(invocation);
  if (!options.ok()) return Complain(options.status());
  absl::StatusOr<Waiving> waiving = ChosenWaiving();
  if (!waiving.ok()) return Complain(waiving.status());
  options->stop = StopDescriptor({SIGINT, SIGTERM, SIGHUP});
  absl::StatusOr<Scratch> scratch = Scratch::Create();
  if (!scratch.ok()) return Complain(scratch.status());
  ProgressLine line;
  options->progress = [&line](const Progress& progress) { line.Show(progress); };

  absl::StatusOr<AuditReport> report = Audit(*options, *scratch);
  line.Erase();
  if (!report.ok()) return Complain(report.status());
  report->results.environment.emplace_back("lastack", kVersion);
  report->results.shard = *ChosenShard();
  if (!waiving->update.empty() && !report->interrupted) {
    if (absl::Status updated = UpdateFile(report->results, *waiving); !updated.ok()) {
      Complain(updated);
      return kExitHarness;
    }
  }
  if (waiving->waivers.has_value()) {
    report->results = ApplyWaivers(std::move(report->results), *waiving->waivers, Today(), ScopeOf(report->results.profile));
  }
  if (absl::Status written = WriteReport(report->results, report->facts, Directory()); !written.ok()) {
    Complain(written);
    return kExitHarness;
  }
  const std::string text =
      absl::GetFlag(FLAGS_json) ? FormatResults(report->results)
                                : absl::StrCat(RenderSummary(report->results, WantsColor(), Columns()), "\n", Directory(), "/index.html\n");
  const int printed = Print(text);
  if (report->interrupted) return Complain(absl::CancelledError("interrupted: the report holds what was finished by then"));
  return printed != kExitOk ? printed : ExitStatusOf(report->results, absl::GetFlag(FLAGS_strict));
}

}  // namespace lastack
