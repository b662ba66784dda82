#include "cases/reference/program.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "gtest/gtest.h"

namespace lastack {
namespace {

std::string Contents(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

}  // namespace

void PrintTo(const Ended& ended, std::ostream* out) {
  if (ended.signal != 0) {
    *out << "killed by signal " << ended.signal;
  } else {
    *out << "exited with " << ended.status;
  }
}

std::string RunfilePath(const std::string& path) {
  return std::string(std::getenv("TEST_SRCDIR")) + "/" + std::getenv("TEST_WORKSPACE") + "/" + path;
}

Program Program::Start(const std::vector<std::string>& command) {
  static int started = 0;
  const std::string files =
      ::testing::TempDir() + "/program" + std::to_string(getpid()) + "-" + std::to_string(++started);
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const int flags = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, (files + ".out").c_str(), flags, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, (files + ".err").c_str(), flags, 0600);
  pid_t pid = -1;
  EXPECT_EQ(posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ), 0) << command[0];
  posix_spawn_file_actions_destroy(&actions);
  return Program(pid, files);
}

Ended Program::Wait() {
  int status = 0;
  EXPECT_EQ(waitpid(pid_, &status, 0), pid_);
  return WIFEXITED(status) ? Exited(WEXITSTATUS(status)) : Killed(WTERMSIG(status));
}

std::string Program::Output() const { return Contents(files_ + ".out"); }
std::string Program::Errors() const { return Contents(files_ + ".err"); }

}  // namespace lastack
