// What the ledger's tests share: a process that holds one socket.
#ifndef LASTACK_HARNESS_TRACE_LEDGER_FIXTURE_H_
#define LASTACK_HARNESS_TRACE_LEDGER_FIXTURE_H_

#include <cstdint>

#include "gtest/gtest.h"
#include "harness/trace/ledger.h"
#include "harness/trace/trace_builder.h"

namespace lastack {

inline constexpr uint64_t kSocket = 1001;
inline constexpr uint64_t kOther = 1002;

// The life of the only descriptor of a socket.
inline DescriptorLife OnlyLife(const Ledger& ledger, uint64_t inode) {
  const SocketLife* socket = ledger.Find(inode);
  if (socket == nullptr || socket->descriptors.size() != 1) {
    ADD_FAILURE() << "socket " << inode << " has " << (socket == nullptr ? 0 : socket->descriptors.size())
                  << " descriptors";
    return {};
  }
  return socket->descriptors.front();
}

inline Fate OnlyFate(const TraceBuilder& run) { return OnlyLife(Ledger::Of(run.trace()), kSocket).fate; }

// Process 100 has started and holds a TCP socket as descriptor 5.
inline TraceBuilder RunWithSocket() {
  TraceBuilder run;
  run.Start();
  run.Socket(5, kSocket);
  return run;
}

}  // namespace lastack

#endif  // LASTACK_HARNESS_TRACE_LEDGER_FIXTURE_H_
