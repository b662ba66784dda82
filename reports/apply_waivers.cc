#include "reports/apply_waivers.h"

#include <fnmatch.h>

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace lastack {
namespace {

constexpr char kMend[] = "lastack audit --update-waivers writes the file anew";

bool Matches(const std::string& pattern, const std::string& text) { return fnmatch(pattern.c_str(), text.c_str(), 0) == 0; }

// A pattern that matches this text only.
std::string Literally(const std::string& text) {
  std::string pattern;
  for (const char c : text) {
    if (c == '*' || c == '?' || c == '[' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern;
}

// "Linux 6.1.0 x86_64", as the audit notes it.
std::string PlatformOf(const Results& results) {
  for (const auto& [name, value] : results.environment) {
    if (name == "kernel") return value;
  }
  return "";
}

// What a record says of the failure that an entry waives.
enum class Sight {
  kShown,      // exactly that
  kOtherwise,  // another failure
  kUnknown,    // no answer
  kGone,       // none, or not here
};

bool EveryRoundPassedOrShowed(const CaseResult& result, const std::string& finding) {
  return !result.rounds.empty() && std::all_of(result.rounds.begin(), result.rounds.end(), [&](const RoundTally& round) {
    return round.verdict == Verdict::kPass || (round.verdict == Verdict::kFail && round.finding == finding);
  });
}

Sight See(const CaseResult& result, const Waiver& waiver) {
  switch (result.verdict) {
    case Verdict::kFail:
      return result.finding == waiver.finding ? Sight::kShown : Sight::kOtherwise;
    case Verdict::kAdvisory:
      return result.finding == waiver.finding ? Sight::kShown : Sight::kGone;
    case Verdict::kFlaky:
      return EveryRoundPassedOrShowed(result, waiver.finding) ? Sight::kShown : Sight::kUnknown;
    case Verdict::kInconclusive:
    case Verdict::kUnexercised:
    case Verdict::kHarnessError:
      return Sight::kUnknown;
    default:
      return Sight::kGone;
  }
}

// The records that an entry concerns, by what they show.
struct Concern {
  std::vector<size_t> all;
  std::vector<size_t> shown;
  size_t otherwise = 0;
  std::vector<size_t> unknown;
  std::vector<std::string> not_run;  // cases that it could concern
  bool names_no_case = false;

  bool waives_nothing() const { return !all.empty() && shown.empty() && otherwise == 0 && unknown.empty() && not_run.empty(); }
};

Concern ConcernOf(const Waiver& waiver, const Results& results, const CaseScope& scope) {
  const auto named = [&](const std::string& id) { return Matches(waiver.case_pattern, id); };
  Concern concern;
  concern.names_no_case = std::none_of(scope.known.begin(), scope.known.end(), named);
  if (!Matches(waiver.subject, results.subject) || !Matches(waiver.platform, PlatformOf(results))) return concern;
  std::set<std::string> run;
  for (size_t i = 0; i < results.results.size(); ++i) {
    const CaseResult& result = results.results[i];
    if (!named(result.case_id)) continue;
    concern.names_no_case = false;
    run.insert(result.case_id);
    concern.all.push_back(i);
    const Sight sight = See(result, waiver);
    if (sight == Sight::kShown) concern.shown.push_back(i);
    concern.otherwise += sight == Sight::kOtherwise ? 1 : 0;
    if (sight == Sight::kUnknown) concern.unknown.push_back(i);
  }
  for (const std::string& id : scope.applicable) {
    if (named(id) && run.count(id) == 0) concern.not_run.push_back(id);
  }
  return concern;
}

bool Expired(const Waiver& waiver, absl::CivilDay today) { return waiver.expires.has_value() && *waiver.expires < today; }

std::string Pointer(const Waivers& waivers, size_t entry) { return absl::StrCat(waivers.file, " /", entry); }

// "lastack.waivers.json /2 (linger/* [abortive-linger])"
std::string Named(const Waivers& waivers, size_t entry) {
  const Waiver& waiver = waivers.entries[entry];
  return absl::StrCat(Pointer(waivers, entry), " (", waiver.case_pattern, " [", waiver.finding, "])");
}

// Waivers made part of a set of results.
class Application {
 public:
  Application(Results results, const Waivers& waivers, absl::CivilDay today, const CaseScope& scope)
      : results_(std::move(results)), waivers_(waivers), today_(today), by_record_(results_.results.size()) {
    for (const Waiver& waiver : waivers_.entries) concerns_.push_back(ConcernOf(waiver, results_, scope));
    for (size_t entry = 0; entry < concerns_.size(); ++entry) {
      for (const size_t record : concerns_[entry].all) by_record_[record].push_back(entry);
    }
  }

  Results Apply() && {
    for (size_t record = 0; record < by_record_.size(); ++record) ApplyTo(record);
    for (size_t entry = 0; entry < concerns_.size(); ++entry) ApplyUnused(entry);
    return std::move(results_);
  }

 private:
  void ApplyTo(size_t record) {
    const std::vector<size_t>& entries = by_record_[record];
    if (entries.empty()) return;
    if (entries.size() > 1) return MakeOverlapping(record);
    const size_t entry = entries.front();
    const Waiver& waiver = waivers_.entries[entry];
    const CaseResult& result = results_.results[record];
    switch (See(result, waiver)) {
      case Sight::kShown:
        if (Expired(waiver, today_)) {
          return MakeStale(record, entry, absl::StrCat("expired on ", ExpiryText(waiver), ": mend the subject, or give the entry a new date (an update gives none)"));
        }
        return Waive(record, entry);
      case Sight::kOtherwise:
        return MakeStale(record, entry, absl::StrCat("does not waive this: the case now fails with [", result.finding,
                                                     "]. Look at the new failure, and remove the entry (", kMend, ")"));
      case Sight::kUnknown:
      case Sight::kGone:
        return;
    }
  }

  void Waive(size_t record, size_t entry) {
    const Waiver& waiver = waivers_.entries[entry];
    CaseResult& result = Note(record, entry);
    result.verdict = Verdict::kKnownFailure;
    result.finding = waiver.finding;
    result.message = absl::StrCat("Waived: ", waiver.reason, waiver.link.empty() ? "" : absl::StrCat(" (", waiver.link, ")"),
                                  waiver.expires.has_value() ? absl::StrCat(", until ", ExpiryText(waiver)) : "", ". Found: ", result.waiver->message);
  }

  void MakeOverlapping(size_t record) {
    const std::vector<size_t>& entries = by_record_[record];
    const std::string names = absl::StrJoin(entries, " and ", [this](std::string* out, size_t entry) { out->append(Named(waivers_, entry)); });
    CaseResult& result = Note(record, entries.front());
    result.verdict = Verdict::kStaleWaiver;
    result.message = absl::StrCat("The waivers ", names, " overlap: one of them must go or be narrowed (", kMend, "). Without them: ", result.waiver->message);
  }

  void MakeStale(size_t record, size_t entry, const std::string& why) {
    CaseResult& result = Note(record, entry);
    result.verdict = Verdict::kStaleWaiver;
    result.message = absl::StrCat("The waiver ", Named(waivers_, entry), " ", why, ". Found: ", result.waiver->message);
  }

  void ApplyUnused(size_t entry) {
    const Concern& concern = concerns_[entry];
    if (concern.names_no_case) {
      return Add(entry, absl::StrCat("names no case: `lastack list` shows them all; mend the pattern, or remove the entry (", kMend, ")"));
    }
    if (!concern.waives_nothing()) return;
    if (concern.all.size() > 1) {
      return Add(entry, absl::StrCat("waives nothing any more: none of its ", concern.all.size(), " cases shows the finding. Remove the entry (", kMend, ")"));
    }
    const CaseResult& result = results_.results[concern.all.front()];
    if (result.waiver.has_value()) return;  // overlapping, and said so
    MakeStale(concern.all.front(), entry,
              absl::StrCat("waives nothing any more: the verdict is ", VerdictWord(result.verdict), ". Remove the entry (", kMend, ")"));
  }

  // The waiver, and what the record was without it.
  CaseResult& Note(size_t record, size_t entry) {
    CaseResult& result = results_.results[record];
    const Verdict verdict = result.verdict;
    result.waiver = Applied(entry);
    result.waiver->verdict = verdict;
    result.waiver->message = result.message;
    return result;
  }

  AppliedWaiver Applied(size_t entry) const {
    const Waiver& waiver = waivers_.entries[entry];
    return {.entry = Pointer(waivers_, entry),
            .finding = waiver.finding,
            .reason = waiver.reason,
            .link = waiver.link,
            .expires = ExpiryText(waiver),
            .verdict = std::nullopt,
            .message = ""};
  }

  // A record that is about the entry alone. Entries of the same pattern share one, because ids are those of one record.
  void Add(size_t entry, const std::string& why) {
    const std::string message = absl::StrCat("The waiver ", Named(waivers_, entry), " ", why, ".");
    const std::string& pattern = waivers_.entries[entry].case_pattern;
    const auto same = std::find_if(results_.results.begin(), results_.results.end(), [&](const CaseResult& result) {
      return result.case_id == pattern && result.waiver.has_value() && !result.waiver->verdict.has_value();
    });
    if (same != results_.results.end()) {
      absl::StrAppend(&same->message, " ", message);
      return;
    }
    CaseResult result;
    result.case_id = pattern;
    result.verdict = Verdict::kStaleWaiver;
    result.message = message;
    result.waiver = Applied(entry);
    results_.results.push_back(std::move(result));
  }

  Results results_;
  const Waivers& waivers_;
  const absl::CivilDay today_;
  std::vector<Concern> concerns_;                // by entry
  std::vector<std::vector<size_t>> by_record_;  // entries
};

// Builds the new file, entry by entry.
class Update {
 public:
  Update(const Results& results, const Waivers& waivers) : results_(results), updated_{.file = waivers.file, .entries = {}}, waived_(results.results.size()) {}

  // As it is, unless it is too wide.
  void Keep(const Waiver& waiver, const Concern& concern) {
    const bool overlaps = std::any_of(concern.all.begin(), concern.all.end(), [this](size_t record) { return waived_[record]; });
    if (!overlaps && concern.otherwise == 0) {
      for (const size_t record : concern.all) waived_[record] = true;
      updated_.entries.push_back(waiver);
      return;
    }
    for (const std::vector<size_t>* records : {&concern.shown, &concern.unknown}) {
      for (const size_t record : *records) {
        if (!waived_[record]) Narrow(waiver, record);
      }
    }
    // Nothing is known of these: they stay waived.
    for (const std::string& id : concern.not_run) Add(waiver, id);
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
  std::vector<bool> waived_;
};

}  // namespace

Results WithoutWaivers(Results results) {
  std::erase_if(results.results, [](const CaseResult& result) { return result.waiver.has_value() && !result.waiver->verdict.has_value(); });
  for (CaseResult& result : results.results) {
    if (!result.waiver.has_value()) continue;
    result.verdict = *result.waiver->verdict;
    result.message = result.waiver->message;
    result.waiver.reset();
  }
  return results;
}

Results ApplyWaivers(Results results, const Waivers& waivers, absl::CivilDay today, const CaseScope& scope) {
  return Application(WithoutWaivers(std::move(results)), waivers, today, scope).Apply();
}

Waivers UpdatedWaivers(const Results& results, const Waivers& waivers, const CaseScope& scope, const std::string& reason, bool strict) {
  const Results raw = WithoutWaivers(results);
  Update update(raw, waivers);
  for (const Waiver& waiver : waivers.entries) {
    const Concern concern = ConcernOf(waiver, raw, scope);
    if (concern.names_no_case || concern.waives_nothing()) continue;
    update.Keep(waiver, concern);
  }
  update.AddFailures(reason, strict);
  return std::move(update).Take();
}

}  // namespace lastack
