#include "reports/matrix_files.h"

#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "reports/schema.h"

namespace lastack {
namespace {

using nlohmann::json;

constexpr char kSubjectsSchema[] =
#include "reports/matrix_subjects.schema.json.inc"
    ;
constexpr char kNotesSchema[] =
#include "reports/matrix_notes.schema.json.inc"
    ;

absl::StatusOr<json> Checked(absl::string_view text, const char* schema) {
  absl::StatusOr<json> parsed = ParseJson(text);
  if (!parsed.ok()) return parsed;
  if (absl::Status valid = Schema::Parse(schema).value().Check(*parsed); !valid.ok()) return valid;
  return parsed;
}

absl::Status ErrorAt(const std::string& place, const std::string& sentence) {
  return absl::InvalidArgumentError(absl::StrCat(place, " ", sentence));
}

// "Python asyncio" is python-asyncio.
std::string FolderOf(const std::string& name) {
  std::string folder;
  for (const char c : name) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c))) {
      folder += absl::ascii_tolower(static_cast<unsigned char>(c));
    } else if (!folder.empty() && folder.back() != '-') {
      folder += '-';
    }
  }
  if (!folder.empty() && folder.back() == '-') folder.pop_back();
  return folder;
}

absl::StatusOr<SubjectEntry> SubjectOf(const json& value, const std::string& place) {
  const bool is_driver = value.contains("driver");
  if (is_driver == value.contains("command")) return ErrorAt(place, "must have either a command or a driver");
  if (is_driver && value.contains("profile")) return ErrorAt(place, "is a driver, which takes no profile");
  const char* what = is_driver ? "driver" : "command";
  SubjectEntry subject = {.name = value.at("name"),
                          .folder = FolderOf(value.at("name")),
                          .command = value.at(what),
                          .profile = is_driver ? "driver" : value.value("profile", ""),
                          .version = value.value("version", std::vector<std::string>()),
                          .environment = {}};
  if (subject.command.empty()) return ErrorAt(absl::StrCat(place, "/", what), "has no word");
  for (const std::string& variable : value.value("env", std::vector<std::string>())) {
    const size_t equals = variable.find('=');
    subject.environment.emplace_back(variable.substr(0, equals), variable.substr(equals + 1));
  }
  return subject;
}

}  // namespace

absl::StatusOr<std::vector<SubjectEntry>> ParseSubjects(absl::string_view text) {
  const absl::StatusOr<json> file = Checked(text, kSubjectsSchema);
  if (!file.ok()) return file.status();
  if (file->empty()) return absl::InvalidArgumentError("there is no subject in it");
  std::vector<SubjectEntry> subjects;
  std::map<std::string, size_t> folders;
  for (const json& value : *file) {
    const std::string place = absl::StrCat("/", subjects.size());
    absl::StatusOr<SubjectEntry> subject = SubjectOf(value, place);
    if (!subject.ok()) return subject.status();
    const auto [other, is_new] = folders.emplace(subject->folder, subjects.size());
    if (!is_new) {
      return ErrorAt(absl::StrCat(place, "/name"),
                     absl::StrCat("would share the folder ", subject->folder, " with /", other->second));
    }
    subjects.push_back(*std::move(subject));
  }
  return subjects;
}

absl::StatusOr<std::vector<MatrixNote>> ParseNotes(absl::string_view text) {
  const absl::StatusOr<json> file = Checked(text, kNotesSchema);
  if (!file.ok()) return file.status();
  std::vector<MatrixNote> notes;
  for (const json& value : *file) {
    const std::optional<Verdict> verdict = VerdictOfWord(value.at("verdict").get<std::string>());
    if (!verdict.has_value()) {
      return ErrorAt(absl::StrCat("/", notes.size(), "/verdict"),
                     absl::StrCat("is ", value.at("verdict").dump(), ", which is no verdict"));
    }
    notes.push_back({.subject = value.at("subject"),
                     .requirement = value.at("requirement"),
                     .verdict = *verdict,
                     .note = value.at("note")});
  }
  return notes;
}

}  // namespace lastack
