// What belongs to a traced process: its memory, and its descriptors.
//
// Threads: any; the process should be stopped, or what is read may change meanwhile. Allocation: none.
// Source: process_vm_readv(2), pidfd_getfd(2) (Linux 5.6).
#ifndef LASTACK_HARNESS_TRACER_REMOTE_H_
#define LASTACK_HARNESS_TRACER_REMOTE_H_

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

namespace lastack {

// False if not all of it could be read or written.
[[nodiscard]] bool ReadMemory(pid_t process, uint64_t address, void* to, size_t size);
[[nodiscard]] bool WriteMemory(pid_t process, uint64_t address, const void* from, size_t size);

// One value; zero where it cannot be read, as behind a bad pointer.
template <typename Value>
Value ReadValue(pid_t process, uint64_t address) {
  Value value{};
  if (address == 0 || !ReadMemory(process, address, &value, sizeof(value))) value = Value{};
  return value;
}

// Our own copy of a descriptor of another process, for as long as this object lives.
class RemoteDescriptor {
 public:
  RemoteDescriptor(int pidfd, int fd);
  RemoteDescriptor(const RemoteDescriptor&) = delete;
  RemoteDescriptor& operator=(const RemoteDescriptor&) = delete;
  ~RemoteDescriptor();

  bool is_open() const { return copy_ >= 0; }
  int get() const { return copy_; }

  uint64_t inode() const;         // 0 if it is not a socket
  long Option(int option) const;  // of SOL_SOCKET; negative: none
  uint16_t LocalPort() const;     // 0 if unknown
  uint16_t RemotePort() const;
  uint64_t UnreadBytes() const;  // 0 where it cannot be asked
  uint64_t UnsentBytes() const;
  bool WasReset() const;  // its TCP connection is in the state CLOSE
  bool IsBlocking() const;
  // For all who share the open file (F_SETFL).
  void SetBlocking(bool blocking) const;

 private:
  int copy_;
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_TRACER_REMOTE_H_
