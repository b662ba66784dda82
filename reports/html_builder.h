// Builds HTML in which text cannot become markup: the type of what is added decides, not the care of the caller.
//
// Markup enters only as a string literal (anything else does not compile), text only escaped and made visible (see
// reports/text.h). Escaping covers element content and attribute values in double quotes; literals must not put text
// anywhere else (no <script>, <style>, unquoted attribute, or URL scheme).
//
//   Html html;
//   html.Raw("<td class=\"").Text(word).Raw("\">").Text(subject_output).Raw("</td>\n");
//   html.Raw(subject_output.c_str());   // error: call to consteval function is not a constant expression
//
// Threads: one object, one thread. Allocates.
#ifndef LASTACK_REPORTS_HTML_BUILDER_H_
#define LASTACK_REPORTS_HTML_BUILDER_H_

#include <concepts>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace lastack {

class Html {
 public:
  // A string literal, or another constant of the program.
  class Literal {
   public:
    // NOLINTNEXTLINE(google-explicit-constructor): Raw("<p>") is the point.
    consteval Literal(const char* text) : text_(text) {}
    const char* text() const { return text_; }

   private:
    const char* text_;
  };

  Html& Raw(Literal markup);
  // One line: line feeds and tabs are shown as pictures.
  Html& Text(absl::string_view text);
  // For <pre>: line feeds and tabs stay.
  Html& Lines(absl::string_view text);
  template <std::integral Integer>
  Html& Number(Integer number) {
    absl::StrAppend(&html_, number);
    return *this;
  }

  const std::string& str() const& { return html_; }
  std::string str() && { return std::move(html_); }

 private:
  std::string html_;
};

}  // namespace lastack

#endif  // LASTACK_REPORTS_HTML_BUILDER_H_
