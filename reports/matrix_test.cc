#include "reports/matrix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"
#include "reports/golden.h"
#include "reports/samples.h"

namespace lastack {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

Results Named(const std::string& name, std::vector<CaseResult> records) {
  Results results = ResultsOfCases(std::move(records));
  results.environment = {{kSubjectName, name}, {kSubjectVersion, "1.0"}};
  results.profile = "driver";
  return results;
}

Matrix Of(std::vector<Results> all, const std::vector<MatrixNote>& notes = {},
          const std::vector<std::string>& order = {}) {
  std::vector<MatrixSource> sources;
  for (size_t i = 0; i < all.size(); ++i) {
    sources.push_back({.link = absl::StrCat("s", i, "/index.html"), .results = all[i]});
  }
  return MatrixOf(sources, notes, order);
}

std::vector<std::string> Ids(const Matrix& matrix) {
  std::vector<std::string> ids;
  for (const MatrixRow& row : matrix.rows) ids.push_back(row.requirement);
  return ids;
}

// Rows in the catalog's order although each subject has others; what was not asked has no verdict.
TEST(MatrixTest, RowsAreTheRequirementsOfAllSubjects) {
  const Matrix matrix = Of({Named("A", {SampleCase(Verdict::kPass, "b/2"), SampleCase(Verdict::kFail, "z/9")}),
                            Named("B", {SampleCase(Verdict::kFail, "a/1")})},
                           {}, {"b/1", "b/2", "a/1"});
  EXPECT_THAT(Ids(matrix), ElementsAre("b/2", "a/1", "z/9"));
  ASSERT_THAT(matrix.rows[0].cells, SizeIs(2));
  EXPECT_EQ(matrix.rows[0].cells[0]->verdict, Verdict::kPass);
  EXPECT_EQ(matrix.rows[0].cells[1], std::nullopt);
  EXPECT_THAT(RenderMatrixHtml(matrix),
              AllOf(HasSubstr("<td class=\"none\">not asked</td>"), HasSubstr("<a href=\"s0/index.html#b/2\">")));
}

TEST(MatrixTest, SaysWhenWhereAndByWhatItWasAudited) {
  Results one = Named("A", {SampleCase(Verdict::kPass, "a/1")}),
          other = Named("B", {SampleCase(Verdict::kPass, "a/1")});
  EXPECT_EQ(AuditedPhrase(Of({one, other})), "");
  for (Results* results : {&one, &other}) {
    results->environment.emplace_back(kKernel, "Linux 6.18");
    results->environment.emplace_back(kLastack, "0.1.0");
  }
  one.environment.emplace_back(kDate, "2026-11-22");
  other.environment.emplace_back(kDate, "2026-11-21");
  const Matrix matrix = Of({one, other});
  EXPECT_EQ(AuditedPhrase(matrix), "on 2026-11-22 and 2026-11-21, on Linux 6.18, by lastack 0.1.0");
  EXPECT_THAT(RenderMatrixHtml(matrix), HasSubstr("Audited on 2026-11-22"));
  EXPECT_THAT(RenderMatrixText(matrix), HasSubstr("\nAudited on 2026-11-22"));
}

TEST(MatrixTest, ACellIsTheGravestOfItsRequirementsCases) {
  CaseResult bad = SampleCase(Verdict::kFail, "a/1-again");
  bad.requirement_id = "a/1";
  for (const std::vector<CaseResult>& records :
       {std::vector<CaseResult>{SampleCase(Verdict::kPass, "a/1"), bad}, {bad, SampleCase(Verdict::kPass, "a/1")}}) {
    const Matrix matrix = Of({Named("A", records)});
    ASSERT_THAT(matrix.rows, SizeIs(1));
    EXPECT_EQ(matrix.rows[0].cells[0]->verdict, Verdict::kFail);
    EXPECT_EQ(matrix.rows[0].cells[0]->case_id, "a/1-again");
  }
}

TEST(MatrixTest, NotesStandAtTheirCellsAndBecomeStaleWithTheVerdict) {
  const std::vector<MatrixNote> notes = {{"B", "a/1", Verdict::kFail, "never seen"},
                                         {"A", "a/*", Verdict::kFail, "why A fails"}};
  const Matrix matrix =
      Of({Named("A", {SampleCase(Verdict::kFail, "a/1")}), Named("B", {SampleCase(Verdict::kPass, "a/1")})}, notes);
  EXPECT_THAT(matrix.notes, ElementsAre(notes[1]));
  EXPECT_THAT(matrix.stale_notes, ElementsAre(notes[0]));
  EXPECT_THAT(matrix.rows[0].cells[0]->notes, ElementsAre(0));
  EXPECT_THAT(RenderMatrixHtml(matrix), AllOf(HasSubstr("href=\"#note:1\""), HasSubstr("<li id=\"note:1\">why A fails"),
                                              HasSubstr("Notes that fit no cell")));
  EXPECT_THAT(RenderMatrixText(matrix), HasSubstr("Stale note: no cell of B at a/1 says fail: never seen"));
}

TEST(MatrixTest, ASubjectThatWasNotAuditedIsAColumnThatSaysSo) {
  Results missing;
  missing.subject = "node x.js";
  missing.environment = {{kSubjectName, "Node"}};
  missing.not_audited = "there is no program node";
  const Matrix matrix = Of({Named("A", {SampleCase(Verdict::kPass, "a/1")}), missing});
  EXPECT_THAT(RenderMatrixHtml(matrix), AllOf(HasSubstr("<td>not audited</td><td>there is no program node</td>"),
                                              HasSubstr("<td class=\"none\">not audited</td>")));
  EXPECT_THAT(RenderMatrixText(matrix), HasSubstr("2  Node: not audited: there is no program node\n"));
}

TEST(MatrixTest, WithoutANameTheCommandIsTheName) {
  Results results;
  results.subject = "curl {url}";
  EXPECT_EQ(Of({results}).columns[0].name, "curl {url}");
  EXPECT_THAT(RenderMatrixHtml(Of({})), HasSubstr("0 subjects compared"));
}

TEST(MatrixTest, MarkupIsText) {
  Results hostile = HostileResults();
  hostile.environment = {{kSubjectName, HostileText()}, {kSubjectVersion, HostileText()}};
  hostile.not_audited = HostileText();
  Results version_only = HostileResults();
  version_only.environment = {{kSubjectName, HostileText()}, {kSubjectVersion, HostileText()}};
  const Matrix matrix = MatrixOf(
      {{HostileText(), hostile}, {HostileText(), version_only}},
      {{"*", "*", Verdict::kFail, HostileText()}, {HostileText(), HostileText(), Verdict::kPass, HostileText()}}, {});
  ASSERT_THAT(matrix.notes, SizeIs(1));
  ASSERT_THAT(matrix.stale_notes, SizeIs(1));
  for (const std::string& page : {RenderMatrixHtml(matrix), RenderMatrixText(matrix)}) {
    EXPECT_THAT(page, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\u202E"))));
  }
  const std::string page = RenderMatrixHtml(matrix);
  EXPECT_THAT(page, AllOf(HasSubstr("&lt;script&gt;"), Not(HasSubstr("<script")), Not(HasSubstr("\" onmouseover")),
                          Not(HasSubstr("<!--"))));
  EXPECT_FALSE(nlohmann::json::parse(FormatMatrix(matrix), nullptr, false).is_discarded());
}

// Every tag that is opened is closed, in order; nothing runs and nothing is styled in the page.
TEST(MatrixTest, ThePageIsBalancedAndWithoutScriptOrStyle) {
  const std::string page = RenderMatrixHtml(SampleMatrix(FullResults()));
  EXPECT_THAT(page, AllOf(Not(HasSubstr("<script")), Not(HasSubstr(" style=")), Not(HasSubstr("http:")),
                          Not(HasSubstr("https:"))));
  std::vector<std::string> open;
  for (size_t begin = page.find('<'); begin != std::string::npos; begin = page.find('<', begin + 1)) {
    const std::string name = page.substr(begin + 1, page.find_first_of(" >", begin) - begin - 1);
    if (name == "meta" || name == "link" || name == "!DOCTYPE") continue;
    if (name[0] != '/') {
      open.push_back(name);
      continue;
    }
    ASSERT_FALSE(open.empty());
    ASSERT_EQ(open.back(), name.substr(1));
    open.pop_back();
  }
  EXPECT_TRUE(open.empty());
}

// Each row of the table spans all columns, and every cell has its row's and its column's head.
TEST(MatrixTest, TablesAreReadableWithoutSight) {
  const std::string page = RenderMatrixHtml(SampleMatrix(FullResults()));
  const std::string table =
      page.substr(page.find("<table class=\"matrix\">"),
                  page.find("</table>", page.find("<table class=\"matrix\">")) - page.find("<table class=\"matrix\">"));
  size_t rows = 0;
  for (const absl::string_view row : absl::StrSplit(table, "</tr>")) {
    if (row.find("<td") == absl::string_view::npos) continue;
    ++rows;
    size_t cells = 0;
    for (size_t at = row.find("<td"); at != absl::string_view::npos; at = row.find("<td", at + 1)) ++cells;
    EXPECT_EQ(cells, 3u) << row;
    EXPECT_NE(row.find("<th scope=\"row\""), absl::string_view::npos) << row;
  }
  EXPECT_EQ(rows, SampleMatrix(FullResults()).rows.size());
  EXPECT_THAT(table, HasSubstr("<th scope=\"col\">"));
  EXPECT_THAT(page, HasSubstr("role=\"region\" aria-label=\"Requirements and subjects\" tabindex=\"0\""));
}

TEST(MatrixTest, AsManySubjectsAsThereAreAreAPageOfModestSize) {
  std::vector<CaseResult> records;
  for (int i = 0; i < 65; ++i) {
    records.push_back(SampleCase(Verdict::kPass, absl::StrCat("family-", i / 8, "/requirement-", i)));
  }
  std::vector<Results> all;
  for (int i = 0; i < 15; ++i) all.push_back(Named(absl::StrCat("Subject ", i), records));
  const Matrix matrix = Of(all);
  EXPECT_THAT(matrix.rows, SizeIs(65));
  EXPECT_LT(RenderMatrixHtml(matrix).size(), 400000u);
}

}  // namespace
}  // namespace lastack
