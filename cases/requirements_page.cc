#include "cases/requirements_page.h"

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cases/case.h"
#include "cases/requirement.h"

namespace lastack {
namespace {

constexpr char kIntroduction[] =
    "# The catalog\n"
    "\n"
    "Rules of good closing, and the cases that check them. Generated from `requirements.json` and the registry of "
    "cases:\n"
    "`bazel run //cases:update_requirements`. Levels as in RFC 2119. A case names what is injected (the fault grammar "
    "of\n"
    "`harness/plan/parse.h`), what it can find, and the known-bad subjects that it fails.\n";

std::string FamilyOf(const std::string& id) { return id.substr(0, id.find('/')); }

std::string Codes(const std::vector<std::string>& words) {
  return absl::StrJoin(words, ", ",
                       [](std::string* out, const std::string& word) { absl::StrAppend(out, "`", word, "`"); });
}

// What there is, a row a family.
std::string Summary() {
  struct Row {
    size_t requirements = 0;
    size_t cases = 0;
    size_t findings = 0;
    std::set<std::string> defects;
  };
  std::map<std::string, Row> rows;
  Row all;
  for (const Requirement& requirement : Requirements()) {
    for (Row* row : {&rows[FamilyOf(requirement.id)], &all}) ++row->requirements;
  }
  for (const Case& one : Cases()) {
    for (Row* row : {&rows[FamilyOf(one.requirement)], &all}) {
      ++row->cases;
      row->findings += one.findings.size();
      row->defects.insert(one.defects.begin(), one.defects.end());
    }
  }
  std::string table =
      "\n| family | requirements | cases | findings | defects of known-bad subjects that they fail |\n| --- | --- | "
      "--- | --- | --- |\n";
  const auto append = [&](const std::string& name, const Row& row) {
    absl::StrAppend(&table, "| ", name, " | ", row.requirements, " | ", row.cases, " | ", row.findings, " | ",
                    row.defects.size(), " |\n");
  };
  for (const auto& [family, row] : rows) append(family, row);
  append("all", all);
  return table;
}

// Which cases fail a defect, where the entries below say which defects fail a case.
std::string ByDefect() {
  std::map<std::string, std::vector<std::string>> cases;
  for (const Case& one : Cases()) {
    for (const std::string& defect : one.defects) cases[defect].emplace_back(one.id);
  }
  std::string table =
      "\n## The kill matrix\n\nEach defect with the cases that it fails; `//cases:kill_matrix_test` shows that it "
      "fails no others.\n"
      "\n| defect | cases |\n| --- | --- |\n";
  for (const auto& [defect, ids] : cases) absl::StrAppend(&table, "| `", defect, "` | ", Codes(ids), " |\n");
  return table;
}

std::string CaseEntry(const Case& one) {
  std::string entry = absl::StrCat("- case `", one.id, "`: ", ScenarioName(one.scenario));
  if (!one.faults.empty()) absl::StrAppend(&entry, ", with ", Codes(one.faults));
  for (const Finding& finding : one.findings) {
    absl::StrAppend(&entry, "\n  - finds `", finding.code, "`: ", finding.sentence);
  }
  return absl::StrCat(entry, "\n  - fails ", Codes(one.defects), "\n");
}

std::string Entry(const Requirement& requirement) {
  std::string entry = absl::StrCat(
      "\n### ", requirement.id, " (", requirement.level, ")\n\n", requirement.text, "\n\n",
      "- judged on: ", requirement.judged_on, "\n", "- why: ", requirement.why, "\n", "- remedy: ", requirement.remedy,
      "\n", "- for: ", absl::StrJoin(requirement.roles, ", "), "; tier ", requirement.tier, "\n",
      "- source: the document, ", requirement.section, "; ", absl::StrJoin(requirement.sources, "; "), "\n");
  for (const Case& one : Cases()) {
    if (one.requirement == requirement.id) absl::StrAppend(&entry, CaseEntry(one));
  }
  return entry;
}

}  // namespace

std::string RequirementsPage() {
  std::string page = kIntroduction + Summary();
  std::string family;
  for (const Requirement& requirement : Requirements()) {
    if (FamilyOf(requirement.id) != family) {
      family = FamilyOf(requirement.id);
      absl::StrAppend(&page, "\n## ", family, "\n");
    }
    absl::StrAppend(&page, Entry(requirement));
  }
  return page + ByDefect();
}

}  // namespace lastack
