// Wrong in how it ends, in what it says, and in other calls that it makes.
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/match.h"
#include "cases/mutations/spoil.h"
#include "cases/mutations/tables.h"

namespace lastack {
namespace {

constexpr int kOverAndOver = 2000;

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
  const auto second = std::find_if(run.replies.rbegin(), run.replies.rend(),
                                   [](const DriverReply& reply) { return StartsWith(reply, "listen"); });
  if (second == run.replies.rend()) return false;
  second->reply = "error EADDRINUSE";
  return true;
}

bool ReceivesNothing(Observation& run) {
  return Erase(run,
               [](const TracedEvent& traced) { return IsCall(traced, CallFamily::recv) && traced.event.result > 0; });
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
  const auto is_first = [fails, start_ns = first->start_ns](const TracedEvent& traced) {
    return fails(traced) && traced.start_ns == start_ns;
  };
  return Insert(
      run, Side::kBehind, is_first, [](Event&) {}, kOverAndOver);
}

bool ReadsEndAgain(Observation& run) {
  const auto ends = [](const TracedEvent& traced) {
    return IsCall(traced, CallFamily::recv) && traced.event.result == 0 && traced.event.error == 0 &&
           traced.event.a > 0;
  };
  return Insert(
      run, Side::kBehind, ends, [](Event&) {}, kOverAndOver);
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

}  // namespace

std::vector<Mutation> WrongTelling() {
  return {
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
      {"reads-end-again", "a receive that had found the end was called over and over", ReadsEndAgain},
      {"ignores-sigpipe", "SIGPIPE was set to be ignored before every close", IgnoresSigpipe},
      {"leaks-into-program", "a program that it started held its connection", LeaksIntoProgram},
  };
}

}  // namespace lastack
