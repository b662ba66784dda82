#include "reports/write.h"

#include <errno.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "reports/html.h"
#include "reports/junit.h"
#include "reports/pending_file.h"

namespace lastack {
namespace {

constexpr char kFacts[] = "facts.jsonl";

absl::Status MakeDirectory(const std::string& directory) {
  if (directory.empty()) return absl::InvalidArgumentError("the report needs a directory; its name is empty");
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return absl::ErrnoToStatus(error.value(), absl::StrCat("cannot make the directory ", directory));
  return absl::OkStatus();
}

std::string JoinLines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) absl::StrAppend(&text, line, "\n");
  return text;
}

using Files = std::vector<std::pair<std::string, std::string>>;

void AddReport(const Results& results, Files& files) {
  files.emplace_back("report.css", std::string(ReportCss()));
  files.emplace_back("index.html", RenderHtml(results));
  files.emplace_back("junit.xml", RenderJUnit(results));
  files.emplace_back("results.json", FormatResults(results));
}

// `obsolete` goes before the first file is renamed; empty: none.
absl::Status Replace(const Files& files, const std::string& directory, const std::string& obsolete) {
  const absl::Status made = MakeDirectory(directory);
  if (!made.ok()) return made;
  std::vector<PendingFile> pending;
  for (const auto& [name, text] : files) {
    absl::StatusOr<PendingFile> file = PendingFile::Write(absl::StrCat(directory, "/", name), text);
    if (!file.ok()) return file.status();
    pending.push_back(*std::move(file));
  }
  std::error_code error;
  if (!obsolete.empty()) std::filesystem::remove(absl::StrCat(directory, "/", obsolete), error);
  if (error) return absl::ErrnoToStatus(error.value(), absl::StrCat("cannot remove ", directory, "/", obsolete));
  for (PendingFile& file : pending) {
    const absl::Status published = file.Publish();
    if (!published.ok()) return published;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckDirectory(const std::string& directory) {
  std::error_code error;
  const std::filesystem::path wanted = std::filesystem::absolute(directory, error);
  std::filesystem::path there = wanted;
  while (!error && !std::filesystem::exists(there, error) && there.has_relative_path()) there = there.parent_path();
  const bool is_directory = std::filesystem::is_directory(there, error);
  if (is_directory && access(there.c_str(), W_OK | X_OK) == 0) {
    // A file system may refuse all the same. What is made for the question is not left behind.
    if (const absl::Status made = MakeDirectory(directory); !made.ok()) return made;
    for (std::filesystem::path one = wanted; one != there && one.has_relative_path(); one = one.parent_path()) {
      if (rmdir(one.c_str()) != 0) break;
    }
    return absl::OkStatus();
  }
  const std::string where = there == directory ? "" : absl::StrCat(" in ", there.string());
  return absl::ErrnoToStatus(is_directory ? errno : ENOTDIR,
                             absl::StrCat("cannot write the report ", directory, where));
}

absl::Status WriteReport(const Results& results, const std::vector<std::string>& facts, const std::string& directory) {
  Files files = {{kFacts, JoinLines(facts)}};
  AddReport(results, files);
  return WriteFiles(files, directory);
}

absl::Status WriteReport(const Results& results, const std::string& directory) {
  Files files;
  AddReport(results, files);
  return Replace(files, directory, kFacts);
}

absl::Status WriteFiles(const Files& files, const std::string& directory) { return Replace(files, directory, ""); }

}  // namespace lastack
