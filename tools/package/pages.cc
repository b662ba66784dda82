#include "tools/package/pages.h"

#include <map>
#include <set>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "cases/case.h"
#include "cases/conversation.h"
#include "cases/os/claim.h"
#include "harness/run/observe.h"
#include "tools/cli/command.h"
#include "tools/cli/flags.h"
#include "tools/cli/help.h"
#include "tools/cli/report_commands.h"

namespace lastack {
namespace {

// No line may begin as a request of troff does, and - and ` stand for themselves, so that examples can be copied.
std::string Roff(absl::string_view text) {
  std::vector<std::string> lines;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const bool request = absl::StartsWith(line, ".") || absl::StartsWith(line, "'");
    lines.push_back(absl::StrCat(
        request ? "\\&" : "",
        absl::StrReplaceAll(
            line, {{"\\", "\\e"}, {"-", "\\-"}, {"`", "\\(ga"}, {"'", "\\(aq"}, {"^", "\\(ha"}, {"~", "\\(ti"}})));
  }
  return absl::StrJoin(lines, "\n");
}

// As it stands, line by line.
std::string Verbatim(absl::string_view text) {
  return text.empty() ? "" : absl::StrCat(".nf\n", Roff(absl::StripSuffix(text, "\n")), "\n.fi\n");
}

std::string FlagOf(const FlagText& flag) {
  const std::string value =
      flag.is_switch ? "" : absl::StrCat("=", flag.value.empty() ? "\\fIVALUE\\fR" : Roff(flag.value));
  return absl::StrCat(".TP\n\\fB\\-\\-", Roff(flag.name), "\\fR", value, "\n", Roff(flag.help), "\n");
}

std::string SectionOf(const Command& command) {
  std::string text = absl::StrCat(".SS lastack ", Roff(command.usage), "\n", Roff(command.summary), ".\n",
                                  command.help[0] == '\0' ? "" : ".PP\n", Verbatim(command.help));
  for (const FlagText& flag : FlagTexts(command)) absl::StrAppend(&text, FlagOf(flag));
  return text;
}

std::string Joined(const std::set<std::string>& words) { return absl::StrJoin(words, " "); }

// The values of flags that have some.
std::map<std::string, std::set<std::string>> ValuesOfFlags() {
  std::map<std::string, std::set<std::string>> values = {
      {"backend", {"auto", BackendName(Backend::kPreload), BackendName(Backend::kTracer)}},
      {"tier", {"quick", "full"}},
  };
  for (const std::string& form : ReportForms()) values["format"].insert(form);
  for (const Case& one : Cases()) values["case"].insert(one.id);
  for (const Profile& profile : Profiles()) values["profile"].insert(profile.name);
  return values;
}

}  // namespace

std::string ManPage() {
  std::string page = absl::StrCat(".TH LASTACK 1 \"\" \"lastack ", kVersion, "\" \"User Commands\"\n",
                                  ".SH NAME\nlastack \\- judges how software closes its sockets\n.SH SYNOPSIS\n");
  for (const Command& command : Commands()) absl::StrAppend(&page, ".B lastack\n", Roff(command.usage), "\n.br\n");
  absl::StrAppend(&page, ".SH DESCRIPTION\n", Verbatim(GeneralHelp()), ".SH COMMANDS\n");
  for (const Command& command : Commands()) absl::StrAppend(&page, SectionOf(command));
  absl::StrAppend(&page,
                  ".SH FILES\n.I share/doc/lastack\nunder the prefix holds README.md, and the files that this page "
                  "names, by the same names.\n");
  return page;
}

std::string BashCompletion() {
  std::set<std::string> names;
  std::string flags;
  for (const Command& command : Commands()) {
    names.insert(command.name);
    std::set<std::string> words = {"--help"};
    for (const FlagText& flag : FlagTexts(command)) {
      words.insert(absl::StrCat("--", flag.name, flag.is_switch ? "" : "="));
    }
    absl::StrAppend(&flags, "    ", command.name, ") words='", Joined(words), "' ;;\n");
  }
  std::set<std::string> claims;
  for (const os::Claim& claim : os::Claims()) claims.insert(claim.id);
  std::string values;
  for (const auto& [flag, words] : ValuesOfFlags()) {
    absl::StrAppend(&values, "    --", flag, ") words='", Joined(words), "' ;;\n");
  }
  return absl::StrCat(R"(# Completion of lastack for bash, made from its own tables.
_lastack() {
  local word=${COMP_WORDS[COMP_CWORD]} flag='' words='' i
  COMPREPLY=()
  # bash takes "--case=linger/" for three words.
  if [[ $word == '=' ]]; then
    word='' flag=${COMP_WORDS[COMP_CWORD - 1]}
  elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == '=' ]]; then
    flag=${COMP_WORDS[COMP_CWORD - 2]}
  elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == --* ]]; then
    flag=${COMP_WORDS[COMP_CWORD - 1]}
  fi
  for ((i = 1; i < COMP_CWORD; ++i)); do
    [[ ${COMP_WORDS[i]} == -- ]] && return  # the subject's command: file names
  done
  case $flag in
)",
                      values, R"(  esac
  [[ $flag != --case || ${COMP_WORDS[1]} != platform ]] || words=')",
                      Joined(claims), R"('
  if [[ -n $words ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$word"))
    return
  fi
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W ')",
                      Joined(names), R"(' -- "$word"))
    return
  fi
  if [[ $word != -* ]]; then
    case ${COMP_WORDS[1]} in
    explain | list) words=')",
                      Joined(ValuesOfFlags()["case"]), R"(' ;;
    help) words=')",
                      Joined(names), R"(' ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$word"))
    return
  fi
  case ${COMP_WORDS[1]} in
)",
                      flags, R"(  esac
  compopt -o nospace
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  [[ ${COMPREPLY[*]} == *= ]] || compopt +o nospace
}
complete -o default -F _lastack lastack
)");
}

}  // namespace lastack
