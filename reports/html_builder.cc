#include "reports/html_builder.h"

#include "absl/strings/str_replace.h"
#include "reports/text.h"

namespace lastack {
namespace {

std::string Escaped(absl::string_view text, Breaks breaks) {
  return absl::StrReplaceAll(VisibleText(text, breaks),
                             {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

}  // namespace

Html& Html::Raw(Literal markup) {
  html_ += markup.text();
  return *this;
}

Html& Html::Text(absl::string_view text) {
  html_ += Escaped(text, Breaks::kShow);
  return *this;
}

Html& Html::Lines(absl::string_view text) {
  html_ += Escaped(text, Breaks::kKeep);
  return *this;
}

}  // namespace lastack
