// The start of a program, as C and C++ ordinarily do it.
#ifndef LASTACK_CASES_DRIVERS_SPAWN_H_
#define LASTACK_CASES_DRIVERS_SPAWN_H_

#include <string>
#include <vector>

namespace lastack {

// As execve takes them: as long as `words` is there.
[[nodiscard]] std::vector<char*> Argv(const std::vector<std::string>& words);

// For SocketLibrary::Spawn of libraries that have no word for it: posix_spawnp, without file actions. An errno, or 0.
[[nodiscard]] int SpawnProgram(const std::vector<std::string>& words, int* pid);

}  // namespace lastack

#endif  // LASTACK_CASES_DRIVERS_SPAWN_H_
