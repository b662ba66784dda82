#include "reports/html.h"

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "reports/headline.h"
#include "reports/html_builder.h"
#include "reports/html_case.h"
#include "reports/text.h"

namespace lastack {
namespace {

constexpr char kCss[] =
#include "reports/report.css.inc"
    ;

// A browser opens a page of this size without a wait. The gravest cases are shown.
constexpr size_t kShownCasesMax = 2000;
constexpr size_t kOpenCasesMax = 100;  // of those violated or undecided; the rest opens at a click

constexpr size_t kTitleSubjectMax = 80;  // code points of the subject in the window's title

// The class of a count or a bar's segment: what the reader should feel about it.
struct Class {
  Html::Literal name;
  Html::Literal title;
  bool (*holds)(const CaseResult& result);
};

constexpr Class kClasses[] = {
    {"violated", "Violated", [](const CaseResult& result) { return StandingOf(result) == Standing::kViolated; }},
    {"undecided", "Undecided", [](const CaseResult& result) { return StandingOf(result) == Standing::kUndecided; }},
    {"advised", "Advisory", [](const CaseResult& result) { return StandingOf(result) == Standing::kAdvised; }},
    {"passed", "Passed", [](const CaseResult& result) { return result.verdict == Verdict::kPass; }},
    {"other", "Not judged",
     [](const CaseResult& result) {
       return StandingOf(result) == Standing::kSettled && result.verdict != Verdict::kPass;
     }},
};

// The results of one family, in their order.
struct Family {
  std::string name;
  std::vector<const CaseResult*> results;

  size_t CountOf(const Class& kind) const {
    size_t count = 0;
    for (const CaseResult* result : results) count += kind.holds(*result) ? 1 : 0;
    return count;
  }
};

// The families, in the order in which they first appear.
std::vector<Family> FamiliesOf(const Results& results) {
  std::vector<Family> families;
  std::map<std::string, size_t> index;
  for (const CaseResult& result : results.results) {
    const std::string name = result.case_id.substr(0, result.case_id.find('/'));
    const auto [place, is_new] = index.try_emplace(name, families.size());
    if (is_new) families.push_back({name, {}});
    families[place->second].results.push_back(&result);
  }
  return families;
}

// What may stand in an id and, unescaped, in a fragment; different texts give different fragments.
std::string Fragment(absl::string_view text) {
  std::string fragment;
  for (const char c : text) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '/' || c == '.') {
      fragment += c;
    } else {
      absl::StrAppendFormat(&fragment, "_%02X", static_cast<unsigned char>(c));
    }
  }
  return fragment;
}

// How the page shows a case.
struct Showing {
  std::string anchor;
  bool open;
};

// The cases that the page shows. A case that occurs more than once (merged audits) is numbered from the second on.
class Shown {
 public:
  explicit Shown(const Results& results) {
    const bool told_once = OneReasonForAll(results) != nullptr;
    for (const Standing standing :
         {Standing::kViolated, Standing::kUndecided, Standing::kAdvised, Standing::kSettled}) {
      const bool grave = !told_once && (standing == Standing::kViolated || standing == Standing::kUndecided);
      for (const CaseResult* result : ResultsOf(results, standing)) {
        if (showings_.size() == kShownCasesMax) break;
        const bool open = grave && showings_.size() < kOpenCasesMax;
        showings_.emplace(result, Showing{"", open});
      }
    }
    SetAnchors(results);
  }

  // nullptr if the case is not shown.
  const Showing* Of(const CaseResult* result) const {
    const auto place = showings_.find(result);
    return place == showings_.end() ? nullptr : &place->second;
  }

 private:
  void SetAnchors(const Results& results) {
    std::map<std::string, int> seen;
    for (const CaseResult& result : results.results) {
      const std::string fragment = Fragment(result.case_id);
      const int count = ++seen[fragment];
      const auto place = showings_.find(&result);
      if (place == showings_.end()) continue;
      place->second.anchor = count == 1 ? fragment : absl::StrCat(fragment, "~", count);
    }
  }

  std::map<const CaseResult*, Showing> showings_;
};

void AppendOmitted(size_t count, Html* html) {
  if (count == 0) return;
  html->Raw("<p class=\"omitted\">").Text(Counted(count, "more case")).Raw(" in results.json only.</p>\n");
}

std::string FamilyAnchor(const Family& family) { return absl::StrCat("family:", Fragment(family.name)); }

void AppendHead(const Results& results, Html* html) {
  const Overall overall = OverallOf(results);
  html->Raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
  html->Raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
  html->Raw("<meta name=\"color-scheme\" content=\"light dark\">\n");
  // Escaping makes scripts impossible; this makes them powerless as well.
  html->Raw("<meta http-equiv=\"Content-Security-Policy\" content=\"script-src 'none'; object-src 'none'; ");
  html->Raw("base-uri 'none'; form-action 'none'\">\n<title>");
  html->Text(OverallSymbol(overall)).Raw(" ").Text(OverallTitle(overall)).Raw(": ");
  html->Text(Clip(ValidUtf8(results.subject), kTitleSubjectMax));
  html->Raw(" – lastack</title>\n<link rel=\"stylesheet\" href=\"report.css\">\n</head>\n");
}

void AppendCounts(const Results& results, Html* html) {
  const auto counts = CountVerdicts(results.results);
  html->Raw("<ul class=\"counts\">\n");
  for (const Verdict verdict : kAllVerdicts) {
    const int count = counts[static_cast<size_t>(verdict)];
    if (count == 0) continue;
    html->Raw("<li><b>").Number(count).Raw("</b> ");
    AppendVerdict(verdict, html);
    html->Raw("</li>\n");
  }
  html->Raw("</ul>\n");
}

// One bar, as wide as the page, a segment a class. The counts beside it say the same in words.
void AppendBar(const Family& all, Html* html) {
  html->Raw("<svg class=\"bar\" viewBox=\"0 0 ").Number(all.results.size());
  html->Raw(" 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\" focusable=\"false\">");
  size_t x = 0;
  for (const Class& kind : kClasses) {
    const size_t width = all.CountOf(kind);
    if (width == 0) continue;
    html->Raw("<rect class=\"").Raw(kind.name).Raw("\" x=\"").Number(x);
    html->Raw("\" y=\"0\" width=\"").Number(width).Raw("\" height=\"1\"/>");
    x += width;
  }
  html->Raw("</svg>\n");
}

void AppendHeader(const Results& results, Html* html) {
  const Overall overall = OverallOf(results);
  html->Raw("<header>\n<p class=\"brand\"><b>lastack</b> audit of how a program closes its sockets</p>\n");
  html->Raw("<h1><code>").Text(results.subject).Raw("</code></h1>\n");
  if (!results.profile.empty()) html->Raw("<p class=\"profile\">judged as ").Text(results.profile).Raw("</p>\n");
  if (results.shard.has_value()) {
    html->Raw("<p class=\"profile\">only part ")
        .Number(results.shard->index)
        .Raw(" of ")
        .Number(results.shard->count)
        .Raw(" of the audit</p>\n");
  }
  html->Raw("<div class=\"overall ").Text(OverallWord(overall)).Raw("\">\n<p class=\"outcome\">");
  html->Raw("<span class=\"symbol\" aria-hidden=\"true\">").Text(OverallSymbol(overall)).Raw("</span> ");
  html->Text(OverallTitle(overall)).Raw("</p>\n<p class=\"reason\">").Text(OverallReason(results)).Raw("</p>\n");
  if (!results.results.empty()) {
    Family all;
    for (const CaseResult& result : results.results) all.results.push_back(&result);
    AppendBar(all, html);
    AppendCounts(results, html);
  }
  html->Raw("</div>\n</header>\n");
}

void AppendFindingsOf(const Results& results, const Shown& shown, Standing standing, Html::Literal title, Html* html) {
  const std::vector<const CaseResult*> found = ResultsOf(results, standing);
  if (found.empty()) return;
  html->Raw("<h3>").Raw(title).Raw(" <span class=\"count\">").Number(found.size());
  html->Raw("</span></h3>\n<ol class=\"links\">\n");
  size_t omitted = 0;
  for (const CaseResult* result : found) {
    const Showing* showing = shown.Of(result);
    if (showing == nullptr) {
      ++omitted;
      continue;
    }
    html->Raw("<li>");
    AppendVerdict(result->verdict, html);
    html->Raw("<span class=\"found\"><a href=\"#").Text(showing->anchor).Raw("\">").Text(result->case_id).Raw("</a>");
    if (!result->finding.empty()) html->Raw(" <code class=\"code\">").Text(result->finding).Raw("</code>");
    html->Raw("</span>\n");
    html->Raw("<span class=\"message\">").Text(result->message).Raw("</span></li>\n");
  }
  html->Raw("</ol>\n");
  AppendOmitted(omitted, html);
}

void AppendOneReason(const CaseResult& example, size_t count, Html* html) {
  html->Raw("<h3>Undecided <span class=\"count\">").Number(count).Raw("</span></h3>\n<ol class=\"links\">\n<li>");
  AppendVerdict(example.verdict, html);
  html->Raw("all cases, for one reason\n<span class=\"message\">").Text(example.message).Raw("</span></li>\n</ol>\n");
}

void AppendFindings(const Results& results, const Shown& shown, Html* html) {
  html->Raw("<section class=\"findings\">\n<h2>Findings</h2>\n");
  if (const CaseResult* example = OneReasonForAll(results); example != nullptr) {
    AppendOneReason(*example, results.results.size(), html);
    html->Raw("</section>\n");
    return;
  }
  AppendFindingsOf(results, shown, Standing::kViolated, "Requirements violated", html);
  AppendFindingsOf(results, shown, Standing::kUndecided, "Undecided", html);
  AppendFindingsOf(results, shown, Standing::kAdvised, "Advisories", html);
  const bool all_settled = ResultsOf(results, Standing::kSettled).size() == results.results.size();
  if (all_settled) html->Raw("<p>None.</p>\n");
  html->Raw("</section>\n");
}

void AppendOverview(const std::vector<Family>& families, Html* html) {
  if (families.empty()) return;
  html->Raw(
      "<section class=\"families\">\n<h2>Families of cases</h2>\n<div class=\"wide\" role=\"region\" "
      "aria-label=\"Families of cases\" tabindex=\"0\">\n");
  html->Raw("<table class=\"overview\">\n<thead><tr><th scope=\"col\">Family</th><th scope=\"col\">Cases</th>");
  for (const Class& kind : kClasses) html->Raw("<th scope=\"col\">").Raw(kind.title).Raw("</th>");
  html->Raw("</tr></thead>\n<tbody>\n");
  for (const Family& family : families) {
    html->Raw("<tr><th scope=\"row\"><a href=\"#").Text(FamilyAnchor(family)).Raw("\">").Text(family.name);
    html->Raw("</a></th><td>").Number(family.results.size()).Raw("</td>");
    for (const Class& kind : kClasses) {
      const size_t count = family.CountOf(kind);
      html->Raw("<td class=\"").Raw(count == 0 ? "none" : kind.name).Raw("\">");
      html->Number(count).Raw("</td>");
    }
    html->Raw("</tr>\n");
  }
  html->Raw("</tbody>\n</table>\n</div>\n</section>\n");
}

void AppendFamily(const Family& family, const Shown& shown, Html* html) {
  html->Raw("<section class=\"family\" id=\"").Text(FamilyAnchor(family)).Raw("\">\n<h2>").Text(family.name);
  html->Raw(" <span class=\"count\">").Text(Counted(family.results.size(), "case")).Raw("</span></h2>\n");
  html->Raw("<ul class=\"cases\">\n");
  size_t omitted = 0;
  for (const CaseResult* result : family.results) {
    const Showing* showing = shown.Of(result);
    if (showing == nullptr) {
      ++omitted;
    } else {
      AppendCase(*result, showing->anchor, showing->open, html);
    }
  }
  html->Raw("</ul>\n");
  AppendOmitted(omitted, html);
  html->Raw("</section>\n");
}

void AppendSlowest(const Results& results, const Shown& shown, Html* html) {
  const std::vector<const CaseResult*> slowest = SlowestOf(results, kSlowestNamed);
  if (slowest.empty()) return;
  html->Raw("<section class=\"slowest\">\n<h2>Slowest cases</h2>\n<table>\n<thead><tr>");
  html->Raw("<th scope=\"col\">Case</th><th scope=\"col\">Its run took</th></tr></thead>\n<tbody>\n");
  for (const CaseResult* result : slowest) {
    html->Raw("<tr><th scope=\"row\">");
    if (const Showing* showing = shown.Of(result); showing != nullptr) {
      html->Raw("<a href=\"#").Text(showing->anchor).Raw("\">").Text(result->case_id).Raw("</a>");
    } else {
      html->Text(result->case_id);
    }
    html->Raw("</th><td>").Text(DurationInWords(result->duration_ms)).Raw("</td></tr>\n");
  }
  html->Raw("</tbody>\n</table>\n</section>\n");
}

void AppendEnvironment(const Results& results, Html* html) {
  if (results.environment.empty()) return;
  html->Raw("<section class=\"environment\">\n<h2>Environment</h2>\n");
  AppendFacts("What the verdicts were reached with", results.environment, html);
  html->Raw("</section>\n");
}

void AppendLegend(const Results& results, Html* html) {
  const auto counts = CountVerdicts(results.results);
  html->Raw("<section class=\"verdicts\">\n<h2>What the verdicts mean</h2>\n<table class=\"legend\">\n<thead><tr>");
  html->Raw("<th scope=\"col\">Verdict</th><th scope=\"col\">Meaning</th><th scope=\"col\">Cases</th>");
  html->Raw("</tr></thead>\n<tbody>\n");
  for (const Verdict verdict : kAllVerdicts) {
    html->Raw("<tr><th scope=\"row\">");
    AppendVerdict(verdict, html);
    html->Raw("</th><td>").Text(VerdictMeaning(verdict)).Raw("</td><td>");
    html->Number(counts[static_cast<size_t>(verdict)]).Raw("</td></tr>\n");
  }
  html->Raw("</tbody>\n</table>\n</section>\n");
}

}  // namespace

std::string RenderHtml(const Results& results) {
  const Shown shown(results);
  const std::vector<Family> families = FamiliesOf(results);
  Html html;
  AppendHead(results, &html);
  html.Raw("<body>\n");
  AppendHeader(results, &html);
  html.Raw("<main>\n");
  AppendFindings(results, shown, &html);
  AppendOverview(families, &html);
  for (const Family& family : families) AppendFamily(family, shown, &html);
  AppendSlowest(results, shown, &html);
  AppendEnvironment(results, &html);
  AppendLegend(results, &html);
  html.Raw("</main>\n</body>\n</html>\n");
  return std::move(html).str();
}

std::string CaseAnchor(absl::string_view case_id) { return Fragment(case_id); }

absl::string_view ReportCss() { return kCss; }

}  // namespace lastack
