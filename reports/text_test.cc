#include "reports/text.h"

#include <concepts>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "reports/html_builder.h"

namespace lastack {
namespace {

using namespace std::string_literals;

TEST(ValidUtf8, KeepsWhatIsWellFormed) {
  const std::string text = "a\0\n\x7F é € 😀 \uFFFD \U0010FFFF"s;
  EXPECT_EQ(ValidUtf8(text), text);
  EXPECT_EQ(ValidUtf8(""), "");
}

struct Malformed {
  const char* name;
  std::string bytes;
  std::string expected;
};

class MalformedUtf8 : public testing::TestWithParam<Malformed> {};

TEST_P(MalformedUtf8, BecomesReplacementCharacters) { EXPECT_EQ(ValidUtf8(GetParam().bytes), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(
    All, MalformedUtf8,
    testing::ValuesIn<Malformed>({Malformed{"LoneContinuation", "a\x80z", "a\uFFFDz"},                 //
                                  Malformed{"NeverUsed", "\xFF\xC0\xF5", "\uFFFD\uFFFD\uFFFD"},        //
                                  Malformed{"CutAtTheEnd", "x\xE2\x82", "x\uFFFD\uFFFD"},              //
                                  Malformed{"CutByAscii", "\xE2\x82<", "\uFFFD\uFFFD<"},               //
                                  Malformed{"OverlongSlash", "\xC0\xAF", "\uFFFD\uFFFD"},              //
                                  Malformed{"OverlongOfThree", "\xE0\x80\xBC", "\uFFFD\uFFFD\uFFFD"},  //
                                  Malformed{"OverlongOfFour", "\xF0\x80\x80\xBC", "\uFFFD\uFFFD\uFFFD\uFFFD"},
                                  Malformed{"Surrogate", "\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},
                                  Malformed{"AboveUnicode", "\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"}}),
    [](const auto& info) { return info.param.name; });

TEST(VisibleText, ShowsControlCharactersAsPictures) {
  EXPECT_EQ(VisibleText("\0\x1B[2J\x1F\x7F\r"s, Breaks::kShow), "␀␛[2J␟␡␍");
}

TEST(VisibleText, KeepsOrShowsBreaks) {
  EXPECT_EQ(VisibleText("a\n\tb\r\n", Breaks::kKeep), "a\n\tb␍\n");
  EXPECT_EQ(VisibleText("a\n\tb\r\n", Breaks::kShow), "a␊␉b␍␊");
}

TEST(VisibleText, NamesWhatReordersOrHides) {
  EXPECT_EQ(VisibleText("\u202Etxt.exe\u202C", Breaks::kShow), "[U+202E]txt.exe[U+202C]");
  EXPECT_EQ(VisibleText("\u2066\u2069\u200F\u061C", Breaks::kShow), "[U+2066][U+2069][U+200F][U+061C]");
  EXPECT_EQ(VisibleText("\u2028\u2029\u200B\u2060\uFEFF", Breaks::kShow), "[U+2028][U+2029][U+200B][U+2060][U+FEFF]");
  EXPECT_EQ(VisibleText("\xC2\x9B", Breaks::kShow), "[U+009B]");
  EXPECT_EQ(VisibleText("\uFFFE\U0001FFFF\U000E0041", Breaks::kShow), "[U+FFFE][U+1FFFF][U+E0041]");
}

TEST(VisibleText, LeavesHonestTextAlone) {
  const std::string text = "naïve, 日本語, עברית, 👩\u200D💻, \u00A0x";
  EXPECT_EQ(VisibleText(text, Breaks::kShow), text);
}

TEST(VisibleText, ReplacesMalformedBytes) { EXPECT_EQ(VisibleText("a\xFF\xC2", Breaks::kShow), "a\uFFFD\uFFFD"); }

TEST(Clip, CutsAtCodePoints) {
  EXPECT_EQ(Clip("häß", 3), "häß");
  EXPECT_EQ(Clip("häßlich", 4), "häß…");
  EXPECT_EQ(Clip("ab", 1), "…");
  EXPECT_EQ(Clip("", 1), "");
}

TEST(CodePoints, AreCounted) {
  EXPECT_EQ(CodePoints(""), 0u);
  EXPECT_EQ(CodePoints("a€😀"), 3u);
}

using namespace std::string_literals;

TEST(Html, TextIsEscaped) {
  Html html;
  html.Raw("<p title=\"").Text("\" onclick='x' <b>&amp;").Raw("\">").Text("</p><script>").Raw("</p>");
  EXPECT_EQ(html.str(), "<p title=\"&quot; onclick=&#39;x&#39; &lt;b&gt;&amp;amp;\">&lt;/p&gt;&lt;script&gt;</p>");
}

TEST(Html, TextIsMadeVisible) {
  Html html;
  html.Text("a\0\x1b\xFF\u202E\n\t"s).Raw("|").Lines("\n\t\r");
  EXPECT_EQ(html.str(), "a␀␛\uFFFD[U+202E]␊␉|\n\t␍");
}

TEST(WrappedTest, BreaksLinesWhereItMay) {
  EXPECT_THAT(Wrapped("one two three", " ", 7), testing::ElementsAre("one two", "three"));
  EXPECT_THAT(Wrapped("one, two, three", ", ", 9), testing::ElementsAre("one, two,", "three"));
  EXPECT_THAT(Wrapped("ein überlanges Wort", " ", 4), testing::ElementsAre("ein", "überlanges", "Wort"));
  EXPECT_THAT(Wrapped("", " ", 4), testing::IsEmpty());
}

TEST(Html, Numbers) {
  Html html;
  html.Number(-1).Raw(" ").Number(9223372036854775807);
  EXPECT_EQ(html.str(), "-1 9223372036854775807");
}

// What Raw must not take. That a pointer which is no constant is refused, too, is checked by the compiler wherever a
// Literal is made (consteval).
static_assert(!std::convertible_to<std::string, Html::Literal>);
static_assert(!std::convertible_to<absl::string_view, Html::Literal>);

}  // namespace
}  // namespace lastack
