#include "harness/tracer/shorten.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>

#include "harness/tracer/remote.h"

namespace lastack {
namespace {

constexpr uint64_t kShortParts = 16;  // a longer vector is cut there

}  // namespace

uint64_t CopyShortVector(pid_t process, uint64_t vector, uint64_t count, uint64_t limit, uint64_t scratch) {
  iovec parts[kShortParts];
  count = std::min(count, kShortParts);
  if (count == 0 || !ReadMemory(process, vector, parts, count * sizeof(iovec))) return 0;
  uint64_t used = 0;
  for (; used < count && limit > 0; ++used) {
    parts[used].iov_len = std::min<uint64_t>(parts[used].iov_len, limit);
    limit -= parts[used].iov_len;
  }
  return WriteMemory(process, scratch, parts, used * sizeof(iovec)) ? used : 0;
}

void CopyShortMessage(pid_t process, uint64_t message, uint64_t limit, uint64_t scratch) {
  auto copy = ReadValue<msghdr>(process, message);
  const uint64_t parts = scratch + sizeof(msghdr);
  copy.msg_iovlen = CopyShortVector(process, reinterpret_cast<uint64_t>(copy.msg_iov), copy.msg_iovlen, limit, parts);
  copy.msg_iov = reinterpret_cast<iovec*>(parts);
  (void)!WriteMemory(process, scratch, &copy, sizeof(copy));
}

void GiveBackMessage(pid_t process, uint64_t scratch, uint64_t message) {
  const auto copy = ReadValue<msghdr>(process, scratch);
  auto original = ReadValue<msghdr>(process, message);
  original.msg_namelen = copy.msg_namelen;
  original.msg_controllen = copy.msg_controllen;
  original.msg_flags = copy.msg_flags;
  (void)!WriteMemory(process, message, &original, sizeof(original));
}

}  // namespace lastack
