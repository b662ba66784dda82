#include "cases/os/report.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "reports/html_builder.h"
#include "reports/text.h"

namespace lastack::os {
namespace {

constexpr Outcome kAllOutcomes[] = {Outcome::kHolds, Outcome::kDiffers, Outcome::kVaries, Outcome::kSkipped,
                                    Outcome::kFailed};

bool Explains(Outcome outcome) { return outcome == Outcome::kDiffers || outcome == Outcome::kVaries; }

bool IsExplained(const ClaimResult& result) {
  return !result.claim->explanation.empty() &&
         std::any_of(result.families.begin(), result.families.end(),
                     [](const FamilyResult& family) { return Explains(family.outcome); });
}

std::string MeasuredInWords(const FamilyResult& result) {
  if (!result.reason.empty()) return result.reason;
  const std::string held =
      result.outcome == Outcome::kVaries ? absl::StrCat("held in ", result.held, " of ", result.runs, "; ") : "";
  return held + absl::StrJoin(result.measured, "; ", [](std::string* out, const Series& series) {
           absl::StrAppend(out, series.name, ": ", InWords(series));
         });
}

// The families of a claim that came out alike, in their order.
std::vector<std::vector<const FamilyResult*>> AlikeOf(const ClaimResult& result) {
  std::vector<std::vector<const FamilyResult*>> groups;
  for (const FamilyResult& family : result.families) {
    const auto alike = std::find_if(groups.begin(), groups.end(), [&](const auto& group) {
      return OutcomePhrase(*group.front()) == OutcomePhrase(family);
    });
    if (alike == groups.end()) {
      groups.push_back({&family});
    } else {
      alike->push_back(&family);
    }
  }
  return groups;
}

std::string NamesOf(const std::vector<const FamilyResult*>& families) {
  return absl::StrJoin(families, " ", [](std::string* out, const FamilyResult* family) {
    absl::StrAppend(out, FamilyName(family->family));
  });
}

// Of all claims and families.
std::map<Outcome, int> CountsOf(const PlatformResult& platform) {
  std::map<Outcome, int> counts;
  for (const ClaimResult& result : platform.claims) {
    for (const FamilyResult& family : result.families) ++counts[family.outcome];
  }
  return counts;
}

std::string CountsInWords(const PlatformResult& platform) {
  std::vector<std::string> parts;
  for (const auto& [outcome, count] : CountsOf(platform)) {
    parts.push_back(absl::StrCat(count, " ", OutcomeWord(outcome)));
  }
  return absl::StrJoin(parts, ", ");
}

// By what all was seen, each way once.
std::vector<std::string> WitnessesOf(const PlatformResult& platform) {
  std::vector<std::string> all;
  for (const ClaimResult& result : platform.claims) {
    for (const FamilyResult& family : result.families) {
      if (!family.witness.empty() && std::find(all.begin(), all.end(), family.witness) == all.end()) {
        all.push_back(family.witness);
      }
    }
  }
  return all;
}

// The classes of report.css whose colours fit.
Html::Literal ClassOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kHolds:
      return "pass";
    case Outcome::kDiffers:
      return "advisory";
    case Outcome::kVaries:
      return "flaky";
    case Outcome::kSkipped:
      return "not-applicable";
    case Outcome::kFailed:
      return "harness-error";
  }
  return "observed";
}

void AppendOutcome(Outcome outcome, Html* html) {
  html->Raw("<span class=\"verdict ").Raw(ClassOf(outcome)).Raw("\"><span class=\"symbol\" aria-hidden=\"true\">");
  html->Text(OutcomeSymbol(outcome)).Raw("</span> ").Text(OutcomeWord(outcome)).Raw("</span>\n");
}

// What a claim came to on all families: the gravest.
Outcome OverallOf(const ClaimResult& result) {
  Outcome overall = Outcome::kHolds;
  for (const FamilyResult& family : result.families) {
    if (family.outcome != Outcome::kSkipped) overall = std::max(overall, family.outcome);
  }
  const bool all_skipped = std::all_of(result.families.begin(), result.families.end(),
                                       [](const FamilyResult& family) { return family.outcome == Outcome::kSkipped; });
  return all_skipped ? Outcome::kSkipped : overall;
}

// The names of what was measured, on one family or another.
std::vector<std::string> ValuesOf(const ClaimResult& result) {
  std::vector<std::string> names;
  for (const FamilyResult& family : result.families) {
    for (const Series& series : family.measured) {
      if (std::find(names.begin(), names.end(), series.name) == names.end()) names.push_back(series.name);
    }
  }
  return names;
}

std::string ValueIn(const FamilyResult& result, const std::string& name) {
  for (const Series& series : result.measured) {
    if (series.name == name) return InWords(series);
  }
  return "–";
}

// A row for each value, a column for each family.
void AppendValues(const ClaimResult& result, Html* html) {
  html->Raw(
      "<div class=\"wide\" role=\"region\" aria-label=\"Measured values\" tabindex=\"0\">\n<table "
      "class=\"facts\">\n<thead><tr><th scope=\"col\"></th>");
  for (const FamilyResult& family : result.families) {
    html->Raw("<th scope=\"col\">").Text(FamilyName(family.family)).Raw("</th>");
  }
  html->Raw("</tr></thead>\n<tbody>\n<tr><th scope=\"row\">outcome</th>");
  for (const FamilyResult& family : result.families) {
    html->Raw("<td>")
        .Text(OutcomePhrase(family))
        .Raw(family.reason.empty() ? Html::Literal("") : Html::Literal(": "))
        .Text(family.reason)
        .Raw("</td>");
  }
  html->Raw("</tr>\n");
  for (const std::string& name : ValuesOf(result)) {
    html->Raw("<tr><th scope=\"row\">").Text(name).Raw("</th>");
    for (const FamilyResult& family : result.families) html->Raw("<td>").Text(ValueIn(family, name)).Raw("</td>");
    html->Raw("</tr>\n");
  }
  html->Raw("</tbody>\n</table>\n</div>\n");
}

void AppendTerm(Html::Literal name, const std::string& text, Html* html) {
  if (!text.empty()) html->Raw("<dt>").Raw(name).Raw("</dt><dd>").Text(text).Raw("</dd>\n");
}

void AppendClaim(const ClaimResult& result, Html* html) {
  const Claim& claim = *result.claim;
  const Outcome overall = OverallOf(result);
  const size_t name = claim.id.find('/') + 1;
  html->Raw("<li class=\"case\">\n<details")
      .Raw(overall == Outcome::kHolds ? Html::Literal("") : Html::Literal(" open"))
      .Raw(">\n<summary>\n");
  AppendOutcome(overall, html);
  html->Raw("<h3><span class=\"prefix\">")
      .Text(claim.id.substr(0, name))
      .Raw("</span>")
      .Text(claim.id.substr(name))
      .Raw("</h3>\n");
  html->Raw("<span class=\"requirement\">").Text(claim.text).Raw("</span>\n</summary>\n");
  html->Raw("<div class=\"body\" id=\"").Text(claim.id).Raw("\">\n");
  if (IsExplained(result)) html->Raw("<p class=\"message\">").Text(claim.explanation).Raw("</p>\n");
  html->Raw("<dl class=\"terms\">\n");
  AppendTerm("Measured", claim.measured, html);
  AppendTerm("Section", claim.section, html);
  if (IsExplained(result)) AppendTerm("Source", claim.source, html);
  html->Raw("</dl>\n");
  AppendValues(result, html);
  html->Raw("</div>\n</details>\n</li>\n");
}

void AppendHeader(const PlatformResult& platform, Html* html) {
  html->Raw(
      "<header>\n<p class=\"brand\"><b>lastack</b> what the document says of closing sockets, and what this system "
      "does</p>\n");
  html->Raw("<h1><code>").Text(platform.kernel).Raw("</code></h1>\n");
  html->Raw("<div class=\"overall\">\n<p class=\"reason\">")
      .Number(platform.claims.size())
      .Raw(" claims, each measured ");
  html->Number(platform.repeat)
      .Raw(" times on each kind of socket. A difference is a fact about the system, and no failure.</p>\n");
  html->Raw("<ul class=\"counts\">\n");
  const std::map<Outcome, int> counts = CountsOf(platform);
  for (const Outcome outcome : kAllOutcomes) {
    const auto count = counts.find(outcome);
    if (count == counts.end()) continue;
    html->Raw("<li><b>").Number(count->second).Raw("</b> ");
    AppendOutcome(outcome, html);
    html->Raw("</li>\n");
  }
  html->Raw("</ul>\n</div>\n</header>\n");
}

void AppendEnvironment(const PlatformResult& platform, Html* html) {
  html->Raw(
      "<section class=\"environment\">\n<h2>Environment</h2>\n<table class=\"facts\">\n<caption>By what it was "
      "seen</caption>\n<tbody>\n");
  html->Raw("<tr><th scope=\"row\">kernel</th><td>").Text(platform.kernel).Raw("</td></tr>\n");
  for (const std::string& witness : WitnessesOf(platform)) {
    html->Raw("<tr><th scope=\"row\">witness</th><td>").Text(witness).Raw("</td></tr>\n");
  }
  html->Raw("</tbody>\n</table>\n</section>\n");
}

void AppendGroup(const PlatformResult& platform, Html::Literal title, bool held, Html* html) {
  std::vector<const ClaimResult*> group;
  for (const ClaimResult& result : platform.claims) {
    if ((OverallOf(result) == Outcome::kHolds) == held) group.push_back(&result);
  }
  if (group.empty()) return;
  html->Raw("<section class=\"family\">\n<h2>").Raw(title).Raw(" <span class=\"count\">").Number(group.size());
  html->Raw(group.size() == 1 ? Html::Literal(" claim</span></h2>\n") : Html::Literal(" claims</span></h2>\n"))
      .Raw("<ul class=\"cases\">\n");
  for (const ClaimResult* result : group) AppendClaim(*result, html);
  html->Raw("</ul>\n</section>\n");
}

constexpr size_t kColumns = 110, kIndent = 11;

void AppendIndented(size_t indent, const std::string& words, std::string* text) {
  for (const std::string& line : Wrapped(VisibleText(words, Breaks::kShow), " ", kColumns - indent)) {
    absl::StrAppend(text, std::string(indent, ' '), line, "\n");
  }
}

// A claim, what was measured, and, where it differs, why.
void AppendRow(const Claim& claim, const std::vector<const FamilyResult*>& families, std::string* text) {
  const FamilyResult& first = *families.front();
  absl::StrAppendFormat(text, "%s %-8s %-46s %s\n", OutcomeSymbol(first.outcome), OutcomeWord(first.outcome), claim.id,
                        NamesOf(families));
  AppendIndented(kIndent, MeasuredInWords(first), text);
  if (!Explains(first.outcome) || claim.explanation.empty()) return;
  AppendIndented(kIndent, absl::StrCat("Why: ", claim.explanation, " [", claim.source, "]"), text);
}

}  // namespace

std::string RenderTable(const PlatformResult& platform) {
  std::string text = absl::StrCat(platform.kernel, "; each claim measured ", platform.repeat, " times\n\n");
  for (const ClaimResult& result : platform.claims) {
    for (const auto& families : AlikeOf(result)) AppendRow(*result.claim, families, &text);
  }
  for (const std::string& witness : WitnessesOf(platform)) AppendIndented(0, absl::StrCat("Seen by ", witness), &text);
  return absl::StrCat(text, "\n", platform.claims.size(), " claims; on all kinds of socket: ", CountsInWords(platform),
                      "\n");
}

std::string RenderPage(const PlatformResult& platform) {
  Html html;
  html.Raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
  html.Raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
  html.Raw(
      "<meta http-equiv=\"Content-Security-Policy\" content=\"script-src 'none'; object-src 'none'; base-uri 'none'; "
      "form-action 'none'\">\n");
  html.Raw("<title>").Text(platform.kernel).Raw(": how it closes sockets – lastack</title>\n");
  html.Raw("<link rel=\"stylesheet\" href=\"report.css\">\n</head>\n<body>\n");
  AppendHeader(platform, &html);
  html.Raw("<main>\n");
  AppendGroup(platform, "Differs", false, &html);
  AppendGroup(platform, "Holds", true, &html);
  AppendEnvironment(platform, &html);
  html.Raw("</main>\n</body>\n</html>\n");
  return std::move(html).str();
}

std::string ClaimsPage() {
  std::string page =
      "# Claims about the operating system\n"
      "\n"
      "What the document \"How do you properly close a socket?\" says that a system does, in our words. `lastack "
      "platform` measures\n"
      "each on the running kernel. Generated from the tables in this folder: `bazel run //cases/os:update_claims`.\n";
  std::string section;
  for (const Claim& claim : Claims()) {
    if (claim.section != section) absl::StrAppend(&page, "\n## ", claim.section, "\n");
    section = claim.section;
    absl::StrAppend(&page, "\n### ", claim.id, "\n\n", claim.text, "\n\n- measured: ", claim.measured, "\n- on: ");
    absl::StrAppend(&page, claim.sockets == Sockets::kTcp ? "IPv4, IPv6" : "IPv4, IPv6, AF_UNIX",
                    claim.on_process ? "; only on a real kernel\n" : "\n");
    if (!claim.explanation.empty()) {
      absl::StrAppend(&page, "- where Linux differs: ", claim.explanation, " (", claim.source, ")\n");
    }
  }
  return page;
}

}  // namespace lastack::os
