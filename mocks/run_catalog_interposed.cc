#include "mocks/run_catalog_interposed.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "mocks/interposition.h"

namespace lastack {
namespace {

// A thread that does one work at a time, and can be stopped in the middle of it for good. No destructor and no handler
// of the library runs then, as in a process that is killed.
class StoppableThread {
 public:
  StoppableThread() : state_(std::make_shared<State>()), thread_([state = state_] { Serve(*state); }) {}

  ~StoppableThread() {
    if (state_->stopped) {
      thread_.detach();
      return;
    }
    (void)Do(nullptr);
    thread_.join();
  }

  // A null function: the thread's end. False: it stopped.
  bool Do(const std::function<void()>* work) {
    std::unique_lock<std::mutex> lock(state_->mutex);
    if (state_->stopped) return false;
    state_->work = work;
    state_->busy = true;
    state_->changed.notify_all();
    state_->changed.wait(lock, [&] { return !state_->busy || state_->stopped; });
    return !state_->stopped;
  }

  // In the work.
  [[noreturn]] void Stop() {
    const std::shared_ptr<State> state = state_;  // which outlives us
    std::unique_lock<std::mutex> lock(state->mutex);
    state->stopped = true;
    state->changed.notify_all();
    while (true) state->never.wait(lock);
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed, never;
    const std::function<void()>* work = nullptr;
    bool busy = false;
    bool stopped = false;
  };

  static void Serve(State& state) {
    std::unique_lock<std::mutex> lock(state.mutex);
    while (true) {
      state.changed.wait(lock, [&] { return state.busy; });
      const std::function<void()>* const work = state.work;
      lock.unlock();
      if (work != nullptr) (*work)();
      lock.lock();
      state.busy = false;
      state.changed.notify_all();
      if (work == nullptr) return;
    }
  }

  const std::shared_ptr<State> state_;
  std::thread thread_;
};

class InterposedStage : public LibraryStage {
 public:
  InterposedStage(SysApi& sys, FakeNetwork& network, FakeWaiter& waiter)
      : scope_(std::make_unique<ScopedInterposition>(sys, network, InterpositionOptions{.waiter = &waiter})) {}

  bool Do(const std::function<void()>& work) override {
    if (thread_.Do(&work)) return true;
    scope_.reset();  // now: what is held by who stopped would never be released to us
    return false;
  }
  void End() override { thread_.Stop(); }

 private:
  StoppableThread thread_;
  std::unique_ptr<ScopedInterposition> scope_;
};

}  // namespace

std::vector<CaseResult> RunCatalogInterposed(const std::function<std::unique_ptr<SocketLibrary>()>& make,
                                             CatalogOptions options) {
  options.stage = [](SysApi& sys, FakeNetwork& network, FakeWaiter& waiter) {
    return std::make_unique<InterposedStage>(sys, network, waiter);
  };
  return RunCatalog([&make](SysApi&) { return make(); }, options);
}

}  // namespace lastack
