#include "reports/html_builder.h"

#include <concepts>
#include <string>

#include "gtest/gtest.h"

namespace lastack {
namespace {

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
