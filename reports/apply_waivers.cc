#include "reports/apply_waivers.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "harness/plan/did_you_mean.h"

namespace lastack {
namespace {

constexpr char kMend[] = "lastack audit --update-waivers writes the file anew";
constexpr size_t kMostCodes = 12;  // that are read in a message

bool Expired(const Waiver& waiver, absl::CivilDay today) {
  return waiver.expires.has_value() && *waiver.expires < today;
}

std::string Pointer(const Waivers& waivers, size_t entry) { return absl::StrCat(waivers.file, " /", entry); }

// "lastack.waivers.json /2 (linger/* [abortive-linger])"
std::string Named(const Waivers& waivers, size_t entry) {
  const Waiver& waiver = waivers.entries[entry];
  return absl::StrCat(Pointer(waivers, entry), " (", waiver.case_pattern, " [", waiver.finding, "])");
}

// "[leek] is none of leak, spin; did you mean 'leak'?"
std::string NoSuchFinding(const Waiver& waiver, const std::vector<std::string>& codes) {
  const std::string known = codes.size() <= kMostCodes
                                ? absl::StrJoin(codes, ", ")
                                : absl::StrCat("the ", codes.size(), " of its cases (`lastack explain` tells them)");
  const std::string nearest = DidYouMean(waiver.finding, codes);
  return absl::StrCat("names no finding: [", waiver.finding, "] is none of ", known, nearest.empty() ? "." : nearest,
                      " Mend the entry, or remove it (", kMend, ")");
}

// Waivers made part of a set of results.
class Application {
 public:
  Application(Results results, const Waivers& waivers, absl::CivilDay today, const CaseScope& scope)
      : results_(std::move(results)),
        waivers_(waivers),
        today_(today),
        matches_(MatchWaivers(results_, waivers, scope)),
        by_record_(results_.results.size()) {
    for (size_t entry = 0; entry < matches_.size(); ++entry) {
      for (const RecordMatch& match : matches_[entry].records) by_record_[match.record].push_back(entry);
    }
  }

  Results Apply() && {
    for (size_t entry = 0; entry < matches_.size(); ++entry) {
      for (const RecordMatch& match : matches_[entry].records) ApplyTo(match, entry);
    }
    for (size_t entry = 0; entry < matches_.size(); ++entry) ApplyUnused(entry);
    return std::move(results_);
  }

 private:
  void ApplyTo(const RecordMatch& match, size_t entry) {
    if (by_record_[match.record].size() > 1) return MakeOverlapping(match.record, entry);
    const Waiver& waiver = waivers_.entries[entry];
    if (match.shown == Shown::kOther) {
      return MakeStale(
          match.record, entry,
          matches_[entry].codes.empty() ? FailsOtherwise(match.record) : NoSuchFinding(waiver, matches_[entry].codes));
    }
    if (match.shown != Shown::kFinding) return;
    if (!Expired(waiver, today_)) return Waive(match.record, entry);
    MakeStale(match.record, entry,
              absl::StrCat("expired on ", ExpiryText(waiver),
                           ": mend the subject, or give the entry a new date (an update gives none)"));
  }

  std::string FailsOtherwise(size_t record) const {
    return absl::StrCat("does not waive this: the case now fails with [", results_.results[record].finding,
                        "]. Look at the new failure, and remove the entry (", kMend, ")");
  }

  void Waive(size_t record, size_t entry) {
    const Waiver& waiver = waivers_.entries[entry];
    CaseResult& result = Note(record, entry);
    result.verdict = Verdict::kKnownFailure;
    result.finding = waiver.finding;
    result.message =
        absl::StrCat("Waived: ", waiver.reason, waiver.link.empty() ? "" : absl::StrCat(" (", waiver.link, ")"),
                     waiver.expires.has_value() ? absl::StrCat(", until ", ExpiryText(waiver)) : "",
                     ". Found: ", result.waiver->message);
  }

  void MakeOverlapping(size_t record, size_t entry) {
    const std::vector<size_t>& entries = by_record_[record];
    if (entry != entries.front()) return;  // said already
    const std::string names =
        absl::StrJoin(entries, " and ", [this](std::string* out, size_t one) { out->append(Named(waivers_, one)); });
    CaseResult& result = Note(record, entry);
    result.verdict = Verdict::kStaleWaiver;
    result.message = absl::StrCat("The waivers ", names, " overlap: one of them must go or be narrowed (", kMend,
                                  "). Without them: ", result.waiver->message);
  }

  void MakeStale(size_t record, size_t entry, const std::string& why) {
    CaseResult& result = Note(record, entry);
    result.verdict = Verdict::kStaleWaiver;
    result.message = absl::StrCat("The waiver ", Named(waivers_, entry), " ", why, ". Found: ", result.waiver->message);
  }

  void ApplyUnused(size_t entry) {
    const WaiverMatch& match = matches_[entry];
    if (match.names_no_case) {
      return Add(entry,
                 absl::StrCat("names no case: `lastack list` shows them all; mend the pattern, or remove the entry (",
                              kMend, ")"));
    }
    if (!match.WaivesNothing()) return;
    const size_t record = match.records.front().record;
    const bool alone = match.records.size() == 1;
    if (alone && results_.results[record].waiver.has_value()) return;  // overlapping, and said so
    const std::string why =
        match.codes.empty() ? ShowsNothing(match) : NoSuchFinding(waivers_.entries[entry], match.codes);
    return alone ? MakeStale(record, entry, why) : Add(entry, why);
  }

  std::string ShowsNothing(const WaiverMatch& match) const {
    const std::string what =
        match.records.size() > 1
            ? absl::StrCat("none of its ", match.records.size(), " cases shows the finding")
            : absl::StrCat("the verdict is ", VerdictWord(results_.results[match.records.front().record].verdict));
    return absl::StrCat("waives nothing any more: ", what, ". Remove the entry (", kMend, ")");
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
  const std::vector<WaiverMatch> matches_;      // by entry
  std::vector<std::vector<size_t>> by_record_;  // entries
};

}  // namespace

Results WithoutWaivers(Results results) {
  std::erase_if(results.results, [](const CaseResult& result) {
    return result.waiver.has_value() && !result.waiver->verdict.has_value();
  });
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

}  // namespace lastack
