#include "reports/matrix.h"

#include <fnmatch.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"
#include "reports/headline.h"
#include "reports/text.h"

namespace lastack {
namespace {

using nlohmann::json;

constexpr int kSchemaVersion = 1;

MatrixColumn ColumnOf(const MatrixSource& source) {
  const std::string name = FactOf(source.results, kSubjectName);
  return {.name = name.empty() ? source.results.subject : name,
          .version = FactOf(source.results, kSubjectVersion),
          .link = source.link,
          .results = source.results};
}

// Verdicts are numbered from the gravest on.
void Show(const CaseResult& record, std::optional<MatrixCell>& cell) {
  if (cell.has_value() && cell->verdict <= record.verdict) return;
  cell = MatrixCell{.case_id = record.case_id,
                    .verdict = record.verdict,
                    .finding = record.finding,
                    .message = record.message,
                    .notes = {}};
}

std::vector<MatrixRow> RowsOf(const std::vector<MatrixColumn>& columns, const std::vector<std::string>& case_order) {
  std::map<std::string, size_t> places;
  for (const std::string& id : case_order) places.emplace(id, places.size());
  std::map<std::string, std::pair<std::tuple<size_t, std::string>, MatrixRow>> rows;
  for (size_t column = 0; column < columns.size(); ++column) {
    for (const CaseResult& record : columns[column].results.results) {
      if (record.requirement_id.empty()) continue;  // about a waiver
      const auto place = places.find(record.case_id);
      const std::tuple<size_t, std::string> rank(place == places.end() ? places.size() : place->second, record.case_id);
      const auto [entry, is_new] = rows.try_emplace(record.requirement_id, rank, MatrixRow{});
      auto& [best, row] = entry->second;
      best = std::min(best, rank);
      if (is_new) {
        row = {.requirement = record.requirement_id, .text = record.requirement, .level = record.level, .cells = {}};
      }
      row.cells.resize(columns.size());
      Show(record, row.cells[column]);
    }
  }
  std::vector<std::pair<std::tuple<size_t, std::string>, MatrixRow>> sorted;
  for (auto& [id, row] : rows) sorted.push_back(std::move(row));
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<MatrixRow> ordered;
  for (auto& [rank, row] : sorted) ordered.push_back(std::move(row));
  return ordered;
}

bool Fits(const MatrixNote& note, const MatrixColumn& column, const MatrixRow& row, const MatrixCell& cell) {
  return note.verdict == cell.verdict && fnmatch(note.subject.c_str(), column.name.c_str(), 0) == 0 &&
         fnmatch(note.requirement.c_str(), row.requirement.c_str(), 0) == 0;
}

// Numbers the notes in the order in which a reader meets them.
void AddNotes(const std::vector<MatrixNote>& notes, Matrix& matrix) {
  std::map<size_t, size_t> numbers;  // in `notes` to in the matrix
  for (MatrixRow& row : matrix.rows) {
    for (size_t column = 0; column < row.cells.size(); ++column) {
      if (!row.cells[column].has_value()) continue;
      for (size_t i = 0; i < notes.size(); ++i) {
        if (!Fits(notes[i], matrix.columns[column], row, *row.cells[column])) continue;
        const auto [number, is_new] = numbers.try_emplace(i, matrix.notes.size());
        if (is_new) matrix.notes.push_back(notes[i]);
        row.cells[column]->notes.push_back(number->second);
      }
    }
  }
  for (size_t i = 0; i < notes.size(); ++i) {
    if (numbers.count(i) == 0) matrix.stale_notes.push_back(notes[i]);
  }
}

std::string Symbols(const MatrixRow& row, const std::vector<MatrixColumn>& columns, size_t width) {
  std::string symbols;
  for (size_t column = 0; column < columns.size(); ++column) {
    const char* symbol = row.cells[column].has_value() ? VerdictSymbol(row.cells[column]->verdict) : "·";
    absl::StrAppend(&symbols, std::string(width, ' '), symbol);
  }
  return symbols;
}

std::string Line(const std::string& text) { return VisibleText(text, Breaks::kShow); }

std::string ColumnLine(size_t number, const MatrixColumn& column) {
  std::string line = absl::StrCat(number, "  ", Line(column.name));
  if (!column.version.empty()) absl::StrAppend(&line, ", ", Line(column.version));
  if (!column.results.not_audited.empty()) {
    return absl::StrCat(line, ": not audited: ", Line(column.results.not_audited), "\n");
  }
  return absl::StrCat(line, ": ", OverallTitle(OverallOf(column.results)), ": ", CountsPhrase(column.results.results),
                      "\n");
}

std::string FactOf(const MatrixColumn& column, absl::string_view name) {
  for (const auto& [own, value] : column.results.environment) {
    if (own == name) return value;
  }
  return "";
}

// The fact of all columns, each value once, in the order of the columns.
std::string FactsOf(const Matrix& matrix, absl::string_view name) {
  std::vector<std::string> values;
  for (const MatrixColumn& column : matrix.columns) {
    const std::string value = FactOf(column, name);
    if (!value.empty() && std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
  }
  return absl::StrJoin(values, " and ");
}

json NotesJson(const std::vector<MatrixNote>& notes) {
  json array = json::array();
  for (const MatrixNote& note : notes) {
    array.push_back({{"subject", ValidUtf8(note.subject)},
                     {"requirement", ValidUtf8(note.requirement)},
                     {"verdict", VerdictWord(note.verdict)},
                     {"note", ValidUtf8(note.note)}});
  }
  return array;
}

json CellJson(const std::optional<MatrixCell>& cell, const std::vector<MatrixNote>& notes) {
  if (!cell.has_value()) return nullptr;
  json texts = json::array();
  for (const size_t note : cell->notes) texts.push_back(ValidUtf8(notes[note].note));
  return {{"case", ValidUtf8(cell->case_id)},
          {"verdict", VerdictWord(cell->verdict)},
          {"finding", ValidUtf8(cell->finding)},
          {"message", ValidUtf8(cell->message)},
          {"notes", std::move(texts)}};
}

}  // namespace

Matrix MatrixOf(const std::vector<MatrixSource>& sources, const std::vector<MatrixNote>& notes,
                const std::vector<std::string>& case_order) {
  Matrix matrix;
  for (const MatrixSource& source : sources) matrix.columns.push_back(ColumnOf(source));
  matrix.rows = RowsOf(matrix.columns, case_order);
  AddNotes(notes, matrix);
  return matrix;
}

std::string AuditedPhrase(const Matrix& matrix) {
  std::vector<std::string> parts;
  for (const auto& [before, name] :
       {std::pair("on ", kDate), std::pair("on ", kKernel), std::pair("by lastack ", kLastack)}) {
    const std::string values = FactsOf(matrix, name);
    if (!values.empty()) parts.push_back(absl::StrCat(before, values));
  }
  return absl::StrJoin(parts, ", ");
}

std::string RenderMatrixText(const Matrix& matrix) {
  const size_t width = absl::StrCat(matrix.columns.size()).size();
  size_t id_width = 0;
  for (const MatrixRow& row : matrix.rows) id_width = std::max(id_width, CodePoints(Line(row.requirement)));
  std::string text(id_width, ' ');
  for (size_t column = 1; column <= matrix.columns.size(); ++column) {
    const std::string number = absl::StrCat(column);
    absl::StrAppend(&text, std::string(width + 1 - number.size(), ' '), number);
  }
  text += "\n";
  for (const MatrixRow& row : matrix.rows) {
    const std::string id = Line(row.requirement);
    absl::StrAppend(&text, id, std::string(id_width - CodePoints(id), ' '), Symbols(row, matrix.columns, width), "\n");
  }
  text += "\n";
  for (size_t column = 0; column < matrix.columns.size(); ++column) {
    text += ColumnLine(column + 1, matrix.columns[column]);
  }
  if (const std::string audited = AuditedPhrase(matrix); !audited.empty()) {
    absl::StrAppend(&text, "\nAudited ", Line(audited), "\n");
  }
  for (const MatrixNote& note : matrix.stale_notes) {
    absl::StrAppend(&text, "\nStale note: no cell of ", Line(note.subject), " at ", Line(note.requirement), " says ",
                    VerdictWord(note.verdict), ": ", Line(note.note), "\n");
  }
  return text;
}

std::string FormatMatrix(const Matrix& matrix) {
  json subjects = json::array();
  for (const MatrixColumn& column : matrix.columns) {
    subjects.push_back({{"name", ValidUtf8(column.name)},
                        {"version", ValidUtf8(column.version)},
                        {"profile", ValidUtf8(column.results.profile)},
                        {"command", ValidUtf8(column.results.subject)},
                        {"overall", OverallWord(OverallOf(column.results))},
                        {"link", ValidUtf8(column.link)},
                        {"not_audited", ValidUtf8(column.results.not_audited)},
                        {"date", ValidUtf8(FactOf(column, kDate))},
                        {"kernel", ValidUtf8(FactOf(column, kKernel))},
                        {"lastack", ValidUtf8(FactOf(column, kLastack))}});
  }
  json requirements = json::array();
  for (const MatrixRow& row : matrix.rows) {
    json cells = json::array();
    for (const std::optional<MatrixCell>& cell : row.cells) cells.push_back(CellJson(cell, matrix.notes));
    requirements.push_back({{"id", ValidUtf8(row.requirement)},
                            {"text", ValidUtf8(row.text)},
                            {"level", ValidUtf8(row.level)},
                            {"cells", std::move(cells)}});
  }
  const json document = {{"schema", kSchemaVersion},
                         {"subjects", std::move(subjects)},
                         {"requirements", std::move(requirements)},
                         {"stale_notes", NotesJson(matrix.stale_notes)}};
  return document.dump(2) + "\n";
}

}  // namespace lastack
