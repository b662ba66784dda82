#include "harness/trace/ledger.h"

#include <limits.h>
#include <sys/socket.h>

#include <algorithm>
#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "harness/trace/ledger_events.h"

namespace lastack {
namespace {

std::string InProcess(int pid) { return absl::StrCat("process ", pid, ": "); }

std::string VanishedSentence(int pid, int fd) {
  return absl::StrCat(InProcess(pid), "descriptor ", fd, " was closed in a way that was not seen");
}

// An open descriptor: where its life is written.
struct Holding {
  size_t socket;
  size_t descriptor;
  bool listed = true;  // after an exec: still there
};

struct ProcessState {
  size_t life;
  Origin inherits_by = Origin::kInherit;
  bool listing = false;    // between its check-in and the end of the list of what it holds then
  Call exec = Call::none;  // one that did not fail
  uint64_t exec_ns = 0;
};

class Bookkeeper {
 public:
  void Enter(const Moment& moment);
  Ledger Finish(const Trace& trace);

 private:
  using Holdings = std::map<std::pair<int, int>, Holding>;  // by pid and fd

  ProcessState& ProcessOf(const Moment& moment);
  void CheckIn(const Moment& moment, ProcessState& process);
  void EndListing(int pid, ProcessState& process);
  void EndProcess(int pid);

  void Inherit(const Moment& moment, const ProcessState& process);
  void Open(const Moment& moment);
  void FindUnseen(const Moment& moment);
  void Vanish(const Moment& moment);
  void LeaveOpen(const Moment& moment);
  void MakeCall(const Moment& moment, ProcessState& process);

  SocketLife* Known(uint64_t inode);
  // What the process holds under this number, if it is this socket, or any if `inode` is 0; else nullptr.
  Holding* Held(int pid, int fd, uint64_t inode);
  DescriptorLife& LifeOf(const Holding& holding);
  size_t IndexOf(uint64_t inode, uint64_t word);
  SocketLife& Begin(const Moment& moment, Origin origin, uint64_t word);
  void End(int pid, int fd, Fate fate, uint64_t ns);

  Ledger ledger_;
  absl::flat_hash_map<uint64_t, size_t> socket_of_inode_;
  absl::flat_hash_map<int, ProcessState> processes_;
  Holdings holdings_;
};

void Bookkeeper::Enter(const Moment& moment) {
  const TracedEvent& traced = *moment.traced;
  const Event& event = traced.event;
  ProcessState& process = ProcessOf(moment);
  if (event.kind == EventKind::kCheckIn) return CheckIn(moment, process);
  if (event.kind == EventKind::kInherit) return Inherit(moment, process);
  EndListing(traced.pid, process);
  switch (event.kind) {
    case EventKind::kInFlight:
    case EventKind::kCall:
      return MakeCall(moment, process);
    case EventKind::kOpen:
      return Open(moment);
    case EventKind::kClosed:
      if (Held(traced.pid, event.fd, event.socket) != nullptr) {
        End(traced.pid, event.fd, FateBy(event.call), moment.ns);
      }
      return;
    case EventKind::kVanished:
      return Vanish(moment);
    case EventKind::kUnseen:
      return FindUnseen(moment);
    case EventKind::kLeftOpen:
      return LeaveOpen(moment);
    case EventKind::kExit:
      ledger_.processes[process.life].said_goodbye = true;
      return;
    default:
      return;
  }
}

ProcessState& Bookkeeper::ProcessOf(const Moment& moment) {
  const int pid = moment.traced->pid;
  const Event& event = moment.traced->event;
  auto found = processes_.find(pid);
  if (found != processes_.end() && event.kind == EventKind::kCheckIn) {
    // Only a check-in after an exec goes on with the process that had this number.
    if (event.b == 2 || ledger_.processes[found->second.life].said_goodbye) {
      EndProcess(pid);
      found = processes_.end();
    }
  }
  if (found == processes_.end()) {
    found = processes_.emplace(pid, ProcessState{ledger_.processes.size()}).first;
    ProcessLife life;
    life.pid = pid;
    life.first_ns = moment.ns;
    ledger_.processes.push_back(life);
  }
  ProcessLife& life = ledger_.processes[found->second.life];
  const uint64_t duration_ns = moment.traced->duration_ns == UINT64_MAX ? 0 : moment.traced->duration_ns;
  life.last_ns = std::max(life.last_ns, moment.ns + duration_ns);
  return found->second;
}

void Bookkeeper::CheckIn(const Moment& moment, ProcessState& process) {
  const int pid = moment.traced->pid;
  EndListing(pid, process);
  // A process that holds something by now was known: this is an exec, which has closed what is not listed next.
  for (auto at = holdings_.lower_bound({pid, INT_MIN}); at != holdings_.end() && at->first.first == pid; ++at) {
    at->second.listed = false;
  }
  process.listing = true;
  process.inherits_by = moment.traced->event.b == 2 ? Origin::kFork : Origin::kInherit;
  if (process.exec == Call::none) process.exec_ns = moment.ns;
  process.exec = Call::none;
}

void Bookkeeper::EndListing(int pid, ProcessState& process) {
  if (!process.listing) return;
  process.listing = false;
  for (auto at = holdings_.lower_bound({pid, INT_MIN}); at != holdings_.end() && at->first.first == pid;) {
    const auto here = at++;
    if (here->second.listed) continue;
    const int fd = here->first.second;
    if (fd >= kAlwaysLooked) {
      ledger_.blind_spots.push_back(
          absl::StrCat(InProcess(pid), "whether descriptor ", fd, " survived exec was not looked at"));
    }
    End(pid, fd, Fate::kClosedOnExec, process.exec_ns);
  }
}

void Bookkeeper::EndProcess(int pid) {
  ProcessState& process = processes_.at(pid);
  EndListing(pid, process);
  ProcessLife& life = ledger_.processes[process.life];
  auto at = holdings_.lower_bound({pid, INT_MIN});
  while (at != holdings_.end() && at->first.first == pid) {
    if (life.said_goodbye) {
      DescriptorLife& descriptor = LifeOf(at->second);
      descriptor.fate = Fate::kLeftToExit;
      if (descriptor.ended_ns == 0) descriptor.ended_ns = life.last_ns;
    }
    at = holdings_.erase(at);
  }
  life.exec_in_flight = process.exec != Call::none && !life.said_goodbye;
  if (life.exec_in_flight) {
    ledger_.blind_spots.push_back(absl::StrCat(InProcess(pid), CallName(process.exec),
                                               " started a program that never checked in: what it did was not seen"));
  }
  processes_.erase(pid);
}

void Bookkeeper::Inherit(const Moment& moment, const ProcessState& process) {
  const int pid = moment.traced->pid;
  const Event& event = moment.traced->event;
  if (event.socket == 0) return;
  if (Holding* holding = Held(pid, event.fd, event.socket); holding != nullptr) {
    holding->listed = true;
    return;
  }
  if (Held(pid, event.fd, 0) != nullptr) End(pid, event.fd, Fate::kClosedOnExec, process.exec_ns);
  Begin(moment, process.inherits_by, event.a);
}

void Bookkeeper::Open(const Moment& moment) {
  const int pid = moment.traced->pid;
  const Event& event = moment.traced->event;
  if (event.socket == 0) return;
  const bool was_held = Held(pid, event.fd, 0) != nullptr;
  if (was_held) End(pid, event.fd, Fate::kVanished, moment.ns);
  if (was_held || (event.flags & kNumberWasHeld) != 0) {
    std::vector<std::string>& spots = ledger_.blind_spots;
    // The backend has noted the same a moment before, without the call.
    if (!spots.empty() && spots.back() == VanishedSentence(pid, event.fd)) spots.pop_back();
    spots.push_back(absl::StrCat(InProcess(pid), CallName(event.call), " gave descriptor ", event.fd,
                                 ", which was still taken to be open: its close was not seen"));
  }
  const Origin origin = OriginOf(event.call);
  SocketLife& socket = Begin(moment, origin, event.a);
  if (origin != Origin::kAccept) return;
  socket.connected = true;
  const Holding* listener = Held(pid, static_cast<int>(event.b), 0);
  if (listener == nullptr || !IsInternet(socket.domain)) return;
  // Linux makes an accepted connection as a copy of its listener, options and all.
  socket.local_port = ledger_.sockets[listener->socket].local_port;
  socket.abortive_linger = ledger_.sockets[listener->socket].abortive_linger;
}

void Bookkeeper::FindUnseen(const Moment& moment) {
  const int pid = moment.traced->pid;
  const Event& event = moment.traced->event;
  if (event.socket == 0 || Held(pid, event.fd, event.socket) != nullptr) return;
  if (Held(pid, event.fd, 0) != nullptr) End(pid, event.fd, Fate::kVanished, moment.ns);
  // What a kLeftOpen event says is not of which kind the socket is.
  const uint64_t unknown = SocketWord(AF_UNSPEC, 0, SocketKind::kOther);
  Begin(moment, Origin::kUnseen, event.kind == EventKind::kUnseen ? event.a : unknown);
  ledger_.blind_spots.push_back(
      absl::StrCat(InProcess(pid), "descriptor ", event.fd, " is a socket that no call was seen to make"));
}

void Bookkeeper::Vanish(const Moment& moment) {
  const int pid = moment.traced->pid;
  const Event& event = moment.traced->event;
  if (Held(pid, event.fd, event.socket) != nullptr) End(pid, event.fd, Fate::kVanished, moment.ns);
  ledger_.blind_spots.push_back(VanishedSentence(pid, event.fd));
}

// A later close may still end it: destructors run after the comparison.
void Bookkeeper::LeaveOpen(const Moment& moment) {
  FindUnseen(moment);
  const Event& event = moment.traced->event;
  const Holding* holding = Held(moment.traced->pid, event.fd, event.socket);
  if (holding == nullptr) return;
  LifeOf(*holding).fate = Fate::kLeftToExit;
  LifeOf(*holding).ended_ns = moment.ns;
}

void Bookkeeper::MakeCall(const Moment& moment, ProcessState& process) {
  const TracedEvent& traced = *moment.traced;
  const Event& event = traced.event;
  if ((event.flags & kOnDecoy) != 0) return;
  if (IsExec(event.call) && event.kind == EventKind::kInFlight) {
    process.exec = event.call;
    process.exec_ns = moment.ns;
    return;
  }
  if (event.socket == 0) return;
  if (FamilyOf(event.call) == CallFamily::close) {
    const bool ends = Releases(event) && Held(traced.pid, event.fd, event.socket) != nullptr;
    if (ends) End(traced.pid, event.fd, Fired(event, Effect::kDecoy) ? Fate::kDecoyed : Fate::kClosed, moment.ns);
    return;
  }
  if (SocketLife* socket = Known(event.socket); socket != nullptr) ChangeSocket(traced, *socket);
}

SocketLife* Bookkeeper::Known(uint64_t inode) {
  const auto found = socket_of_inode_.find(inode);
  return found == socket_of_inode_.end() ? nullptr : &ledger_.sockets[found->second];
}

Holding* Bookkeeper::Held(int pid, int fd, uint64_t inode) {
  const auto found = holdings_.find({pid, fd});
  if (found == holdings_.end()) return nullptr;
  Holding& holding = found->second;
  return inode == 0 || ledger_.sockets[holding.socket].socket == inode ? &holding : nullptr;
}

DescriptorLife& Bookkeeper::LifeOf(const Holding& holding) {
  return ledger_.sockets[holding.socket].descriptors[holding.descriptor];
}

size_t Bookkeeper::IndexOf(uint64_t inode, uint64_t word) {
  const auto [found, is_new] = socket_of_inode_.emplace(inode, ledger_.sockets.size());
  if (!is_new) return found->second;
  SocketLife socket;
  socket.socket = inode;
  socket.domain = SocketWordDomain(word);
  socket.kind = SocketWordKind(word);
  ledger_.sockets.push_back(std::move(socket));
  return found->second;
}

SocketLife& Bookkeeper::Begin(const Moment& moment, Origin origin, uint64_t word) {
  const int pid = moment.traced->pid;
  const Event& event = moment.traced->event;
  const size_t index = IndexOf(event.socket, word);
  SocketLife& socket = ledger_.sockets[index];
  holdings_[{pid, event.fd}] = {index, socket.descriptors.size()};
  socket.descriptors.push_back({pid, event.fd, origin, Fate::kOpen, moment.ns, 0});
  // The result of these events is the remote port: a socket that has one is connected, wherever that was done.
  const auto remote_port = static_cast<uint16_t>(event.result);
  if (remote_port != 0 && IsInternet(socket.domain)) {
    socket.remote_port = remote_port;
    socket.connected = true;
  }
  if ((socket.connected || origin == Origin::kAccept) && socket.connected_ns == 0) socket.connected_ns = moment.ns;
  return socket;
}

void Bookkeeper::End(int pid, int fd, Fate fate, uint64_t ns) {
  const auto found = holdings_.find({pid, fd});
  DescriptorLife& life = LifeOf(found->second);
  life.fate = fate;
  life.ended_ns = std::max(ns, life.born_ns);  // an exec may have begun before another thread opened this
  holdings_.erase(found);
}

Ledger Bookkeeper::Finish(const Trace& trace) {
  std::vector<std::string>& spots = ledger_.blind_spots;
  for (const ProcessLife& process : ledger_.processes) {
    if (processes_.contains(process.pid)) EndProcess(process.pid);
  }
  if (trace.lost_events > 0) {
    spots.push_back(absl::StrCat(trace.lost_events, " events were lost: the trace file was full"));
  }
  if (trace.torn_events > 0) {
    spots.push_back(
        absl::StrCat(trace.torn_events, " events are torn: a process died while it wrote them, or overwrote them"));
  }
  if (trace.untracked_sockets > 0) {
    spots.push_back(absl::StrCat(trace.untracked_sockets, " sockets have numbers beyond the backend's table"));
  }
  if (trace.foreign_calls > 0) {
    spots.push_back(absl::StrCat(
        trace.foreign_calls,
        " calls were made by another architecture's convention (32-bit or x32): what they did was not seen"));
  }
  if (!trace.interposed_call.empty()) {
    spots.push_back(absl::StrCat("the library ", trace.interposer, " defines ", trace.interposed_call,
                                 "(2) itself, and a fault is played above it: what it would make of one was not seen"));
  }
  return std::move(ledger_);
}

}  // namespace

bool SocketLife::closed() const {
  uint64_t released_ns = 0;
  for (const DescriptorLife& life : descriptors) {
    if (IsRelease(life.fate)) released_ns = std::max(released_ns, life.ended_ns);
  }
  // A copy in a child that had exited by then holds nothing back.
  return std::all_of(descriptors.begin(), descriptors.end(), [&](const DescriptorLife& life) {
    return IsRelease(life.fate) || (life.fate == Fate::kLeftToExit && life.ended_ns < released_ns);
  });
}

bool SocketLife::HeldAt(uint64_t ns, const std::vector<int>& pids) const {
  return std::any_of(descriptors.begin(), descriptors.end(), [&](const DescriptorLife& life) {
    const bool open = life.fate == Fate::kOpen || (life.fate != Fate::kVanished && life.ended_ns > ns);
    return open && life.born_ns <= ns && std::find(pids.begin(), pids.end(), life.pid) != pids.end();
  });
}

uint64_t SocketLife::closed_ns() const {
  if (!closed()) return 0;
  uint64_t last_ns = 0;
  for (const DescriptorLife& life : descriptors) {
    last_ns = std::max(last_ns, life.ended_ns);
  }
  return last_ns;
}

Ledger Ledger::Of(const Trace& trace) {
  Bookkeeper bookkeeper;
  for (const Moment& moment : InOrderOfEffect(trace)) bookkeeper.Enter(moment);
  return bookkeeper.Finish(trace);
}

const SocketLife* Ledger::Find(uint64_t socket) const {
  const auto found =
      std::find_if(sockets.begin(), sockets.end(), [socket](const SocketLife& life) { return life.socket == socket; });
  return found == sockets.end() ? nullptr : &*found;
}

}  // namespace lastack
