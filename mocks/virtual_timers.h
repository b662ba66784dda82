// timerfds of virtual time. The kernel sees an eventfd in the place of each: what expires is written to it, so that
// reading it, and poll, select and epoll on it, are the kernel's own.
//
// Times are ns of one virtual clock. Threads: none (the interposition's lock).
#ifndef LASTACK_MOCKS_VIRTUAL_TIMERS_H_
#define LASTACK_MOCKS_VIRTUAL_TIMERS_H_

#include <cstdint>
#include <map>
#include <memory>

namespace lastack {

class VirtualTimers {
 public:
  static constexpr int64_t kNever = INT64_MAX;

  struct Timer {
    int clock = 0;
    int64_t next_ns = kNever;
    int64_t interval_ns = 0;  // 0: once
  };

  // -1 and errno, as timerfd_create.
  int Create(int clock, int flags);
  // nullptr: not a timer of ours.
  Timer* Find(int fd);
  // Forgets what has expired and was not read.
  void Arm(int fd, int64_t next_ns, int64_t interval_ns);
  void Share(int fd, int copy);  // dup
  void Forget(int fd);           // before its close

  int64_t next_ns() const;
  void Expire(int64_t now_ns);

 private:
  std::map<int, std::shared_ptr<Timer>> timers_;  // by descriptor
};

}  // namespace lastack

#endif  // LASTACK_MOCKS_VIRTUAL_TIMERS_H_
