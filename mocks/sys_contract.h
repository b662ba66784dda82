// One body for each behaviour of the socket calls, run on the kernel and on the fake network: what holds on both is the
// contract that lets a test trust the fake. The kernel decides; the fake follows.
//
//   TEST_P(SysContract, FinComesAfterTheData) {
//     Pair pair = Connect();
//     EXPECT_EQ(Send(pair.here, "last"), "4");
//     EXPECT_EQ(Shut(pair.here, SHUT_WR), "0");
//     EXPECT_EQ(ReadToEnd(pair.peer), "last EOF");
//   }
//
// Results are words ("4", "EPIPE"), so that failures read well. Waiting is by poll with a deadline, on both; what is
// done while a call waits: Meanwhile.
#ifndef LASTACK_MOCKS_SYS_CONTRACT_H_
#define LASTACK_MOCKS_SYS_CONTRACT_H_

#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "cases/os/witness.h"
#include "gtest/gtest.h"
#include "harness/sys/sys_api.h"
#include "mocks/fake_network.h"
#include "mocks/forked_process.h"

namespace lastack {

// Whether a sanitizer reads what a call is given before the kernel can refuse it.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LASTACK_ARGUMENTS_ARE_READ 1
#endif
#endif
#ifdef LASTACK_ARGUMENTS_ARE_READ
inline constexpr bool kArgumentsAreRead = true;
#else
inline constexpr bool kArgumentsAreRead = false;
#endif

enum class World { kKernel, kFake };

struct ContractParam {
  World world;
  int family;
};

// "KernelIpv4", "FakeUnix".
std::string ContractName(const ::testing::TestParamInfo<ContractParam>& info);
std::vector<ContractParam> TcpParams();
std::vector<ContractParam> AllParams();

class SysContract : public ::testing::TestWithParam<ContractParam> {
 protected:
  struct Pair {
    int here = -1, peer = -1, listener = -1;
  };
  struct Name {
    sockaddr_storage bytes{};
    socklen_t length = sizeof(sockaddr_storage);
    sockaddr* get() { return reinterpret_cast<sockaddr*>(&bytes); }
  };

  SysContract();
  ~SysContract() override;

  SysApi& sys() { return *sys_; }
  bool is_tcp() const { return GetParam().family != AF_UNIX; }
  int family() const { return GetParam().family; }

  // Closed at the test's end, unless the test has.
  int Own(int fd);
  Pair Connect();
  int Listener(int backlog, Name* name);
  int TcpSocket(int flags = 0);
  Name Loopback();
  Name NameOf(int fd);

  // --- Calls, and what they return, in words.
  static std::string Word(const SysResult& result);
  std::string Send(int fd, const std::string& data, int flags = MSG_NOSIGNAL | MSG_DONTWAIT);
  std::string Recv(int fd, size_t size = 65536, int flags = MSG_DONTWAIT);  // the data, "EOF", or an errno
  std::string Shut(int fd, int how) { return Word(sys().shutdown(fd, how)); }
  std::string Close(int fd);
  std::string Abort(int fd);  // {1, 0} and close
  void SetLinger(int fd, int on, int seconds);
  void SetNonBlocking(int fd);
  int Option(int fd, int level, int option);  // -1 if there is none
  std::string Error(int fd);                  // SO_ERROR, taken
  std::string State(int fd);                  // as TCP_INFO says
  size_t Fill(int fd);
  void FillForGood(int fd);  // until no room comes any more of what was under way

  // --- Waiting, bounded.
  short Await(int fd, short events);         // revents
  short Now(int fd, short events = 0x7fff);  // revents, without waiting; unknown bits are never set
  std::string AwaitState(int fd, const std::string& state);
  std::string ReadToEnd(int fd);
  int Pending(int fd);
  void AwaitPending(int fd, int bytes);

  // --- What takes a thread or a process on the kernel, and neither on the fake.
  // What `call`, which must wait, returns; `act` is done as soon as it waits, and must let it return.
  std::string Meanwhile(const std::function<SysResult()>& call, const std::function<void()>& act);
  std::unique_ptr<ForkedProcess> Fork(const CallOfChild& call);
  uint64_t NowNs() { return witness_->NowNs(); }

  static int sigpipes();  // since the test began

 private:
  std::unique_ptr<FakeNetwork> network_;
  std::unique_ptr<os::Witness> witness_;
  SysApi* sys_;
  std::vector<int> owned_;
};

class TcpContract : public SysContract {};

}  // namespace lastack

#endif  // LASTACK_MOCKS_SYS_CONTRACT_H_
