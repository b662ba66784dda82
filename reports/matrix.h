// The comparison: what many audits found, requirement by requirement, a column a subject.
//
// It is made of the subjects' results alone, and of notes that people wrote. What the results do not otherwise say of
// their subject stands in their environment, under the names below; both may be missing.
//
//   Matrix matrix = MatrixOf({{.link = "asyncio/index.html", .results = asyncio}, ...}, notes, case_order);
//   RenderMatrixHtml(matrix);   // matrix.html: no script, no inline style; refers to report.css beside it
//
// A cell shows the gravest verdict of the requirement's cases. Pure functions: equal arguments give equal bytes.
// Allocate.
#ifndef LASTACK_REPORTS_MATRIX_H_
#define LASTACK_REPORTS_MATRIX_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "reports/results.h"

namespace lastack {

// Facts in Results::environment.
inline constexpr char kSubjectName[] = "name of the subject";        // "Python asyncio"; the command if missing
inline constexpr char kSubjectVersion[] = "version of the subject";  // "Python 3.11.2"

// Why a cell is as it is, in a sentence that a person wrote. It holds for the verdict that it names only.
struct MatrixNote {
  std::string subject;      // the name, or a pattern of fnmatch(3)
  std::string requirement;  // the id, or a pattern
  Verdict verdict = Verdict::kFail;
  std::string note;

  bool operator==(const MatrixNote&) const = default;
};

struct MatrixSource {
  std::string link;  // of the subject's own report, from the matrix's directory; empty: none
  Results results;
};

struct MatrixColumn {
  std::string name;
  std::string version;  // may be empty
  std::string link;
  Results results;
};

struct MatrixCell {
  std::string case_id;  // the gravest of the requirement's cases
  Verdict verdict = Verdict::kHarnessError;
  std::string finding;
  std::string message;
  std::vector<size_t> notes;  // places in Matrix::notes
};

struct MatrixRow {
  std::string requirement;  // id
  std::string text;
  std::string level;
  std::vector<std::optional<MatrixCell>> cells;  // as the columns; nullopt: not among the subject's cases
};

struct Matrix {
  std::vector<MatrixColumn> columns;
  std::vector<MatrixRow> rows;
  std::vector<MatrixNote> notes;        // those that are shown, in order of their cells
  std::vector<MatrixNote> stale_notes;  // fit no cell: the verdict has changed, or a name is wrong
};

// Columns in the order of `sources`, rows in that of `case_order` (ids of cases; what it lacks stands behind, by id).
[[nodiscard]] Matrix MatrixOf(const std::vector<MatrixSource>& sources, const std::vector<MatrixNote>& notes,
                              const std::vector<std::string>& case_order);

// For people: a page, and a table for the terminal, with symbols only.
[[nodiscard]] std::string RenderMatrixHtml(const Matrix& matrix);
[[nodiscard]] std::string RenderMatrixText(const Matrix& matrix);

// "on 2026-11-21, on Linux 6.18 x86_64, by lastack 0.1.0": what the columns were audited with, each value once; empty
// if no column says it.
[[nodiscard]] std::string AuditedPhrase(const Matrix& matrix);

// matrix.json: {"schema": 1, "subjects": [{"name", "version", "profile", "command", "overall", "link", "not_audited",
// "date", "kernel", "lastack"}], "requirements": [{"id", "text", "level", "cells": [{"verdict", "case", "finding",
// "message", "notes": [..]} or null]}], "stale_notes"}.
[[nodiscard]] std::string FormatMatrix(const Matrix& matrix);

}  // namespace lastack

#endif  // LASTACK_REPORTS_MATRIX_H_
