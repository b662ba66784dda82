#include "harness/trace/timeline.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "harness/plan/parse.h"

namespace lastack {
namespace {

using Events = std::vector<const TracedEvent*>;

std::string Milliseconds(uint64_t ns) { return absl::StrFormat("%.3f ms", static_cast<double>(ns) / 1e6); }

std::string WithCommas(uint64_t number) {
  std::string digits = absl::StrCat(number);
  for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

// --- Headings.

std::string EndText(const DescriptorLife& life) {
  const std::string at = absl::StrCat(" at ", Milliseconds(life.ended_ns));
  switch (life.fate) {
    case Fate::kOpen:
      return "still open at the end";
    case Fate::kClosed:
      return absl::StrCat("closed", at);
    case Fate::kSwept:
      return absl::StrCat("closed with a range of others", at);
    case Fate::kReplaced:
      return absl::StrCat("replaced by another", at);
    case Fate::kDecoyed:
      return absl::StrCat("closed", at, " (a decoy took its number)");
    case Fate::kClosedOnExec:
      return absl::StrCat("closed by the exec", at);
    case Fate::kVanished:
      return absl::StrCat("closed unseen, before ", Milliseconds(life.ended_ns));
    case Fate::kLeftToExit:
      return "left to the exit";
  }
  return "";
}

std::string ConnectionText(const SocketLife& socket) {
  const bool internet = socket.domain == AF_INET || socket.domain == AF_INET6;
  const std::string local = socket.local_port == 0 ? "" : absl::StrCat("port ", socket.local_port);
  if (!internet) return socket.connected ? ", connected" : "";
  if (socket.kind == SocketKind::kListener) return local.empty() ? "" : absl::StrCat(" on ", local);
  if (socket.remote_port == 0) return socket.connected ? ", connected" : ", never connected";
  const std::string remote =
      socket.remote_ipv4 == 0
          ? absl::StrCat("port ", socket.remote_port)
          : AddressText(uint64_t{AF_INET} << 48 | uint64_t{socket.remote_port} << 32 | socket.remote_ipv4);
  return absl::StrCat(socket.connected ? ", connected to " : ", not connected to ", remote,
                      local.empty() ? "" : " from ", local);
}

std::string HeadingOf(const SocketLife& socket) {
  constexpr size_t kMostDescriptors = 4;  // a listener of a forking server has one in each child
  const DescriptorLife& first = socket.descriptors.front();
  std::string heading = absl::StrCat("fd ", first.fd, " of process ", first.pid, ": ", SocketKindName(socket.kind),
                                     ConnectionText(socket), ", ", EndText(first));
  const size_t shown = std::min(socket.descriptors.size(), kMostDescriptors);
  for (size_t i = 1; i < shown; ++i) {
    const DescriptorLife& life = socket.descriptors[i];
    absl::StrAppend(&heading, "; fd ", life.fd, " of process ", life.pid, " ", EndText(life));
  }
  if (socket.descriptors.size() > shown) {
    absl::StrAppend(&heading, "; and ", socket.descriptors.size() - shown, " more");
  }
  if (socket.abortive_linger) absl::StrAppend(&heading, "; SO_LINGER {1, 0}: its last close resets the connection");
  return heading;
}

std::string HeadingOf(const ProcessLife& process) {
  const std::string end = process.said_goodbye     ? "exited"
                          : process.exec_in_flight ? "became a program that was not seen"
                                                   : "was killed, or still runs";
  return absl::StrCat("process ", process.pid, ": ", end);
}

// --- Runs of like events.

// What there are thousands of, with nothing remarkable about them.
enum class Lane { kNone, kReceive, kSend, kWait, kSignal };

bool IsTransfer(Lane lane) { return lane == Lane::kReceive || lane == Lane::kSend; }

Lane LaneOf(Call call) {
  switch (FamilyOf(call)) {
    case CallFamily::recv:
      return Lane::kReceive;
    case CallFamily::send:
      return Lane::kSend;
    case CallFamily::poll:
      return Lane::kWait;
    case CallFamily::signal:
      return Lane::kSignal;
    default:
      return Lane::kNone;
  }
}

bool IsUnharmedCall(const Event& event) {
  return event.kind == EventKind::kCall && event.fault == kNoFaultIndex && (event.flags & kOnDecoy) == 0;
}

Lane LaneOf(const Event& event) {
  if (!IsUnharmedCall(event)) return Lane::kNone;
  const Lane lane = LaneOf(event.call);
  if (IsTransfer(lane)) return event.result > 0 || event.error == EAGAIN ? lane : Lane::kNone;
  // What becomes of SIGPIPE concerns sockets.
  if (lane == Lane::kSignal && event.a == SIGPIPE) return Lane::kNone;
  return event.error == 0 ? lane : Lane::kNone;
}

// How many events from `begin` on are one run: of one process, on one descriptor, in one direction, with its waits.
size_t RunLength(const Events& events, size_t begin) {
  Lane lane = LaneOf(events[begin]->event);
  size_t end = begin;
  for (; end < events.size(); ++end) {
    const TracedEvent& traced = *events[end];
    const Lane next = LaneOf(traced.event);
    if (next == Lane::kNone || traced.pid != events[begin]->pid || traced.event.fd != events[begin]->event.fd) break;
    if (lane == Lane::kWait && IsTransfer(next)) lane = next;
    if (next != lane && !(next == Lane::kWait && IsTransfer(lane))) break;
  }
  return end - begin;
}

// recv × 812, 1,048,576 bytes, 3 × EAGAIN, poll × 811, until 13.102 ms
std::string SummaryOf(const TracedEvent* const* run, size_t length) {
  struct Count {
    Call call;
    uint64_t calls = 0;
    uint64_t transferred = 0;
    uint64_t again = 0;
  };
  std::vector<Count> counts;
  for (size_t i = 0; i < length; ++i) {
    const Event& event = run[i]->event;
    auto count = std::find_if(counts.begin(), counts.end(), [&](const Count& row) { return row.call == event.call; });
    if (count == counts.end()) count = counts.insert(count, Count{event.call});
    ++count->calls;
    if (event.error == EAGAIN) ++count->again;
    if (event.result > 0) count->transferred += static_cast<uint64_t>(event.result);
  }
  std::string summary;
  for (const Count& count : counts) {
    absl::StrAppend(&summary, CallName(count.call), " × ", WithCommas(count.calls), ", ");
    const bool counts_messages = count.call == Call::sendmmsg || count.call == Call::recvmmsg;
    if (IsTransfer(LaneOf(count.call))) {
      absl::StrAppend(&summary, WithCommas(count.transferred), counts_messages ? " messages, " : " bytes, ");
    }
    if (count.again > 0) absl::StrAppend(&summary, WithCommas(count.again), " × EAGAIN, ");
  }
  return absl::StrCat(summary, "until ", Milliseconds(run[length - 1]->start_ns));
}

// How many events from `begin` on say the same.
size_t RepeatLength(const Events& events, size_t begin) {
  const auto content = [](const TracedEvent& traced) {
    const Event& event = traced.event;
    return std::tie(traced.pid, event.call, event.fd, event.result, event.error, event.a, event.b, event.flags);
  };
  size_t end = begin;
  while (end < events.size() && IsUnharmedCall(events[end]->event) &&
         content(*events[end]) == content(*events[begin])) {
    ++end;
  }
  return end - begin;
}

// --- Lines.

struct Line {
  uint64_t start_ns;
  int pid;
  EventText text;
};

void AddNote(const std::string& note, EventText& text) {
  absl::StrAppend(&text.notes, text.notes.empty() ? "[" : " [", note, "]");
}

std::vector<Line> LinesOf(const Events& events) {
  constexpr size_t kLongRun = 5;
  constexpr size_t kManyRepeats = 3;
  constexpr uint64_t kLongCallNs = 1'000'000;
  std::vector<Line> lines;
  for (size_t at = 0; at < events.size();) {
    const TracedEvent& traced = *events[at];
    if (const size_t run = RunLength(events, at); run >= kLongRun) {
      lines.push_back({traced.start_ns, traced.pid, {SummaryOf(&events[at], run), "", ""}});
      at += run;
      continue;
    }
    Line line{traced.start_ns, traced.pid, TextOf(traced.event)};
    if (const size_t repeats = RepeatLength(events, at); repeats >= kManyRepeats) {
      const std::string last = Milliseconds(events[at + repeats - 1]->start_ns);
      AddNote(absl::StrCat(WithCommas(repeats), " times, until ", last), line.text);
      at += repeats;
    } else {
      if (traced.duration_ns >= kLongCallNs && traced.duration_ns != UINT64_MAX) {
        const bool saturated = traced.event.duration == UINT32_MAX;
        AddNote(absl::StrCat("took ", saturated ? "at least " : "", Milliseconds(traced.duration_ns)), line.text);
      }
      ++at;
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

// Results stand in one column, where strace has them too; longer calls push theirs out.
int ColumnOf(const std::vector<Line>& lines) {
  constexpr size_t kWidest = 60;
  size_t width = 0;
  for (const Line& line : lines) {
    if (!line.text.outcome.empty()) width = std::max(width, std::min(line.text.what.size(), kWidest));
  }
  return static_cast<int>(width);
}

void AppendLines(const Events& events, bool show_pids, std::string& out) {
  const std::vector<Line> lines = LinesOf(events);
  const int column = ColumnOf(lines);
  for (const Line& line : lines) {
    std::string row = absl::StrFormat("%13s  ", Milliseconds(line.start_ns));
    if (show_pids) absl::StrAppend(&row, "[", line.pid, "] ");
    const EventText& text = line.text;
    absl::StrAppend(&row, text.outcome.empty() ? text.what : absl::StrFormat("%-*s ", column, text.what), text.outcome);
    if (!text.notes.empty()) absl::StrAppend(&row, "  ", text.notes);
    absl::StrAppend(&out, row, "\n");
  }
}

// --- Which events belong where.

// Told by another event of the same section: socket's own event by the kOpen event, which knows more; that of a copy by
// its call's.
bool IsToldElsewhere(const Event& event) {
  const bool remarkable = event.fault != kNoFaultIndex || (event.flags & kNumberWasHeld) != 0;
  if (event.call >= Call::none || remarkable) return false;
  const bool copies = FamilyOf(event.call) == CallFamily::dup || event.call == Call::fcntl;
  if (event.kind == EventKind::kOpen) return copies;
  return event.kind == EventKind::kCall && FamilyOf(event.call) == CallFamily::open && event.result >= 0;
}

struct Sections {
  std::vector<Events> of_socket;   // as in Ledger::sockets
  std::vector<Events> of_process;  // as in Ledger::processes
};

Sections Divide(const Trace& trace, const Ledger& ledger) {
  absl::flat_hash_map<uint64_t, size_t> sockets;
  for (size_t i = 0; i < ledger.sockets.size(); ++i) sockets[ledger.sockets[i].socket] = i;
  absl::flat_hash_map<int, std::vector<size_t>> processes;
  for (size_t i = 0; i < ledger.processes.size(); ++i) processes[ledger.processes[i].pid].push_back(i);

  Sections sections{std::vector<Events>(ledger.sockets.size()), std::vector<Events>(ledger.processes.size())};
  for (const TracedEvent& traced : trace.events) {
    if (IsToldElsewhere(traced.event)) continue;
    if (const auto socket = sockets.find(traced.event.socket); socket != sockets.end()) {
      sections.of_socket[socket->second].push_back(&traced);
      continue;
    }
    const auto process = processes.find(traced.pid);
    if (process == processes.end()) continue;
    // A process number may have been used again: the last life that had begun by then.
    size_t life = process->second.front();
    for (const size_t later : process->second) {
      if (ledger.processes[later].first_ns <= traced.start_ns) life = later;
    }
    sections.of_process[life].push_back(&traced);
  }
  return sections;
}

bool HasSeveralProcesses(const SocketLife& socket) {
  const int first = socket.descriptors.front().pid;
  return std::any_of(socket.descriptors.begin(), socket.descriptors.end(),
                     [first](const DescriptorLife& life) { return life.pid != first; });
}

}  // namespace

std::string FormatTimeline(const Trace& trace, const Ledger& ledger) {
  const Sections sections = Divide(trace, ledger);
  std::string out;
  if (ledger.processes.empty()) out = "Nothing was seen: no process of the subject checked in.\n\n";
  for (size_t i = 0; i < ledger.sockets.size(); ++i) {
    absl::StrAppend(&out, HeadingOf(ledger.sockets[i]), "\n");
    AppendLines(sections.of_socket[i], HasSeveralProcesses(ledger.sockets[i]), out);
    out += "\n";
  }
  for (size_t i = 0; i < ledger.processes.size(); ++i) {
    absl::StrAppend(&out, HeadingOf(ledger.processes[i]), "\n");
    AppendLines(sections.of_process[i], /*show_pids=*/false, out);
    out += "\n";
  }
  if (!ledger.blind_spots.empty()) {
    absl::StrAppend(&out, "not everything was seen:\n  ", absl::StrJoin(ledger.blind_spots, "\n  "), "\n\n");
  }
  out.pop_back();
  return out;
}

}  // namespace lastack
