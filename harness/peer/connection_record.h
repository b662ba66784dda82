// What the peer saw of one connection: every byte, and how it ended. FIN, RST and silence are different facts, always.
//
// Threads: a value. Allocates. Source: RFC 9293 sections 3.6 (closing) and 3.10.7.4 (reset).
#ifndef LASTACK_HARNESS_PEER_CONNECTION_RECORD_H_
#define LASTACK_HARNESS_PEER_CONNECTION_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace lastack {

// How the subject's side of a connection ended, as seen from here.
enum class Ending : uint8_t {
  kNothing,  // no FIN and no RST came while we listened
  kFin,      // FIN
  kReset,    // RST, without a FIN before
  kFinThenReset,
};

struct ConnectionRecord {
  static constexpr size_t kMaxKeptBytes = 64 * 1024;

  uint16_t far_port = 0;     // the subject's port: joins this record with the ledger if the subject connected
  uint16_t near_port = 0;    // our port: joins them if the subject accepted
  uint64_t accepted_ns = 0;  // when it was made or accepted; times: CLOCK_MONOTONIC since the start of the run
  std::string received;      // the first kMaxKeptBytes of what came
  uint64_t bytes_received = 0;
  uint64_t bytes_sent = 0;  // handed to our kernel
  Ending ending = Ending::kNothing;
  uint64_t fin_ns = 0;        // when the subject's FIN was seen; 0: never
  uint64_t reset_ns = 0;      // when its RST was seen
  uint64_t our_fin_ns = 0;    // just before we sent FIN; 0: never
  uint64_t our_reset_ns = 0;  // just before we sent RST
  uint64_t left_ns = 0;       // just before we closed our socket: what came later was not seen; 0: never
  uint64_t steps_done = 0;    // of the script, in order
  uint64_t script = 0;        // index of the script that was played
  bool script_done = false;
  // Why the script stopped early, in words: "step 3, AwaitRead: 12 bytes are unread by the subject after 2s". A reset
  // that was ordered from the subject's side ends a script early and is no trouble.
  std::string trouble;
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_PEER_CONNECTION_RECORD_H_
