// The socket calls of one process on a fake network: SysApi with descriptors of its own.
//
// FakeNetwork is the first process. Fork() makes others, which share the open sockets, as after fork(2):
//
//   FakeNetwork network;
//   std::unique_ptr<FakeProcess> child = network.Fork();
//   network.close(fd);              // sends no FIN: the child still has it
//   child->shutdown(fd, SHUT_WR);   // does
//
// A blocking call that is not ready lets virtual time pass until it is (see FakeWaiter). Nobody else runs meanwhile but
// scheduled actions and scripted peers. If nothing is left that could make it ready, the test has deadlocked: the
// deadlock handler gets the timeline, and the call returns EDEADLK.
//
// Not modelled: out-of-band data, ancillary data, datagrams, raw sockets: the calls that want them fail as on a kernel
// built without. Threads: none. Signals: SIGPIPE (FakeOptions::signals). errno: untouched. Allocates nothing per call
// on a warm connection.
#ifndef LASTACK_MOCKS_FAKE_PROCESS_H_
#define LASTACK_MOCKS_FAKE_PROCESS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "harness/sys/sys_api.h"
#include "mocks/fake_descriptors.h"
#include "mocks/fake_epoll.h"
#include "mocks/fake_stack.h"

namespace lastack {

// Called with what waited in vain and the timeline. The default prints and aborts; mocks/deadlock_fails_test.h makes it
// a failure of the current test. Returns the one before; a null function is the default.
using FakeDeadlockHandler = std::function<void(const std::string& text)>;
FakeDeadlockHandler SetFakeDeadlockHandler(FakeDeadlockHandler handler);

// How a call waits. The default goes on to the network's next event in virtual time. Whoever runs on a real clock, or
// has real descriptors to watch besides, waits here for those as well, then calls stack.Advance(...).
class FakeWaiter {
 public:
  virtual ~FakeWaiter() = default;
  // Until something has happened, at most until `until_ns` of the network's clock (FakeEvents::kNever: no bound). False
  // if that is reached, or if nothing can ever come.
  virtual bool Wait(FakeStack& stack, int64_t until_ns) = 0;
};

// What poll would say of a descriptor now, and a number that changes with every event that an edge-triggered watcher is
// to be told of: the same generation, and nothing is new.
struct FakeReadiness {
  uint32_t events = 0;
  uint64_t generation = 0;
};

class FakeProcess : public SysApi {
 public:
  explicit FakeProcess(FakeStack& stack);
  ~FakeProcess() override;  // as Exit
  FakeProcess(const FakeProcess&) = delete;
  FakeProcess& operator=(const FakeProcess&) = delete;

#define LASTACK_SYS_API_CALL(name, parameters, arguments) SysResult name parameters override;
#include "harness/sys/sys_api_calls.inc"

  // A process with copies of all descriptors. It must not outlive the network.
  [[nodiscard]] std::unique_ptr<FakeProcess> Fork();
  // Closes all descriptors, as the end of a process does: without lingering.
  void Exit();

  // --- For poll loops over fake and real descriptors together.
  bool Owns(int fd) const { return descriptors_.Find(fd) != nullptr; }
  [[nodiscard]] FakeReadiness Readiness(int fd);
  bool IsSocket(int fd) const;
  int CountDescriptors() const;
  // Where new numbers come from, and how calls wait; null: the defaults. Not owned.
  void SetNumbers(FakeNumbers* numbers) { descriptors_.SetNumbers(numbers); }
  void SetWaiter(FakeWaiter* waiter) { waiter_ = waiter; }

  // SIGPIPEs that were due to this process, raised or not.
  uint64_t sigpipes() const { return sigpipes_; }

  FakeSocket* FindSocket(int fd) const;

 protected:
  FakeStack& stack_;

 private:
  // `third` may be left out.
  SysResult Done(const char* name, int64_t first, int64_t second, SysResult result,
                 int64_t third = FakeTimeline::kNoArgument) {
    stack_.timeline.Call(stack_.events.now_ns(), name, {first, second, third}, result);
    stack_.Settle();
    return result;
  }
  SysResult SocketOf(int fd, FakeSocket** socket) const;
  SysResult Install(FakeFile& file, bool close_on_exec);
  void Drop(FakeFile& file, bool exiting);
  void FinalClose(FakeSocket& socket, bool exiting);
  void CloseNumber(int fd, bool exiting);

  bool Wait(int64_t until_ns);
  SysResult Deadlocked(const char* what);
  template <typename Try>
  SysResult Await(FakeSocket& socket, bool at_once, int64_t timeout_us, const char* what, Try attempt);

  SysResult DoSocket(int domain, int type, int protocol);
  SysResult DoSocketpair(int domain, int type, int protocol, int fds[2]);
  SysResult DoBind(int fd, const sockaddr* address, socklen_t length);
  SysResult DoListen(int fd, int backlog);
  SysResult DoConnect(int fd, const sockaddr* address, socklen_t length);
  SysResult DoConnectUnix(FakeSocket& socket, const sockaddr* address, socklen_t length);
  SysResult FinishConnect(FakeSocket& socket);
  SysResult DoAccept(int fd, sockaddr* address, socklen_t* length, int flags);
  SysResult DoGetName(int fd, sockaddr* address, socklen_t* length, bool of_peer);
  SysResult DoSetOption(int fd, int level, int option, const void* value, socklen_t length);
  SysResult DoGetOption(int fd, int level, int option, void* value, socklen_t* length);
  SysResult DoShutdown(int fd, int how);
  SysResult DoClose(int fd);
  SysResult DoDup(int fd, int at_least, bool close_on_exec);
  SysResult DoDup2(int fd, int target, bool close_on_exec);
  SysResult DoFcntl(int fd, int command, long argument);
  SysResult DoIoctl(int fd, unsigned long request, void* argument);

  SysResult SendTo(FakeSocket& socket, const void* data, size_t length, int flags);
  SysResult ReceiveFrom(FakeSocket& socket, void* data, size_t length, int flags);
  SysResult DoSend(int fd, const void* data, size_t length, int flags);
  SysResult DoReceive(int fd, void* data, size_t length, int flags);
  SysResult DoSendVector(FakeSocket& socket, const iovec* vector, size_t count, int flags);
  SysResult DoReceiveVector(FakeSocket& socket, const iovec* vector, size_t count, int flags);
  SysResult DoSendMessage(int fd, const msghdr* message, int flags);
  SysResult DoReceiveMessage(int fd, msghdr* message, int flags);
  SysResult DoSendfile(int fd, int source, off64_t* offset, size_t length);
  SysResult AfterSend(SysResult result, int flags);
  void WriteAddress(const FakeSocket& socket, bool of_peer, sockaddr* address, socklen_t* length);

  uint32_t PollFile(FakeFile& file);
  int64_t Deadline(int64_t timeout_ns) const;
  SysResult DoPoll(pollfd* fds, nfds_t count, int64_t timeout_ns);
  SysResult DoSelect(int count, fd_set* reading, fd_set* writing, fd_set* exceptional, int64_t timeout_ns);
  SysResult DoEpollCreate(int flags);
  SysResult DoEpollCtl(int epoll, int operation, int fd, epoll_event* event);
  SysResult DoEpollWait(int epoll, epoll_event* events, int count, int64_t timeout_ns);
  int Collect(FakeEpoll& set, epoll_event* events, int count);

  FakeDescriptors descriptors_;
  FakeWaiter* waiter_ = nullptr;
  uint64_t sigpipes_ = 0;
};

}  // namespace lastack

#endif  // LASTACK_MOCKS_FAKE_PROCESS_H_
