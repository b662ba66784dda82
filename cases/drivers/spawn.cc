#include "cases/drivers/spawn.h"

#include <spawn.h>
#include <unistd.h>

namespace lastack {

std::vector<char*> Argv(const std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  return argv;
}

int SpawnProgram(const std::vector<std::string>& words, int* pid) {
  const std::vector<char*> argv = Argv(words);
  pid_t child = 0;
  const int error = posix_spawnp(&child, argv[0], nullptr, nullptr, argv.data(), environ);
  *pid = static_cast<int>(child);
  return error;
}

}  // namespace lastack
