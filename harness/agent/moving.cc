// The calls that move bytes between two descriptors of which either may be a socket.
#include <fcntl.h>
#include <sys/uio.h>

#include "harness/agent/wrap.h"

namespace lastack {

ssize_t wrap::splice(int in, off64_t* in_offset, int out, off64_t* out_offset, size_t length, unsigned flags) {
  const auto invoke = [=](size_t) { return real.splice(in, in_offset, out, out_offset, length, flags); };
  if (IsDecoy(in) || IsDecoy(out)) return OnDecoy(Call::splice, agent.decoy);
  const int fd = Track(out) != nullptr ? out : in;
  SocketState* socket = Track(fd);
  if (socket == nullptr) return invoke(kWhole);
  return OnSocket<ssize_t>(Call::splice, fd, *socket, length, static_cast<uint64_t>(fd == out ? in : out), 0, invoke);
}

ssize_t wrap::vmsplice(int fd, const iovec* vector, size_t count, unsigned flags) {
  const auto invoke = [=](size_t) { return real.vmsplice(fd, vector, count, flags); };
  SocketState* socket = Track(fd);
  if (socket == nullptr) return IsDecoy(fd) ? OnDecoy(Call::vmsplice, fd) : invoke(kWhole);
  return OnSocket<ssize_t>(Call::vmsplice, fd, *socket, count, flags, 0, invoke);
}

}  // namespace lastack
