// The calls that copy, describe and wrap descriptors.
#include <fcntl.h>
#include <stdio.h>

#include "harness/agent/wrap.h"

namespace lastack {
namespace {

// The descriptor that a copy is about to replace.
void NoteReplaced(Call call, int target) {
  SocketState* replaced = Track(target);
  if (replaced == nullptr) return;
  Note(EventKind::kClosed, call, target, replaced->inode, 0, 0);
  Closed(*replaced, replaced->inode);
}

// dup2 and dup3: `target` is closed if it is open, whatever `fd` is.
template <typename Invoke>
int CopyOnto(Call call, int fd, int target, int flags, Invoke invoke) {
  if (!Recording()) return invoke(kWhole);
  if (IsDecoy(fd)) return static_cast<int>(OnDecoy(call, fd));
  SocketState* socket = Track(fd);
  SocketState* replaced = target == fd ? nullptr : Track(target);
  const bool onto_decoy = IsDecoy(target);
  if (socket == nullptr && replaced == nullptr && !onto_decoy) return invoke(kWhole);
  const auto a = static_cast<uint64_t>(target);
  const auto b = static_cast<uint64_t>(flags);
  const int copy = socket != nullptr ? OnSocket<int>(call, fd, *socket, a, b, 0, invoke)
                                     : End(Begin(call, fd, 0, 0, a, b), invoke(kWhole));
  if (copy < 0 || copy == fd) return copy;
  if (onto_decoy) agent.decoy = -1;
  if (replaced != nullptr) NoteReplaced(call, target);
  if (socket != nullptr) Born(copy, call, fd, socket->history);
  return copy;
}

template <typename Invoke>
int Copy(Call call, int fd, uint64_t a, uint64_t b, Invoke invoke) {
  SocketState* socket = Track(fd);
  if (LASTACK_LIKELY(socket == nullptr)) return IsDecoy(fd) ? static_cast<int>(OnDecoy(call, fd)) : invoke(kWhole);
  const int copy = OnSocket<int>(call, fd, *socket, a, b, 0, invoke);
  if (copy >= 0) Born(copy, call, fd, socket->history);
  return copy;
}

template <typename Invoke>
int Control(Call call, int fd, uint64_t a, uint64_t b, Invoke invoke) {
  SocketState* socket = Track(fd);
  if (LASTACK_LIKELY(socket == nullptr)) return IsDecoy(fd) ? static_cast<int>(OnDecoy(call, fd)) : invoke(kWhole);
  return OnSocket<int>(call, fd, *socket, a, b, 0, invoke);
}

}  // namespace

int wrap::dup(int fd) {
  return Copy(Call::dup, fd, 0, 0, [fd](size_t) { return real.dup(fd); });
}

int wrap::dup2(int fd, int target) {
  return CopyOnto(Call::dup2, fd, target, 0, [=](size_t) { return real.dup2(fd, target); });
}

int wrap::dup3(int fd, int target, int flags) {
  return CopyOnto(Call::dup3, fd, target, flags, [=](size_t) { return real.dup3(fd, target, flags); });
}

int wrap::fcntl(int fd, int command, long argument) {
  const auto invoke = [=](size_t) { return real.fcntl(fd, command, argument); };
  const auto a = static_cast<uint64_t>(command);
  const auto b = static_cast<uint64_t>(argument);
  const bool copies = command == F_DUPFD || command == F_DUPFD_CLOEXEC;
  return copies ? Copy(Call::fcntl, fd, a, b, invoke) : Control(Call::fcntl, fd, a, b, invoke);
}

int wrap::ioctl(int fd, unsigned long request, void* argument) {
  return Control(Call::ioctl, fd, request, 0, [=](size_t) { return real.ioctl(fd, request, argument); });
}

FILE* wrap::fdopen(int fd, const char* mode) {
  SocketState* socket = Track(fd);
  if (LASTACK_LIKELY(socket == nullptr)) {
    if (!IsDecoy(fd)) return real.fdopen(fd, mode);
    OnDecoy(Call::fdopen, fd);
    return nullptr;
  }
  Event& event = Begin(Call::fdopen, fd, *socket, 0, 0);
  FILE* stream = real.fdopen(fd, mode);
  End(event, stream != nullptr ? 0 : -1);
  return stream;
}

}  // namespace lastack
