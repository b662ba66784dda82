#include "cases/os/result.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"

namespace lastack::os {
namespace {

using Json = nlohmann::ordered_json;

struct OutcomeName {
  Outcome outcome;
  const char* word;
  const char* symbol;
};

constexpr OutcomeName kOutcomes[] = {
    {Outcome::kHolds, "holds", "✓"},     {Outcome::kDiffers, "differs", "≠"}, {Outcome::kVaries, "varies", "~"},
    {Outcome::kSkipped, "skipped", "–"}, {Outcome::kFailed, "failed", "✗"},
};

const OutcomeName& NameOf(Outcome outcome) { return kOutcomes[static_cast<size_t>(outcome)]; }

std::string Number(double number, const std::string& unit) {
  const int decimals = unit == "ms" && number < 10 ? 2 : 0;
  return absl::StrFormat("%.*f", decimals, number);
}

std::string NumbersInWords(const Series& series) {
  std::vector<double> sorted = series.numbers;
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::string> shown;
  for (const double number : {sorted.front(), sorted[sorted.size() / 2], sorted.back()}) {
    shown.push_back(Number(number, series.unit));
  }
  const bool all_equal = shown.front() == shown.back();
  return absl::StrCat(all_equal ? shown.front() : absl::StrJoin(shown, " / "), " ", series.unit);
}

Json JsonOf(const FamilyResult& result) {
  Json measured = Json::array();
  for (const Series& series : result.measured) {
    Json one = {{"name", series.name}};
    if (series.unit.empty()) {
      one["values"] = series.words;
    } else {
      one["unit"] = series.unit;
      one["values"] = series.unit == "bytes" ? Json(std::vector<int64_t>(series.numbers.begin(), series.numbers.end()))
                                             : Json(series.numbers);
    }
    measured.push_back(std::move(one));
  }
  Json json = {{"family", FamilyName(result.family)},
               {"outcome", OutcomeWord(result.outcome)},
               {"held", result.held},
               {"runs", result.runs},
               {"measured", std::move(measured)},
               {"witness", result.witness}};
  if (!result.reason.empty()) json["reason"] = result.reason;
  return json;
}

FamilyResult FamilyResultOf(const Json& json) {
  FamilyResult result;
  for (const Family family : {Family::kIpv4, Family::kIpv6, Family::kUnix}) {
    if (json.at("family").get<std::string>() == FamilyName(family)) result.family = family;
  }
  for (const OutcomeName& name : kOutcomes) {
    if (json.at("outcome").get<std::string>() == name.word) result.outcome = name.outcome;
  }
  result.held = json.at("held").get<int>();
  result.runs = json.at("runs").get<int>();
  for (const Json& one : json.at("measured")) {
    Series series = {one.at("name").get<std::string>(), one.value("unit", ""), {}, {}};
    if (series.unit.empty()) {
      series.words = one.at("values").get<std::vector<std::string>>();
    } else {
      series.numbers = one.at("values").get<std::vector<double>>();
    }
    result.measured.push_back(std::move(series));
  }
  result.reason = json.value("reason", "");
  result.witness = json.at("witness").get<std::string>();
  return result;
}

}  // namespace

const char* OutcomeWord(Outcome outcome) { return NameOf(outcome).word; }
const char* OutcomeSymbol(Outcome outcome) { return NameOf(outcome).symbol; }

std::string InWords(const Series& series) {
  if (!series.numbers.empty()) return NumbersInWords(series);
  std::vector<std::pair<std::string, int>> counted;
  for (const std::string& word : series.words) {
    const auto known =
        std::find_if(counted.begin(), counted.end(), [&](const auto& entry) { return entry.first == word; });
    if (known == counted.end()) {
      counted.emplace_back(word, 1);
    } else {
      ++known->second;
    }
  }
  if (counted.size() == 1) return counted.front().first;
  return absl::StrJoin(counted, ", ", [](std::string* out, const auto& entry) {
    absl::StrAppend(out, entry.first, " (", entry.second, ")");
  });
}

std::string OutcomePhrase(const FamilyResult& result) {
  if (result.outcome != Outcome::kVaries) return OutcomeWord(result.outcome);
  return absl::StrCat("varies (held in ", result.held, " of ", result.runs, ")");
}

std::string FormatPlatform(const PlatformResult& platform) {
  Json claims = Json::array();
  for (const ClaimResult& result : platform.claims) {
    const Claim& claim = *result.claim;
    Json families = Json::array();
    bool differs = false;
    for (const FamilyResult& family : result.families) {
      families.push_back(JsonOf(family));
      differs = differs || family.outcome == Outcome::kDiffers || family.outcome == Outcome::kVaries;
    }
    Json json = {{"id", claim.id},
                 {"section", claim.section},
                 {"claim", claim.text},
                 {"measured", claim.measured},
                 {"results", std::move(families)}};
    if (differs && !claim.explanation.empty()) {
      json["explanation"] = claim.explanation;
      json["source"] = claim.source;
    }
    claims.push_back(std::move(json));
  }
  const Json json = {{"kernel", platform.kernel}, {"repeat", platform.repeat}, {"claims", std::move(claims)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string FormatFamilyResult(const FamilyResult& result) {
  return JsonOf(result).dump(-1, ' ', false, Json::error_handler_t::replace);
}

absl::StatusOr<FamilyResult> ParseFamilyResult(const std::string& line) {
  try {
    return FamilyResultOf(Json::parse(line));
  } catch (const std::exception& error) {
    return absl::InternalError(absl::StrCat("a claim's result is not readable: ", error.what()));
  }
}

}  // namespace lastack::os
