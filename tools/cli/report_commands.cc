#include "tools/cli/report_commands.h"

#include "absl/flags/flag.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cases/judge_facts.h"
#include "reports/html.h"
#include "reports/junit.h"
#include "reports/pending_file.h"
#include "reports/read_file.h"
#include "reports/results.h"
#include "reports/summary.h"
#include "tools/cli/flags.h"
#include "tools/cli/repeat.h"

namespace lastack {
namespace {

struct Form {
  const char* name;
  std::string (*render)(const Results& results);
};

constexpr Form kForms[] = {
    {"html", RenderHtml},
    {"junit", RenderJUnit},
    {"json", FormatResults},
    {"text", [](const Results& results) { return RenderSummary(results, /*color=*/false); }},
};

absl::StatusOr<std::string> ReadOperand(const Invocation& invocation, const FileKind& kind) {
  if (absl::Status checked = CheckOperands(invocation, 1); !checked.ok()) return checked;
  if (invocation.operands.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("which file? Name ", kind.what, ": ", kind.remedy));
  }
  return ReadFile(invocation.operands.front(), kind);
}

// Errors in a file that the user names are the user's.
int ComplainOf(const Invocation& invocation, const absl::Status& status) {
  const std::string file = invocation.operands.empty() ? "" : absl::StrCat(invocation.operands.front(), ": ");
  const bool names_it = file.empty() || absl::StrContains(status.message(), invocation.operands.front());
  return UsageError(absl::StrCat(names_it ? "" : file, status.message()));
}

// To --out, or to stdout.
int Deliver(const std::string& text) {
  const std::string out = absl::GetFlag(FLAGS_out);
  if (out.empty()) return Print(text);
  absl::StatusOr<PendingFile> file = PendingFile::Write(out, text);
  const absl::Status published = file.ok() ? file->Publish() : file.status();
  return published.ok() ? kExitOk : ComplainOfOutput(published);
}

const Form* ChosenForm(const std::string& name) {
  for (const Form& form : kForms) {
    if (name == form.name) return &form;
  }
  return nullptr;
}

}  // namespace

std::vector<std::string> ReportForms() {
  std::vector<std::string> names;
  for (const Form& form : kForms) names.emplace_back(form.name);
  return names;
}

int RunJudge(const Invocation& invocation) {
  const absl::StatusOr<std::string> text = ReadOperand(
      invocation, {.what = "the facts", .remedy = "an audit leaves them in its report, as lastack-report/facts.jsonl"});
  if (!text.ok()) return ComplainOf(invocation, text.status());
  const std::vector<std::string> lines = absl::StrSplit(*text, '\n', absl::SkipEmpty());
  const absl::StatusOr<Results> results = JudgeFacts(lines, ProgramName());
  if (!results.ok()) return ComplainOf(invocation, results.status());
  const int delivered =
      Deliver(absl::GetFlag(FLAGS_json) ? FormatResults(*results) : RenderSummary(*results, /*color=*/false));
  return delivered != kExitOk ? delivered : ExitStatusOf(*results, absl::GetFlag(FLAGS_strict));
}

int RunReport(const Invocation& invocation) {
  const Form* form = ChosenForm(absl::GetFlag(FLAGS_format));
  if (form == nullptr) {
    return UsageError(absl::StrCat("there is no format '", absl::GetFlag(FLAGS_format), "'; there are ",
                                   absl::StrJoin(ReportForms(), ", ")));
  }
  const absl::StatusOr<std::string> text = ReadOperand(
      invocation,
      {.what = "the results", .remedy = "an audit leaves them in its report, as lastack-report/results.json"});
  if (!text.ok()) return ComplainOf(invocation, text.status());
  const absl::StatusOr<Results> results = ResultsFromJson(*text);
  if (!results.ok()) return ComplainOf(invocation, results.status());
  return Deliver(form->render(*results));
}

}  // namespace lastack
