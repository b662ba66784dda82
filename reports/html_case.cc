#include "reports/html_case.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "reports/headline.h"
#include "reports/ladder_svg.h"

namespace lastack {
namespace {

absl::string_view OrDash(absl::string_view text) { return text.empty() ? "–" : text; }

std::string FiredPhrase(int fired) {
  if (fired == 0) return "never";
  if (fired == 1) return "once";
  return absl::StrCat(fired, " times");
}

absl::string_view RealismPhrase(absl::string_view realism) {
  if (realism == "kernel") return "kernel: this kernel gives such results too";
  if (realism == "posix") return "posix: POSIX allows it; provoked here by injection only";
  if (realism == "adversarial") return "adversarial: no real system is known to do it; provoked by injection only";
  return realism;
}

// What an effect did to the kernel, behind its word.
std::string EffectPhrase(absl::string_view effect) {
  const std::pair<absl::string_view, absl::string_view> meanings[] = {
      {"skip", "the call was not made"},
      {"full", "the call was made"},
      {"partial", "a part of the call was made"},
      {"delay", "the call was made late"},
      {"reset", "first the peer reset the connection"},
      {"decoy", "the socket was closed and its number watched"},
  };
  const absl::string_view word = effect.substr(0, effect.find('='));
  for (const auto& [name, meaning] : meanings) {
    if (word == name) return absl::StrCat(effect, ": ", meaning);
  }
  return std::string(OrDash(effect));
}

std::string RunPhrase(const CaseResult& result) {
  std::vector<std::string> parts;
  if (!result.backend.empty()) parts.push_back(absl::StrCat(result.backend, " backend"));
  if (!result.tier.empty()) parts.push_back(absl::StrCat(result.tier, " tier"));
  if (result.duration_ms > 0) parts.push_back(DurationInWords(result.duration_ms));
  return absl::StrJoin(parts, ", ");
}

// One row of a description list, unless it says nothing.
void AppendTerm(Html::Literal term, absl::string_view description, Html* html) {
  if (description.empty()) return;
  html->Raw("<dt>").Raw(term).Raw("</dt><dd>").Text(description).Raw("</dd>\n");
}

// The family recedes: in its section all ids begin with it.
void AppendCaseId(absl::string_view id, Html* html) {
  const size_t name = id.find('/') == absl::string_view::npos ? 0 : id.find('/') + 1;
  html->Raw("<h3><span class=\"prefix\">").Text(id.substr(0, name)).Raw("</span>").Text(id.substr(name));
  html->Raw("</h3>\n");
}

void AppendSummary(const CaseResult& result, Html* html) {
  html->Raw("<summary>\n");
  AppendVerdict(result.verdict, html);
  AppendCaseId(result.case_id, html);
  if (!result.level.empty()) html->Raw("<span class=\"level\">").Text(result.level).Raw("</span>\n");
  html->Raw("<span class=\"requirement\">").Text(result.requirement);
  if (!result.variant.empty()) html->Raw(" <span class=\"variant\">").Text(result.variant).Raw("</span>");
  html->Raw("</span>\n");
  if (!result.finding.empty()) html->Raw("<code class=\"finding\">").Text(result.finding).Raw("</code>\n");
  html->Raw("</summary>\n");
}

void AppendComparison(const CaseResult& result, Html* html) {
  if (result.expected.empty() && result.observed.empty()) return;
  html->Raw("<dl class=\"comparison\">\n");
  html->Raw("<div><dt>Expected</dt><dd>").Text(OrDash(result.expected)).Raw("</dd></div>\n");
  html->Raw("<div><dt>Observed</dt><dd>").Text(OrDash(result.observed)).Raw("</dd></div>\n");
  html->Raw("</dl>\n");
}

// "fail [leak] 2 of 3, pass 1 of 3"
std::string RoundsPhrase(const std::vector<RoundTally>& rounds) {
  int all = 0;
  for (const RoundTally& round : rounds) all += round.count;
  return absl::StrJoin(rounds, ", ", [all](std::string* out, const RoundTally& round) {
    absl::StrAppend(out, VerdictWord(round.verdict),
                    round.finding.empty() ? "" : absl::StrCat(" [", round.finding, "]"), " ", round.count, " of ", all);
  });
}

void AppendWaiver(const AppliedWaiver& waiver, Html* html) {
  AppendTerm("Waived", absl::StrCat("[", waiver.finding, "] by ", waiver.entry), html);
  AppendTerm("Reason", waiver.reason, html);
  AppendTerm("See", waiver.link, html);  // as text: a link of unknown origin is not made one to click at
  AppendTerm("Waived until", waiver.expires, html);
}

void AppendRequirement(const CaseResult& result, Html* html) {
  html->Raw("<dl class=\"terms\">\n");
  AppendTerm("Why it matters", result.why, html);
  AppendTerm("Remedy", result.remedy, html);
  if (result.requirement_id != result.case_id) AppendTerm("Requirement", result.requirement_id, html);
  AppendTerm("Source", result.source, html);
  AppendTerm("Fails known-bad", absl::StrJoin(result.proven_by, ", "), html);
  AppendTerm("Realism", RealismPhrase(result.realism), html);
  AppendTerm("Run", RunPhrase(result), html);
  if (result.faults.empty()) AppendTerm("Injected", "no fault", html);
  AppendTerm("Rounds", RoundsPhrase(result.rounds), html);
  if (result.waiver.has_value()) AppendWaiver(*result.waiver, html);
  html->Raw("</dl>\n");
}

void AppendFaults(const std::vector<FaultRecord>& faults, Html* html) {
  if (faults.empty()) return;
  html->Raw("<div class=\"wide\" role=\"region\" aria-label=\"What was injected\" tabindex=\"0\">\n");
  html->Raw("<table class=\"faults\">\n<caption>What was injected</caption>\n<thead><tr>");
  html->Raw("<th scope=\"col\">Site</th><th scope=\"col\">Effect</th><th scope=\"col\">The caller saw</th>");
  html->Raw("<th scope=\"col\">Fired</th></tr></thead>\n<tbody>\n");
  for (const FaultRecord& fault : faults) {
    html->Raw("<tr><th scope=\"row\"><code>").Text(fault.site).Raw("</code></th><td>").Text(EffectPhrase(fault.effect));
    html->Raw("</td><td>")
        .Text(fault.result.empty() ? "the real result" : fault.result)
        .Raw("</td><td>")
        .Text(FiredPhrase(fault.fired))
        .Raw("</td></tr>\n");
  }
  html->Raw("</tbody>\n</table>\n</div>\n");
}

// Facts of one of several connections are named "connection 2: descriptor": each connection gets a heading.
void AppendClosing(const std::vector<std::pair<std::string, std::string>>& closing, Html* html) {
  if (closing.empty()) return;
  html->Raw("<table class=\"facts\">\n<caption>How it closed</caption>\n<tbody>\n");
  absl::string_view group;
  for (const auto& [name, value] : closing) {
    const size_t colon = name.find(": ");
    const absl::string_view own_group = absl::string_view(name).substr(0, colon == std::string::npos ? 0 : colon);
    if (own_group != group) {
      html->Raw("</tbody>\n<tbody>\n");
      if (!own_group.empty()) {
        html->Raw("<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"2\">").Text(own_group).Raw("</th></tr>\n");
      }
    }
    group = own_group;
    const absl::string_view own_name = absl::string_view(name).substr(own_group.empty() ? 0 : own_group.size() + 2);
    html->Raw("<tr><th scope=\"row\">").Text(own_name).Raw("</th><td>").Text(value).Raw("</td></tr>\n");
  }
  html->Raw("</tbody>\n</table>\n");
}

void AppendEvidence(const std::vector<std::string>& evidence, Html* html) {
  if (evidence.empty()) return;
  html->Raw("<figure>\n<figcaption>Evidence, in order of time</figcaption>\n");
  html->Raw("<ol class=\"evidence\" tabindex=\"0\">\n");
  for (const std::string& line : evidence) html->Raw("<li>").Text(line).Raw("</li>\n");
  html->Raw("</ol>\n</figure>\n");
}

void AppendOutput(const std::string& output, Html* html) {
  if (output.empty()) return;
  html->Raw("<figure>\n<figcaption>End of the subject’s output</figcaption>\n");
  // The line feed after <pre> is none of the text: HTML drops it.
  html->Raw("<pre tabindex=\"0\">\n").Lines(output).Raw("</pre>\n</figure>\n");
}

void AppendReplay(const std::string& replay, Html* html) {
  if (replay.empty()) return;
  html->Raw("<figure>\n<figcaption>Repeat it</figcaption>\n<pre class=\"replay\" tabindex=\"0\"><code>");
  html->Text(replay).Raw("</code></pre>\n</figure>\n");
}

}  // namespace

void AppendCase(const CaseResult& result, absl::string_view anchor, bool open, Html* html) {
  html->Raw("<li class=\"case ").Text(VerdictWord(result.verdict)).Raw("\">\n");
  html->Raw("<details").Raw(open ? Html::Literal(" open") : Html::Literal("")).Raw(">\n");
  AppendSummary(result, html);
  // The anchor stands inside: a browser that goes to it opens the row.
  html->Raw("<div class=\"body\" id=\"").Text(anchor).Raw("\">\n");
  // What was observed is often the whole message, and need not stand there twice.
  const bool said_below = result.message == result.observed;
  if (!result.message.empty() && !said_below) html->Raw("<p class=\"message\">").Text(result.message).Raw("</p>\n");
  AppendComparison(result, html);
  AppendRequirement(result, html);
  AppendFaults(result.faults, html);
  AppendClosing(result.closing, html);
  AppendEvidence(result.evidence, html);
  AppendLadder(result.ladder, html);
  AppendOutput(result.output, html);
  AppendReplay(result.replay, html);
  html->Raw("</div>\n</details>\n</li>\n");
}

void AppendVerdict(Verdict verdict, Html* html) {
  html->Raw("<span class=\"verdict ").Text(VerdictWord(verdict)).Raw("\"><span class=\"symbol\" aria-hidden=\"true\">");
  html->Text(VerdictSymbol(verdict)).Raw("</span> ").Text(VerdictWord(verdict)).Raw("</span>\n");
}

void AppendFacts(Html::Literal caption, const std::vector<std::pair<std::string, std::string>>& facts, Html* html) {
  if (facts.empty()) return;
  html->Raw("<table class=\"facts\">\n<caption>").Raw(caption).Raw("</caption>\n<tbody>\n");
  for (const auto& [name, value] : facts) {
    html->Raw("<tr><th scope=\"row\">").Text(name).Raw("</th><td>").Text(value).Raw("</td></tr>\n");
  }
  html->Raw("</tbody>\n</table>\n");
}

}  // namespace lastack
