// select and pselect over fakes and real descriptors together.
#include <poll.h>
#include <sys/select.h>

#include <algorithm>
#include <array>
#include <vector>

#include "mocks/interposed_calls.h"
#include "mocks/interposed_waits.h"

namespace lastack {
namespace {

// What a caller gave for reading, writing and the exceptional; null where nothing.
using GivenSets = std::array<fd_set*, 3>;

struct SelectSets {
  fd_set sets[3];
  bool given[3] = {};

  SelectSets() {
    for (fd_set& set : sets) FD_ZERO(&set);
  }
  fd_set* At(int i) { return given[i] ? &sets[i] : nullptr; }
  bool Has(int fd) const { return FD_ISSET(fd, &sets[0]) || FD_ISSET(fd, &sets[1]) || FD_ISSET(fd, &sets[2]); }
  std::vector<int> Numbers(int count) const {
    std::vector<int> numbers;
    for (int fd = 0; fd < count; ++fd) {
      if (Has(fd)) numbers.push_back(fd);
    }
    return numbers;
  }
};

bool IsReady(uint32_t events, const SelectSets& sets, int fd) {
  return (FD_ISSET(fd, &sets.sets[0]) && (events & (POLLIN | POLLRDNORM | POLLHUP | POLLERR)) != 0) ||
         (FD_ISSET(fd, &sets.sets[1]) && (events & (POLLOUT | POLLWRNORM | POLLERR)) != 0) ||
         (FD_ISSET(fd, &sets.sets[2]) && (events & POLLPRI) != 0);
}

// `sys_select(sys, sets, at_once)` is the same call: with the caller's timeout, or with none.
template <typename SysSelect>
class SplitSelect {
 public:
  SplitSelect(int count, const GivenSets& given, const sigset_t* mask, SysSelect sys_select)
      : count_(std::clamp(count, 0, FD_SETSIZE)), given_(given), mask_(mask), sys_select_(sys_select) {
    for (int i = 0; i < 3; ++i) {
      if (given[i] == nullptr) continue;
      fakes_.given[i] = reals_.given[i] = true;
      for (int fd = 0; fd < count_; ++fd) {
        if (!FD_ISSET(fd, given[i])) continue;
        const bool owned = Interposition::Owns(fd);
        if (owned) FD_SET(fd, &fakes_.sets[i]);
        if (!owned || Interposition::KindOf(fd) == Interposition::Kind::kEpoll) FD_SET(fd, &reals_.sets[i]);
      }
    }
    owned_ = fakes_.Numbers(count_);
    others_ = reals_.Numbers(count_);
  }

  bool has_fakes() const { return !owned_.empty(); }
  bool has_reals() const { return !others_.empty(); }
  SysResult AskAsGiven(SysApi& sys) { return sys_select_(sys, given_, false); }
  SysResult AskFakes(SysApi& sys) { return sys_select_(sys, {fakes_.At(0), fakes_.At(1), fakes_.At(2)}, true); }

  bool IsFakeReady(FakeNetwork& network) const {
    return std::any_of(owned_.begin(), owned_.end(),
                       [&](int fd) { return IsReady(network.Readiness(fd).events, fakes_, fd); });
  }

  int AskReals(int64_t timeout_ns, int bell) {
    const timespec timeout = TimespecOf(timeout_ns);
    ready_reals_ = reals_;
    int count = count_;
    if (bell >= 0) {
      ready_reals_.given[0] = true;
      FD_SET(bell, &ready_reals_.sets[0]);
      count = std::max(count, bell + 1);
    }
    const int ready =
        NextCalls::Get().pselect(count, ready_reals_.At(0), ready_reals_.At(1), ready_reals_.At(2), &timeout, mask_);
    return bell >= 0 && ready > 0 && FD_ISSET(bell, &ready_reals_.sets[0]) ? ready - 1 : ready;
  }

  std::vector<int> Watched() const {
    std::vector<int> watched = others_;
    std::erase_if(watched, [](int fd) { return Interposition::KindOf(fd) == Interposition::Kind::kTimer; });
    return watched;
  }

  int Merge() {
    int ready = 0;
    for (int i = 0; i < 3; ++i) {
      for (int fd = 0; given_[i] != nullptr && fd < count_; ++fd) {
        const bool is_ready =
            (has_fakes() && FD_ISSET(fd, &fakes_.sets[i])) || (has_reals() && FD_ISSET(fd, &ready_reals_.sets[i]));
        is_ready ? FD_SET(fd, given_[i]) : FD_CLR(fd, given_[i]);
        ready += is_ready ? 1 : 0;
      }
    }
    return ready;
  }

 private:
  const int count_;
  const GivenSets given_;
  const sigset_t* const mask_;
  const SysSelect sys_select_;
  SelectSets fakes_, reals_, ready_reals_;
  std::vector<int> owned_, others_;
};

Interposition* ScopeOfSelect(int count, const GivenSets& given) {
  Interposition* scope = Interposition::Active();
  if (scope == nullptr || count < 0 || scope->is_virtual()) return count < 0 ? nullptr : scope;
  for (int fd = 0; fd < std::min(count, FD_SETSIZE); ++fd) {
    for (fd_set* set : given) {
      if (set != nullptr && FD_ISSET(fd, set) && Interposition::Owns(fd)) return scope;
    }
  }
  return nullptr;
}

int64_t NsOf(const timeval* timeout) {
  return timeout == nullptr ? kForever : timeout->tv_sec * kNsPerSecond + timeout->tv_usec * 1000;
}

}  // namespace

int interposed::select(int count, fd_set* reading, fd_set* writing, fd_set* exceptional, timeval* timeout) {
  const GivenSets given = {reading, writing, exceptional};
  Interposition* scope = ScopeOfSelect(count, given);
  if (scope == nullptr || (timeout != nullptr && (timeout->tv_sec < 0 || timeout->tv_usec < 0))) {
    return NextCalls::Get().select(count, reading, writing, exceptional, timeout);
  }
  const int64_t timeout_ns = NsOf(timeout);
  const int64_t start_ns = scope->NowNs();
  SplitSelect split(count, given, nullptr, [=](SysApi& sys, const GivenSets& sets, bool at_once) {
    timeval none{};
    return sys.select(count, sets[0], sets[1], sets[2], at_once ? &none : timeout);
  });
  const int ready = WaitForBoth(*scope, "select", timeout_ns, split);
  if (timeout != nullptr && ready >= 0) {  // Linux says how much is left
    const int64_t left_ns = std::max<int64_t>(0, timeout_ns - (scope->NowNs() - start_ns));
    *timeout = {left_ns / kNsPerSecond, left_ns % kNsPerSecond / 1000};
  }
  return ready;
}

int interposed::pselect(int count, fd_set* reading, fd_set* writing, fd_set* exceptional, const timespec* timeout,
                        const sigset_t* mask) {
  const GivenSets given = {reading, writing, exceptional};
  Interposition* scope = ScopeOfSelect(count, given);
  if (scope == nullptr || !IsValid(timeout)) {
    return NextCalls::Get().pselect(count, reading, writing, exceptional, timeout, mask);
  }
  SplitSelect split(count, given, mask, [=](SysApi& sys, const GivenSets& sets, bool at_once) {
    const timespec none{};
    return sys.pselect(count, sets[0], sets[1], sets[2], at_once ? &none : timeout, mask);
  });
  return WaitForBoth(*scope, "pselect", NsOf(timeout), split);
}

}  // namespace lastack
