#include "mocks/forked_process.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

#include "gtest/gtest.h"
#include "harness/sys/kernel_sys.h"

namespace lastack {
namespace {

class ForkedFake : public ForkedProcess {
 public:
  ForkedFake(FakeProcess& parent, CallOfChild call) : process_(parent.Fork()), call_(std::move(call)) {}
  SysResult Call() override { return call_(*process_); }
  void Exit() override { process_->Exit(); }

 private:
  const std::unique_ptr<FakeProcess> process_;
  const CallOfChild call_;
};

// Waits for a byte, makes the call, and tells its result; the end of what is told to it is the end of the process.
class ForkedReally : public ForkedProcess {
 public:
  explicit ForkedReally(const CallOfChild& call) {
    int to_child[2], from_child[2];
    EXPECT_EQ(pipe2(to_child, O_CLOEXEC), 0);
    EXPECT_EQ(pipe2(from_child, O_CLOEXEC), 0);
    child_ = fork();
    if (child_ == 0) {
      close(to_child[1]);
      char word;
      while (read(to_child[0], &word, 1) == 1) {
        const SysResult result = call(KernelSys::Instance());
        (void)!write(from_child[1], &result, sizeof(result));
      }
      _exit(0);
    }
    EXPECT_GT(child_, 0);
    close(to_child[0]);
    close(from_child[1]);
    tell_ = to_child[1];
    hear_ = from_child[0];
  }
  ~ForkedReally() override {
    Exit();
    close(hear_);
  }

  SysResult Call() override {
    SysResult result = {-1, ECHILD};
    EXPECT_EQ(write(tell_, "!", 1), 1);
    EXPECT_EQ(read(hear_, &result, sizeof(result)), static_cast<ssize_t>(sizeof(result)));
    return result;
  }
  void Exit() override {
    if (child_ <= 0) return;
    close(tell_);
    EXPECT_GT(waitpid(std::exchange(child_, -1), nullptr, 0), 0);
  }

 private:
  pid_t child_ = -1;
  int tell_ = -1, hear_ = -1;
};

}  // namespace

std::unique_ptr<ForkedProcess> ForkOfThisProcess(const CallOfChild& call) {
  return std::make_unique<ForkedReally>(call);
}

std::unique_ptr<ForkedProcess> ForkOf(FakeProcess& parent, CallOfChild call) {
  return std::make_unique<ForkedFake>(parent, std::move(call));
}

}  // namespace lastack
