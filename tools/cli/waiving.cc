#include "tools/cli/waiving.h"

#include <cstdio>
#include <filesystem>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/strings/ascii.h"
#include "reports/apply_waivers.h"
#include "reports/pending_file.h"
#include "reports/update_waivers.h"
#include "tools/cli/audit_options.h"
#include "tools/cli/flags.h"

namespace lastack {

absl::StatusOr<Waiving> ChosenWaiving() {
  Waiving waiving = {
      .waivers = std::nullopt, .update = absl::GetFlag(FLAGS_update_waivers), .reason = absl::GetFlag(FLAGS_reason)};
  const std::string file = absl::GetFlag(FLAGS_waivers);
  if (waiving.update.empty()) {
    if (!waiving.reason.empty()) return absl::InvalidArgumentError("--reason is for --update-waivers");
    if (file.empty()) return waiving;
  } else {
    if (!file.empty() && file != waiving.update) {
      return absl::InvalidArgumentError("--waivers and --update-waivers name different files");
    }
    if (absl::StripAsciiWhitespace(waiving.reason).empty()) {
      return absl::InvalidArgumentError(
          "--update-waivers wants --reason: why are the failures accepted? It stands with each new entry, as in  "
          "--reason='waits for the next release'");
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

absl::Status UpdateWaiversFile(const Results& results, Waiving& waiving) {
  const Waivers updated =
      UpdatedWaivers(results, *waiving.waivers, ScopeOf(results.profile), waiving.reason, absl::GetFlag(FLAGS_strict));
  const WaiverChanges changes = ChangesBetween(*waiving.waivers, updated);
  if (changes.added == 0 && changes.removed == 0 && std::filesystem::exists(waiving.update)) {
    fprintf(stderr, "Waivers: %s fits as it is: %zu kept\n", waiving.update.c_str(), changes.kept);
    return absl::OkStatus();
  }
  absl::StatusOr<PendingFile> file = PendingFile::Write(waiving.update, FormatWaivers(updated));
  if (!file.ok()) return file.status();
  if (absl::Status published = file->Publish(); !published.ok()) return published;
  fprintf(stderr, "Waivers: wrote %s: %zu new, %zu removed, %zu kept\n", waiving.update.c_str(), changes.added,
          changes.removed, changes.kept);
  absl::StatusOr<Waivers> read = ReadWaivers(waiving.update);  // their places are the file's
  if (read.ok()) waiving.waivers = *std::move(read);
  return read.status();
}

Results Waived(Results results, const Waivers& waivers) {
  for (const std::string& sentence : WaiversOfOtherSubjects(results, waivers)) {
    fprintf(stderr, "lastack: %s\n", sentence.c_str());
  }
  const CaseScope scope = ScopeOf(results.profile);
  return ApplyWaivers(std::move(results), waivers, Today(), scope);
}

}  // namespace lastack
