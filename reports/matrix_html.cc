// matrix.html.
#include <cstddef>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "reports/headline.h"
#include "reports/html.h"
#include "reports/html_builder.h"
#include "reports/html_case.h"
#include "reports/matrix.h"

namespace lastack {
namespace {

std::string NoteAnchor(size_t note) { return absl::StrCat("note:", note + 1); }

std::string RowAnchor(const MatrixRow& row) { return absl::StrCat("row:", CaseAnchor(row.requirement)); }

void AppendHead(const Matrix& matrix, Html* html) {
  html->Raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
  html->Raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
  html->Raw("<meta name=\"color-scheme\" content=\"light dark\">\n");
  html->Raw("<meta http-equiv=\"Content-Security-Policy\" content=\"script-src 'none'; object-src 'none'; ");
  html->Raw("base-uri 'none'; form-action 'none'\">\n<title>");
  html->Text(Counted(matrix.columns.size(), "subject"));
  html->Raw(" compared – lastack</title>\n<link rel=\"stylesheet\" href=\"report.css\">\n</head>\n");
}

// The subject's name, which leads to its own report, if there is one.
void AppendName(const MatrixColumn& column, Html* html) {
  if (column.link.empty()) {
    html->Text(column.name);
  } else {
    html->Raw("<a href=\"").Text(column.link).Raw("\">").Text(column.name).Raw("</a>");
  }
}

void AppendOutcome(const MatrixColumn& column, Html* html) {
  if (!column.results.not_audited.empty()) {
    html->Raw("<td>not audited</td><td>").Text(column.results.not_audited).Raw("</td>");
    return;
  }
  const Overall overall = OverallOf(column.results);
  html->Raw("<td class=\"")
      .Text(OverallWord(overall))
      .Raw("\"><span class=\"outcome-word\"><span class=\"symbol\" aria-hidden=\"true\">");
  html->Text(OverallSymbol(overall)).Raw("</span> ").Text(OverallTitle(overall)).Raw("</span></td><td>");
  html->Text(CountsPhrase(column.results.results)).Raw("</td>");
}

void AppendSubjects(const Matrix& matrix, Html* html) {
  html->Raw(
      "<section class=\"subjects\">\n<h2>Subjects</h2>\n<div class=\"wide\" role=\"region\" aria-label=\"Subjects\" "
      "tabindex=\"0\">\n<table>\n<thead><tr>");
  html->Raw(
      "<th scope=\"col\">Subject</th><th scope=\"col\">Version</th><th scope=\"col\">Judged as</th><th "
      "scope=\"col\">Outcome</th>");
  html->Raw("<th scope=\"col\">Cases</th></tr></thead>\n<tbody>\n");
  for (const MatrixColumn& column : matrix.columns) {
    html->Raw("<tr><th scope=\"row\">");
    AppendName(column, html);
    html->Raw("</th><td>").Text(column.version).Raw("</td><td>").Text(column.results.profile).Raw("</td>");
    AppendOutcome(column, html);
    html->Raw("</tr>\n");
  }
  html->Raw("</tbody>\n</table>\n</div>\n</section>\n");
}

void AppendNoteLinks(const MatrixCell& cell, Html* html) {
  for (const size_t note : cell.notes) {
    html->Raw(" <a class=\"note\" href=\"#")
        .Text(NoteAnchor(note))
        .Raw("\" aria-label=\"note ")
        .Number(note + 1)
        .Raw("\">")
        .Number(note + 1)
        .Raw("</a>");
  }
}

void AppendCell(const std::optional<MatrixCell>& cell, const MatrixColumn& column, Html* html) {
  if (!cell.has_value()) {
    html->Raw("<td class=\"none\">")
        .Text(column.results.not_audited.empty() ? "not asked" : "not audited")
        .Raw("</td>");
    return;
  }
  html->Raw("<td>");
  if (!column.link.empty()) {
    html->Raw("<a href=\"").Text(column.link).Raw("#").Text(CaseAnchor(cell->case_id)).Raw("\">");
  }
  AppendVerdict(cell->verdict, html);
  if (!column.link.empty()) html->Raw("</a>");
  AppendNoteLinks(*cell, html);
  html->Raw("</td>");
}

std::string FamilyOf(const MatrixRow& row) { return row.requirement.substr(0, row.requirement.find('/')); }

void AppendTable(const Matrix& matrix, Html* html) {
  html->Raw("<section class=\"requirements\">\n<h2>Requirements <span class=\"count\">").Number(matrix.rows.size());
  html->Raw(
      "</span></h2>\n<div class=\"wide matrix-frame\" role=\"region\" aria-label=\"Requirements and subjects\" "
      "tabindex=\"0\">\n");
  html->Raw("<table class=\"matrix\">\n<thead><tr><th scope=\"col\">Requirement</th>");
  for (const MatrixColumn& column : matrix.columns) {
    html->Raw("<th scope=\"col\">");
    AppendName(column, html);
    html->Raw("</th>");
  }
  html->Raw("</tr></thead>\n");
  std::string family;
  for (size_t i = 0; i < matrix.rows.size(); ++i) {
    const MatrixRow& row = matrix.rows[i];
    if (i == 0 || FamilyOf(row) != family) {
      family = FamilyOf(row);
      if (i > 0) html->Raw("</tbody>\n");
      html->Raw("<tbody>\n<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"")
          .Number(matrix.columns.size() + 1)
          .Raw("\">")
          .Text(family)
          .Raw("</th></tr>\n");
    }
    html->Raw("<tr><th scope=\"row\" id=\"").Text(RowAnchor(row)).Raw("\">").Text(row.requirement);
    if (!row.level.empty()) html->Raw(" <span class=\"level\">").Text(row.level).Raw("</span>");
    html->Raw(" <span class=\"requirement\">").Text(row.text).Raw("</span></th>\n");
    for (size_t column = 0; column < matrix.columns.size(); ++column) {
      AppendCell(row.cells[column], matrix.columns[column], html);
    }
    html->Raw("</tr>\n");
  }
  if (!matrix.rows.empty()) html->Raw("</tbody>\n");
  html->Raw("</table>\n</div>\n</section>\n");
}

// The cells that a note is about, as links back to their rows.
void AppendNotes(const Matrix& matrix, Html* html) {
  if (matrix.notes.empty()) return;
  html->Raw("<section class=\"notes\">\n<h2>Notes</h2>\n<ol>\n");
  for (size_t note = 0; note < matrix.notes.size(); ++note) {
    html->Raw("<li id=\"")
        .Text(NoteAnchor(note))
        .Raw("\">")
        .Text(matrix.notes[note].note)
        .Raw(" <span class=\"cells\">");
    bool first = true;
    for (const MatrixRow& row : matrix.rows) {
      for (size_t column = 0; column < row.cells.size(); ++column) {
        const std::optional<MatrixCell>& cell = row.cells[column];
        if (!cell.has_value()) continue;
        for (const size_t one : cell->notes) {
          if (one != note) continue;
          html->Raw(first ? Html::Literal("") : Html::Literal("; "))
              .Text(matrix.columns[column].name)
              .Raw(", <a href=\"#")
              .Text(RowAnchor(row));
          html->Raw("\">").Text(row.requirement).Raw("</a>");
          first = false;
        }
      }
    }
    html->Raw("</span></li>\n");
  }
  html->Raw("</ol>\n</section>\n");
}

void AppendStaleNotes(const Matrix& matrix, Html* html) {
  if (matrix.stale_notes.empty()) return;
  html->Raw("<section class=\"stale\">\n<h2>Notes that fit no cell</h2>\n<ul>\n");
  for (const MatrixNote& note : matrix.stale_notes) {
    html->Raw("<li>")
        .Text(note.subject)
        .Raw(", ")
        .Text(note.requirement)
        .Raw(", ")
        .Text(VerdictWord(note.verdict))
        .Raw(": ")
        .Text(note.note)
        .Raw("</li>\n");
  }
  html->Raw("</ul>\n</section>\n");
}

void AppendLegend(Html* html) {
  html->Raw("<section class=\"verdicts\">\n<h2>What the verdicts mean</h2>\n<table>\n<thead><tr>");
  html->Raw("<th scope=\"col\">Verdict</th><th scope=\"col\">Meaning</th></tr></thead>\n<tbody>\n");
  for (const Verdict verdict : kAllVerdicts) {
    html->Raw("<tr><th scope=\"row\">");
    AppendVerdict(verdict, html);
    html->Raw("</th><td>").Text(VerdictMeaning(verdict)).Raw("</td></tr>\n");
  }
  html->Raw("</tbody>\n</table>\n</section>\n");
}

}  // namespace

std::string RenderMatrixHtml(const Matrix& matrix) {
  Html html;
  AppendHead(matrix, &html);
  html.Raw(
      "<body class=\"comparison-page\">\n<header>\n<p class=\"brand\"><b>lastack</b> audits of how software closes its "
      "sockets</p>\n<h1>");
  html.Text(Counted(matrix.columns.size(), "subject")).Raw(" compared</h1>\n<p class=\"reason\">");
  if (const std::string audited = AuditedPhrase(matrix); !audited.empty()) html.Raw("Audited ").Text(audited).Raw(". ");
  html.Raw("Each cell leads to its evidence.</p>\n</header>\n<main>\n");
  AppendSubjects(matrix, &html);
  AppendTable(matrix, &html);
  AppendNotes(matrix, &html);
  AppendStaleNotes(matrix, &html);
  AppendLegend(&html);
  html.Raw("</main>\n</body>\n</html>\n");
  return std::move(html).str();
}

}  // namespace lastack
