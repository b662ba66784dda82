#include "reports/ladder_svg.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "reports/text.h"

namespace lastack {
namespace {

// Columns and rows, in pixels.
constexpr int kTimeX = 74;
constexpr int kSubjectX = 470;
constexpr int kPeerX = 640;
constexpr int kWidth = 820;
constexpr int kRow = 22;
constexpr int kTop = 44;
constexpr size_t kLongest = 52;  // characters of a call, which end at the subject's line

void AppendText(int x, int y, Html::Literal css, absl::string_view text, Html* html) {
  html->Raw("<text x=\"").Number(x).Raw("\" y=\"").Number(y).Raw("\" class=\"").Raw(css).Raw("\">").Text(text).Raw("</text>\n");
}

void AppendLifeline(int x, int bottom, absl::string_view name, Html* html) {
  AppendText(x, 18, "lane", name, html);
  html->Raw("<line class=\"life\" x1=\"").Number(x).Raw("\" x2=\"").Number(x).Raw("\" y1=\"26\" y2=\"").Number(bottom).Raw("\"/>\n");
}

void AppendArrow(int from, int to, int y, absl::string_view text, Html* html) {
  const int back = to > from ? -7 : 7;
  html->Raw("<path class=\"arrow\" d=\"M").Number(from).Raw(" ").Number(y).Raw(" H").Number(to);
  html->Raw(" M").Number(to + back).Raw(" ").Number(y - 4).Raw(" L").Number(to).Raw(" ").Number(y);
  html->Raw(" L").Number(to + back).Raw(" ").Number(y + 4).Raw("\"/>\n");
  AppendText((from + to) / 2, y - 4, "segment", text, html);
}

void AppendRung(const Rung& rung, int y, Html* html) {
  AppendText(kTimeX, y + 4, "time", absl::StrFormat("%.3f", static_cast<double>(rung.time_us) / 1000), html);
  if (rung.lane == "to-peer") return AppendArrow(kSubjectX, kPeerX, y, rung.text, html);
  if (rung.lane == "to-subject") return AppendArrow(kPeerX, kSubjectX, y, rung.text, html);
  if (rung.lane == "peer") return AppendText(kPeerX + 10, y + 4, "peer", rung.text, html);
  const std::string text = Clip(ValidUtf8(rung.text), kLongest);
  if (rung.lane == "fault") return AppendText(kSubjectX - 10, y + 4, "call fault", text, html);
  AppendText(kSubjectX - 10, y + 4, "call", text, html);
}

}  // namespace

void AppendLadder(const std::vector<Rung>& ladder, Html* html) {
  if (ladder.empty()) return;
  const int bottom = kTop + kRow * static_cast<int>(ladder.size());
  html->Raw("<figure>\n<figcaption>What happened, in milliseconds since the start of the run</figcaption>\n");
  html->Raw("<div class=\"ladder\" tabindex=\"0\">\n<svg role=\"img\" width=\"").Number(kWidth).Raw("\" height=\"").Number(bottom + 8);
  html->Raw("\" viewBox=\"0 0 ").Number(kWidth).Raw(" ").Number(bottom + 8).Raw("\">\n<title>Timeline of subject and peer</title>\n");
  AppendLifeline(kSubjectX, bottom, "subject", html);
  AppendLifeline(kPeerX, bottom, "peer", html);
  int y = kTop;
  for (const Rung& rung : ladder) {
    AppendRung(rung, y, html);
    y += kRow;
  }
  html->Raw("</svg>\n</div>\n</figure>\n");
}

}  // namespace lastack
