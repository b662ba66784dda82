#include "reports/update_waivers.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "reports/apply_waivers.h"

namespace lastack {
namespace {

// A pattern that matches this text only.
std::string Literally(const std::string& text) {
  std::string pattern;
  for (const char c : text) {
    if (c == '*' || c == '?' || c == '[' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern;
}

// Builds the new file, entry by entry.
class Update {
 public:
  Update(const Results& results, const Waivers& waivers)
      : results_(results), updated_{.file = waivers.file, .entries = {}}, waived_(results.results.size()) {}

  // As it is, unless it is too wide.
  void Keep(const Waiver& waiver, const WaiverMatch& match) {
    const bool overlaps = std::any_of(match.records.begin(), match.records.end(),
                                      [this](const RecordMatch& one) { return waived_[one.record]; });
    if (!overlaps && !match.Any(Shown::kOther)) {
      for (const RecordMatch& one : match.records) waived_[one.record] = true;
      updated_.entries.push_back(waiver);
      return;
    }
    for (const Shown shown : {Shown::kFinding, Shown::kUnknown}) {
      for (const RecordMatch& one : match.records) {
        if (one.shown == shown && !waived_[one.record]) Narrow(waiver, one.record);
      }
    }
    // Nothing is known of these: they stay waived.
    for (const std::string& id : match.not_run) Add(waiver, id);
  }

  void AddFailures(const std::string& reason, bool strict) {
    for (size_t record = 0; record < waived_.size(); ++record) {
      const CaseResult& result = results_.results[record];
      const bool fails = result.verdict == Verdict::kFail || (strict && result.verdict == Verdict::kAdvisory);
      if (waived_[record] || !fails || result.finding.empty()) continue;
      Waiver waiver;
      waiver.subject = Literally(results_.subject);
      waiver.finding = result.finding;
      waiver.reason = reason;
      Narrow(waiver, record);
    }
  }

  Waivers Take() && { return std::move(updated_); }

 private:
  void Narrow(const Waiver& waiver, size_t record) {
    waived_[record] = true;
    Add(waiver, results_.results[record].case_id);
  }

  void Add(Waiver waiver, const std::string& id) {
    waiver.case_pattern = Literally(id);
    updated_.entries.push_back(std::move(waiver));
  }

  const Results& results_;
  Waivers updated_;
  std::vector<bool> waived_;  // by record
};

}  // namespace

Waivers UpdatedWaivers(const Results& results, const Waivers& waivers, const CaseScope& scope,
                       const std::string& reason, bool strict) {
  const Results raw = WithoutWaivers(results);
  const std::vector<WaiverMatch> matches = MatchWaivers(raw, waivers, scope);
  Update update(raw, waivers);
  for (size_t entry = 0; entry < matches.size(); ++entry) {
    if (!matches[entry].names_no_case && !matches[entry].WaivesNothing()) {
      update.Keep(waivers.entries[entry], matches[entry]);
    }
  }
  update.AddFailures(reason, strict);
  return std::move(update).Take();
}

WaiverChanges ChangesBetween(const Waivers& before, const Waivers& after) {
  std::vector<Waiver> gone = before.entries;
  WaiverChanges changes;
  for (const Waiver& waiver : after.entries) {
    const auto same = std::find(gone.begin(), gone.end(), waiver);
    if (same == gone.end()) {
      ++changes.added;
      continue;
    }
    ++changes.kept;
    gone.erase(same);
  }
  changes.removed = gone.size();
  return changes;
}

}  // namespace lastack
