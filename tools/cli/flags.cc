#include "tools/cli/flags.h"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>

#include "absl/flags/flag.h"
#include "absl/flags/reflection.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

ABSL_FLAG(std::string, case, "*",
          "only what has an id that matches this pattern, or one of several with commas between them");
ABSL_FLAG(
    std::string, profile, "",
    "what the subject speaks; http-client by default, which {url} implies; or a file of yours that ends in .json");
ABSL_FLAG(bool, driver, false,
          "the subject is a driver for a socket library (cases/drivers/PORTING.md); the same as --profile=driver");
ABSL_FLAG(std::optional<absl::Duration>, timeout, std::nullopt, "how long each run of the subject may take");
ABSL_FLAG(int, jobs, 0, "how many runs at a time; 0: one for each processor");
ABSL_FLAG(std::optional<int>, repeat, std::nullopt, "how often everything is run");
ABSL_FLAG(std::optional<uint32_t>, seed, std::nullopt,
          "run the cases in another order, the same for the same number: by default in the catalog's");
ABSL_FLAG(bool, bazel, false,
          "do what Bazel asks of a test (tools/defs.bzl says it for you): shards, filter, seed, XML and outputs");
ABSL_FLAG(std::string, out, "", "where to write");
ABSL_FLAG(std::string, format, "html", "html, junit, json or text");
ABSL_FLAG(std::string, tier, "quick", "quick, or full: also the cases that take their time");
ABSL_FLAG(std::string, backend, "auto",
          "how calls are reached: preload (an agent in the program), tracer (ptrace: any program), or auto");
ABSL_FLAG(std::string, shard, "", "K/N: run only part K of N, every N-th case; `lastack merge` joins the results");
ABSL_FLAG(std::string, waivers, "",
          "a file of failures that are known and accepted, lastack.waivers.json; stale entries are errors");
ABSL_FLAG(std::string, update_waivers, "",
          "write this file of waivers so that it fits: stale entries go but for expired ones, failures get one, with "
          "--reason");
ABSL_FLAG(std::string, reason, "", "why failures are accepted, for --update-waivers");
ABSL_FLAG(std::string, matrix, "",
          "audit every subject of this file, and compare them: reports/matrix_subjects.schema.json tells its form");
ABSL_FLAG(std::string, notes, "",
          "a file of notes on the cells of a comparison: why they are as they are (reports/matrix_notes.schema.json)");
ABSL_FLAG(bool, json, false, "print results.json instead of the summary");
ABSL_FLAG(bool, strict, false, "exit with 1 for advisories, too");
ABSL_FLAG(std::string, env, "", "NAME=VALUE: one more variable for the subject; may be repeated");
ABSL_FLAG(bool, calls, false, "list the intercepted calls, with the errors that they may report, instead of the cases");

namespace lastack {
namespace {

const CommandFlag* FlagOf(const Command& command, const std::string& name) {
  const auto found = std::find_if(command.flags.begin(), command.flags.end(),
                                  [&](const CommandFlag& flag) { return name == flag.name; });
  return found == command.flags.end() ? nullptr : &*found;
}

std::string FlagsOf(const Command& command) {
  if (command.flags.empty()) return "it takes none";
  return absl::StrCat(
      "it takes --",
      absl::StrJoin(command.flags, ", --", [](std::string* out, const CommandFlag& flag) { out->append(flag.name); }));
}

// Users write --update-waivers; Abseil's flags are C++ names.
absl::CommandLineFlag* Find(const std::string& name) {
  return absl::FindCommandLineFlag(absl::StrReplaceAll(name, {{"-", "_"}}));
}

std::string HelpOf(const CommandFlag& flag) { return flag.help != nullptr ? flag.help : Find(flag.name)->Help(); }

absl::Status Set(absl::CommandLineFlag& flag, const std::string& name, const std::string& value) {
  std::string error;
  const bool duration = flag.IsOfType<std::optional<absl::Duration>>();
  const bool means_none =
      (duration || flag.IsOfType<std::optional<int>>() || flag.IsOfType<std::optional<uint32_t>>()) &&
      value.empty();  // to Abseil; to a user it is a slip
  if (!means_none && flag.ParseFrom(value, &error)) return absl::OkStatus();
  const std::string hint = duration ? "; a duration is written as 10s, 500ms or 1m30s" : "";
  return absl::InvalidArgumentError(absl::StrCat("--", name, "=", value, " is not a valid value", hint));
}

}  // namespace

absl::StatusOr<Invocation> ParseArguments(const Command& command, const std::vector<std::string>& arguments) {
  Invocation invocation;
  size_t i = 0;
  for (; i < arguments.size() && arguments[i] != "--"; ++i) {
    const std::string& argument = arguments[i];
    if (!absl::StartsWith(argument, "-") || argument == "-") {
      invocation.operands.push_back(argument);
      continue;
    }
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(absl::StripPrefix(argument.substr(1), "-"), absl::MaxSplits('=', 1));
    const std::string& name = parts.first;
    const CommandFlag* taken = FlagOf(command, name);
    if (taken == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("`lastack ", command.name, "` has no flag ", argument, ": ",
                                                     FlagsOf(command), ". The subject's own flags come after `--`."));
    }
    absl::CommandLineFlag* flag = Find(name);
    std::string value = parts.second;
    if (argument.find('=') == std::string::npos) {
      if (flag->IsOfType<bool>()) {
        value = "true";
      } else if (i + 1 == arguments.size() || arguments[i + 1] == "--") {
        return absl::InvalidArgumentError(absl::StrCat("--", name, " wants a value: ", HelpOf(*taken)));
      } else {
        value = arguments[++i];
      }
    }
    if (absl::Status set = Set(*flag, name, value); !set.ok()) return set;
    if (name == "env") invocation.environment.push_back(value);
  }
  if (i < arguments.size()) {
    invocation.subject.assign(arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1, arguments.end());
  }
  return invocation;
}

absl::StatusOr<std::optional<Backend>> ChosenBackend() {
  const std::string name = absl::GetFlag(FLAGS_backend);
  if (name == "auto") return std::optional<Backend>();
  for (const Backend backend : {Backend::kPreload, Backend::kTracer}) {
    if (name == BackendName(backend)) return std::optional<Backend>(backend);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--backend=", name, ": there is no such backend; known: auto, preload, tracer"));
}

absl::StatusOr<std::vector<std::pair<std::string, std::string>>> ExtraEnvironment(const Invocation& invocation) {
  std::vector<std::pair<std::string, std::string>> environment;
  for (const std::string& variable : invocation.environment) {
    const size_t equals = variable.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return absl::InvalidArgumentError(absl::StrCat("--env=", variable, " is not NAME=VALUE"));
    }
    environment.emplace_back(variable.substr(0, equals), variable.substr(equals + 1));
  }
  return environment;
}

std::string OutPath(const std::string& by_default) {
  const std::string path = absl::GetFlag(FLAGS_out).empty() ? by_default : absl::GetFlag(FLAGS_out);
  const char* directory = getenv("BUILD_WORKING_DIRECTORY");
  return directory == nullptr || absl::StartsWith(path, "/") ? path : absl::StrCat(directory, "/", path);
}

std::vector<FlagText> FlagTexts(const Command& command) {
  std::vector<FlagText> texts;
  for (const CommandFlag& taken : command.flags) {
    const absl::CommandLineFlag* flag = Find(taken.name);
    const bool is_switch = flag->IsOfType<bool>();
    texts.push_back({.name = taken.name,
                     .value = is_switch ? "" : flag->DefaultValue(),
                     .help = HelpOf(taken),
                     .is_switch = is_switch});
  }
  return texts;
}

std::string FlagsHelp(const Command& command) {
  std::string help;
  for (const FlagText& flag : FlagTexts(command)) {
    absl::StrAppendFormat(&help, "  --%-20s %s\n",
                          flag.value.empty() ? flag.name : absl::StrCat(flag.name, "=", flag.value), flag.help);
  }
  return help;
}

}  // namespace lastack
