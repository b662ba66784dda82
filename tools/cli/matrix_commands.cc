#include "tools/cli/matrix_commands.h"

#include <signal.h>
#include <stdio.h>

#include <filesystem>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "cases/audit.h"
#include "harness/run/isolate.h"
#include "harness/run/scratch.h"
#include "reports/html.h"
#include "reports/matrix.h"
#include "reports/matrix_files.h"
#include "reports/read_file.h"
#include "reports/write.h"
#include "tools/cli/audit_options.h"
#include "tools/cli/flags.h"
#include "tools/cli/help.h"
#include "tools/cli/progress.h"
#include "tools/cli/repeat.h"
#include "tools/cli/stop.h"

namespace lastack {
namespace {

constexpr char kDefaultMatrix[] = "lastack-matrix";
constexpr absl::Duration kVersionTimeout = absl::Seconds(20);  // a Java machine on a busy computer

std::string Directory() { return OutPath(kDefaultMatrix); }

template <typename Value>
absl::StatusOr<Value> Parsed(const std::string& path, const FileKind& kind,
                             absl::StatusOr<Value> (*parse)(absl::string_view)) {
  const absl::StatusOr<std::string> text = ReadFile(path, kind, kWrittenBytesMax);
  if (!text.ok()) return text.status();
  absl::StatusOr<Value> value = parse(*text);
  if (!value.ok()) return absl::InvalidArgumentError(absl::StrCat(path, ": ", value.status().message()));
  return value;
}

absl::StatusOr<std::vector<MatrixNote>> ChosenNotes() {
  const std::string path = absl::GetFlag(FLAGS_notes);
  if (path.empty()) return std::vector<MatrixNote>();
  return Parsed<std::vector<MatrixNote>>(
      path, {.what = "the notes", .remedy = "--notes wants a file of them, or nothing"}, ParseNotes);
}

// The file says what each subject is, and no verdict changes the exit status.
absl::Status CheckNothingIsIgnored(const Invocation& invocation) {
  if (!invocation.operands.empty() || !invocation.subject.empty()) {
    return absl::InvalidArgumentError("--matrix names the subjects, and takes no command");
  }
  const bool ignored = !absl::GetFlag(FLAGS_profile).empty() || absl::GetFlag(FLAGS_driver) ||
                       !invocation.environment.empty() || !absl::GetFlag(FLAGS_waivers).empty() ||
                       !absl::GetFlag(FLAGS_update_waivers).empty() || !absl::GetFlag(FLAGS_reason).empty() ||
                       !absl::GetFlag(FLAGS_shard).empty() || absl::GetFlag(FLAGS_strict) || absl::GetFlag(FLAGS_bazel);
  if (!ignored) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "--matrix goes without --profile, --driver, --env, --waivers, --update-waivers, --reason, --shard, --strict and "
      "--bazel: "
      "its file says what each subject is, and no verdict changes its exit status");
}

// The first line that a command prints, on whichever stream; runs in a process of its own.
absl::StatusOr<std::string> FirstLineOf(const std::string& shell_line) {
  FILE* pipe = popen(absl::StrCat("exec 2>&1 </dev/null; ", shell_line).c_str(), "r");
  if (pipe == nullptr) return absl::InternalError("cannot start a shell");
  std::string line;
  for (int c = fgetc(pipe); c != EOF && c != '\n' && line.size() < 200; c = fgetc(pipe)) line += static_cast<char>(c);
  while (fgetc(pipe) != EOF) continue;  // a reader that went away would be an error to it
  if (pclose(pipe) != 0) return absl::UnknownError(absl::StrCat("unknown (", line, ")"));
  return std::string(absl::StripAsciiWhitespace(line));
}

// "unknown (...)" if the command fails: a comparison does not.
std::string VersionOf(const std::vector<std::string>& command) {
  if (command.empty()) return "";
  const std::string line = ShellLine(command);
  absl::StatusOr<Isolated> run = Isolated::Start([&line] { return FirstLineOf(line); });
  if (!run.ok()) return absl::StrCat("unknown (", run.status().message(), ")");
  const absl::StatusOr<std::string> version = run->Wait(kVersionTimeout);
  if (version.ok()) return *version;
  const std::string reason(version.status().message());
  return absl::IsUnknown(version.status()) ? reason : absl::StrCat("unknown (", reason, ")");
}

struct PreparedSubject {
  SubjectEntry entry;
  AuditOptions options;
};

// All of them, before the first is run: a slip in the last costs no time.
absl::StatusOr<std::vector<PreparedSubject>> Prepare(const std::vector<SubjectEntry>& entries,
                                                     const std::string& path) {
  std::vector<PreparedSubject> prepared;
  for (const SubjectEntry& entry : entries) {
    absl::StatusOr<AuditOptions> options =
        AuditOptionsOf({.command = entry.command, .profile = entry.profile, .environment = entry.environment});
    if (!options.ok()) {
      return absl::Status(options.status().code(), absl::StrCat(path, ": /", prepared.size(), " (", entry.name,
                                                                "): ", options.status().message()));
    }
    prepared.push_back({entry, *std::move(options)});
  }
  return prepared;
}

// A subject that cannot be started is a column that says so: results without records.
AuditReport NotAudited(const PreparedSubject& subject, const absl::Status& why) {
  AuditReport report;
  report.results.subject = ShellLine(subject.options.command);
  report.results.profile = subject.options.profile->name;
  report.results.not_audited = std::string(why.message());
  return report;
}

AuditReport AuditOne(PreparedSubject& subject, const Scratch& scratch, const std::string& place, ProgressLine& line) {
  std::string what;
  subject.options.progress = [&](const Progress& progress) {
    what = absl::StrCat(place, " ", subject.entry.name, ": ", progress.what);
    line.Show({.done = progress.done, .all = progress.all, .what = what.c_str()});
  };
  absl::StatusOr<AuditReport> audited = Audit(subject.options, scratch);
  AuditReport report = audited.ok() ? *std::move(audited) : NotAudited(subject, audited.status());
  report.interrupted = report.interrupted || absl::IsCancelled(audited.status());
  const std::string target = TargetName(subject.entry.name);
  for (CaseResult& one : report.results.results) {
    if (!target.empty()) one.replay = RepeatByTarget(target, one.case_id);
  }
  auto& environment = report.results.environment;
  environment.insert(environment.begin(), {kSubjectName, subject.entry.name});
  if (const std::string version = VersionOf(subject.entry.version); !version.empty()) {
    environment.insert(environment.begin() + 1, {kSubjectVersion, version});
  }
  environment.emplace_back("lastack", kVersion);
  environment.emplace_back(kDate, absl::FormatCivilTime(Today()));
  return report;
}

// The subjects one after the other, each with its report in a folder of its own. CancelledError: interrupted.
absl::StatusOr<std::vector<MatrixSource>> AuditAll(std::vector<PreparedSubject>& subjects) {
  const int stop = StopDescriptor({SIGINT, SIGTERM, SIGHUP});
  absl::StatusOr<Scratch> scratch = Scratch::Create();
  if (!scratch.ok()) return scratch.status();
  ProgressLine line;
  std::vector<MatrixSource> sources;
  for (PreparedSubject& subject : subjects) {
    subject.options.stop = stop;
    const AuditReport report =
        AuditOne(subject, *scratch, absl::StrCat("[", sources.size() + 1, "/", subjects.size(), "]"), line);
    line.Erase();
    if (report.interrupted) {
      return absl::CancelledError(
          "interrupted: the subjects before have their reports; `lastack matrix` compares those");
    }
    const std::string& folder = subject.entry.folder;
    if (absl::Status written = WriteReport(report.results, report.facts, absl::StrCat(Directory(), "/", folder));
        !written.ok()) {
      return OutputError(written);
    }
    sources.push_back({.link = absl::StrCat(folder, "/index.html"), .results = report.results});
  }
  return sources;
}

// Writes and prints the comparison. 1 if a column or a note is amiss: the comparison is not what was asked for.
int Deliver(const std::vector<MatrixSource>& sources, const std::vector<MatrixNote>& notes) {
  const Matrix matrix = MatrixOf(sources, notes, ScopeOf("").known);
  const std::string directory = Directory();
  const absl::Status written = WriteFiles({{"report.css", std::string(ReportCss())},
                                           {"matrix.html", RenderMatrixHtml(matrix)},
                                           {"matrix.json", FormatMatrix(matrix)}},
                                          directory);
  if (!written.ok()) return ComplainOfOutput(written);
  const int printed =
      Print(absl::GetFlag(FLAGS_json) ? FormatMatrix(matrix)
                                      : absl::StrCat(RenderMatrixText(matrix), "\n", directory, "/matrix.html\n"));
  if (printed != kExitOk) return printed;
  bool amiss = !matrix.stale_notes.empty();
  for (const MatrixColumn& column : matrix.columns) amiss = amiss || !column.results.not_audited.empty();
  return amiss ? kExitFindings : kExitOk;
}

// From the comparison's page to a subject's.
std::string LinkTo(const std::filesystem::path& results_file) {
  std::error_code error;
  const std::filesystem::path page = results_file.parent_path() / "index.html";
  if (!std::filesystem::exists(page, error)) return "";
  const std::filesystem::path base = std::filesystem::absolute(Directory(), error).lexically_normal();
  const std::string link =
      std::filesystem::absolute(page, error).lexically_normal().lexically_relative(base).generic_string();
  // A folder's name is neither a scheme nor a fragment.
  return absl::StrCat(absl::StrContains(link, ':') ? "./" : "",
                      absl::StrReplaceAll(link, {{"%", "%25"}, {"#", "%23"}, {"?", "%3F"}}));
}

}  // namespace

int RunAuditMatrix(const Invocation& invocation) {
  if (absl::Status checked = CheckNothingIsIgnored(invocation); !checked.ok()) return Complain(checked);
  const std::string path = absl::GetFlag(FLAGS_matrix);
  absl::StatusOr<std::vector<SubjectEntry>> entries = Parsed<std::vector<SubjectEntry>>(
      path, {.what = "the subjects", .remedy = "`lastack help audit` shows what such a file says"}, ParseSubjects);
  if (!entries.ok()) return Complain(entries.status());
  absl::StatusOr<std::vector<MatrixNote>> notes = ChosenNotes();
  if (!notes.ok()) return Complain(notes.status());
  absl::StatusOr<std::vector<PreparedSubject>> subjects = Prepare(*entries, path);
  if (!subjects.ok()) return Complain(subjects.status());
  if (absl::Status checked = CheckDirectory(Directory()); !checked.ok()) return ComplainOfOutput(checked);
  absl::StatusOr<std::vector<MatrixSource>> sources = AuditAll(*subjects);
  if (!sources.ok()) {
    Complain(sources.status());
    return kExitHarness;
  }
  return Deliver(*sources, *notes);
}

int RunMatrix(const Invocation& invocation) {
  if (!invocation.subject.empty()) return UsageError("this command runs nothing; `lastack audit --matrix` does");
  if (invocation.operands.empty()) {
    return UsageError("which results? Name the results.json of each subject, in the order of the columns");
  }
  const absl::StatusOr<std::vector<MatrixNote>> notes = ChosenNotes();
  if (!notes.ok()) return Complain(notes.status());
  std::vector<MatrixSource> sources;
  for (const std::string& path : invocation.operands) {
    absl::StatusOr<Results> results = ReadResults(path);
    if (!results.ok()) return UsageError(std::string(results.status().message()));
    sources.push_back({.link = LinkTo(path), .results = *std::move(results)});
  }
  return Deliver(sources, *notes);
}

}  // namespace lastack
