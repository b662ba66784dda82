// The commands of `lastack`, and what they share: exit statuses, errors that name the remedy, flags.
#ifndef LASTACK_TOOLS_CLI_COMMAND_H_
#define LASTACK_TOOLS_CLI_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace lastack {

// 2 over 3 over 1 over 0.
enum ExitStatus : int {
  kExitOk = 0,
  kExitFindings = 1,  // a requirement is violated, or a question stayed open
  kExitUsage = 2,     // the command line, or the subject that it names
  kExitHarness = 3,   // our fault, or the environment's
};

// A command line, taken apart: lastack NAME [flags] [operands] [-- subject].
struct Invocation {
  std::vector<std::string> operands;
  std::vector<std::string> environment;  // the values of `--env`, which may be repeated
  std::vector<std::string> subject;      // what follows `--`
};

// A flag that a command takes.
struct CommandFlag {
  const char* name;            // one of those that flags.cc defines
  const char* help = nullptr;  // what it does to this command; nullptr: the same as to all, as flags.cc says
};

struct Command {
  const char* name;
  const char* usage;    // "audit [flags] -- COMMAND"
  const char* summary;  // one line, for the list of commands
  const char* help;     // what it does, with examples
  std::vector<CommandFlag> flags;
  int (*run)(const Invocation& invocation);
};

// All of them, in the order of the help. The one place where they are registered.
[[nodiscard]] const std::vector<Command>& Commands();

// Prints "lastack: MESSAGE" on stderr and returns kExitUsage, kExitHarness or what the status's code stands for: errors
// that the user can mend (NotFound, InvalidArgument, PermissionDenied) are usage, all others the harness's.
int Complain(const absl::Status& status);
int UsageError(const std::string& message);

// An error in what --out names, or its default: with the remedy. The second complains of it, and returns kExitHarness.
[[nodiscard]] absl::Status OutputError(const absl::Status& status);
int ComplainOfOutput(const absl::Status& status);

// InvalidArgumentError if there are more operands than `most`, or a subject: for commands that run none.
[[nodiscard]] absl::Status CheckOperands(const Invocation& invocation, size_t most);

// Writes `text` to stdout. kExitHarness, with a complaint, if it cannot be written (closed, full).
int Print(const std::string& text);

}  // namespace lastack

#endif  // LASTACK_TOOLS_CLI_COMMAND_H_
