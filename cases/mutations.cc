#include "cases/mutations.h"

#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <set>

#include "absl/strings/match.h"
#include "cases/evidence.h"
#include "harness/run/strangers.h"

namespace lastack {
namespace {

constexpr uint64_t kMinuteNs = 60'000'000'000;
constexpr int kOverAndOver = 2000;
constexpr uint64_t kUnreadBytes = 10;

using Where = std::function<bool(const TracedEvent&)>;

// The sockets of the connections with the peer.
std::set<uint64_t> Connections(const Observation& run) {
  std::set<uint64_t> sockets;
  const Evidence evidence(run);
  for (const Exchange& exchange : evidence.exchanges()) sockets.insert(exchange.socket->socket);
  return sockets;
}

std::set<uint64_t> TcpSockets(const Observation& run) {
  std::set<uint64_t> sockets;
  for (const SocketLife& socket : Ledger::Of(run.trace).sockets) {
    if (socket.kind == SocketKind::kTcp) sockets.insert(socket.socket);
  }
  return sockets;
}

bool IsFault(const TracedEvent& traced) { return traced.event.fault != kNoFaultIndex; }

bool IsCall(const TracedEvent& traced, CallFamily family) {
  return traced.event.kind == EventKind::kCall && traced.event.call != Call::none && FamilyOf(traced.event.call) == family;
}

bool Closes(const TracedEvent& traced) {
  const bool by_call = traced.event.call == Call::close && traced.event.kind != EventKind::kOpen;
  return by_call || traced.event.kind == EventKind::kClosed;
}

// Closes that no fault has struck, of these sockets.
Where ClosesOf(const std::set<uint64_t>& sockets) {
  return [sockets](const TracedEvent& traced) { return Closes(traced) && !IsFault(traced) && sockets.count(traced.event.socket) == 1; };
}

bool Erase(Observation& run, const Where& where) { return std::erase_if(run.trace.events, where) > 0; }

bool ForEach(Observation& run, const Where& where, const std::function<void(TracedEvent&)>& change) {
  bool any = false;
  for (TracedEvent& traced : run.trace.events) {
    if (!where(traced)) continue;
    change(traced);
    any = true;
  }
  return any;
}

bool ForEachRecord(Observation& run, const std::function<bool(ConnectionRecord&)>& change) {
  bool any = false;
  for (ConnectionRecord& record : run.connections) any = change(record) || any;
  return any;
}

bool ForEachReply(Observation& run, const std::function<bool(DriverReply&)>& change) {
  bool any = false;
  for (DriverReply& reply : run.replies) any = change(reply) || any;
  return any;
}

// Beside every event of the kind, `copies` of what `change` makes of it; before it, or behind it.
enum class Side { kBefore, kBehind };
bool Insert(Observation& run, Side side, const Where& where, const std::function<void(Event&)>& change, int copies = 1) {
  std::vector<TracedEvent> events;
  for (const TracedEvent& traced : run.trace.events) {
    if (side == Side::kBehind) events.push_back(traced);
    for (int i = 0; where(traced) && i < copies; ++i) {
      events.push_back(traced);
      change(events.back().event);
    }
    if (side == Side::kBefore) events.push_back(traced);
  }
  const bool any = events.size() > run.trace.events.size();
  run.trace.events = std::move(events);
  return any;
}

void BecomeCall(Event& event, Call call) {
  event.kind = EventKind::kCall;
  event.call = call;
  event.fault = kNoFaultIndex;
  event.result = 0;
  event.error = 0;
}

void BecomeLinger(Event& event) {
  BecomeCall(event, Call::setsockopt);
  event.a = uint64_t{SOL_SOCKET} << 32 | SO_LINGER;
  event.b = 1;  // on, and no time
}

bool StartsWith(const DriverReply& reply, absl::string_view verb) { return absl::StartsWith(reply.request, verb); }

uint64_t LastNs(const Observation& run) { return run.trace.events.empty() ? 0 : run.trace.events.back().start_ns; }

// Numbers above this nobody else gets: whoever keeps one open does not give it to the next socket.
constexpr int kNumbersOfTheirOwn = 1000;

// What follows for the peer if these sockets stay open: no FIN, unless somebody shuts down; `fin_ns` > 0: one with the exit.
void StayOpen(Observation& run, const std::set<uint64_t>& sockets, uint64_t fin_ns) {
  std::set<const ConnectionRecord*> open;
  std::set<uint64_t> shut_down;
  const Evidence evidence(run);
  for (const TracedEvent& traced : run.trace.events) {
    if (traced.event.call == Call::shutdown && traced.event.error == 0) shut_down.insert(traced.event.socket);
  }
  for (const Exchange& exchange : evidence.exchanges()) {
    const uint64_t socket = exchange.socket->socket;
    if (exchange.record == nullptr || sockets.count(socket) == 0 || shut_down.count(socket) == 1) continue;
    ConnectionRecord& record = run.connections[static_cast<size_t>(exchange.record - evidence.run().connections.data())];
    record.ending = fin_ns == 0 ? Ending::kNothing : Ending::kFin;
    record.fin_ns = fin_ns;
    record.reset_ns = 0;
  }
  int next = kNumbersOfTheirOwn;
  for (const uint64_t socket : sockets) {
    ++next;
    for (TracedEvent& traced : run.trace.events) {
      if (traced.event.socket == socket && traced.event.fd >= 0) traced.event.fd += next * kNumbersOfTheirOwn;
    }
  }
}

std::set<uint64_t> SocketsAt(const Observation& run, const Where& where) {
  std::set<uint64_t> sockets;
  for (const TracedEvent& traced : run.trace.events) {
    if (where(traced)) sockets.insert(traced.event.socket);
  }
  return sockets;
}

bool LeaksWhere(Observation& run, const Where& where) {
  const std::set<uint64_t> sockets = SocketsAt(run, where);
  StayOpen(run, sockets, 0);
  return Erase(run, where);
}

// --- in how it closes

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
  const bool leaks = LeaksWhere(run, [&](const TracedEvent& traced) { return Closes(traced) && sockets.count(traced.event.socket) == 1; });
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
    const bool opens = traced.event.kind == EventKind::kOpen && traced.event.call != Call::none && FamilyOf(traced.event.call) == CallFamily::accept;
    if (opens) accepted.insert({traced.pid, traced.event.socket});
  }
  return LeaksWhere(run, [&](const TracedEvent& traced) { return Closes(traced) && accepted.count({traced.pid, traced.event.socket}) == 1; });
}

bool IsDecoyed(const TracedEvent& traced) { return IsFault(traced) && traced.event.effect == Effect::kDecoy; }

bool ClosesTwice(Observation& run) {
  return Insert(run, Side::kBehind, IsDecoyed, [](Event& event) {
    BecomeCall(event, Call::close);
    event.flags = kOnDecoy;
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
  const auto closes = [&](const TracedEvent& traced) { return Closes(traced) && sockets.count(traced.event.socket) == 1; };
  return Insert(run, Side::kBefore, closes, BecomeLinger);
}

bool SetsLingerOnListener(Observation& run) {
  return Insert(run, Side::kBefore, [](const TracedEvent& traced) { return IsCall(traced, CallFamily::accept); }, BecomeLinger);
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
    traced.duration_ns = kMinuteNs;
    last.accepted_ns = traced.start_ns;  // when the last of them had begun
    last.our_fin_ns = traced.start_ns + 2 * kMinuteNs;
  });
}

// --- in what the peer sees

bool ResetsForFin(Observation& run) {
  return ForEachRecord(run, [](ConnectionRecord& record) {
    if (record.ending != Ending::kFin) return false;
    record.ending = Ending::kReset;
    record.reset_ns = record.fin_ns;
    record.fin_ns = 0;
    return true;
  });
}

bool ResetsBehindFin(Observation& run) {
  return ForEachRecord(run, [](ConnectionRecord& record) {
    if (record.ending != Ending::kFin) return false;
    record.ending = Ending::kFinThenReset;
    record.reset_ns = record.fin_ns + 1;
    return true;
  });
}

bool FinForReset(Observation& run) {
  return ForEachRecord(run, [](ConnectionRecord& record) {
    if (record.ending != Ending::kReset) return false;
    record.ending = Ending::kFin;
    record.fin_ns = record.reset_ns;
    record.reset_ns = 0;
    return true;
  });
}

bool NeverEnds(Observation& run) {
  return ForEachRecord(run, [](ConnectionRecord& record) {
    if (record.ending == Ending::kNothing) return false;
    record.ending = Ending::kNothing;
    record.fin_ns = record.reset_ns = 0;
    return true;
  });
}

// As the driver says of it at the barrier.
bool NeverEndsBeforeBarrier(Observation& run) {
  if (run.lives.empty()) return false;
  ++run.lives.front().unended;
  return true;
}

bool LosesLastByte(Observation& run) {
  return ForEachRecord(run, [](ConnectionRecord& record) {
    if (record.bytes_received == 0) return false;
    --record.bytes_received;
    if (record.received.size() > record.bytes_received) record.received.pop_back();
    return true;
  });
}

// The byte stayed in a buffer of its own.
bool KeepsLastByte(Observation& run) {
  const std::set<uint64_t> connections = Connections(run);
  bool kept = false;
  for (const uint64_t socket : connections) {
    const auto sends = [=](const TracedEvent& traced) {
      return IsCall(traced, CallFamily::send) && traced.event.socket == socket && traced.event.result > 0;
    };
    const auto last = std::find_if(run.trace.events.rbegin(), run.trace.events.rend(), sends);
    if (last == run.trace.events.rend()) continue;
    --last->event.result;
    kept = true;
  }
  return LosesLastByte(run) && kept;
}

void Unserve(ConnectionRecord& record) {
  record.bytes_received = 0;
  record.received.clear();
  record.script_done = false;
  record.ending = Ending::kNothing;
  record.trouble = "nothing came";
}

bool ServesLastNot(Observation& run) {
  if (run.connections.empty()) return false;
  Unserve(run.connections.back());
  return true;
}

bool ServesSecondNot(Observation& run) {
  if (run.connections.size() < 2) return false;
  Unserve(run.connections[1]);
  return true;
}

bool RunsOutOfDescriptors(Observation& run) {
  const auto last = std::find_if(run.trace.events.rbegin(), run.trace.events.rend(),
                                 [](const TracedEvent& traced) { return IsCall(traced, CallFamily::accept); });
  if (last == run.trace.events.rend() || !ServesLastNot(run)) return false;
  last->event.result = -1;
  last->event.error = EMFILE;
  return true;
}

// --- in how it ends, and what it says

bool SaysNothing(Observation& run) {
  const bool said = run.exit.how == SubjectExit::How::kExited && (run.exit.status != 0 || !run.exit.err.empty());
  run.exit.status = 0;
  run.exit.err.clear();
  const bool replied = ForEachReply(run, [](DriverReply& reply) {
    const bool error = absl::StartsWith(reply.reply, "error");
    if (error) reply.reply = "ok";
    return error;
  });
  return said || replied;
}

bool NamesLaterError(Observation& run) {
  const bool said = !run.exit.err.empty();
  if (said) run.exit.err = "Input/output error\n";
  const bool replied = ForEachReply(run, [](DriverReply& reply) {
    const bool error = absl::StartsWith(reply.reply, "error");
    if (error) reply.reply = "error EIO";
    return error;
  });
  return said || replied;
}

bool DiesBy(Observation& run, int signal) {
  run.exit.how = SubjectExit::How::kSignaled;
  run.exit.signal = signal;
  if (run.lives.empty()) return true;
  run.lives.front().exit = run.exit;
  run.lives.front().stop_ns = 0;
  return true;
}

bool Crashes(Observation& run) { return DiesBy(run, SIGSEGV); }
bool DiesOfSigpipe(Observation& run) { return DiesBy(run, SIGPIPE); }

bool Hangs(Observation& run) {
  if (run.role == "server" || run.exit.how == SubjectExit::How::kTimedOut) return false;
  run.exit.how = SubjectExit::How::kTimedOut;
  return true;
}

bool HangsInSilence(Observation& run) {
  const bool said = SaysNothing(run);
  return Hangs(run) && said;
}

bool KeepsAnswer(Observation& run) {
  if (run.exit.out.empty()) return false;
  run.exit.out.clear();
  return true;
}

bool HandsOverMore(Observation& run) {
  run.exit.out += "x";
  return true;
}

bool StartsNotAgain(Observation& run) {
  if (run.lives.size() > 1) {
    run.lives[1].ready_ns = 0;
    return true;
  }
  const auto second = std::find_if(run.replies.rbegin(), run.replies.rend(), [](const DriverReply& reply) { return StartsWith(reply, "listen"); });
  if (second == run.replies.rend()) return false;
  second->reply = "error EADDRINUSE";
  return true;
}

// --- in the calls that it makes

bool ReceivesNothing(Observation& run) {
  return Erase(run, [](const TracedEvent& traced) { return IsCall(traced, CallFamily::recv) && traced.event.result > 0; });
}

// A call that has failed, over and over.
bool Spins(Observation& run) {
  const auto fails = [](const TracedEvent& traced) {
    const bool asks = IsCall(traced, CallFamily::recv) || IsCall(traced, CallFamily::accept);
    return asks && traced.event.error != 0 && traced.event.error != EAGAIN;
  };
  const auto& events = run.trace.events;
  const auto first = std::find_if(events.begin(), events.end(), fails);
  if (first == events.end()) return false;
  const uint64_t start = first->event.start;
  const uint64_t start_ns = first->start_ns;
  return Insert(run, Side::kBehind, [=](const TracedEvent& traced) { return fails(traced) && traced.start_ns == start_ns && traced.event.start == start; },
                [](Event&) {}, kOverAndOver);
}

bool IgnoresSigpipe(Observation& run) {
  return Insert(run, Side::kBefore, ClosesOf(Connections(run)), [](Event& event) {
    BecomeCall(event, Call::sigaction);
    event.fd = -1;
    event.socket = 0;
    event.a = SIGPIPE;
    event.b = reinterpret_cast<uintptr_t>(SIG_IGN);
  });
}

// What every program that it has started finds among its descriptors.
bool LeaksIntoProgram(Observation& run) {
  const std::set<uint64_t> connections = Connections(run);
  if (connections.empty() || run.trace.events.empty()) return false;
  const int first = run.trace.events.front().pid;
  const auto started = [=](const TracedEvent& traced) {
    return traced.event.kind == EventKind::kCheckIn && traced.event.b == 1 && traced.pid != first;
  };
  return Insert(run, Side::kBehind, started, [&](Event& event) {
    event.kind = EventKind::kInherit;
    event.fd = 90;
    event.socket = *connections.begin();
    event.a = SocketWord(AF_INET, SOCK_STREAM, SocketKind::kTcp);
  });
}

// --- losses

bool LosesTrace(Observation& run) {
  run.trace.events.clear();
  return true;
}

bool LosesCheckIns(Observation& run) {
  return Erase(run, [](const TracedEvent& traced) { return traced.event.kind == EventKind::kCheckIn; });
}

bool FaultsDoNotFire(Observation& run) {
  return ForEach(run, IsFault, [](TracedEvent& traced) { traced.event.fault = kNoFaultIndex; });
}

}  // namespace

const std::vector<Mutation>& WrongDoings() {
  static const auto* mutations = new std::vector<Mutation>{
      {"never-closes", "no socket was closed, and a client lived on", NeverCloses},
      {"forgets-first-close", "the first close was never made", ForgetsFirstClose},
      {"forgets-later-closes", "no connection but the first was closed", ForgetsLaterCloses},
      {"leaves-to-exit", "every socket was open at the exit", LeavesToExit},
      {"acceptor-never-closes", "who accepts closes nothing", AcceptorNeverCloses},
      {"closes-twice", "a number was closed again", ClosesTwice},
      {"uses-after-close", "a send on a number that had been closed", UsesAfterClose},
      {"closes-stranger", "a socket that was inherited was closed, too", ClosesStranger},
      {"sets-linger", "SO_LINGER {1, 0} was in force at every close", SetsLinger},
      {"sets-linger-on-listener", "SO_LINGER {1, 0} was in force at every accept", SetsLingerOnListener},
      {"closes-unread", "bytes were unread at every close", ClosesUnread},
      {"closes-slowly", "every close of a driver took a minute longer", ClosesSlowly},
      {"stalls-in-close", "every close took a minute, and the last client was served behind it", StallsInClose},
      {"resets-for-fin", "the peer got RST where it got FIN", ResetsForFin},
      {"resets-behind-fin", "the peer got RST behind FIN", ResetsBehindFin},
      {"fin-for-reset", "the peer got FIN where it got RST", FinForReset},
      {"never-ends", "the peer got neither", NeverEnds},
      {"ends-behind-barrier", "a connection was not over for the peer at the barrier", NeverEndsBeforeBarrier},
      {"loses-last-byte", "the peer got a byte less", LosesLastByte},
      {"keeps-last-byte", "a byte less was handed to the kernel, and came", KeepsLastByte},
      {"serves-last-not", "the last client got nothing", ServesLastNot},
      {"serves-second-not", "the second client got nothing", ServesSecondNot},
      {"runs-out-of-descriptors", "the last accept reported EMFILE, and the last client got nothing", RunsOutOfDescriptors},
      {"says-nothing", "exit status 0, an empty stderr, a driver's every reply ok", SaysNothing},
      {"names-later-error", "every error that was told was EIO", NamesLaterError},
      {"crashes", "it died by SIGSEGV", Crashes},
      {"dies-of-sigpipe", "it died by SIGPIPE", DiesOfSigpipe},
      {"hangs", "it still ran when its time was up", Hangs},
      {"hangs-in-silence", "both: it said nothing, and still ran", HangsInSilence},
      {"keeps-answer", "its output was empty", KeepsAnswer},
      {"hands-over-more", "its output was a byte longer", HandsOverMore},
      {"starts-not-again", "the second start did not listen", StartsNotAgain},
      {"receives-nothing", "no receive brought anything", ReceivesNothing},
      {"spins", "a receive or an accept that had failed was called over and over", Spins},
      {"ignores-sigpipe", "SIGPIPE was set to be ignored before every close", IgnoresSigpipe},
      {"leaks-into-program", "a program that it started held its connection", LeaksIntoProgram},
  };
  return *mutations;
}

const std::vector<Mutation>& Losses() {
  static const auto* losses = new std::vector<Mutation>{
      {"loses-trace", "nothing was seen from inside", LosesTrace},
      {"loses-check-ins", "no backend said that it was in place", LosesCheckIns},
      {"faults-do-not-fire", "nothing was injected", FaultsDoNotFire},
  };
  return *losses;
}

const Mutation* FindMutation(absl::string_view name) {
  for (const auto* mutations : {&WrongDoings(), &Losses()}) {
    for (const Mutation& mutation : *mutations) {
      if (name == mutation.name) return &mutation;
    }
  }
  return nullptr;
}

}  // namespace lastack
