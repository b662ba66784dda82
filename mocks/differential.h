// Random sequences of socket calls on two ends of a TCP connection, played on the kernel and on the fake network, and
// compared call by call: what each returned, and what both ends then look like.
//
//   const std::vector<uint8_t> bytes = RandomSequence(seed);
//   const absl::optional<Difference> difference = Compare(bytes, &coverage);
//
// Any bytes are a sequence (two a step), so that a fuzzer can write them. Queues stay under half of what they hold: how
// much that is, is each system's own. After each step both ends settle: nothing unacknowledged, states stable.
//
// Threads: none. Uses loopback. SIGPIPE is not raised. Allocates.
#ifndef LASTACK_MOCKS_DIFFERENTIAL_H_
#define LASTACK_MOCKS_DIFFERENTIAL_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/optional.h"
#include "harness/sys/sys_api.h"

namespace lastack {

struct Step {
  enum class Call : uint8_t {
    kConnect,
    kAccept,
    kSend,
    kReceive,
    kPeek,
    kSendNothing,
    kShutRd,
    kShutWr,
    kShutRdwr,
    kClose,
    kAbort,
    kDup,
    kCloseCopy,
    kTakeError,
    kPeerName,
    kLingerZero,
    kLingerOff,
    kEpollWait,
    kCloseListener,
    kCount,
  };
  Call call = Call::kSend;
  int side = 0;  // 0: the client; 1: what was accepted
  int size = 1;
};

// What can be seen after a step.
struct Observation {
  int64_t value = 0;
  int error = 0;
  uint64_t data = 0;  // a digest of what was received
  int revents[2] = {};
  int state[2] = {};
  int unread[2] = {};

  friend bool operator==(const Observation&, const Observation&) = default;
};

std::vector<Step> StepsOf(const std::vector<uint8_t>& bytes);
std::vector<uint8_t> RandomSequence(uint64_t seed);
std::string Text(const Step& step);
std::string Text(const Observation& seen);

// Plays the steps on a fresh pair of sockets. `where` tells sequences apart, so that the kernel's ports do not run out.
std::vector<Observation> Play(SysApi& sys, const std::vector<Step>& steps, uint32_t where);

struct Coverage {
  std::map<std::pair<std::string, std::string>, int> pairs;  // how often each call was made in each state of its end
  int unsettled = 0;  // sequences that differed once and not again: the kernel had not settled, as on a busy machine
};

struct Difference {
  std::vector<uint8_t> bytes;  // the shortest sequence found
  std::string text;            // its steps, and what each system did
};

[[nodiscard]] absl::optional<Difference> Compare(const std::vector<uint8_t>& bytes, Coverage* coverage);

}  // namespace lastack

#endif  // LASTACK_MOCKS_DIFFERENTIAL_H_
