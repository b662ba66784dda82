#include "reports/results.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "reports/results_schema.h"
#include "reports/text.h"

namespace lastack {
namespace {

using nlohmann::json;

constexpr int kSchemaVersion = 1;

struct VerdictRow {
  const char* word;
  const char* symbol;
  int exit_status;
  const char* meaning;
};

constexpr VerdictRow kRows[] = {
#define LASTACK_VERDICT(name, word, symbol, exit_status, junit, meaning) {word, symbol, exit_status, meaning},
#include "reports/verdicts.inc"
};

const VerdictRow& Row(Verdict verdict) { return kRows[static_cast<size_t>(verdict)]; }

// The text fields of a record, for both directions.
struct TextField {
  const char* key;
  std::string CaseResult::*member;
};

constexpr TextField kTextFields[] = {
    {"case", &CaseResult::case_id},      {"requirement", &CaseResult::requirement_id},
    {"text", &CaseResult::requirement},  {"level", &CaseResult::level},
    {"why", &CaseResult::why},           {"remedy", &CaseResult::remedy},
    {"source", &CaseResult::source},     {"finding", &CaseResult::finding},
    {"message", &CaseResult::message},   {"realism", &CaseResult::realism},
    {"backend", &CaseResult::backend},   {"tier", &CaseResult::tier},
    {"expected", &CaseResult::expected}, {"observed", &CaseResult::observed},
    {"output", &CaseResult::output},     {"replay", &CaseResult::replay},
};

using Facts = std::vector<std::pair<std::string, std::string>>;

// An array, not an object: the order is the author's.
json FactsToJson(const Facts& facts) {
  json array = json::array();
  for (const auto& [name, value] : facts) array.push_back({{"name", ValidUtf8(name)}, {"value", ValidUtf8(value)}});
  return array;
}

Facts FactsFromJson(const json& array) {
  Facts facts;
  for (const json& fact : array) facts.emplace_back(fact.at("name"), fact.at("value"));
  return facts;
}

json FaultsToJson(const std::vector<FaultRecord>& faults) {
  json array = json::array();
  for (const FaultRecord& fault : faults) {
    array.push_back({{"site", ValidUtf8(fault.site)},
                     {"effect", ValidUtf8(fault.effect)},
                     {"result", ValidUtf8(fault.result)},
                     {"fired", fault.fired}});
  }
  return array;
}

std::vector<FaultRecord> FaultsFromJson(const json& array) {
  std::vector<FaultRecord> faults;
  for (const json& fault : array) {
    faults.push_back({fault.at("site"), fault.at("effect"), fault.at("result"), fault.at("fired")});
  }
  return faults;
}

json LadderToJson(const std::vector<Rung>& ladder) {
  json array = json::array();
  for (const Rung& rung : ladder) {
    array.push_back({{"time_us", rung.time_us}, {"lane", ValidUtf8(rung.lane)}, {"text", ValidUtf8(rung.text)}});
  }
  return array;
}

std::vector<Rung> LadderFromJson(const json& array) {
  std::vector<Rung> ladder;
  for (const json& rung : array) ladder.push_back({rung.at("time_us"), rung.at("lane"), rung.at("text")});
  return ladder;
}

json RoundsToJson(const std::vector<RoundTally>& rounds) {
  json array = json::array();
  for (const RoundTally& round : rounds) {
    array.push_back(
        {{"verdict", VerdictWord(round.verdict)}, {"finding", ValidUtf8(round.finding)}, {"count", round.count}});
  }
  return array;
}

std::vector<RoundTally> RoundsFromJson(const json& array) {
  std::vector<RoundTally> rounds;
  for (const json& round : array) {
    rounds.push_back({*VerdictOfWord(round.at("verdict").get<std::string>()), round.at("finding"), round.at("count")});
  }
  return rounds;
}

json WaiverToJson(const AppliedWaiver& waiver) {
  return {{"entry", ValidUtf8(waiver.entry)},
          {"finding", ValidUtf8(waiver.finding)},
          {"reason", ValidUtf8(waiver.reason)},
          {"link", ValidUtf8(waiver.link)},
          {"expires", ValidUtf8(waiver.expires)},
          {"verdict", waiver.verdict.has_value() ? VerdictWord(*waiver.verdict) : ""},
          {"message", ValidUtf8(waiver.message)}};
}

AppliedWaiver WaiverFromJson(const json& object) {
  return {.entry = object.at("entry"),
          .finding = object.at("finding"),
          .reason = object.at("reason"),
          .link = object.at("link"),
          .expires = object.at("expires"),
          .verdict = VerdictOfWord(object.at("verdict").get<std::string>()),
          .message = object.at("message")};
}

json CaseToJson(const CaseResult& result) {
  json record = json::object();
  for (const TextField& field : kTextFields) record[field.key] = ValidUtf8(result.*field.member);
  record["verdict"] = VerdictWord(result.verdict);
  record["duration_ms"] = result.duration_ms;
  record["faults"] = FaultsToJson(result.faults);
  record["closing"] = FactsToJson(result.closing);
  record["ladder"] = LadderToJson(result.ladder);
  record["evidence"] = json::array();
  for (const std::string& line : result.evidence) record["evidence"].push_back(ValidUtf8(line));
  record["proven_by"] = json::array();
  for (const std::string& defect : result.proven_by) record["proven_by"].push_back(ValidUtf8(defect));
  if (!result.variant.empty()) record["variant"] = ValidUtf8(result.variant);
  if (!result.rounds.empty()) record["rounds"] = RoundsToJson(result.rounds);
  if (result.waiver.has_value()) record["waiver"] = WaiverToJson(*result.waiver);
  return record;
}

CaseResult CaseFromJson(const json& record) {
  CaseResult result;
  for (const TextField& field : kTextFields) result.*field.member = record.at(field.key).get<std::string>();
  result.verdict = *VerdictOfWord(record.at("verdict").get<std::string>());
  result.duration_ms = record.at("duration_ms");
  result.faults = FaultsFromJson(record.at("faults"));
  result.closing = FactsFromJson(record.at("closing"));
  result.ladder = LadderFromJson(record.at("ladder"));
  result.evidence = record.at("evidence").get<std::vector<std::string>>();
  result.proven_by = record.at("proven_by").get<std::vector<std::string>>();
  if (record.contains("variant")) result.variant = record.at("variant");
  if (record.contains("rounds")) result.rounds = RoundsFromJson(record.at("rounds"));
  if (record.contains("waiver")) result.waiver = WaiverFromJson(record.at("waiver"));
  return result;
}

json SummaryToJson(const Results& results) {
  const std::array<int, kVerdictCount> counts = CountVerdicts(results.results);
  json summary = json::object();
  for (const Verdict verdict : kAllVerdicts) summary[VerdictWord(verdict)] = counts[static_cast<size_t>(verdict)];
  return summary;
}

bool AnyHas(const Results& results, Standing standing) {
  return std::any_of(results.results.begin(), results.results.end(),
                     [=](const CaseResult& result) { return StandingOf(result) == standing; });
}

}  // namespace

const char* VerdictWord(Verdict verdict) { return Row(verdict).word; }
const char* VerdictSymbol(Verdict verdict) { return Row(verdict).symbol; }
const char* VerdictMeaning(Verdict verdict) { return Row(verdict).meaning; }

int VerdictExitStatus(Verdict verdict, bool strict) {
  if (strict && verdict == Verdict::kAdvisory) return 1;
  return Row(verdict).exit_status;
}

std::optional<Verdict> VerdictOfWord(absl::string_view word) {
  for (const Verdict verdict : kAllVerdicts) {
    if (word == VerdictWord(verdict)) return verdict;
  }
  return std::nullopt;
}

Standing StandingOf(const CaseResult& result) {
  switch (result.verdict) {
    case Verdict::kFail:
      return Standing::kViolated;
    case Verdict::kKnownFailure:
      return result.waiver.has_value() && result.waiver->verdict == Verdict::kAdvisory ? Standing::kAdvised
                                                                                       : Standing::kViolated;
    case Verdict::kStaleWaiver:
    case Verdict::kFlaky:
      return result.finding.empty() ? Standing::kUndecided : Standing::kViolated;
    case Verdict::kUnimplemented:
    case Verdict::kUnexercised:
    case Verdict::kInconclusive:
    case Verdict::kHarnessError:
      return Standing::kUndecided;
    case Verdict::kAdvisory:
      return Standing::kAdvised;
    case Verdict::kPass:
    case Verdict::kObserved:
    case Verdict::kNotApplicable:
      return Standing::kSettled;
  }
  return Standing::kUndecided;
}

std::string FactOf(const Results& results, absl::string_view name) {
  const auto& facts = results.environment;
  const auto found = std::find_if(facts.begin(), facts.end(), [&](const auto& fact) { return fact.first == name; });
  return found == facts.end() ? "" : found->second;
}

Overall OverallOf(const Results& results) {
  if (AnyHas(results, Standing::kViolated)) return Overall::kNonConformant;
  if (AnyHas(results, Standing::kUndecided)) return Overall::kNotFullyVerified;
  const bool must_passed = std::any_of(results.results.begin(), results.results.end(), [](const CaseResult& result) {
    return result.verdict == Verdict::kPass && result.level == "MUST";
  });
  return must_passed ? Overall::kConformant : Overall::kNotFullyVerified;
}

const char* OverallWord(Overall overall) {
  switch (overall) {
    case Overall::kConformant:
      return "conformant";
    case Overall::kNotFullyVerified:
      return "not-fully-verified";
    case Overall::kNonConformant:
      return "non-conformant";
  }
  return "not-fully-verified";
}

int ExitStatusOf(const Results& results, bool strict) {
  if (results.results.empty()) return 3;
  int status = 0;
  for (const CaseResult& result : results.results) {
    status = std::max(status, VerdictExitStatus(result.verdict, strict));
  }
  return status;
}

std::array<int, kVerdictCount> CountVerdicts(const std::vector<CaseResult>& results) {
  std::array<int, kVerdictCount> counts = {};
  for (const CaseResult& result : results) ++counts[static_cast<size_t>(result.verdict)];
  return counts;
}

json ResultsToJson(const Results& results) {
  json records = json::array();
  for (const CaseResult& result : results.results) records.push_back(CaseToJson(result));
  json document = {
      {"schema", kSchemaVersion},
      {"tool", "lastack"},
      {"subject", ValidUtf8(results.subject)},
      {"profile", ValidUtf8(results.profile)},
      {"environment", FactsToJson(results.environment)},
      {"summary", SummaryToJson(results)},
      {"overall", OverallWord(OverallOf(results))},
      {"results", std::move(records)},
  };
  if (results.shard.has_value()) document["shard"] = {{"index", results.shard->index}, {"count", results.shard->count}};
  if (!results.not_audited.empty()) document["not_audited"] = ValidUtf8(results.not_audited);
  return document;
}

std::string FormatResults(const Results& results) { return ResultsToJson(results).dump(2) + "\n"; }

absl::StatusOr<Results> ResultsFromJson(absl::string_view text) {
  const absl::StatusOr<json> document = ParseJson(text);
  if (!document.ok()) return document.status();
  const absl::Status valid = ResultsSchema().Check(*document);
  if (!valid.ok()) return valid;
  Results results;
  results.subject = document->at("subject").get<std::string>();
  results.profile = document->at("profile").get<std::string>();
  results.environment = FactsFromJson(document->at("environment"));
  if (document->contains("shard")) {
    results.shard = Shard{.index = document->at("shard").at("index"), .count = document->at("shard").at("count")};
    if (results.shard->index > results.shard->count) {
      return absl::InvalidArgumentError(
          absl::StrCat("/shard/index: is ", results.shard->index, " of only ", results.shard->count));
    }
  }
  results.not_audited = document->value("not_audited", "");
  for (const json& record : document->at("results")) results.results.push_back(CaseFromJson(record));
  if (document->at("summary") != SummaryToJson(results)) {
    return absl::InvalidArgumentError(
        absl::StrCat("/summary: does not count the records, which are ", SummaryToJson(results).dump()));
  }
  const std::string overall = OverallWord(OverallOf(results));
  if (document->at("overall") != overall) {
    return absl::InvalidArgumentError(absl::StrCat("/overall: the records make it \"", overall, "\""));
  }
  return results;
}

}  // namespace lastack
