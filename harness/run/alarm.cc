#include "harness/run/alarm.h"

#include <sys/syscall.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid  // missing from glibc before 2.38
#endif

namespace lastack {
namespace {

constexpr uint64_t kNsPerSecond = 1'000'000'000;
constexpr long kRepeatNs = 10'000'000;

}  // namespace

Alarm::Alarm() {
  struct sigaction ignore = {};
  ignore.sa_handler = [](int) {};  // without SA_RESTART
  sigaction(SIGALRM, &ignore, &before_);
  sigset_t alarm;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  pthread_sigmask(SIG_UNBLOCK, &alarm, &mask_before_);  // who waits for signals in a descriptor blocks it
  sigevent event = {};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGALRM;
  event.sigev_notify_thread_id = static_cast<pid_t>(syscall(SYS_gettid));
  timer_create(CLOCK_MONOTONIC, &event, &timer_);
}

Alarm::~Alarm() {
  timer_delete(timer_);
  pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
  sigaction(SIGALRM, &before_, nullptr);
}

void Alarm::Set(uint64_t ns) {
  if (ns == set_) return;
  set_ = ns;
  itimerspec times = {};
  if (ns != kNever) {
    times.it_value.tv_sec = static_cast<time_t>(ns / kNsPerSecond);
    times.it_value.tv_nsec = static_cast<long>(ns % kNsPerSecond);
    times.it_interval.tv_nsec = kRepeatNs;
  }
  timer_settime(timer_, TIMER_ABSTIME, &times, nullptr);
}

}  // namespace lastack
