// A forked process that holds copies of all our descriptors until it is told to act; then it exits.
//
//   ForkedCopy copy([&] { (void)pair.sys.shutdown(pair.here.fd, SHUT_WR); });
//   copy.Act();
//
// Threads: the caller must have none. Signals: none. Allocates nothing in the child before `act`.
#ifndef LASTACK_CASES_OS_FORKED_COPY_H_
#define LASTACK_CASES_OS_FORKED_COPY_H_

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <utility>

namespace lastack::os {

class ForkedCopy {
 public:
  explicit ForkedCopy(const std::function<void()>& act) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return;
    child_ = fork();
    if (child_ == 0) {
      close(ends[1]);
      char word;
      (void)!read(ends[0], &word, 1);  // to the parent's end, too
      act();
      _exit(0);
    }
    close(ends[0]);
    tell_ = ends[1];
  }
  ~ForkedCopy() {
    Act();
    Wait();
  }
  ForkedCopy(const ForkedCopy&) = delete;
  ForkedCopy& operator=(const ForkedCopy&) = delete;

  void Act() {
    if (tell_ >= 0) close(std::exchange(tell_, -1));
  }
  // Until it has exited.
  void Wait() {
    if (child_ > 0) waitpid(std::exchange(child_, -1), nullptr, 0);
  }

 private:
  pid_t child_ = -1;
  int tell_ = -1;
};

}  // namespace lastack::os

#endif  // LASTACK_CASES_OS_FORKED_COPY_H_
