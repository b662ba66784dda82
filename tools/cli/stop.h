// Signals that ask us to stop, as a descriptor: what runs is ended and files are removed before we go.
//
//   const int stop = StopDescriptor({SIGTERM, SIGHUP});
//   ... poll(2) it beside what is waited for ...
//   if (entries[0].revents != 0) return 128 + StopSignal(stop);
//
// The signals stay blocked, and the descriptor open, for the rest of the process's life. Threads: none may run yet.
// Allocates nothing. Sources: signalfd(2).
#ifndef LASTACK_TOOLS_CLI_STOP_H_
#define LASTACK_TOOLS_CLI_STOP_H_

#include <initializer_list>

namespace lastack {

// Blocks `signals`, and gives a descriptor that is readable when one of them has come.
[[nodiscard]] int StopDescriptor(std::initializer_list<int> signals);

// The number of the signal that made it readable; SIGTERM if that cannot be read. The signal is then taken.
[[nodiscard]] int StopSignal(int descriptor);

}  // namespace lastack

#endif  // LASTACK_TOOLS_CLI_STOP_H_
