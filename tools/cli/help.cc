#include "tools/cli/help.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/cli/flags.h"

namespace lastack {

const Command* FindCommand(const std::string& name) {
  for (const Command& command : Commands()) {
    if (name == command.name) return &command;
  }
  return nullptr;
}

std::string GeneralHelp() {
  std::string help =
      "lastack judges how software closes its sockets: it runs a program, makes close, shutdown, send and receive fail "
      "as\n"
      "real systems make them fail, watches both ends of the connection, and says rule by rule, with evidence, what it "
      "saw.\n"
      "\n"
      "  lastack audit -- curl -sS {url}\n"
      "\n"
      "Commands:\n";
  for (const Command& command : Commands()) absl::StrAppendFormat(&help, "  %-12s %s\n", command.name, command.summary);
  absl::StrAppend(&help,
                  "\n`lastack help COMMAND` tells more of one.\n"
                  "\n"
                  "Exit status: 0 all well; 1 a requirement is violated, or a question stayed open; 2 wrong usage;\n"
                  "3 lastack itself or the environment failed.\n");
  return help;
}

std::string CommandHelp(const Command& command) {
  std::string help = absl::StrCat("lastack ", command.usage, "\n\n", command.summary, "\n\n", command.help);
  if (!command.flags.empty()) absl::StrAppend(&help, "\nFlags:\n", FlagsHelp(command));
  return help;
}

int RunHelp(const Invocation& invocation) {
  if (absl::Status checked = CheckOperands(invocation, 1); !checked.ok()) return Complain(checked);
  if (invocation.operands.empty()) return Print(GeneralHelp());
  const Command* command = FindCommand(invocation.operands.front());
  if (command == nullptr) {
    return UsageError(
        absl::StrCat("there is no command '", invocation.operands.front(), "'. `lastack help` lists them."));
  }
  return Print(CommandHelp(*command));
}

int RunVersion(const Invocation& invocation) {
  if (absl::Status checked = CheckOperands(invocation, 0); !checked.ok()) return Complain(checked);
  return Print(absl::StrCat("lastack ", kVersion, "\n"));
}

}  // namespace lastack
