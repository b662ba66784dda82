// Wrong in how it closes.
#include <errno.h>

#include <algorithm>
#include <utility>

#include "cases/mutations/spoil.h"
#include "cases/mutations/tables.h"
#include "harness/run/strangers.h"

namespace lastack {
namespace {

constexpr uint64_t kUnreadBytes = 10;

bool NeverCloses(Observation& run) {
  if (!LeaksWhere(run, ClosesOf(TcpSockets(run)))) return false;
  if (run.lives.empty()) run.exit.how = SubjectExit::How::kTimedOut;
  return true;
}

// The first of these sockets to be closed.
uint64_t FirstClosed(const Observation& run, const std::set<uint64_t>& sockets) {
  for (const TracedEvent& traced : run.trace.events) {
    if (Closes(traced) && sockets.count(traced.event.socket) == 1) return traced.event.socket;
  }
  return 0;
}

bool ForgetsFirstClose(Observation& run) {
  const uint64_t first = FirstClosed(run, TcpSockets(run));
  return first != 0 && LeaksWhere(run, ClosesOf({first}));
}

// Those that a fault strikes, too.
bool ForgetsLaterCloses(Observation& run) {
  std::set<uint64_t> sockets = Connections(run);
  sockets.erase(FirstClosed(run, sockets));
  const bool leaks = LeaksWhere(
      run, [&](const TracedEvent& traced) { return Closes(traced) && sockets.count(traced.event.socket) == 1; });
  if (leaks && run.lives.empty()) run.exit.how = SubjectExit::How::kTimedOut;
  return leaks;
}

bool LeavesToExit(Observation& run) {
  const Where closes = ClosesOf(TcpSockets(run));
  const uint64_t exit_ns = LastNs(run) + 1;
  std::vector<TracedEvent> left;
  for (const TracedEvent& traced : run.trace.events) {
    if (closes(traced)) left.push_back(traced);
  }
  if (left.empty()) return false;
  const std::set<uint64_t> sockets = SocketsAt(run, closes);
  Erase(run, closes);
  run.trace.events.insert(run.trace.events.end(), left.begin(), left.end());
  StayOpen(run, sockets, exit_ns);
  return ForEach(run, closes, [=](TracedEvent& traced) {
    traced.event.kind = EventKind::kLeftOpen;
    traced.event.call = Call::none;
    traced.start_ns = exit_ns;
  });
}

// Who accepted it, and gave it to a child.
bool AcceptorNeverCloses(Observation& run) {
  std::set<std::pair<int, uint64_t>> accepted;
  for (const TracedEvent& traced : run.trace.events) {
    if (traced.event.kind != EventKind::kOpen || traced.event.call == Call::none) continue;
    if (FamilyOf(traced.event.call) == CallFamily::accept) accepted.insert({traced.pid, traced.event.socket});
  }
  return LeaksWhere(run, [&](const TracedEvent& traced) {
    return Closes(traced) && accepted.count({traced.pid, traced.event.socket}) == 1;
  });
}

bool IsDecoyed(const TracedEvent& traced) { return IsFault(traced) && traced.event.effect == Effect::kDecoy; }

bool ClosesTwice(Observation& run) {
  return Insert(run, Side::kBehind, IsDecoyed, [](Event& event) {
    BecomeCall(event, Call::close);
    event.flags = kOnDecoy;
  });
}

bool ClosesNothing(Observation& run) {
  const auto closes = [sockets = TcpSockets(run)](const TracedEvent& traced) {
    return Closes(traced) && traced.event.kind == EventKind::kCall && sockets.count(traced.event.socket) == 1;
  };
  return Insert(run, Side::kBehind, closes, [](Event& event) {
    BecomeCall(event, Call::close);
    event.socket = 0;
    event.result = -1;
    event.error = EBADF;
  });
}

bool UsesAfterClose(Observation& run) {
  return Insert(run, Side::kBehind, IsDecoyed, [](Event& event) {
    BecomeCall(event, Call::send);
    event.flags = kOnDecoy;
  });
}

bool ClosesStranger(Observation& run) {
  uint64_t stranger = 0;
  for (const TracedEvent& traced : run.trace.events) {
    if (traced.event.kind == EventKind::kInherit && traced.event.fd == kFirstStranger) stranger = traced.event.socket;
  }
  if (stranger == 0) return false;
  return Insert(run, Side::kBehind, ClosesOf(Connections(run)), [=](Event& event) {
    event.fd = kFirstStranger;
    event.socket = stranger;
  });
}

bool SetsLinger(Observation& run) {
  const std::set<uint64_t> sockets = Connections(run);
  const auto closes = [&](const TracedEvent& traced) {
    return Closes(traced) && sockets.count(traced.event.socket) == 1;
  };
  return Insert(run, Side::kBefore, closes, BecomeLinger);
}

bool SetsLingerOnListener(Observation& run) {
  return Insert(
      run, Side::kBefore, [](const TracedEvent& traced) { return IsCall(traced, CallFamily::accept); }, BecomeLinger);
}

bool ClosesUnread(Observation& run) {
  return ForEach(run, ClosesOf(Connections(run)), [](TracedEvent& traced) { traced.event.a = kUnreadBytes; });
}

bool ClosesSlowly(Observation& run) {
  return ForEachReply(run, [](DriverReply& reply) {
    reply.replied_ns += StartsWith(reply, "close") ? kMinuteNs : 0;
    return StartsWith(reply, "close");
  });
}

// All else waits meanwhile.
bool StallsInClose(Observation& run) {
  if (run.connections.empty()) return false;
  ConnectionRecord& last = run.connections.back();
  return ForEach(run, ClosesOf(Connections(run)), [&](TracedEvent& traced) {
    if (traced.event.kind == EventKind::kInFlight) traced.event.kind = EventKind::kCall;  // the stop came first
    traced.duration_ns = kMinuteNs;
    last.accepted_ns = traced.start_ns;  // when the last of them had begun
    last.our_fin_ns = traced.start_ns + 2 * kMinuteNs;
  });
}

}  // namespace

std::vector<Mutation> WrongClosing() {
  return {
      {"never-closes", "no socket was closed, and a client lived on", NeverCloses},
      {"forgets-first-close", "the first close was never made", ForgetsFirstClose},
      {"forgets-later-closes", "no connection but the first was closed", ForgetsLaterCloses},
      {"leaves-to-exit", "every socket was open at the exit", LeavesToExit},
      {"acceptor-never-closes", "who accepts closes nothing", AcceptorNeverCloses},
      {"closes-twice", "a number was closed again", ClosesTwice},
      {"closes-nothing", "behind every close of a socket its number was closed once more, and was nobody's",
       ClosesNothing},
      {"uses-after-close", "a send on a number that had been closed", UsesAfterClose},
      {"closes-stranger", "a socket that was inherited was closed, too", ClosesStranger},
      {"sets-linger", "SO_LINGER {1, 0} was in force at every close", SetsLinger},
      {"sets-linger-on-listener", "SO_LINGER {1, 0} was in force at every accept", SetsLingerOnListener},
      {"closes-unread", "bytes were unread at every close", ClosesUnread},
      {"closes-slowly", "every close of a driver took a minute longer", ClosesSlowly},
      {"stalls-in-close", "every close took a minute, and the last client was served behind it", StallsInClose},
  };
}

}  // namespace lastack
