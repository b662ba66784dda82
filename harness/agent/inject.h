// Carries out the faults of the plan. Cold: nearly no call comes here.
#ifndef LASTACK_HARNESS_AGENT_INJECT_H_
#define LASTACK_HARNESS_AGENT_INJECT_H_

#include <stddef.h>
#include <stdint.h>

#include "harness/agent/agent.h"

namespace lastack {

inline constexpr size_t kWhole = SIZE_MAX;

// The call itself, for at most `limit` bytes (kWhole: as the caller made it). A view, like std::function_ref.
class Invocation {
 public:
  template <typename Function>
  explicit Invocation(Function& function)
      : function_(&function), invoke_([](void* context, size_t limit) -> int64_t {
          return (int64_t)(*static_cast<Function*>(context))(limit);
        }) {}

  int64_t operator()(size_t limit) const { return invoke_(function_, limit); }

 private:
  void* function_;
  int64_t (*invoke_)(void*, size_t);
};

// Makes a call at which a fault may fire: decides, and makes it accordingly. Completes the event. `flags` are the MSG_
// flags of a send or receive (MSG_NOSIGNAL, MSG_DONTWAIT), else 0.
LASTACK_COLD int64_t Inject(Call call, Watch& watch, Tally& tally, Event& event, int flags, Invocation invocation);

// Closes `fd` and puts a decoy in its place, in one step. False, with nothing done, if none can be planted: descriptors
// of standard streams, sockets that never connected and to which nothing of `after` has happened (bits of History), a
// second decoy in a process, no free descriptor.
LASTACK_COLD bool PlantDecoy(int fd, uint8_t after);

// Whether the number is still the decoy's: it may have been closed, and given away, by a call that was not seen.
LASTACK_COLD bool DecoyStands(int fd);
inline bool IsDecoy(int fd) { return LASTACK_UNLIKELY(fd == agent.decoy) && fd >= 0 && DecoyStands(fd); }

// A call on the decoy's number: recorded, and answered as the kernel answers for a closed descriptor: -1, EBADF.
LASTACK_COLD int64_t OnDecoy(Call call, int fd);

}  // namespace lastack

#endif  // LASTACK_HARNESS_AGENT_INJECT_H_
