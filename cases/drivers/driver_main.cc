#include "cases/drivers/driver_main.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <iostream>
#include <mutex>
#include <thread>
#include <utility>

#include "cases/drivers/driver_answers.h"

namespace lastack {
namespace {

// Does what may wait, one after the other, in a thread of its own. For ever: the process exits around it.
class Waiter {
 public:
  void Do(std::function<void()> work) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!started_) std::thread([this] { Run(); }).detach();
    started_ = true;
    work_.push_back(std::move(work));
    more_.notify_one();
  }

 private:
  void Run() {
    for (;;) {
      std::unique_lock<std::mutex> lock(mutex_);
      more_.wait(lock, [this] { return !work_.empty(); });
      const std::function<void()> work = std::move(work_.front());
      work_.pop_front();
      lock.unlock();
      work();
    }
  }

  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<std::function<void()>> work_;
  bool started_ = false;
};

class Driver {
 public:
  explicit Driver(SocketLibrary& library) : answers_(library) {
    const std::vector<std::string> capabilities = library.Capabilities();
    concurrent_ = std::find(capabilities.begin(), capabilities.end(), "concurrent") != capabilities.end();
  }

  // Replies to a request, now or later; false if it was the last.
  bool Take(const std::string& line) {
    const size_t space = std::min(line.find(' '), line.size());
    const std::string tag = line.substr(0, space);
    const std::string request = line.substr(std::min(space + 1, line.size()));
    const std::string verb = request.substr(0, request.find(' '));
    if (concurrent_ && (verb == "recv" || verb == "accept")) {
      waiter_.Do([this, tag, request] { Reply(tag, answers_.To(request)); });
      return true;
    }
    Reply(tag, answers_.To(request));
    return verb != "quit";
  }

 private:
  void Reply(const std::string& tag, const std::string& answer) {
    const std::lock_guard<std::mutex> lock(output_);
    std::cout << tag << " " << answer << std::endl;
  }

  DriverAnswers answers_;
  bool concurrent_ = false;
  std::mutex output_;
  Waiter waiter_;
};

}  // namespace

int DriverMain(SocketLibrary& library) {
  // Never deleted: who still waits when the process exits may look at it.
  Driver& driver = *new Driver(library);
  for (std::string line; std::getline(std::cin, line) && driver.Take(line);) {
  }
  return 0;
}

}  // namespace lastack
