// poll and ppoll over fakes and real descriptors together.
#include <poll.h>

#include <algorithm>
#include <vector>

#include "mocks/interposed_calls.h"
#include "mocks/interposed_waits.h"

namespace lastack {
namespace {

// The descriptors of one kind among those that a poll was given.
struct PollPart {
  std::vector<pollfd> fds;
  std::vector<size_t> places;

  void Add(const pollfd& one, size_t place) {
    fds.push_back({one.fd, one.events, 0});
    places.push_back(place);
  }
};

// `sys_poll(sys, fds, count, at_once)` is the same call: with the caller's timeout, or with none.
template <typename SysPoll>
class SplitPoll {
 public:
  SplitPoll(pollfd* fds, nfds_t count, const sigset_t* mask, SysPoll sys_poll)
      : fds_(fds), count_(count), mask_(mask), sys_poll_(sys_poll) {
    for (nfds_t i = 0; i < count; ++i) {
      if (fds[i].fd < 0) continue;
      const bool owned = Interposition::Owns(fds[i].fd);
      if (owned) fakes_.Add(fds[i], i);
      if (!owned || Interposition::KindOf(fds[i].fd) == Interposition::Kind::kEpoll) reals_.Add(fds[i], i);
    }
  }

  bool has_fakes() const { return !fakes_.fds.empty(); }
  bool has_reals() const { return !reals_.fds.empty(); }
  SysResult AskAsGiven(SysApi& sys) { return sys_poll_(sys, fds_, count_, false); }
  SysResult AskFakes(SysApi& sys) { return sys_poll_(sys, fakes_.fds.data(), fakes_.fds.size(), true); }

  bool IsFakeReady(FakeNetwork& network) const {
    return std::any_of(fakes_.fds.begin(), fakes_.fds.end(), [&](const pollfd& fake) {
      const uint32_t wanted = static_cast<unsigned short>(fake.events) | POLLERR | POLLHUP;
      return (network.Readiness(fake.fd).events & wanted) != 0;
    });
  }

  int AskReals(int64_t timeout_ns, int bell) {
    const timespec timeout = TimespecOf(timeout_ns);
    std::vector<pollfd>& fds = reals_.fds;
    if (bell >= 0) fds.push_back({bell, POLLIN, 0});
    int ready = NextCalls::Get().ppoll(fds.data(), fds.size(), &timeout, mask_);
    if (bell >= 0) {
      if (ready > 0 && fds.back().revents != 0) --ready;
      fds.pop_back();
    }
    return ready;
  }

  std::vector<int> Watched() const {
    std::vector<int> watched;
    for (const pollfd& each : reals_.fds) {
      if (Interposition::KindOf(each.fd) != Interposition::Kind::kTimer) watched.push_back(each.fd);
    }
    return watched;
  }

  int Merge() {
    for (nfds_t i = 0; i < count_; ++i) fds_[i].revents = 0;
    for (const PollPart* part : {&fakes_, &reals_}) {
      for (size_t i = 0; i < part->fds.size(); ++i) fds_[part->places[i]].revents |= part->fds[i].revents;
    }
    return static_cast<int>(std::count_if(fds_, fds_ + count_, [](const pollfd& each) { return each.revents != 0; }));
  }

 private:
  pollfd* const fds_;
  const nfds_t count_;
  const sigset_t* const mask_;
  const SysPoll sys_poll_;
  PollPart fakes_, reals_;
};

bool AnyOwned(const pollfd* fds, nfds_t count) {
  return std::any_of(fds, fds + count, [](const pollfd& each) { return Interposition::Owns(each.fd); });
}

Interposition* ScopeOfPoll(const pollfd* fds, nfds_t count) {
  Interposition* scope = Interposition::Active();
  if (scope == nullptr || (count > 0 && IsBadPointer(fds))) return nullptr;
  return scope->is_virtual() || AnyOwned(fds, count) ? scope : nullptr;
}

}  // namespace

int interposed::poll(pollfd* fds, nfds_t count, int timeout_ms) {
  Interposition* scope = ScopeOfPoll(fds, count);
  if (scope == nullptr) return NextCalls::Get().poll(fds, count, timeout_ms);
  SplitPoll split(fds, count, nullptr, [=](SysApi& sys, pollfd* some, nfds_t number, bool at_once) {
    return sys.poll(some, number, at_once ? 0 : timeout_ms);
  });
  return WaitForBoth(*scope, "poll", NsOfMs(timeout_ms), split);
}

int interposed::ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask) {
  Interposition* scope = ScopeOfPoll(fds, count);
  if (scope == nullptr || !IsValid(timeout)) return NextCalls::Get().ppoll(fds, count, timeout, mask);
  SplitPoll split(fds, count, mask, [=](SysApi& sys, pollfd* some, nfds_t number, bool at_once) {
    const timespec none{};
    return sys.ppoll(some, number, at_once ? &none : timeout, mask);
  });
  return WaitForBoth(*scope, "ppoll", NsOf(timeout), split);
}

}  // namespace lastack
