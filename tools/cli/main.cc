// lastack: the command line.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tools/cli/command.h"
#include "tools/cli/flags.h"
#include "tools/cli/help.h"
#include "tools/cli/repeat.h"

namespace lastack {
namespace {

bool AsksForHelp(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--") return false;
    if (argument == "--help" || argument == "-h") return true;
  }
  return false;
}

// Whoever starts us with a standard stream closed must not find it again as one of our files. What is written to a
// closed stdout goes on being an error (EBADF), since it is open for reading only.
void KeepStandardStreams() {
  for (const auto& [fd, mode] :
       {std::pair(STDIN_FILENO, O_RDONLY), std::pair(STDOUT_FILENO, O_RDONLY), std::pair(STDERR_FILENO, O_WRONLY)}) {
    if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) open("/dev/null", mode);  // takes the lowest number: this one
  }
}

int Main(const std::string& argv0, const std::vector<std::string>& words) {
  KeepStandardStreams();
  RememberCaller(argv0);
  signal(SIGPIPE, SIG_IGN);  // a reader of our output that goes away is an error that we report
  if (words.empty()) {
    Print(GeneralHelp());
    return kExitUsage;
  }
  std::string name = words.front();
  std::vector<std::string> arguments(words.begin() + 1, words.end());
  if (name == "--help" || name == "-h") name = "help";
  if (name == "--version") name = "version";
  const Command* command = FindCommand(name);
  if (command == nullptr) {
    return UsageError(absl::StrCat("there is no command '", name, "'. `lastack help` lists them."));
  }
  if (AsksForHelp(arguments)) return Print(CommandHelp(*command));
  absl::StatusOr<Invocation> invocation = ParseArguments(*command, arguments);
  if (!invocation.ok()) return UsageError(std::string(invocation.status().message()));
  return command->run(*invocation);
}

}  // namespace
}  // namespace lastack

int main(int argc, char** argv) { return lastack::Main(argv[0], std::vector<std::string>(argv + 1, argv + argc)); }
