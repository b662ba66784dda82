// A program that a test starts, and what it says.
//
//   Program client = Program::Start({RunfilePath("cases/reference/http_client"), server.Url()});
//   EXPECT_EQ(client.Wait(), Exited(0));
//   EXPECT_EQ(client.Output(), "hello");
//
// Output and errors go to files, so that a process which the program leaves behind cannot keep the test waiting.
//
// Threads: one owner. Allocates.
#ifndef LASTACK_CASES_REFERENCE_PROGRAM_H_
#define LASTACK_CASES_REFERENCE_PROGRAM_H_

#include <sys/types.h>

#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace lastack {

// How a process ended: by exit with a status, or by a signal.
struct Ended {
  int status = -1;
  int signal = 0;
  friend bool operator==(const Ended&, const Ended&) = default;
};
inline Ended Exited(int status) { return {status, 0}; }
inline Ended Killed(int signal) { return {-1, signal}; }
void PrintTo(const Ended& ended, std::ostream* out);

// A file of this workspace that the test has as data.
std::string RunfilePath(const std::string& path);

class Program {
 public:
  // A name without a slash is looked up in PATH.
  static Program Start(const std::vector<std::string>& command);

  pid_t pid() const { return pid_; }
  Ended Wait();
  std::string Output() const;
  std::string Errors() const;

 private:
  Program(pid_t pid, std::string files) : pid_(pid), files_(std::move(files)) {}

  pid_t pid_;
  std::string files_;  // what the paths of both files begin with
};

}  // namespace lastack

#endif  // LASTACK_CASES_REFERENCE_PROGRAM_H_
