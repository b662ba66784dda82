// What a call that has returned did to the subject's descriptors.
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>

#include <algorithm>

#include "harness/trace/event_words.h"
#include "harness/tracer/tracer.h"

namespace lastack {
namespace {

constexpr uint64_t kMostControl = 4096;  // bytes of a message's control data that are looked at

uint32_t PollReported(pid_t memory, const Registers& registers, int fd) {
  uint32_t reported = 0;
  for (uint64_t i = 0; i < std::min<uint64_t>(registers.argument(1), 1024); ++i) {
    const auto one = ReadValue<pollfd>(memory, registers.argument(0) + i * sizeof(pollfd));
    if (one.fd == fd) reported |= static_cast<uint32_t>(one.revents);
  }
  return reported;
}

bool IsInSet(pid_t memory, uint64_t set, int fd) {
  if (set == 0 || fd < 0) return false;
  const auto byte = ReadValue<uint8_t>(memory, set + static_cast<uint64_t>(fd) / 8);
  return (byte >> (fd % 8) & 1) != 0;
}

uint32_t SelectReported(pid_t memory, const Registers& registers, int fd) {
  const bool readable = IsInSet(memory, registers.argument(1), fd);
  const bool writable = IsInSet(memory, registers.argument(2), fd);
  return static_cast<uint32_t>((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
}

}  // namespace

void Tracer::AfterCall(TracedThread& thread, const PendingCall& call, const Registers& registers, int64_t result) {
  const pid_t memory = thread.tid;
  TracedFiles& files = *thread.process->files;
  const auto found = files.sockets.find(call.fd);
  TracedSocket* socket = found == files.sockets.end() ? nullptr : &found->second;
  if (socket != nullptr && call.event != nullptr && socket->inode != call.event->socket) {
    socket = nullptr;  // another one by now
  }
  if (socket != nullptr && (result == -ECONNRESET || result == -EPIPE)) Remember(*socket, kSawReset);
  const auto made = static_cast<int>(result);
  switch (call.call) {
    case Call::socket:
      if (result >= 0) Born(thread, made, call.call, -1, 0);
      return;
    case Call::socketpair:
      if (result != 0) return;
      for (const uint64_t place : {uint64_t{0}, sizeof(int)}) {
        Born(thread, ReadValue<int>(memory, registers.argument(3) + place), call.call, -1, kConnected);
      }
      return;
    case Call::accept:
    case Call::accept4:
      if (result >= 0) Born(thread, made, call.call, call.from, kConnected);
      return;
    case Call::dup:
    case Call::dup2:
    case Call::dup3:
      if (result >= 0) AfterCopy(thread, call, registers, made);
      return;
    case Call::fcntl:
      if (result >= 0 && (registers.argument(1) == F_DUPFD || registers.argument(1) == F_DUPFD_CLOEXEC)) {
        AfterCopy(thread, call, registers, made);
      }
      return;
    case Call::close:
      // Of a number that was no socket: of interest if it was nobody's, or while a decoy stands, as part of a sweep.
      if (call.event == nullptr && (result == -EBADF || files.decoy >= 0)) {
        recorder_.End(recorder_.Begin(thread.process->known_as, thread.tid, call.call, call.fd, 0, 0, 0, 0), result);
      }
      return;
    case Call::close_range:
      if (result == 0 && (registers.argument(2) & CLOSE_RANGE_CLOEXEC) == 0) {
        CloseRange(thread, call.call, registers.argument(0), registers.argument(1));
      }
      return;
    case Call::listen:
      if (result != 0 || socket == nullptr) return;
      socket->kind = SocketKind::kListener;
      Arm(plan_, socket->watch, socket->tally, socket->kind, socket->history);
      return;
    case Call::shutdown:
      if (result != 0 || socket == nullptr) return;
      Remember(*socket, static_cast<uint8_t>((registers.argument(1) != SHUT_WR ? kShutdownRead : 0) |
                                             (registers.argument(1) != SHUT_RD ? kShutdownWrite : 0)));
      return;
    case Call::connect:
      if (socket == nullptr) return;
      if (result != 0 && result != -EINPROGRESS && result != -EINTR) return Remember(*socket, kFailedToConnect);
      call.event->b = RemoteDescriptor(thread.process->pidfd, call.fd).LocalPort();
      Remember(*socket, kConnected);
      return;
    case Call::poll:
    case Call::ppoll: {
      const uint32_t reported = result > 0 ? PollReported(memory, registers, call.fd) : 0;
      if (result > 0 && call.event != nullptr) call.event->substitute = reported;
      if (socket != nullptr && (reported & POLLERR) != 0) Remember(*socket, kSawReset);
      return;
    }
    case Call::select:
    case Call::pselect:
      if (result > 0 && call.event != nullptr) call.event->substitute = SelectReported(memory, registers, call.fd);
      return;
    case Call::recvmsg:
      if (result >= 0) FindPassed(thread, registers.argument(1));
      break;
    case Call::recvmmsg:
      return;
    default:
      break;
  }
  const bool receives = call.event != nullptr && FamilyOf(call.call) == CallFamily::recv;
  if (receives && result == 0 && call.event->a > 0 && socket != nullptr) Remember(*socket, kSawEof);
}

void Tracer::AfterCopy(TracedThread& thread, const PendingCall& call, const Registers& registers, int copy) {
  const auto source = static_cast<int>(registers.argument(0));
  if (copy == source) return;
  TracedFiles& files = *thread.process->files;
  if (copy == files.decoy) files.decoy = -1;
  if (call.call == Call::dup2 || call.call == Call::dup3) Replace(thread, call.call, copy);
  if (call.from >= 0) Born(thread, copy, call.call, source, call.history);
}

// The descriptor that a copy has replaced.
void Tracer::Replace(TracedThread& thread, Call call, int fd) {
  auto& sockets = thread.process->files->sockets;
  const auto replaced = sockets.find(fd);
  if (replaced == sockets.end()) return;
  recorder_.Note(thread.process->known_as, thread.tid, EventKind::kClosed, call, fd, replaced->second.inode, 0, 0);
  sockets.erase(replaced);
}

void Tracer::Born(TracedThread& thread, int fd, Call maker, int from, uint8_t history) {
  uint8_t flags = 0;
  const RemoteDescriptor descriptor(thread.process->pidfd, fd);
  if (!EnterSocket(thread, fd, descriptor, history, &flags)) return;
  const TracedSocket& socket = thread.process->files->sockets[fd];
  const uint16_t remote_port = maker == Call::socket ? 0 : descriptor.RemotePort();
  recorder_.Note(thread.process->known_as, thread.tid, EventKind::kOpen, maker, fd, socket.inode, socket.word,
                 static_cast<uint64_t>(static_cast<int64_t>(from)), remote_port, flags);
}

// Writes the descriptor's row; false if it is not a socket.
bool Tracer::EnterSocket(TracedThread& thread, int fd, const RemoteDescriptor& descriptor, uint8_t history,
                         uint8_t* flags) {
  if (fd < 0) return false;
  TracedFiles& files = *thread.process->files;
  if (!descriptor.is_open()) {
    __atomic_add_fetch(&header_.untracked_sockets, 1, __ATOMIC_RELAXED);
    return false;
  }
  const uint64_t inode = descriptor.inode();
  if (fd == files.decoy) files.decoy = -1;  // replaced on purpose
  if (const auto held = files.sockets.find(fd); held != files.sockets.end()) {
    *flags |= kNumberWasHeld;
    recorder_.Note(thread.process->known_as, thread.tid, EventKind::kVanished, Call::none, fd, held->second.inode, 0,
                   0);
    files.sockets.erase(held);
  }
  if (inode == 0) return false;
  TracedSocket& socket = files.sockets[fd];
  const long domain = descriptor.Option(SO_DOMAIN);
  const long type = descriptor.Option(SO_TYPE);
  socket.inode = inode;
  socket.kind = SocketKindOf(domain, type, descriptor.Option(SO_ACCEPTCONN) > 0);
  socket.word = SocketWord(static_cast<int>(domain), static_cast<int>(type), socket.kind);
  socket.history = history;
  Arm(plan_, socket.watch, socket.tally, socket.kind, history);
  return true;
}

// Something has happened to the socket that a fault's `after=` or `fd=` may wait for.
void Tracer::Remember(TracedSocket& socket, uint8_t history) {
  if ((socket.history | history) == socket.history) return;
  socket.history |= history;
  Arm(plan_, socket.watch, socket.tally, socket.kind, socket.history);
}

void Tracer::CloseRange(TracedThread& thread, Call call, uint64_t first, uint64_t last) {
  TracedFiles& files = *thread.process->files;
  const uint64_t decoy = static_cast<uint64_t>(static_cast<int64_t>(files.decoy));
  if (files.decoy >= 0 && first <= decoy && decoy <= last) {
    recorder_.Note(thread.process->known_as, thread.tid, EventKind::kClosed, call, files.decoy, files.decoy_inode,
                   last - first, 0, 0, kOnDecoy);
    files.decoy = -1;
  }
  for (auto at = files.sockets.begin(); at != files.sockets.end();) {
    const auto here = at++;
    const auto fd = static_cast<uint64_t>(here->first);
    if (fd < first || fd > last) continue;
    recorder_.Note(thread.process->known_as, thread.tid, EventKind::kClosed, call, here->first, here->second.inode, 0,
                   0);
    files.sockets.erase(here);
  }
}

// Sockets that a message brought (SCM_RIGHTS).
void Tracer::FindPassed(TracedThread& thread, uint64_t message) {
  const pid_t memory = thread.tid;
  const auto header = ReadValue<msghdr>(memory, message);
  if (header.msg_control == nullptr || header.msg_controllen < sizeof(cmsghdr)) return;
  std::vector<char> control(std::min<uint64_t>(header.msg_controllen, kMostControl));
  if (!ReadMemory(memory, reinterpret_cast<uint64_t>(header.msg_control), control.data(), control.size())) return;
  msghdr ours{};
  ours.msg_control = control.data();
  ours.msg_controllen = control.size();
  for (cmsghdr* part = CMSG_FIRSTHDR(&ours); part != nullptr; part = CMSG_NXTHDR(&ours, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS || part->cmsg_len < CMSG_LEN(0)) continue;
    const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      const auto* place = reinterpret_cast<const char*>(CMSG_DATA(part)) + i * sizeof(int);
      if (place + sizeof(int) > control.data() + control.size()) return;
      int fd;
      memcpy(&fd, place, sizeof(fd));
      Born(thread, fd, Call::recvmsg, -1, kConnected);
    }
  }
}

}  // namespace lastack
