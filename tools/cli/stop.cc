#include "tools/cli/stop.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace lastack {

int StopDescriptor(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : signals) sigaddset(&set, number);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int StopSignal(int descriptor) {
  signalfd_siginfo received;
  const bool taken = read(descriptor, &received, sizeof(received)) == sizeof(received);
  return taken ? static_cast<int>(received.ssi_signo) : SIGTERM;
}

}  // namespace lastack
