#include "reports/html.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "reports/results.h"
#include "reports/samples.h"
#include "reports/text.h"

namespace lastack {
namespace {

// One tag of the page. Text cannot hold a '<' (it is escaped), so that every '<' begins one.
struct Tag {
  std::string name;  // "/p" for an end tag
  std::map<std::string, std::string> attributes;
};

Tag ParseTag(absl::string_view inside) {
  Tag tag;
  const size_t space = inside.find(' ');
  tag.name = std::string(inside.substr(0, space));
  absl::string_view rest = space == absl::string_view::npos ? "" : inside.substr(space + 1);
  while (!rest.empty() && rest != "/") {
    const size_t end = rest.find_first_of(" =");
    const std::string name(rest.substr(0, end));
    std::string value;
    if (end != absl::string_view::npos && rest[end] == '=') {
      const size_t close = rest.find('"', end + 2);
      EXPECT_NE(close, absl::string_view::npos) << inside;
      if (close == absl::string_view::npos) break;
      value = std::string(rest.substr(end + 2, close - end - 2));
      rest = rest.substr(close + 1);
    } else {
      rest = end == absl::string_view::npos ? "" : rest.substr(end);
    }
    EXPECT_TRUE(tag.attributes.emplace(name, value).second) << inside;
    if (!rest.empty() && rest[0] == ' ') rest = rest.substr(1);
  }
  return tag;
}

std::vector<Tag> TagsOf(const std::string& html) {
  std::vector<Tag> tags;
  for (size_t begin = html.find('<'); begin != std::string::npos; begin = html.find('<', begin + 1)) {
    const size_t end = html.find('>', begin);
    tags.push_back(ParseTag(absl::string_view(html).substr(begin + 1, end - begin - 1)));
  }
  return tags;
}

Results EmptyResults() {
  Results results;
  results.subject = "true";
  return results;
}

// What must hold for every page, whatever the results.
class AnyPage : public testing::TestWithParam<Results (*)()> {
 protected:
  const std::string html_ = RenderHtml(GetParam()());
  const std::vector<Tag> tags_ = TagsOf(html_);
};

TEST_P(AnyPage, HasOnlyTagsAndAttributesOfItsOwn) {
  const std::set<std::string> names = {
      "!DOCTYPE", "html",    "head",   "meta",       "title", "link",    "body",  "header", "main", "section", "h1",
      "h2",       "h3",      "p",      "b",          "span",  "div",     "code",  "pre",    "a",    "ul",      "ol",
      "li",       "dl",      "dt",     "dd",         "table", "caption", "thead", "tbody",  "tr",   "th",      "td",
      "details",  "summary", "figure", "figcaption", "svg",   "rect",    "text",  "line",   "path", "g"};
  const std::set<std::string> attributes = {"html",
                                            "lang",
                                            "charset",
                                            "name",
                                            "content",
                                            "http-equiv",
                                            "rel",
                                            "href",
                                            "class",
                                            "id",
                                            "scope",
                                            "open",
                                            "tabindex",
                                            "aria-hidden",
                                            "focusable",
                                            "viewBox",
                                            "preserveAspectRatio",
                                            "x",
                                            "y",
                                            "width",
                                            "height",
                                            "role",
                                            "aria-label",
                                            "colspan",
                                            "x1",
                                            "x2",
                                            "y1",
                                            "y2",
                                            "d"};
  for (const Tag& tag : tags_) {
    EXPECT_EQ(names.count(tag.name[0] == '/' ? tag.name.substr(1) : tag.name), 1u) << "<" << tag.name << ">";
    for (const auto& [name, value] : tag.attributes) {
      EXPECT_EQ(attributes.count(name), 1u) << name << " of " << tag.name;
    }
  }
}

TEST_P(AnyPage, IsBalanced) {
  const std::set<std::string> without_end = {"!DOCTYPE", "meta", "link", "rect", "line", "path"};
  std::vector<std::string> open;
  for (const Tag& tag : tags_) {
    if (without_end.count(tag.name) != 0) continue;
    if (tag.name[0] != '/') {
      open.push_back(tag.name);
      continue;
    }
    ASSERT_FALSE(open.empty()) << tag.name;
    ASSERT_EQ(open.back(), tag.name.substr(1));
    open.pop_back();
  }
  EXPECT_EQ(open, std::vector<std::string>());
}

TEST_P(AnyPage, RefersToItselfAndItsStyleOnly) {
  std::set<std::string> ids;
  for (const Tag& tag : tags_) {
    const auto id = tag.attributes.find("id");
    if (id == tag.attributes.end()) continue;
    EXPECT_TRUE(ids.insert(id->second).second) << "twice: " << id->second;
  }
  for (const Tag& tag : tags_) {
    const auto href = tag.attributes.find("href");
    if (href == tag.attributes.end()) continue;
    if (tag.name == "link") {
      EXPECT_EQ(href->second, "report.css");
    } else {
      EXPECT_EQ(href->second.substr(0, 1), "#");
      EXPECT_EQ(ids.count(href->second.substr(1)), 1u) << "leads nowhere: " << href->second;
    }
  }
}

TEST_P(AnyPage, IsCleanText) {
  EXPECT_EQ(ValidUtf8(html_), html_);
  EXPECT_EQ(VisibleText(html_, Breaks::kKeep), html_) << "something hides or reorders text";
  EXPECT_EQ(html_.find("<script"), std::string::npos);
  EXPECT_EQ(html_.find("javascript:"), std::string::npos);
}

TEST_P(AnyPage, HeadingsStepDownOneByOne) {
  int level = 0;
  int h1 = 0;
  for (const Tag& tag : tags_) {
    if (tag.name.size() != 2 || tag.name[0] != 'h' || !std::isdigit(tag.name[1])) continue;
    const int next = tag.name[1] - '0';
    EXPECT_LE(next, level + 1);
    level = next;
    h1 += next == 1 ? 1 : 0;
  }
  EXPECT_EQ(h1, 1);
}

TEST_P(AnyPage, TablesHaveHeaders) {
  int headers = 0;
  for (const Tag& tag : tags_) {
    if (tag.name == "table") headers = 0;
    if (tag.name == "th") {
      ++headers;
      EXPECT_EQ(tag.attributes.count("scope"), 1u);
    }
    if (tag.name == "/table") {
      EXPECT_GT(headers, 0);
    }
  }
}

TEST_P(AnyPage, IsAFunctionOfTheResults) { EXPECT_EQ(RenderHtml(GetParam()()), html_); }

INSTANTIATE_TEST_SUITE_P(All, AnyPage, testing::Values(EmptyResults, FullResults, HostileResults));

// How often `part` occurs.
size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

TEST(RenderHtml, ShowsEveryField) {
  const std::string html = RenderHtml(FullResults());
  for (const char* text : {"subject-text",
                           "profile-text",
                           "kernel-name-text",
                           "kernel-value-text",
                           "a-name-text",
                           "check-close/",
                           "eintr-not-retried",
                           "requirement-id-text",
                           "requirement-text",
                           "variant-text",
                           "why-text",
                           "remedy-text",
                           "source-text",
                           "finding-text",
                           "message-text",
                           "proven-by-text, proven-by2-text",
                           "posix: POSIX allows it",
                           "backend-text",
                           "quick tier, 1.2 s",
                           "site-text",
                           "effect-text",
                           "result-text",
                           "2 times",
                           "site2-text",
                           "never",
                           "expected-text",
                           "observed-text",
                           "evidence-text",
                           "evidence2-text",
                           "closing-name-text",
                           "closing2-value-text",
                           "ladder-call-text",
                           "ladder-segment-text, from the subject's kernel to the peer",
                           "ladder-sent-text, from the subject to its kernel",
                           "ladder-received-text, from the kernel to the subject",
                           "RST, from the peer to the subject's kernel",
                           "ladder-fault-text",
                           "ladder-fold-text",
                           "output-text\nsecond line",
                           "replay-text",
                           "MUST"}) {
    EXPECT_TRUE(absl::StrContains(html, text)) << text;
  }
}

TEST(RenderHtml, SaysTheVerdictInWords) {
  const std::string html = RenderHtml(FullResults());
  EXPECT_TRUE(absl::StrContains(html, "<title>✗ Non-conformant: subject-text – lastack</title>"));
  EXPECT_TRUE(absl::StrContains(html, "</span> Non-conformant</p>"));
  EXPECT_TRUE(absl::StrContains(html, "1 of 2 cases shows a requirement violated."));
}

TEST(RenderHtml, EveryVerdictIsSymbolWordAndClass) {
  for (const Verdict verdict : kAllVerdicts) {
    const std::string html = RenderHtml(ResultsOfCases({SampleCase(verdict)}));
    const std::string shown =
        absl::StrCat("<span class=\"verdict ", VerdictWord(verdict), "\"><span class=\"symbol\" aria-hidden=\"true\">",
                     VerdictSymbol(verdict), "</span> ", VerdictWord(verdict), "</span>");
    EXPECT_GE(Count(html, shown), 3u) << "among the counts, at the case and in the legend: " << shown;
  }
}

TEST(RenderHtml, LinksWhatWasFoundFromTheTop) {
  const std::string html = RenderHtml(FullResults());
  const size_t link = html.find("<a href=\"#check-close/eintr-not-retried\">check-close/eintr-not-retried</a>");
  ASSERT_NE(link, std::string::npos);
  EXPECT_LT(link, html.find("class=\"cases\""));
  EXPECT_EQ(Count(html, "<a href=\"#always-close/orderly\">"), 0u) << "a pass is no finding";
}

TEST(RenderHtml, FactsOfEachConnectionHaveAHeading) {
  CaseResult result = SampleCase(Verdict::kPass);
  result.closing = {{"connection 1: descriptor", "5"},
                    {"connection 1: SO_LINGER", "off"},
                    {"connection 2: descriptor", "6"},
                    {"the subject", "exited"}};
  const std::string html = RenderHtml(ResultsOfCases({result}));
  EXPECT_EQ(Count(html, "scope=\"rowgroup\" colspan=\"2\">connection 1</th>"), 1u);
  EXPECT_EQ(Count(html, "scope=\"rowgroup\" colspan=\"2\">connection 2</th>"), 1u);
  EXPECT_EQ(Count(html, "<th scope=\"row\">descriptor</th>"), 2u);
  EXPECT_EQ(Count(html, "<tbody>\n<tr><th scope=\"row\">the subject</th>"), 1u) << "it belongs to no connection";
}

TEST(RenderHtml, SaysWhatAnEffectDid) {
  CaseResult result = SampleCase(Verdict::kPass);
  result.faults = {{"close:fd=tcp:when=1", "decoy", "", 1}, {"send:fd=tcp:when=1", "partial=3", "", 0}};
  const std::string html = RenderHtml(ResultsOfCases({result}));
  EXPECT_TRUE(absl::StrContains(
      html, "<td>decoy: the socket was closed and its number watched</td><td>the real result</td><td>once</td>"));
  EXPECT_TRUE(absl::StrContains(html, "<td>partial=3: a part of the call was made</td>"));
}

TEST(RenderHtml, WhatWasObservedStandsThereOnce) {
  CaseResult result = SampleCase(Verdict::kPass);
  result.message = result.observed = "closed it.";
  const std::string html = RenderHtml(ResultsOfCases({result}));
  EXPECT_EQ(Count(html, "closed it."), 1u);
}

TEST(RenderHtml, NamesTheSlowestFive) {
  Results results;
  for (int i = 1; i <= 7; ++i) {
    results.results.push_back(SampleCase(Verdict::kPass, absl::StrCat("linger/p", i)));
    results.results.back().duration_ms = i == 7 ? 0 : 1000 * i;
  }
  const std::string html = RenderHtml(results);
  EXPECT_EQ(Count(html, "<a href=\"#linger/p6\">linger/p6</a></th><td>6.0 s</td>"), 1u);
  EXPECT_EQ(Count(html, "<a href=\"#linger/p2\">"), 1u);
  EXPECT_EQ(Count(html, "<a href=\"#linger/p1\">"), 0u) << "it is the sixth";
  EXPECT_EQ(Count(html, "<a href=\"#linger/p7\">"), 0u) << "it had no run of its own";
  EXPECT_LT(html.find("#linger/p6\">"), html.find("#linger/p5\">"));
  EXPECT_FALSE(absl::StrContains(RenderHtml(ResultsOfCases({SampleCase(Verdict::kPass)})), "Slowest"))
      << "nothing was timed";
}

// A text of a ladder: its row and its extent, in pixels.
struct Placed {
  int y;
  double from;
  double to;
};

std::vector<Placed> TextsOfLadder(const std::string& html) {
  std::vector<Placed> texts;
  for (const std::string& part : std::vector<std::string>(absl::StrSplit(html, "<text "))) {
    const Tag tag = ParseTag(absl::StrCat("text ", part.substr(0, part.find('>'))));
    if (tag.attributes.count("x") == 0 || tag.attributes.count("class") == 0) continue;
    const std::string text = part.substr(part.find('>') + 1, part.find('<') - part.find('>') - 1);
    const double width = 6.6 * static_cast<double>(CodePoints(text));  // a monospaced font of 11 px
    const bool ends =
        absl::StartsWith(tag.attributes.at("class"), "time") || absl::StartsWith(tag.attributes.at("class"), "call");
    const double from = std::stod(tag.attributes.at("x")) - (ends ? width : width / 2);
    texts.push_back({std::stoi(tag.attributes.at("y")), from, from + width});
  }
  return texts;
}

TEST(RenderHtml, TheLaddersTextsHaveRoom) {
  CaseResult result = SampleCase(Verdict::kPass);
  const std::string long_text(200, 'm');
  for (const char* lane : {"subject", "fault", "fold", "to-kernel", "from-kernel", "to-peer", "to-subject", "peer",
                           "subject", "to-kernel"}) {
    result.ladder.push_back({static_cast<int>(result.ladder.size()), lane, long_text});
  }
  for (Rung* rung : {&result.ladder[8], &result.ladder[9]}) rung->time_us = 99'999'999;  // the last two share a row
  const std::string html = RenderHtml(ResultsOfCases({result}));
  const std::string width = html.substr(html.find("<svg role=\"group\" width=\"") + 25, 3);
  const std::vector<Placed> texts = TextsOfLadder(html);
  ASSERT_EQ(texts.size(), 3u + 9u + 10u) << "lanes, times and rungs";
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_GE(texts[i].from, 0);
    EXPECT_LE(texts[i].to, std::stod(width));
    for (size_t j = 0; j < i; ++j) {
      const bool apart = texts[i].y != texts[j].y || texts[i].from > texts[j].to || texts[j].from > texts[i].to;
      EXPECT_TRUE(apart) << i << " and " << j;
    }
  }
}

TEST(RenderHtml, OpensWhatNeedsAnAnswer) {
  for (const Verdict verdict : kAllVerdicts) {
    const CaseResult result = SampleCase(verdict);
    const Standing standing = StandingOf(result);
    const bool open = standing == Standing::kViolated || standing == Standing::kUndecided;
    EXPECT_EQ(Count(RenderHtml(ResultsOfCases({result})), "<details open>"), open ? 1u : 0u) << VerdictWord(verdict);
  }
}

TEST(RenderHtml, OneReasonForAllCasesIsToldOnceAtTheTop) {
  CaseResult one = SampleCase(Verdict::kInconclusive, "a/1");
  one.message = "The clean run shows nothing.";
  CaseResult other = one;
  other.case_id = "a/2";
  const std::string html = RenderHtml(ResultsOfCases({one, other}));
  const std::string top = html.substr(0, html.find("</section>"));
  EXPECT_TRUE(
      absl::StrContains(top, "all cases, for one reason\n<span class=\"message\">The clean run shows nothing.</span>"))
      << top;
  EXPECT_FALSE(absl::StrContains(top, "a/1")) << top;
  EXPECT_FALSE(absl::StrContains(html, "<details open>")) << "each says the same";
}

TEST(RenderHtml, HasNothingToShowForAnEmptyRun) {
  const std::string html = RenderHtml(EmptyResults());
  EXPECT_TRUE(absl::StrContains(html, "Not fully verified"));
  EXPECT_TRUE(absl::StrContains(html, "No case ran, so nothing was verified."));
  EXPECT_EQ(Count(html, "<details"), 0u);
}

TEST(RenderHtml, AnchorsTellLikeIdsApart) {
  const std::string html =
      RenderHtml(ResultsOfCases({SampleCase(Verdict::kPass, "a/b c"), SampleCase(Verdict::kPass, "a/b_20c"),
                                 SampleCase(Verdict::kPass, "a/b c")}));
  EXPECT_EQ(Count(html, "id=\"a/b_20c\""), 1u);
  EXPECT_EQ(Count(html, "id=\"a/b_5F20c\""), 1u);
  EXPECT_EQ(Count(html, "id=\"a/b_20c~2\""), 1u);
}

TEST(RenderHtml, OfVeryManyCasesTheGravestAreShown) {
  Results results;
  for (int i = 0; i < 2500; ++i) results.results.push_back(SampleCase(Verdict::kPass, absl::StrCat("linger/p", i)));
  for (int i = 0; i < 150; ++i) results.results.push_back(SampleCase(Verdict::kFail, absl::StrCat("linger/f", i)));
  const std::string html = RenderHtml(results);
  EXPECT_EQ(Count(html, "<details"), 2000u);
  EXPECT_EQ(Count(html, "<details open>"), 100u);
  EXPECT_EQ(Count(html, "<li class=\"case fail\">"), 150u);
  EXPECT_TRUE(absl::StrContains(html, "650 more cases in results.json only."));
  EXPECT_TRUE(absl::StrContains(html, "<b>2500</b>")) << "all are counted";
}

TEST(RenderHtml, FamiliesStandInTheOrderOfTheAudit) {
  const std::string html = RenderHtml(ResultsOfCases(
      {SampleCase(Verdict::kPass, "z/a"), SampleCase(Verdict::kPass, "b/a"), SampleCase(Verdict::kPass, "z/b")}));
  const size_t z = html.find("id=\"family:z\"");
  const size_t b = html.find("id=\"family:b\"");
  ASSERT_NE(z, std::string::npos);
  ASSERT_NE(b, std::string::npos);
  EXPECT_LT(z, b);
  EXPECT_LT(html.find("id=\"z/b\""), b);
  EXPECT_TRUE(absl::StrContains(html, "z <span class=\"count\">2 cases</span>"));
}

TEST(RenderHtml, HostileTextIsReadable) {
  const std::string html = RenderHtml(HostileResults());
  EXPECT_TRUE(
      absl::StrContains(html, "&lt;script&gt;alert(1)&lt;/script&gt;&lt;/details&gt;&lt;/pre&gt;--&gt;&lt;!--"));
  EXPECT_TRUE(absl::StrContains(html, "[U+202E]gnp.exe[U+2066]"));
  EXPECT_TRUE(absl::StrContains(html, "␀␁␛[31m␡␍"));
  EXPECT_TRUE(absl::StrContains(html, std::string(10000, 'x')));
}

}  // namespace
}  // namespace lastack
