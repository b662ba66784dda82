// What a ScopedInterposition is while it lasts: whose descriptor is whose, the clock, and how one waits for fakes and
// real descriptors together. For the interposed calls.
#ifndef LASTACK_MOCKS_INTERPOSITION_STATE_H_
#define LASTACK_MOCKS_INTERPOSITION_STATE_H_

#include <errno.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "mocks/interposition.h"
#include "mocks/next_calls.h"
#include "mocks/virtual_timers.h"

namespace lastack {

class Interposition : private FakeNumbers, private FakeWaiter {
 public:
  enum class Kind : uint8_t {
    kReal,
    kFake,   // the network's; the kernel has a placeholder at its number
    kEpoll,  // the network's for the fakes in it, and the kernel's for the others
    kTimer,  // virtual; the kernel has an eventfd
  };

  Interposition(SysApi& sys, FakeNetwork& network, const InterpositionOptions& options);
  ~Interposition();

  // nullptr: no scope.
  static Interposition* Active() { return active_.load(std::memory_order_acquire); }
  // The scope, if the descriptor is the network's.
  static Interposition* Of(int fd) {
    Interposition* active = Active();
    return active != nullptr && Owns(fd) ? active : nullptr;
  }
  // The scope, if its time is virtual.
  static Interposition* Virtual() {
    Interposition* active = Active();
    return active != nullptr && active->is_virtual() ? active : nullptr;
  }
  static Kind KindOf(int fd) {
    return fd >= 0 && fd < kDescriptors ? kinds_[fd].load(std::memory_order_acquire) : Kind::kReal;
  }
  static bool Owns(int fd) {
    const Kind kind = KindOf(fd);
    return kind == Kind::kFake || kind == Kind::kEpoll;
  }

  bool is_virtual() const { return options_.clock == InterposedClock::kVirtual; }
  FakeNetwork& network() { return network_; }

  // Makes `call(sys)`, and gives its result as C does.
  template <typename MakeCall>
  ssize_t Call(MakeCall call) {
    const int before = errno;
    SysResult result;
    {
      const std::lock_guard<std::recursive_mutex> lock(mutex_);
      CatchUp();
      result = call(sys_);
    }
    RingBell();
    errno = result.ok() ? before : result.error;
    return result.value;
  }

  // --- Descriptors that are in both worlds.
  // The network's epoll descriptor is new: the kernel gets one at its number, or a copy of the one at `original`.
  void AdoptEpoll(int fd, int original = -1);
  void AdoptTimer(int fd);
  // `copy` is a dup of `fd`, whatever it is.
  void Copied(int fd, int copy);
  // A real descriptor is about to be closed.
  void ForgetTimer(int fd);
  // Closes the network's among them, then the kernel's, but not ours.
  int CloseRange(unsigned first, unsigned last, int flags);

  // --- Time, in ns of the network's clock.
  std::recursive_mutex& mutex() { return mutex_; }
  int64_t NowNs();
  // What `clock` says, in virtual time; false: it is none of ours (a processor's).
  bool Read(clockid_t clock, int64_t& ns);
  // The network's time at which `clock` says `ns`.
  int64_t ToNetwork(clockid_t clock, int64_t ns);
  void SleepUntil(int64_t until_ns);  // virtual
  VirtualTimers& timers() { return timers_; }
  // Before a read: lets a blocking timer expire.
  void AwaitTimer(int fd);

  // --- Waiting.
  enum class Outcome {
    kReady,
    kTimeout,
    kFailed,  // errno says why
  };
  struct WaitFor {
    const char* call;             // its name
    int64_t timeout_ns;           // negative: none
    std::function<bool()> fakes;  // whether one is ready
    // How many real ones are, after at most so many ns; -1 and errno. If it is to wait, it also watches the bell.
    std::function<int(int64_t timeout_ns, int bell)> reals;
    std::function<std::vector<int>()> watched;  // the real ones, for the case that nothing ever comes
    bool of_event_loop = false;
  };
  Outcome Wait(const WaitFor& wait);

 private:
  static constexpr int kDescriptors = 1 << 20;

  // FakeNumbers: placeholders.
  int Take(int at_least) override;
  bool TakeExactly(int fd) override;
  void Give(int fd) override;
  // FakeWaiter: a blocking call on a fake.
  bool Wait(FakeStack& stack, int64_t until_ns) override;

  void Mark(int fd, Kind kind);
  void CatchUp();
  bool Advance(int64_t until_ns);
  Outcome NeverEnds(const WaitFor& wait, const std::vector<int>& watched, const std::string& why);
  void RingBell();
  bool Rung();

  static std::atomic<Interposition*> active_;
  static std::atomic<Kind> kinds_[kDescriptors];

  SysApi& sys_;
  FakeNetwork& network_;
  const InterpositionOptions options_;
  const int placeholder_;
  const int bell_;
  std::atomic<int> highest_ = 0;  // of the descriptors that were ever marked
  std::atomic<int> sleepers_ = 0;
  std::recursive_mutex mutex_;
  VirtualTimers timers_;
  static constexpr int kClocks = 12;
  int64_t offsets_[kClocks];  // what a clock says when the network's says 0
};

}  // namespace lastack

#endif  // LASTACK_MOCKS_INTERPOSITION_STATE_H_
