// The page's style: readable in light, in dark and on paper, and all of it in one file.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "reports/html.h"
#include "reports/results.h"

namespace lastack {
namespace {

using Palette = std::map<std::string, std::string>;  // "--ink" -> "#1d1f21"

// The colours of each :root block: light, dark, print.
std::vector<Palette> Palettes() {
  std::vector<Palette> palettes;
  const std::vector<std::string> blocks = absl::StrSplit(ReportCss(), ":root {");
  for (size_t i = 1; i < blocks.size(); ++i) {
    Palette palette;
    for (const std::string& line :
         std::vector<std::string>(absl::StrSplit(blocks[i].substr(0, blocks[i].find('}')), ';'))) {
      const std::pair<std::string, std::string> parts = absl::StrSplit(absl::StripAsciiWhitespace(line), ": ");
      if (absl::StartsWith(parts.second, "#")) palette[parts.first] = parts.second;
    }
    palettes.push_back(palette);
  }
  return palettes;
}

// WCAG 2.1, relative luminance.
double Luminance(const std::string& color) {
  double luminance = 0;
  const double weights[] = {0.2126, 0.7152, 0.0722};
  for (int i = 0; i < 3; ++i) {
    const double value = std::strtol(color.substr(1 + 2 * i, 2).c_str(), nullptr, 16) / 255.0;
    luminance += weights[i] * (value <= 0.03928 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4));
  }
  return luminance;
}

// WCAG 2.1, contrast ratio.
double Contrast(const std::string& a, const std::string& b) {
  const auto [dark, light] = std::minmax({Luminance(a), Luminance(b)});
  return (light + 0.05) / (dark + 0.05);
}

TEST(Contrast, IsThatOfTheStandard) {
  EXPECT_NEAR(Contrast("#ffffff", "#000000"), 21.0, 0.01);
  EXPECT_NEAR(Contrast("#777777", "#ffffff"), 4.48, 0.01);
}

TEST(ReportCss, EveryInkIsReadableOnEveryPaper) {
  const std::vector<Palette> palettes = Palettes();
  ASSERT_EQ(palettes.size(), 3u);
  for (size_t i = 0; i < palettes.size(); ++i) {
    const Palette& palette = palettes[i];
    EXPECT_EQ(palette.size(), 11u);
    for (const auto& [name, color] : palette) {
      if (name == "--paper" || name == "--raised" || name == "--rule") continue;
      EXPECT_GE(Contrast(color, palette.at("--paper")), 4.5) << name << " of palette " << i;
      EXPECT_GE(Contrast(color, palette.at("--raised")), 4.5) << name << " of palette " << i;
    }
  }
}

TEST(ReportCss, EveryVerdictHasAColour) {
  for (const Verdict verdict : kAllVerdicts) {
    EXPECT_TRUE(absl::StrContains(ReportCss(), absl::StrCat(".verdict.", VerdictWord(verdict))))
        << VerdictWord(verdict);
  }
  for (const Overall overall : {Overall::kConformant, Overall::kNotFullyVerified, Overall::kNonConformant}) {
    EXPECT_TRUE(absl::StrContains(ReportCss(), absl::StrCat(".", OverallWord(overall), " .outcome")))
        << OverallWord(overall);
  }
}

TEST(ReportCss, NeedsNothingFromElsewhere) {
  for (const char* reference : {"url(", "@import", "@font-face", "image(", "http:", "https:", "expression(", "</"}) {
    EXPECT_FALSE(absl::StrContains(ReportCss(), reference)) << reference;
  }
}

TEST(ReportCss, IsBalanced) {
  const std::string css(ReportCss());
  EXPECT_GT(css.size(), 1000u);
  EXPECT_EQ(std::count(css.begin(), css.end(), '{'), std::count(css.begin(), css.end(), '}'));
}

}  // namespace
}  // namespace lastack
