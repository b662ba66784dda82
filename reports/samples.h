// Results for tests: a record with every field filled, and text that tries to break out of a report.
#ifndef LASTACK_REPORTS_SAMPLES_H_
#define LASTACK_REPORTS_SAMPLES_H_

#include <string>
#include <utility>
#include <vector>

#include "reports/results.h"

namespace lastack {

// A MUST with the given verdict; a finding code where the verdict carries one.
inline CaseResult SampleCase(Verdict verdict, const std::string& id = "check-close/eintr-not-retried") {
  CaseResult result;
  result.case_id = id;
  result.requirement_id = id;
  result.level = "MUST";
  result.verdict = verdict;
  if (verdict == Verdict::kFail || verdict == Verdict::kKnownFailure || verdict == Verdict::kAdvisory) {
    result.finding = "close-retried";
  }
  return result;
}

inline Results ResultsOfCases(std::vector<CaseResult> cases) {
  Results results;
  results.results = std::move(cases);
  return results;
}

// Every field is filled, each with text of its own ("<field>-text").
inline CaseResult FullCase() {
  CaseResult result = SampleCase(Verdict::kFail);
  result.requirement_id = "requirement-id-text";
  result.requirement = "requirement-text";
  result.variant = "variant-text";
  result.why = "why-text";
  result.remedy = "remedy-text";
  result.source = "source-text";
  result.finding = "finding-text";
  result.message = "message-text";
  result.proven_by = {"proven-by-text", "proven-by2-text"};
  result.realism = "posix";
  result.backend = "backend-text";
  result.tier = "quick";
  result.faults = {{"site-text", "effect-text", "result-text", 2}, {"site2-text", "effect2-text", "result2-text", 0}};
  result.expected = "expected-text";
  result.observed = "observed-text";
  result.evidence = {"evidence-text", "evidence2-text"};
  result.closing = {{"closing-name-text", "closing-value-text"}, {"closing2-name-text", "closing2-value-text"}};
  result.ladder = {{1000, "subject", "ladder-call-text"},
                   {1500, "to-peer", "ladder-segment-text"},
                   {1600, "fold", "ladder-fold-text"},
                   {1700, "to-kernel", "ladder-sent-text"},
                   {1800, "from-kernel", "ladder-received-text"},
                   {1900, "to-subject", "RST"},
                   {2000, "fault", "ladder-fault-text"},
                   {2500, "peer", "ladder-peer-text"}};
  result.duration_ms = 1234;
  result.output = "output-text\nsecond line\n";
  result.replay = "replay-text";
  result.rounds = {{Verdict::kFail, "finding-text", 2}, {Verdict::kPass, "", 1}};
  result.waiver = AppliedWaiver{.entry = "entry-text",
                                .finding = "waived-finding-text",
                                .reason = "reason-text",
                                .link = "link-text",
                                .expires = "expires-text",
                                .verdict = Verdict::kFail,
                                .message = "message-before-text"};
  return result;
}

inline Results FullResults() {
  Results results;
  results.subject = "subject-text";
  results.profile = "profile-text";
  results.environment = {{"kernel-name-text", "kernel-value-text"}, {"a-name-text", "a-value-text"}};
  results.shard = Shard{.index = 2, .count = 3};
  results.results = {FullCase(), SampleCase(Verdict::kPass, "always-close/orderly")};
  return results;
}

// Markup, quotes, control characters, terminal escapes, bidirectional controls, invalid UTF-8.
inline std::string HostileText() {
  using namespace std::string_literals;
  const std::string marks = "<script>alert(1)</script></details></pre>--><!-- \" onmouseover=\"x ' &lt; &";
  const std::string controls = "\0\x01\x1b[31m\x7f\r\n\t"s;
  return marks + controls + "\u202Egnp.exe\u2066\u2028\uFEFF\xC2\x9B" + "\xFF\xFE\xC0\xAF\xED\xA0\x80" + "é€😀";
}

// HostileText in every text field, and one long line.
inline Results HostileResults() {
  const std::string text = HostileText();
  CaseResult result;
  result.case_id = result.requirement_id = result.requirement = result.level = result.why = result.remedy = text;
  result.source = result.finding = result.message = result.realism = result.backend = result.tier = text;
  result.expected = result.observed = result.output = result.replay = result.variant = text;
  result.output += std::string(10000, 'x');
  result.verdict = Verdict::kFail;
  result.faults = {{text, text, text, 1}};
  result.evidence = {text};
  result.proven_by = {text};
  result.closing = {{text, text}};
  result.waiver = AppliedWaiver{.entry = text,
                                .finding = text,
                                .reason = text,
                                .link = text,
                                .expires = text,
                                .verdict = Verdict::kFail,
                                .message = text};
  Results results;
  results.subject = results.profile = text;
  results.environment = {{text, text}};
  results.results = {result, result};
  return results;
}

}  // namespace lastack

#endif  // LASTACK_REPORTS_SAMPLES_H_
