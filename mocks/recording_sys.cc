#include "mocks/recording_sys.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <algorithm>
#include <utility>

#include "harness/trace/event_words.h"

namespace lastack {
namespace {

constexpr int kMostCallsOfTheDead = 1'000'000;

uint64_t SigpipeHandler() {
  struct sigaction action {};
  sigaction(SIGPIPE, nullptr, &action);
  return reinterpret_cast<uintptr_t>(action.sa_handler);
}

}  // namespace

RecordingSys::RecordingSys(FakeProcess& process, const Plan& plan, Hooks hooks)
    : process_(process), plan_(plan), hooks_(std::move(hooks)) {
  making_.watch.armed = waiting_.watch.armed = AllFaults(plan_);
}

// --- Events.

size_t RecordingSys::Note(EventKind kind, Call call, int fd, uint64_t inode, uint64_t a, uint64_t b, int64_t result,
                          uint8_t flags) {
  TracedEvent traced = {.event = {}, .pid = kPid, .tid = kPid, .start_ns = hooks_.now(), .duration_ns = 0};
  traced.event.start = traced.start_ns;
  traced.event.kind = kind;
  traced.event.call = call;
  traced.event.flags = flags;
  traced.event.fd = fd;
  traced.event.fault = kNoFaultIndex;
  traced.event.result = result;
  traced.event.socket = inode;
  traced.event.a = a;
  traced.event.b = b;
  if (trace_.events.size() == kMostEvents) {
    ++trace_.lost_events;
    scratch_ = traced;
    return kMostEvents;
  }
  trace_.events.push_back(traced);
  return trace_.events.size() - 1;
}

size_t RecordingSys::Begin(Call call, int fd, uint64_t inode, uint8_t history, uint64_t a, uint64_t b, uint8_t flags) {
  const size_t index = Note(EventKind::kInFlight, call, fd, inode, a, b, 0, flags);
  At(index).history = history;
  if (index < trace_.events.size()) trace_.events[index].duration_ns = UINT64_MAX;
  return index;
}

// A call in which the process died does not return.
SysResult RecordingSys::End(size_t index, SysResult result) {
  if (dead_) return Gone();
  Event& event = At(index);
  event.result = result.value;
  event.error = static_cast<uint16_t>(result.ok() ? 0 : result.error);
  event.kind = EventKind::kCall;
  if (index < trace_.events.size()) {
    TracedEvent& traced = trace_.events[index];
    traced.duration_ns = hooks_.now() - traced.start_ns;
    event.duration = static_cast<uint32_t>(std::min<uint64_t>(traced.duration_ns, UINT32_MAX));
  }
  if (event.error == ECONNRESET || event.error == EPIPE) {
    if (Row* row = Find(event.fd); row != nullptr && row->inode == event.socket) Remember(*row, kSawReset);
  }
  const bool idle = result.error == EAGAIN || (result.value == 0 && FamilyOf(event.call) == CallFamily::poll);
  hooks_.acted(idle);
  return result;
}

SysResult RecordingSys::Gone() {
  if (++calls_of_the_dead_ > kMostCallsOfTheDead) {
    fprintf(stderr,
            "RecordingSys: the process was ended, every call fails with EBADF, and the code under test calls on for "
            "ever\n");
    abort();
  }
  CloseAll();
  hooks_.ended();
  return {-1, EBADF};
}

void RecordingSys::CheckIn() {
  Note(EventKind::kCheckIn, Call::none, -1, 0, 1, 1);
  on_sigpipe_ = SigpipeHandler();
}

void RecordingSys::LookAtSigpipe() {
  const uint64_t handler = SigpipeHandler();
  if (handler != on_sigpipe_) Note(EventKind::kCall, Call::sigaction, -1, 0, SIGPIPE, handler);
  on_sigpipe_ = handler;
}

void RecordingSys::Exit() {
  if (!dead_) {
    for (const auto& [fd, row] : rows_) Note(EventKind::kLeftOpen, Call::none, fd, row.inode, Unread(fd), Unsent(fd));
    Note(EventKind::kExit, Call::none, -1, 0, 0, 0, static_cast<int64_t>(rows_.size()));
  }
  dead_ = true;
  CloseAll();
}

void RecordingSys::CloseAll() {
  if (!exited_) process_.Exit();
  exited_ = true;
}

// --- The table.

RecordingSys::Row* RecordingSys::Find(int fd) {
  const auto found = rows_.find(fd);
  return found == rows_.end() ? nullptr : &found->second;
}

void RecordingSys::Born(int fd, Call maker, int from, uint8_t history) {
  if (IsDecoy(fd)) decoy_ = -1;
  const FakeSocket* socket = process_.FindSocket(fd);
  if (socket == nullptr) return;
  Row& row = rows_[fd] = Row();
  row.inode = socket->serial;
  row.kind = SocketKindOf(socket->family, SOCK_STREAM, socket->state == TcpState::kListen);
  row.word = SocketWord(socket->family, SOCK_STREAM, row.kind);
  row.history = history;
  Arm(plan_, row.watch, row.tally, row.kind, history);
  Note(EventKind::kOpen, maker, fd, row.inode, row.word, static_cast<uint64_t>(from), RemotePort(fd));
}

void RecordingSys::Remember(Row& row, uint8_t history) {
  if ((row.history | history) == row.history) return;
  row.history |= history;
  Arm(plan_, row.watch, row.tally, row.kind, row.history);
}

uint16_t RecordingSys::RemotePort(int fd) const {
  const FakeSocket* socket = process_.FindSocket(fd);
  const bool connected = socket != nullptr && socket->is_tcp() && socket->state != TcpState::kClose &&
                         socket->state != TcpState::kListen && socket->state != TcpState::kSynSent;
  return connected ? socket->remote.port : 0;
}

uint64_t RecordingSys::Unread(int fd) const {
  const FakeSocket* socket = process_.FindSocket(fd);
  return socket == nullptr ? 0 : socket->readable;
}

uint64_t RecordingSys::Unsent(int fd) const {
  const FakeSocket* socket = process_.FindSocket(fd);
  return socket == nullptr || socket->state == TcpState::kSynSent ? 0 : socket->pending();
}

// What a completed call says about its socket.
void RecordingSys::After(size_t index) {
  Event& event = At(index);
  Row* row = Find(event.fd);
  if (row == nullptr) return;
  const bool ok = event.result == 0;
  if (event.call == Call::listen && ok) {
    row->kind = SocketKind::kListener;
    Arm(plan_, row->watch, row->tally, row->kind, row->history);
  } else if (event.call == Call::shutdown && ok) {
    const int reads = event.a != SHUT_WR ? kShutdownRead : 0;
    const int writes = event.a != SHUT_RD ? kShutdownWrite : 0;
    Remember(*row, static_cast<uint8_t>(reads | writes));
  } else if (event.call == Call::connect && (ok || event.error == EINPROGRESS || event.error == EINTR)) {
    event.b = process_.FindSocket(event.fd)->local.port;
    Remember(*row, kConnected);
  } else if (event.call == Call::connect) {
    Remember(*row, kFailedToConnect);
  } else if (FamilyOf(event.call) == CallFamily::recv && event.call != Call::recvmmsg && ok && event.a > 0) {
    Remember(*row, kSawEof);
  }
}

}  // namespace lastack
