// What the peer does on a connection, as data.
//
//   Script early_reset = {Step::ExpectUntil("\r\n\r\n"), Step::Send(head), Step::AwaitRead(), Step::Reset()};
//
// Threads: values. Allocates.
#ifndef LASTACK_HARNESS_PEER_SCRIPT_H_
#define LASTACK_HARNESS_PEER_SCRIPT_H_

#include <cstdint>
#include <string>
#include <vector>

namespace lastack {

// One action. The peer takes from its socket only what a step asks for; what came beyond that waits in the kernel.
struct Step {
  enum class Kind : uint8_t {
    kExpectUntil,  // receive until `text` has come
    kExpectBytes,  // receive `count` more bytes
    kExpectEnd,    // receive until the subject's FIN or RST
    kSend,         // send `text` wholly; reads nothing meanwhile
    kAwaitRead,    // barrier: all that was sent is acknowledged and read by the subject (its queue is empty)
    kAwaitClosed,  // barrier: the subject's socket is in CLOSE_WAIT or later
    kStall,        // read nothing more until the end of the run; a caller does so as long as ExpectEnd waits
    kHalfClose,    // shutdown(SHUT_WR): our FIN goes, we read on
    kFinish,       // our FIN, then read to the end: an ordinary close
    kReset,        // close with SO_LINGER {1, 0}: our RST goes
    kSendLast,     // send `text` with our FIN in the same segment: whoever reads it finds the stream ended
    kAwaitReset,   // read until a reset is ordered from the subject's side (a fault with effect=reset)
    kNarrow,  // first of a script: small segments and a small receive queue, so that the subject's send queue is small,
              // too
    kHold,    // of a client: stay silent, and read nothing, until all other scripts are over, and their time after that
    kReadLate,  // read a little whenever the subject can send no more, and all when it has ended its side
  };
  Kind kind;
  std::string text;
  uint64_t count = 0;

  static Step ExpectUntil(std::string text);
  static Step ExpectBytes(uint64_t count);
  static Step ExpectEnd();
  static Step Send(std::string text);
  static Step AwaitRead();
  static Step AwaitClosed();
  static Step Stall();
  static Step HalfClose();
  static Step Finish();
  static Step Reset();
  static Step SendLast(std::string text);
  static Step AwaitReset();
  static Step Narrow();
  static Step ReadLate();
  static Step Hold();
};

using Script = std::vector<Step>;  // after the last step the peer reads to the end

// Whether its connection is to be made narrow, which must happen before there is one.
[[nodiscard]] bool IsNarrow(const Script& script);

// Whether its connection is held while others are made.
[[nodiscard]] bool Holds(const Script& script);

// The name of its maker above: "AwaitRead".
[[nodiscard]] const char* StepName(Step::Kind kind);

}  // namespace lastack

#endif  // LASTACK_HARNESS_PEER_SCRIPT_H_
