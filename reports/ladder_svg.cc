#include "reports/ladder_svg.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "reports/text.h"

namespace lastack {
namespace {

// Pixels. A character of an 11 px monospaced font is 6.6 wide in most fonts, and narrower in others.
constexpr double kCharacter = 6.63;
constexpr int kTimeX = 60;    // where times end
constexpr int kGap = 10;      // between a text and a line
constexpr int kKernel = 104;  // from the subject's line to the kernel's
constexpr int kPeer = 84;     // from there to the peer's
constexpr int kAfter = 20;    // half of the word "peer"
constexpr int kRow = 20;
constexpr int kTop = 44;
constexpr size_t kShortestCall = 24;  // characters
constexpr size_t kLongestCall = 80;
constexpr size_t kLongestLabel = 13;

std::string Clipped(const std::string& text, size_t limit) { return Clip(VisibleText(text, Breaks::kShow), limit); }

bool IsCall(const Rung& rung) { return rung.lane == "subject" || rung.lane == "fault"; }

// Whether the rung is drawn in the row of the one before: bytes that a call moved at once.
bool SharesRow(const Rung& before, const Rung& rung) {
  return IsCall(before) && (rung.lane == "to-kernel" || rung.lane == "from-kernel") && rung.time_us == before.time_us;
}

class Ladder {
 public:
  Ladder(const std::vector<Rung>& rungs, Html* html) : rungs_(rungs), html_(*html) {
    size_t longest = kShortestCall;
    for (const Rung& rung : rungs_) {
      if (IsCall(rung)) longest = std::max(longest, CodePoints(Clipped(rung.text, kLongestCall)));
    }
    subject_x_ = kTimeX + 2 * kGap + static_cast<int>(static_cast<double>(longest) * kCharacter);
    kernel_x_ = subject_x_ + kKernel;
    peer_x_ = kernel_x_ + kPeer;
  }

  void Append() {
    const int width = peer_x_ + kAfter;
    const int bottom = kTop + kRow * Rows();
    html_.Raw("<svg role=\"group\" width=\"").Number(width).Raw("\" height=\"").Number(bottom);
    html_.Raw("\" viewBox=\"0 0 ").Number(width).Raw(" ").Number(bottom).Raw("\">\n");
    html_.Raw("<title>Timeline of subject, kernel and peer</title>\n");
    Lifeline(subject_x_, bottom, "subject");
    Lifeline(kernel_x_, bottom, "kernel");
    Lifeline(peer_x_, bottom, "peer");
    int y = kTop - kRow;
    for (size_t i = 0; i < rungs_.size(); ++i) {
      const bool shares = i > 0 && SharesRow(rungs_[i - 1], rungs_[i]);
      if (!shares) y += kRow;
      if (!shares) Text(kTimeX, y + 4, "time", absl::StrFormat("%.3f", static_cast<double>(rungs_[i].time_us) / 1000));
      Draw(rungs_[i], y);
    }
    html_.Raw("</svg>\n");
  }

 private:
  int Rows() const {
    int rows = 0;
    for (size_t i = 0; i < rungs_.size(); ++i) rows += i > 0 && SharesRow(rungs_[i - 1], rungs_[i]) ? 0 : 1;
    return rows;
  }

  void Text(int x, int y, Html::Literal css, absl::string_view text) {
    html_.Raw("<text x=\"")
        .Number(x)
        .Raw("\" y=\"")
        .Number(y)
        .Raw("\" class=\"")
        .Raw(css)
        .Raw("\">")
        .Text(text)
        .Raw("</text>\n");
  }

  void Lifeline(int x, int bottom, absl::string_view name) {
    Text(x, 14, "lane", name);
    html_.Raw("<line class=\"life\" x1=\"").Number(x).Raw("\" x2=\"").Number(x);
    html_.Raw("\" y1=\"22\" y2=\"").Number(bottom).Raw("\"/>\n");
  }

  // The label interrupts the arrow, so that neither covers the other.
  void Arrow(int from, int to, int y, Html::Literal css, Html::Literal direction, const std::string& text) {
    const std::string label = Clipped(text, kLongestLabel);
    const int half = static_cast<int>(static_cast<double>(CodePoints(label)) * kCharacter / 2) + 3;
    const int side = to > from ? 1 : -1;
    const int middle = (from + to) / 2 - 2 * side;
    html_.Raw("<g class=\"")
        .Raw(css)
        .Raw("\"><title>")
        .Text(text)
        .Raw(direction)
        .Raw("</title>\n<path class=\"arrow\" d=\"M");
    html_.Number(from).Raw(" ").Number(y).Raw(" H").Number(middle - side * half).Raw(" M").Number(middle + side * half);
    html_.Raw(" ").Number(y).Raw(" H").Number(to - side).Raw(" M").Number(to - side * 6).Raw(" ").Number(y - 4);
    html_.Raw(" L")
        .Number(to - side)
        .Raw(" ")
        .Number(y)
        .Raw(" L")
        .Number(to - side * 6)
        .Raw(" ")
        .Number(y + 4)
        .Raw("\"/>\n");
    Text(middle, y + 4, "label", label);
    html_.Raw("</g>\n");
  }

  void Draw(const Rung& rung, int y) {
    const Html::Literal segment =
        absl::EndsWith(rung.text, "RST") ? Html::Literal("segment reset") : Html::Literal("segment");
    if (rung.lane == "to-kernel") {
      return Arrow(subject_x_, kernel_x_, y, "crossing", ", from the subject to its kernel", rung.text);
    }
    if (rung.lane == "from-kernel") {
      return Arrow(kernel_x_, subject_x_, y, "crossing", ", from the kernel to the subject", rung.text);
    }
    if (rung.lane == "to-peer") {
      return Arrow(kernel_x_, peer_x_, y, segment, ", from the subject's kernel to the peer", rung.text);
    }
    if (rung.lane == "to-subject") {
      return Arrow(peer_x_, kernel_x_, y, segment, ", from the peer to the subject's kernel", rung.text);
    }
    if (rung.lane == "peer") return Text((kernel_x_ + peer_x_) / 2, y + 4, "peer", Clipped(rung.text, kLongestLabel));
    if (rung.lane == "fold") return Text(subject_x_ - kGap, y + 4, "call fold", Clipped(rung.text, kLongestCall));
    const Html::Literal css = rung.lane == "fault" ? Html::Literal("call fault") : Html::Literal("call");
    Text(subject_x_ - kGap, y + 4, css, Clipped(rung.text, kLongestCall));
  }

  const std::vector<Rung>& rungs_;
  Html& html_;
  int subject_x_ = 0;
  int kernel_x_ = 0;
  int peer_x_ = 0;
};

}  // namespace

void AppendLadder(const std::vector<Rung>& ladder, Html* html) {
  if (ladder.empty()) return;
  html->Raw("<figure>\n<figcaption>What happened, in milliseconds since the start of the run</figcaption>\n");
  html->Raw("<div class=\"ladder\" role=\"region\" aria-label=\"Timeline\" tabindex=\"0\">\n");
  Ladder(ladder, html).Append();
  html->Raw("</div>\n</figure>\n");
}

}  // namespace lastack
