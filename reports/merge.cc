#include "reports/merge.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace lastack {
namespace {

constexpr int kShardsMax = 10000;

absl::Status Differ(const ResultsFile& a, const ResultsFile& b, absl::string_view what, absl::string_view of_a,
                    absl::string_view of_b) {
  return absl::InvalidArgumentError(absl::StrCat(b.name, ": ", what, " is \"", of_b, "\", but in ", a.name, " it is \"",
                                                 of_a, "\": only parts of one audit can be merged"));
}

constexpr char kBackend[] = "backend";
constexpr char kAlthough[] = ", although ";  // as an audit says that it did not see everything

using Facts = std::vector<std::pair<std::string, std::string>>;

template <typename FactsType>
auto FindFact(FactsType& facts, absl::string_view name) {
  return std::find_if(facts.begin(), facts.end(), [&](const auto& fact) { return fact.first == name; });
}

// "tracer, since ..." differs between parts by the numbers of processes and ports, or because the agent saw everything
// in one of them: no other audit, as each record names the backend that it was reached by.
std::string JoinedBackend(const std::set<std::string>& texts) {
  if (texts.size() == 1) return *texts.begin();
  std::set<std::string> names;
  bool although = false;
  for (const std::string& text : texts) {
    for (const absl::string_view name : absl::StrSplit(text.substr(0, text.find(',')), " and ")) names.emplace(name);
    although = although || absl::StrContains(text, kAlthough);
  }
  return absl::StrCat(absl::StrJoin(names, " and "),
                      although ? absl::StrCat(kAlthough, "not everything was seen in some parts") : "");
}

// Parts are of one audit also when midnight passed between them.
void JoinDates(const std::vector<ResultsFile>& files, Facts& environment) {
  const auto joined = FindFact(environment, kDate);
  if (joined == environment.end()) return;
  std::set<std::string> days;
  for (const ResultsFile& file : files) {
    for (const absl::string_view day : absl::StrSplit(FindFact(file.results.environment, kDate)->second, " and ")) {
      days.emplace(day);
    }
  }
  joined->second = absl::StrJoin(days, " and ");
}

void JoinBackends(const std::vector<ResultsFile>& files, Facts& environment) {
  const auto joined = FindFact(environment, kBackend);
  if (joined == environment.end()) return;
  std::set<std::string> texts;
  for (const ResultsFile& file : files) texts.insert(FindFact(file.results.environment, kBackend)->second);
  joined->second = JoinedBackend(texts);
}

absl::Status CheckEnvironments(const ResultsFile& a, const ResultsFile& b) {
  const std::map<std::string, std::string> of_a(a.results.environment.begin(), a.results.environment.end());
  const std::map<std::string, std::string> of_b(b.results.environment.begin(), b.results.environment.end());
  std::set<std::string> names;
  for (const auto* facts : {&of_a, &of_b}) {
    for (const auto& [name, value] : *facts) names.insert(name);
  }
  const auto value_in = [](const std::map<std::string, std::string>& facts, const std::string& name) {
    const auto found = facts.find(name);
    return found == facts.end() ? std::string("(nothing)") : found->second;
  };
  for (const std::string& name : names) {
    if ((name == kBackend || name == kDate) && of_a.count(name) == of_b.count(name)) continue;  // they are joined
    if (value_in(of_a, name) != value_in(of_b, name)) {
      return Differ(a, b, name, value_in(of_a, name), value_in(of_b, name));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckSameAudit(const ResultsFile& a, const ResultsFile& b) {
  if (a.results.subject != b.results.subject) return Differ(a, b, "the subject", a.results.subject, b.results.subject);
  if (a.results.profile != b.results.profile) return Differ(a, b, "the profile", a.results.profile, b.results.profile);
  if (a.results.not_audited != b.results.not_audited) {
    return Differ(a, b, "the reason that it was not audited", a.results.not_audited, b.results.not_audited);
  }
  return CheckEnvironments(a, b);
}

std::string ShardText(const std::optional<Shard>& shard) {
  return shard.has_value() ? absl::StrCat(shard->index, "/", shard->count) : "none";
}

absl::Status CheckShards(const std::vector<ResultsFile>& files) {
  std::set<int> there;
  const std::optional<Shard>& first = files.front().results.shard;
  for (const ResultsFile& file : files) {
    const std::optional<Shard>& shard = file.results.shard;
    if (shard.has_value() != first.has_value() || (shard.has_value() && shard->count != first->count)) {
      return Differ(files.front(), file, "the shard", ShardText(first), ShardText(shard));
    }
    if (shard.has_value()) there.insert(shard->index);
  }
  if (!first.has_value()) return absl::OkStatus();
  std::vector<std::string> missing;
  for (int index = 1; index <= first->count; ++index) {
    if (there.count(index) == 0) missing.push_back(absl::StrCat(index, "/", first->count));
  }
  if (missing.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("of the audit's ", first->count, " shards these are missing: ",
                                                 absl::StrJoin(missing, ", "), "; name the results.json of each"));
}

// Equal records: of two shards, or about the same waiver.
bool MayStandInBoth(const CaseResult& record, const ResultsFile& a, const ResultsFile& b) {
  const bool about_waiver = record.waiver.has_value() && !record.waiver->verdict.has_value();
  return about_waiver || a.results.shard != b.results.shard;
}

}  // namespace

absl::StatusOr<Results> Merge(const std::vector<ResultsFile>& files, const std::vector<std::string>& case_order) {
  if (files.empty()) return absl::InvalidArgumentError("there are no results to merge");
  for (const ResultsFile& file : files) {
    if (absl::Status same = CheckSameAudit(files.front(), file); !same.ok()) return same;
  }
  if (absl::Status complete = CheckShards(files); !complete.ok()) return complete;

  std::map<std::string, size_t> place;
  for (const std::string& id : case_order) place.emplace(id, place.size());
  const auto place_of = [&](const std::string& id) {
    const auto found = place.find(id);
    return std::tuple(found == place.end() ? place.size() : found->second, id);
  };
  std::map<std::tuple<size_t, std::string>, std::pair<const CaseResult*, const ResultsFile*>> records;
  for (const ResultsFile& file : files) {
    for (const CaseResult& record : file.results.results) {
      const auto [before, is_new] = records.try_emplace(place_of(record.case_id), &record, &file);
      const auto& [other, other_file] = before->second;
      if (is_new || (*other == record && MayStandInBoth(record, *other_file, file))) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          file.name, ": ", record.case_id, " (", VerdictWord(record.verdict), ") was judged in ", other_file->name,
          ", too (", VerdictWord(other->verdict), "): a case may be in one part only, and these are two audits of it"));
    }
  }
  Results merged = files.front().results;
  merged.shard.reset();
  merged.results.clear();
  JoinBackends(files, merged.environment);
  JoinDates(files, merged.environment);
  for (const auto& [key, record] : records) merged.results.push_back(*record.first);
  return merged;
}

absl::StatusOr<Shard> ParseShard(absl::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(text, '/');
  Shard shard;
  const bool numbers =
      parts.size() == 2 && absl::SimpleAtoi(parts[0], &shard.index) && absl::SimpleAtoi(parts[1], &shard.count);
  if (numbers && shard.index >= 1 && shard.count >= shard.index && shard.count <= kShardsMax) return shard;
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", text, "\" is no shard: K/N is part K of N, as 1/4 and 4/4, and N is ", kShardsMax, " at most"));
}

bool InShard(size_t place, const Shard& shard) {
  return place % static_cast<size_t>(shard.count) == static_cast<size_t>(shard.index - 1);
}

}  // namespace lastack
