#include "cases/requirements_page.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cases/case.h"
#include "cases/requirement.h"

namespace lastack {
namespace {

constexpr char kIntroduction[] =
    "# The catalog\n"
    "\n"
    "Rules of good closing, and the cases that check them. Generated from `requirements.json` and the registry of cases:\n"
    "`bazel run //cases:update_requirements`. Levels as in RFC 2119. A case names what is injected (the fault grammar of\n"
    "`harness/plan/parse.h`), what it can find, and the known-bad subjects that it fails.\n";

std::string FamilyOf(const std::string& id) { return id.substr(0, id.find('/')); }

std::string Codes(const std::vector<std::string>& words) {
  return absl::StrJoin(words, ", ", [](std::string* out, const std::string& word) { absl::StrAppend(out, "`", word, "`"); });
}

std::string CaseEntry(const Case& one) {
  std::string entry = absl::StrCat("- case `", one.id, "`: ", ScenarioName(one.scenario));
  if (!one.faults.empty()) absl::StrAppend(&entry, ", with ", Codes(one.faults));
  for (const Finding& finding : one.findings) absl::StrAppend(&entry, "\n  - finds `", finding.code, "`: ", finding.sentence);
  return absl::StrCat(entry, "\n  - fails ", Codes(one.defects), "\n");
}

std::string Entry(const Requirement& requirement) {
  std::string entry = absl::StrCat("\n### ", requirement.id, " (", requirement.level, ")\n\n", requirement.text, "\n\n",
                                   "- judged on: ", requirement.judged_on, "\n", "- why: ", requirement.why, "\n",
                                   "- remedy: ", requirement.remedy, "\n", "- for: ", absl::StrJoin(requirement.roles, ", "),
                                   "; tier ", requirement.tier, "\n", "- source: the document, ", requirement.section, "; ",
                                   absl::StrJoin(requirement.sources, "; "), "\n");
  for (const Case& one : Cases()) {
    if (one.requirement == requirement.id) absl::StrAppend(&entry, CaseEntry(one));
  }
  return entry;
}

}  // namespace

std::string RequirementsPage() {
  std::string page = kIntroduction;
  std::string family;
  for (const Requirement& requirement : Requirements()) {
    if (FamilyOf(requirement.id) != family) {
      family = FamilyOf(requirement.id);
      absl::StrAppend(&page, "\n## ", family, "\n");
    }
    absl::StrAppend(&page, Entry(requirement));
  }
  return page;
}

}  // namespace lastack
