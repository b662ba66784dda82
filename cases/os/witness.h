// What the claims about the operating system ask besides the socket calls: the one interface to what only a kernel, or
// a model of one, can say.
//
// Threads: any. Signals: not from handlers. Allocates. errno: unspecified afterwards.
#ifndef LASTACK_CASES_OS_WITNESS_H_
#define LASTACK_CASES_OS_WITNESS_H_

#include <sys/socket.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "harness/peer/socket_row.h"
#include "harness/sys/sys_api.h"

namespace lastack::os {

struct Address {
  sockaddr_storage bytes{};
  socklen_t length = sizeof(sockaddr_storage);

  const sockaddr& any() const { return reinterpret_cast<const sockaddr&>(bytes); }
  sockaddr* writable() { return reinterpret_cast<sockaddr*>(&bytes); }
};

// Which of the segments that end a connection left an end of it, since the connection was made.
struct Segments {
  bool fin = false;
  bool rst = false;
};

struct Timed {
  SysResult result;
  double ms = 0;
};

// A call that was to wait, and did or did not.
struct WaitedCall {
  bool waited = false;    // it was seen to wait, and only then was acted
  bool returned = false;  // by what was done then, without rescue
  Timed timed;
};

class Witness {
 public:
  virtual ~Witness() = default;

  // The end at `local` of the TCP connection with `remote`, closed or not; nullopt if there is none any more.
  virtual absl::StatusOr<absl::optional<SocketRow>> Row(const Address& local, const Address& remote) = 0;

  // What went from `local` to `remote`; nullopt if packets cannot be seen.
  virtual absl::optional<Segments> Sent(const Address& local, const Address& remote) = 0;

  // Whether a thread of this process waits in a call.
  virtual bool IsWaiting(pid_t thread) = 0;

  // Makes `call`; does `act` as soon as it waits, or when it has returned without; and `rescue`, if after that it waits
  // on for longer than our patience. By then at the latest it must return.
  virtual WaitedCall Meanwhile(const std::function<SysResult()>& call, const std::function<void()>& act,
                               const std::function<void()>& rescue) = 0;

  // A clock that only goes forward.
  virtual uint64_t NowNs() = 0;

  // After how long nothing more will come: longer than anything takes that comes at all, on a busy machine too.
  virtual int PatienceMs() const { return 3000; }
  uint64_t PatientUntilNs() { return NowNs() + static_cast<uint64_t>(PatienceMs()) * 1'000'000; }

  // For the report: by what it sees.
  virtual std::string Means() const = 0;
};

}  // namespace lastack::os

#endif  // LASTACK_CASES_OS_WITNESS_H_
