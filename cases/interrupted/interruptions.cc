#include "cases/interrupted/interruptions.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "cases/harmless.h"
#include "cases/site.h"

namespace lastack {
namespace {

std::string NeverSends(const Evidence& clean) { return NeverTransfers(clean, CallFamily::send); }
std::string NeverReceives(const Evidence& clean) { return NeverTransfers(clean, CallFamily::recv); }
std::string NeverConnects(const Evidence& clean) { return NeverCalls(clean, Call::connect); }

constexpr Call kPolls[] = {Call::poll, Call::ppoll, Call::select, Call::pselect};
constexpr char kNeverPolls[] = "the subject never waits for its connection by poll(2) or select(2)";

// A poll with a timeout of 0 only looks.
bool Waits(const Event& event) {
  return event.b != 0 && std::find(std::begin(kPolls), std::end(kPolls), event.call) != std::end(kPolls);
}

// The event of a wait names the first socket among those waited for, and of a server that is often its listener.
bool WaitsBesideAListener(const Evidence& clean) {
  const auto& events = clean.run().trace.events;
  return std::any_of(events.begin(), events.end(), [&](const TracedEvent& event) {
    if (!Waits(event.event)) return false;
    const SocketLife* socket = clean.ledger().Find(event.event.socket);
    return socket != nullptr && socket->kind == SocketKind::kListener;
  });
}

bool PollsItsConnection(const Evidence& run) {
  return std::any_of(run.exchanges().begin(), run.exchanges().end(), [&](const Exchange& exchange) {
    const auto events = run.EventsOn(*exchange.socket);
    return std::any_of(events.begin(), events.end(), [](const TracedEvent* traced) { return Waits(traced->event); });
  });
}

std::string NeverPolls(const Evidence& clean) {
  return PollsItsConnection(clean) || WaitsBesideAListener(clean) ? "" : kNeverPolls;
}

// What a listener's wait was for, the fault tells: it strikes where a connection is among those waited for.
std::string PolledItsListenerOnly(const Evidence& run) {
  const bool only = run.run().Fired().empty() && WaitsBesideAListener(run) && !PollsItsConnection(run);
  return only ? kNeverPolls : "";
}

std::string NeverWaitsOnEpoll(const Evidence& clean) {
  for (const TracedEvent& event : clean.run().trace.events) {
    const Call call = event.event.call;
    const bool is_epoll = call == Call::epoll_wait || call == Call::epoll_pwait || call == Call::epoll_pwait2;
    if (is_epoll && event.event.b != 0) return "";  // with a timeout of 0 it only looks
  }
  return "the subject never waits by epoll_wait(2)";
}

// Chance decides of some whether anything is left to wait for.
std::string OnlyLookedByEpoll(const Evidence& run) { return run.run().Fired().empty() ? NeverWaitsOnEpoll(run) : ""; }

Case Interrupted(const char* id, const char* fault, std::string (*inapplicable)(const Evidence&),
                 std::vector<std::string> defects, std::string (*moot)(const Evidence&) = nullptr) {
  Case one = HarmlessFault(id, fault, inapplicable, std::move(defects));
  one.moot = moot;
  return one;
}

}  // namespace

// Every second call, so that who calls again succeeds, and the next place where the subject waits is struck, too: a
// burst would all be spent at the first one, often that of the connect. For ever it would meet a loop of two calls
// always at the same one, which no signal does.
Case InterruptedSend() {
  return Interrupted("interrupted/send", "%send:fd=tcp:when=1..15+2:error=EINTR", NeverSends, {"fails-on-send-eintr"});
}
Case InterruptedRecv() {
  return Interrupted("interrupted/recv", "%recv:fd=tcp:when=1..15+2:error=EINTR", NeverReceives,
                     {"fails-on-recv-eintr", "fails-on-later-recv-eintr"});
}
// The connection is made all the same, and is waited for.
Case InterruptedConnect() {
  return Interrupted("interrupted/connect", "connect:fd=tcp:when=1:error=EINTR", NeverConnects,
                     {"fails-on-connect-eintr"});
}
Case InterruptedPoll() {
  return Interrupted("interrupted/poll", "poll,ppoll,select,pselect:fd=tcp:when=1..15+2:error=EINTR", NeverPolls,
                     {"fails-on-poll-eintr", "fails-on-later-poll-eintr"}, PolledItsListenerOnly);
}
// What an epoll descriptor watches only the kernel knows: the fault is counted for the process.
Case InterruptedEpoll() {
  Case epoll = Interrupted("interrupted/epoll", "epoll_wait,epoll_pwait,epoll_pwait2:when=1..15+2:error=EINTR",
                           NeverWaitsOnEpoll, {"fails-on-epoll-eintr"}, OnlyLookedByEpoll);
  epoll.requirement = "interrupted/poll";
  return epoll;
}
// Every call that can be short, and so many: a head that is sent in a loop must not use them all up before the body
// comes.
Case InterruptedPartialSend() {
  return Interrupted("interrupted/partial-send",
                     "send,sendto,sendmsg,write,writev,sendfile,sendfile64:fd=tcp:when=1..300:effect=partial=1",
                     NeverSends, {"drops-rest-of-short-send"});
}
Case InterruptedShortRecv() {
  return Interrupted("interrupted/short-recv", "recv,recvfrom,recvmsg,read,readv:fd=tcp:effect=partial=1",
                     NeverReceives, {"takes-one-byte-for-all"});
}

}  // namespace lastack
