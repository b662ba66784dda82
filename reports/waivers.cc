#include "reports/waivers.h"

#include <algorithm>
#include <filesystem>
#include <tuple>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "reports/read_file.h"
#include "reports/schema.h"
#include "reports/text.h"

namespace lastack {
namespace {

using nlohmann::json;

const Schema& WaiversSchema() {
  static constexpr char kText[] =
#include "reports/waivers.schema.json.inc"
      ;
  static const auto* schema = new Schema(Schema::Parse(kText).value());
  return *schema;
}

// Exactly YYYY-MM-DD, and a day that there is.
std::optional<absl::CivilDay> DayOf(const std::string& text) {
  absl::CivilDay day;
  if (!absl::ParseCivilTime(text, &day) || absl::FormatCivilTime(day) != text) return std::nullopt;
  return day;
}

absl::StatusOr<Waiver> WaiverOf(const json& entry, const std::string& place) {
  Waiver waiver = {.case_pattern = entry.at("case"),
                   .subject = entry.value("subject", "*"),
                   .platform = entry.value("platform", "*"),
                   .finding = entry.at("finding"),
                   .reason = entry.at("reason"),
                   .link = entry.value("link", ""),
                   .expires = std::nullopt};
  if (absl::StripAsciiWhitespace(waiver.reason).empty()) {
    return absl::InvalidArgumentError(absl::StrCat(place, "/reason is blank: say why the failure is accepted"));
  }
  if (!entry.contains("expires")) return waiver;
  const std::string expires = entry.at("expires");
  waiver.expires = DayOf(expires);
  if (!waiver.expires.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat(place, "/expires is \"", VisibleText(expires, Breaks::kShow), "\", must be a day, as 2027-01-31"));
  }
  return waiver;
}

auto Order(const Waiver& waiver) {
  return std::tuple(waiver.case_pattern, waiver.subject, waiver.platform, waiver.finding, waiver.reason, waiver.link,
                    ExpiryText(waiver));
}

}  // namespace

absl::StatusOr<Waivers> ParseWaivers(absl::string_view text) {
  const absl::StatusOr<json> parsed = ParseJson(text);
  if (!parsed.ok()) return parsed.status();
  if (absl::Status valid = WaiversSchema().Check(*parsed); !valid.ok()) return valid;
  Waivers waivers;
  for (const json& entry : *parsed) {
    absl::StatusOr<Waiver> waiver = WaiverOf(entry, absl::StrCat("/", waivers.entries.size()));
    if (!waiver.ok()) return waiver.status();
    waivers.entries.push_back(*std::move(waiver));
  }
  return waivers;
}

absl::StatusOr<Waivers> ReadWaivers(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(
      path, {.what = "the waivers", .remedy = "`lastack audit --update-waivers` writes such a file"}, kWrittenBytesMax);
  if (!text.ok()) return text.status();
  absl::StatusOr<Waivers> waivers = ParseWaivers(*text);
  if (!waivers.ok()) return absl::InvalidArgumentError(absl::StrCat(path, ": ", waivers.status().message()));
  waivers->file = std::filesystem::path(path).filename().string();
  return waivers;
}

std::string FormatWaivers(const Waivers& waivers) {
  std::vector<Waiver> sorted = waivers.entries;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Waiver& a, const Waiver& b) { return Order(a) < Order(b); });
  nlohmann::ordered_json array = nlohmann::ordered_json::array();
  for (const Waiver& waiver : sorted) {
    nlohmann::ordered_json entry = {{"case", ValidUtf8(waiver.case_pattern)}};
    if (waiver.subject != "*") entry["subject"] = ValidUtf8(waiver.subject);
    if (waiver.platform != "*") entry["platform"] = ValidUtf8(waiver.platform);
    entry["finding"] = waiver.finding;
    entry["reason"] = ValidUtf8(waiver.reason);
    if (!waiver.link.empty()) entry["link"] = ValidUtf8(waiver.link);
    if (waiver.expires.has_value()) entry["expires"] = ExpiryText(waiver);
    array.push_back(std::move(entry));
  }
  return array.dump(2) + "\n";
}

std::string ExpiryText(const Waiver& waiver) {
  return waiver.expires.has_value() ? absl::FormatCivilTime(*waiver.expires) : "";
}

}  // namespace lastack
