#include "reports/junit.h"

#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "reports/text.h"

namespace lastack {
namespace {

enum class Form { kNothing, kFailure, kError, kSkipped, kProperty };

Form FormOf(Verdict verdict) {
  static constexpr Form kForms[] = {
#define LASTACK_VERDICT(name, word, symbol, exit_status, junit, meaning) Form::junit,
#include "reports/verdicts.inc"
  };
  return kForms[static_cast<size_t>(verdict)];
}

// U+FFFE and U+FFFF are characters of UTF-8 that XML 1.0 (section 2.2) does not know.
std::string Escaped(absl::string_view text, Breaks breaks) {
  return absl::StrReplaceAll(VisibleText(text, breaks), {{"&", "&amp;"},
                                                         {"<", "&lt;"},
                                                         {">", "&gt;"},
                                                         {"\"", "&quot;"},
                                                         {"\xEF\xBF\xBE", "\xEF\xBF\xBD"},
                                                         {"\xEF\xBF\xBF", "\xEF\xBF\xBD"}});
}

std::string Attribute(absl::string_view name, absl::string_view value) {
  return absl::StrCat(" ", name, "=\"", Escaped(value, Breaks::kShow), "\"");
}

void AppendLine(std::string* text, absl::string_view name, absl::string_view value) {
  if (!value.empty()) absl::StrAppend(text, name, ": ", value, "\n");
}

// What a person needs who sees nothing but this.
std::string Details(const CaseResult& result) {
  std::string text = absl::StrCat(result.message, "\n");
  AppendLine(&text, "requirement", result.requirement);
  AppendLine(&text, "expected", result.expected);
  AppendLine(&text, "observed", result.observed);
  for (const std::string& line : result.evidence) AppendLine(&text, "evidence", line);
  AppendLine(&text, "remedy", result.remedy);
  AppendLine(&text, "repeat", result.replay);
  return Escaped(text, Breaks::kKeep);
}

std::string Problem(absl::string_view element, const CaseResult& result) {
  const std::string type = result.finding.empty() ? VerdictWord(result.verdict) : result.finding;
  return absl::StrCat("      <", element, Attribute("type", type), Attribute("message", result.message), ">",
                      Details(result), "</", element, ">\n");
}

std::string Property(const CaseResult& result) {
  return absl::StrCat("      <properties>\n        <property", Attribute("name", VerdictWord(result.verdict)),
                      Attribute("value", result.message), "/>\n      </properties>\n");
}

std::string Body(const CaseResult& result) {
  switch (FormOf(result.verdict)) {
    case Form::kNothing:
      return "";
    case Form::kFailure:
      return Problem("failure", result);
    case Form::kError:
      return Problem("error", result);
    case Form::kSkipped:
      return absl::StrCat("      <skipped", Attribute("message", result.message), "/>\n");
    case Form::kProperty:
      return Property(result);
  }
  return "";
}

std::string TestCase(const std::string& family, const CaseResult& result) {
  const std::string body = Body(result);
  const std::string start =
      absl::StrCat("    <testcase", Attribute("classname", family), Attribute("name", result.case_id),
                   Attribute("time", absl::StrFormat("%.3f", static_cast<double>(result.duration_ms) / 1000)));
  return body.empty() ? absl::StrCat(start, "/>\n") : absl::StrCat(start, ">\n", body, "    </testcase>\n");
}

std::string Counts(const std::vector<const CaseResult*>& cases) {
  std::map<Form, int> counts;
  for (const CaseResult* one : cases) ++counts[FormOf(one->verdict)];
  return absl::StrCat(Attribute("tests", absl::StrCat(cases.size())),
                      Attribute("failures", absl::StrCat(counts[Form::kFailure])),
                      Attribute("errors", absl::StrCat(counts[Form::kError])),
                      Attribute("skipped", absl::StrCat(counts[Form::kSkipped])));
}

}  // namespace

std::string RenderJUnit(const Results& results) {
  std::map<std::string, std::vector<const CaseResult*>> families;
  std::vector<const CaseResult*> all;
  for (const CaseResult& result : results.results) {
    families[result.case_id.substr(0, result.case_id.find('/'))].push_back(&result);
    all.push_back(&result);
  }
  std::string xml = absl::StrCat("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites",
                                 Attribute("name", absl::StrCat("lastack: ", results.subject)), Counts(all), ">\n");
  for (const auto& [family, cases] : families) {
    absl::StrAppend(&xml, "  <testsuite", Attribute("name", family), Counts(cases), ">\n");
    for (const CaseResult* one : cases) absl::StrAppend(&xml, TestCase(family, *one));
    absl::StrAppend(&xml, "  </testsuite>\n");
  }
  return absl::StrCat(xml, "</testsuites>\n");
}

}  // namespace lastack
