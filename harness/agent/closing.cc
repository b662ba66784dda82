// The calls that close descriptors.
#include <linux/close_range.h>
#include <stdio.h>

#include "harness/agent/raw.h"
#include "harness/agent/wrap.h"

namespace lastack {
namespace {

template <typename Invoke>
LASTACK_COLD int CloseWithFault(Call call, int fd, SocketState& socket, Invoke invoke) {
  const uint64_t inode = Closing(socket);
  Event& event = Begin(call, fd, socket, UnreadBytes(fd), UnsentBytes(fd));
  const auto result = static_cast<int>(Inject(call, socket.watch, agent.tallies[fd], event, 0, Invocation(invoke)));
  if (event.effect == Effect::kSkip && event.fault != kNoFaultIndex) {
    socket.closing = false;  // it is still open
  } else {
    Closed(socket, inode);
  }
  return result;
}

// A number that is no socket: a file's, the decoy's, or nobody's. The last is recorded: a second close, or a sweep.
// While a decoy stands all are, so that a sweep over open numbers shows as one.
template <typename Invoke>
LASTACK_COLD int CloseNoSocket(Call call, int fd, Invoke invoke) {
  if (IsDecoy(fd)) return static_cast<int>(OnDecoy(call, fd));
  const int result = invoke(kWhole);
  const bool telling = (result == -1 && errno == EBADF) || agent.decoy >= 0;
  if (!telling || !Recording()) return result;
  return End(Begin(call, fd, 0, 0, 0, 0), result);
}

// The number's socket was closed unseen, and the number is free or a file's.
template <typename Invoke>
LASTACK_COLD int CloseAfterVanishing(Call call, int fd, SocketState& socket, Invoke invoke) {
  Note(EventKind::kVanished, Call::none, fd, socket.inode, 0, 0);
  socket.inode = 0;
  return CloseNoSocket(call, fd, invoke);
}

template <typename Invoke>
inline int Close(Call call, int fd, Invoke invoke) {
  SocketState* socket = Track(fd);
  if (socket == nullptr) return CloseNoSocket(call, fd, invoke);
  const long unsent = QueuedBytes(fd);
  if (LASTACK_UNLIKELY(unsent == -EBADF || (unsent == -ENOTTY && socket->kind != SocketKind::kOther))) {
    return CloseAfterVanishing(call, fd, *socket, invoke);
  }
  if (MayFire(call, fd, *socket)) return CloseWithFault(call, fd, *socket, invoke);
  const uint64_t inode = Closing(*socket);
  Event& event = Begin(call, fd, *socket, UnreadBytes(fd),
                       unsent < 0 ? 0 : static_cast<uint64_t>(unsent));  // a listener has no queue
  if (LASTACK_UNLIKELY(unsent > 0) && HasNeverSent(fd)) event.b = 0;
  const int result = End(event, invoke(kWhole));
  Closed(*socket, inode);
  return result;
}

// Descriptors that a call on a range is about to close.
void NoteRange(Call call, unsigned first, unsigned last) {
  const int decoy = agent.decoy;
  if (decoy >= 0 && first <= static_cast<unsigned>(decoy) && static_cast<unsigned>(decoy) <= last) {
    Note(EventKind::kClosed, call, decoy, agent.decoy_inode, last - first, 0, 0, kOnDecoy);
    agent.decoy = -1;
  }
  const int64_t end = last < static_cast<unsigned>(agent.top) ? static_cast<int64_t>(last) : agent.top;
  for (int64_t fd = first; fd <= end; ++fd) {
    SocketState& socket = agent.sockets[fd];
    if (socket.inode == 0) continue;
    const int number = static_cast<int>(fd);
    Note(EventKind::kClosed, call, number, socket.inode, UnreadBytes(number), UnsentBytes(number));
    Closed(socket, socket.inode);
  }
}

}  // namespace

int wrap::close(int fd) {
  return Close(Call::close, fd, [fd](size_t) { return real.close(fd); });
}

// Only the stream's end is seen here: what stdio reads and writes inside libc is not. A decoy's fclose would free the
// stream all the same, so the stream is closed for real there; its close(2) then meets the decoy unseen.
int wrap::fclose(FILE* stream) {
  const int callers_errno = errno;
  const int fd = stream == nullptr ? -1 : fileno_unlocked(stream);
  errno = callers_errno;
  return Close(Call::fclose, fd, [stream](size_t) { return real.fclose(stream); });
}

void wrap::closefrom(int first) {
  if (!Recording() || first > agent.top) return real.closefrom(first);
  Event& event = Begin(Call::closefrom, first, 0, 0, UINT32_MAX, 0);
  NoteRange(Call::closefrom, first < 0 ? 0 : static_cast<unsigned>(first), UINT32_MAX);
  real.closefrom(first);
  End(event, 0);
}

int wrap::close_range(unsigned first, unsigned last, int flags) {
  if (!Recording() || static_cast<int64_t>(first) > agent.top) return real.close_range(first, last, flags);
  Event& event = Begin(Call::close_range, static_cast<int>(first), 0, 0, last, static_cast<uint64_t>(flags));
  // An empty range tells whether the kernel knows the call and its flags.
  const bool works = raw::Call(SYS_close_range, UINT32_MAX, UINT32_MAX, flags) == 0;
  if (works && (flags & CLOSE_RANGE_CLOEXEC) == 0 && first <= last) NoteRange(Call::close_range, first, last);
  return End(event, real.close_range(first, last, flags));
}

}  // namespace lastack
