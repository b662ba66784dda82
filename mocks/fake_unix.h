// The rules of AF_UNIX stream sockets, as Linux applies them. What is written stands in the peer's queue at once: there
// is no wire, no FIN, no lingering; only an end that is gone, and ECONNRESET if it left something unread.
//
// Arguments have been checked and waiting is done by the caller (fake_process.h): a call that must wait returns EAGAIN.
#ifndef LASTACK_MOCKS_FAKE_UNIX_H_
#define LASTACK_MOCKS_FAKE_UNIX_H_

#include "harness/sys/sys_api.h"
#include "mocks/fake_socket.h"

namespace lastack {

class FakeStack;

class FakeUnix {
 public:
  explicit FakeUnix(FakeStack& stack) : stack_(stack) {}

  void Join(FakeSocket& one, FakeSocket& other);
  int Connect(FakeSocket& end, const std::string& path);  // an errno, or 0
  // `begun`: it has waited in this call, or sent a part. Then a reset is told before the end of sending, as Linux does.
  SysResult Send(FakeSocket& end, const void* data, size_t size, bool begun);
  SysResult Receive(FakeSocket& end, void* data, size_t size, int flags);
  void Shutdown(FakeSocket& end, int directions);
  void Close(FakeSocket& end);
  static bool Lingers(const FakeSocket& end);  // document only
  uint32_t Poll(const FakeSocket& end) const;

 private:
  FakeStack& stack_;
};

}  // namespace lastack

#endif  // LASTACK_MOCKS_FAKE_UNIX_H_
