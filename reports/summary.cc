#include "reports/summary.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "reports/headline.h"
#include "reports/text.h"

namespace lastack {
namespace {

constexpr size_t kIdColumnsMax = 42;
constexpr size_t kIndent = 4;
constexpr size_t kParagraphColumns = 100;  // where no terminal says how many it has

// The sequences that switch a terminal's colours (ECMA-48, Select Graphic Rendition).
constexpr char kRed[] = "\x1b[31m";
constexpr char kGreen[] = "\x1b[32m";
constexpr char kYellow[] = "\x1b[33m";
constexpr char kMagenta[] = "\x1b[35m";
constexpr char kFaint[] = "\x1b[2m";
constexpr char kBold[] = "\x1b[1m";
constexpr char kPlain[] = "\x1b[0m";

std::string OneLine(const std::string& text) { return VisibleText(text, Breaks::kShow); }

std::string Padded(absl::string_view text, size_t columns) {
  const size_t used = CodePoints(text);
  return absl::StrCat(text, std::string(used < columns ? columns - used : 0, ' '));
}

size_t WordColumns() {
  size_t columns = 0;
  for (const Verdict verdict : kAllVerdicts) columns = std::max(columns, CodePoints(VerdictWord(verdict)));
  return columns;
}

const char* ColorOf(const CaseResult& result) {
  switch (StandingOf(result)) {
    case Standing::kViolated:
      return kRed;
    case Standing::kUndecided:
      return kMagenta;
    case Standing::kAdvised:
      return kYellow;
    case Standing::kSettled:
      return result.verdict == Verdict::kPass ? kGreen : kFaint;
  }
  return kPlain;
}

const char* ColorOf(Overall overall) {
  switch (overall) {
    case Overall::kConformant:
      return kGreen;
    case Overall::kNotFullyVerified:
      return kMagenta;
    case Overall::kNonConformant:
      return kRed;
  }
  return kPlain;
}

class Summary {
 public:
  Summary(const Results& results, bool color, std::optional<size_t> columns)
      : results_(results),
        color_(color),
        table_columns_(columns.value_or(std::numeric_limits<size_t>::max())),
        columns_(columns.value_or(kParagraphColumns)) {
    for (const CaseResult& result : results.results) {
      id_columns_ = std::min(kIdColumnsMax, std::max(id_columns_, CodePoints(OneLine(result.case_id))));
    }
  }

  std::string Render() && {
    if (const CaseResult* example = OneReasonForAll(results_); example != nullptr) {
      AppendFinding(*example, absl::StrCat("all ", results_.results.size(), " cases"));
    } else {
      AppendCasesAndFindings();
    }
    AppendOutcome();
    return std::move(text_);
  }

 private:
  void AppendCasesAndFindings() {
    for (const CaseResult& result : results_.results) AppendCase(result);
    AppendFindings("Requirements violated", Standing::kViolated);
    AppendFindings("Undecided", Standing::kUndecided);
    AppendFindings("Advisories", Standing::kAdvised);
    AppendSlowest();
  }

  void AppendCase(const CaseResult& result) {
    const std::string id = OneLine(result.case_id);
    const size_t word_columns = WordColumns();
    absl::StrAppend(&text_, Colored(ColorOf(result), absl::StrCat(VerdictSymbol(result.verdict), " ",
                                                                  Padded(VerdictWord(result.verdict), word_columns))));
    const size_t used = 2 + word_columns + 2 + std::max(id_columns_, CodePoints(id)) + 2;
    const bool has_room = !result.message.empty() && used < table_columns_;
    absl::StrAppend(&text_, "  ", has_room ? Padded(id, id_columns_) : id);
    if (has_room) absl::StrAppend(&text_, "  ", Clip(OneLine(result.message), table_columns_ - used));
    text_ += "\n";
  }

  void AppendFindings(absl::string_view title, Standing standing) {
    const std::vector<const CaseResult*> found = ResultsOf(results_, standing);
    if (found.empty()) return;
    absl::StrAppend(&text_, "\n", Colored(kBold, absl::StrCat(title, " (", found.size(), ")")), "\n");
    // What many share that were not judged, as that the audit was stopped before they were run, is told once.
    const long kMostToldAlike = standing == Standing::kUndecided ? 3 : std::numeric_limits<long>::max();
    for (size_t i = 0; i < found.size(); ++i) {
      const auto is_alike = [&one = *found[i]](const CaseResult* other) {
        return other->verdict == one.verdict && other->finding == one.finding && other->message == one.message;
      };
      const auto alike = std::count_if(found.begin(), found.end(), is_alike);
      const bool is_first = std::find_if(found.begin(), found.end(), is_alike) == found.begin() + static_cast<long>(i);
      if (alike <= kMostToldAlike) AppendFinding(*found[i], found[i]->case_id);
      if (alike > kMostToldAlike && is_first) {
        AppendFinding(*found[i], absl::StrCat(found[i]->case_id, " and ", alike - 1, " more"));
      }
    }
  }

  void AppendFinding(const CaseResult& result, const std::string& whose) {
    const std::string head = absl::StrCat(VerdictSymbol(result.verdict), " ", VerdictWord(result.verdict));
    absl::StrAppend(&text_, Colored(ColorOf(result), head), "  ", OneLine(whose));
    if (!result.finding.empty()) absl::StrAppend(&text_, "  [", OneLine(result.finding), "]");
    text_ += "\n";
    AppendIndented(result.message);
    if (!result.replay.empty()) {
      absl::StrAppend(&text_, std::string(kIndent, ' '), Colored(kFaint, OneLine(result.replay)), "\n");
    }
  }

  void AppendIndented(const std::string& message) {
    if (message.empty()) return;
    for (const std::string& line : Wrapped(OneLine(message), " ", columns_ - kIndent)) {
      absl::StrAppend(&text_, std::string(kIndent, ' '), line, "\n");
    }
  }

  void AppendSlowest() {
    const std::vector<const CaseResult*> slowest = SlowestOf(results_, kSlowestNamed);
    if (slowest.empty()) return;
    std::string line = "Slowest: ";
    for (const CaseResult* result : slowest) {
      absl::StrAppend(&line, result == slowest.front() ? "" : ", ", OneLine(result->case_id), " ",
                      DurationInWords(result->duration_ms));
    }
    absl::StrAppend(&text_, "\n", absl::StrJoin(Wrapped(line, ", ", columns_), "\n"), "\n");
  }

  void AppendOutcome() {
    const std::string counts = CountsPhrase(results_.results);
    if (!counts.empty()) {
      const std::string line = absl::StrCat(Counted(results_.results.size(), "case"), ": ", counts);
      absl::StrAppend(&text_, "\n", absl::StrJoin(Wrapped(line, ", ", columns_), "\n"), "\n");
    }
    const Overall overall = OverallOf(results_);
    const std::string head = absl::StrCat(OverallSymbol(overall), " ", OverallTitle(overall));
    const std::string outcome = absl::StrCat(head, ". ", OneLine(OverallReason(results_)));
    const std::string lines = absl::StrJoin(Wrapped(outcome, " ", columns_), "\n");
    absl::StrAppend(&text_, Colored(ColorOf(overall), head), lines.substr(head.size()), "\n");
  }

  std::string Colored(const char* color, absl::string_view text) const {
    return color_ ? absl::StrCat(color, text, kPlain) : std::string(text);
  }

  const Results& results_;
  const bool color_;
  const size_t table_columns_;
  const size_t columns_;  // of paragraphs
  size_t id_columns_ = 0;
  std::string text_;
};

}  // namespace

std::string RenderSummary(const Results& results, bool color, std::optional<size_t> columns) {
  return Summary(results, color, columns).Render();
}

}  // namespace lastack
