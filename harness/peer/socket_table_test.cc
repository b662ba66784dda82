#include "harness/peer/socket_table.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "gtest/gtest.h"
#include "harness/peer/deadline.h"

namespace lastack {
namespace {

constexpr uint32_t kLoopback = INADDR_LOOPBACK;

// A row as the kernel writes it.
std::string Row(const Endpoint& local, const Endpoint& remote, const char* rest) {
  return absl::StrFormat("   0: %08X:%04X %08X:%04X %s 1 0000000000000000 20 4 30 10 -1\n", htonl(local.address),
                         local.port, htonl(remote.address), remote.port, rest);
}

std::string Text(const absl::optional<SocketRow>& row) {
  if (!row.has_value()) return "none";
  return absl::StrFormat("%s, %d unsent, %d unread, inode %d", TcpStateName(row->state), row->unsent, row->unread,
                         row->inode);
}

TEST(FindRowTest, ReadsStateQueuesAndInode) {
  const Endpoint local = {kLoopback, 0xabcd}, remote = {kLoopback + 1, 80};
  const std::string table =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n" +
      Row(remote, local, "01 00000001:00000002 00:00000000 00000000  1000        0 3") +
      Row(local, remote, "08 0000000A:0000010F 00:00000000 00000000  1000        0 4711") +
      Row(local, {kLoopback, 80}, "01 00000005:00000006 00:00000000 00000000  1000        0 7");
  EXPECT_EQ(Text(FindRow(table, local, remote)), "CLOSE_WAIT, 10 unsent, 271 unread, inode 4711");
  EXPECT_EQ(Text(FindRow(table, local, {kLoopback + 2, 80})), "none");
  EXPECT_EQ(Text(FindRow("", local, remote)), "none");
}

TEST(FindRowTest, PassesOverWhatIsCutOff) {
  const Endpoint local = {kLoopback, 1}, remote = {kLoopback, 2};
  const std::string whole = Row(local, remote, "08 0000000A:0000010F 00:00000000 00000000  1000        0 4711");
  const size_t enough = whole.find(" 4711") + 2;
  for (size_t size = 0; size < enough; ++size) EXPECT_EQ(Text(FindRow(whole.substr(0, size), local, remote)), "none");
  EXPECT_NE(Text(FindRow(whole.substr(0, enough), local, remote)), "none");
}

TEST(HasListenerTest, KnowsTheAddressAndTheWildcardAndWhoOnlyUsesThePort) {
  const char kListens[] = "0A 00000000:00000000 00:00000000 00000000  1000        0 3";
  const Endpoint local = {kLoopback + 4, 8080}, other = {kLoopback + 5, 8080}, any = {0, 8080}, nobody = {0, 0};
  EXPECT_TRUE(HasListener(Row(local, nobody, kListens), local));
  EXPECT_TRUE(HasListener(Row(any, nobody, kListens), local));
  EXPECT_FALSE(HasListener(Row(other, nobody, kListens), local));
  EXPECT_FALSE(HasListener(Row({kLoopback + 4, 8081}, nobody, kListens), local));
  EXPECT_FALSE(HasListener(Row(local, other, "01 00000000:00000000 00:00000000 00000000  1000        0 3"), local));
  EXPECT_FALSE(HasListener("", local));
  const std::string zeros(32, '0');
  EXPECT_TRUE(HasListener("   0: " + zeros + ":1F90 " + zeros + ":0000 " + kListens + " \n", local));
  EXPECT_FALSE(HasListener("   0: " + zeros + ":1F91 " + zeros + ":0000 " + kListens + " \n", local));
}

TEST(TcpStateNameTest, NamesTheKernelsNumbers) {
  EXPECT_EQ(TcpStateName(TcpState::kEstablished), "ESTABLISHED");
  EXPECT_EQ(TcpStateName(TcpState::kCloseWait), "CLOSE_WAIT");
  EXPECT_EQ(TcpStateName(TcpState::kNewSynReceived), "NEW_SYN_RECV");
  EXPECT_EQ(TcpStateName(static_cast<TcpState>(0)), "state 0");
  EXPECT_EQ(TcpStateName(static_cast<TcpState>(77)), "state 77");
}

Endpoint NameOf(int socket) {
  sockaddr_in name = {};
  socklen_t size = sizeof(name);
  EXPECT_EQ(getsockname(socket, reinterpret_cast<sockaddr*>(&name), &size), 0);
  return {ntohl(name.sin_addr.s_addr), ntohs(name.sin_port)};
}

uint64_t InodeOf(int socket) {
  struct stat status;
  EXPECT_EQ(fstat(socket, &status), 0);
  return status.st_ino;
}

struct Way {
  const char* name;
  absl::StatusOr<absl::optional<SocketRow>> (*find)(const Endpoint& local, const Endpoint& remote);
};

// Real sockets, looked up in each way. An address of its own keeps the test apart from others on this machine.
class FindSocketTest : public testing::TestWithParam<Way> {
 protected:
  static constexpr uint32_t kAddress = 0x7f0d1107;  // 127.13.17.7

  void SetUp() override {
    if (!GetParam().find({kLoopback, 1}, {kLoopback, 1}).ok()) GTEST_SKIP() << "not offered by this kernel";
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in name = AddressOf({kAddress, 0});
    ASSERT_EQ(bind(listener_, reinterpret_cast<const sockaddr*>(&name), sizeof(name)), 0);
    ASSERT_EQ(listen(listener_, 4096), 0);
  }
  void TearDown() override {
    if (listener_ >= 0) close(listener_);
  }

  static sockaddr_in AddressOf(const Endpoint& endpoint) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    address.sin_addr.s_addr = htonl(endpoint.address);
    return address;
  }

  int Connect() {
    const int client = socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in address = AddressOf(NameOf(listener_));
    EXPECT_EQ(connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    return client;
  }

  absl::optional<SocketRow> Find(const Endpoint& local) {
    const absl::StatusOr<absl::optional<SocketRow>> row = GetParam().find(local, NameOf(listener_));
    EXPECT_TRUE(row.ok()) << row.status();
    return row.ok() ? *row : absl::nullopt;
  }

  // Looks until the row is as wanted: a packet may still be under way, and /proc/net/tcp may miss a row as it changes.
  std::string Await(const Endpoint& local, const std::string& wanted) {
    const Deadline deadline(absl::Seconds(10));
    std::string text;
    do {
      text = Text(Find(local));
    } while (text != wanted && !deadline.passed());
    return text;
  }
  void ExpectSoon(const Endpoint& local, const std::string& wanted) { EXPECT_EQ(Await(local, wanted), wanted); }

  int listener_ = -1;
};

TEST_P(FindSocketTest, SeesTheQueuesAndTheState) {
  const int client = Connect();
  const int server = accept(listener_, nullptr, nullptr);
  const Endpoint name = NameOf(client);
  const std::string held = absl::StrFormat(" unread, inode %d", InodeOf(client));
  ExpectSoon(name, "ESTABLISHED, 0 unsent, 0" + held);
  char buffer[8] = {};
  ASSERT_EQ(send(server, buffer, 5, 0), 5);
  ExpectSoon(name, "ESTABLISHED, 0 unsent, 5" + held);
  ASSERT_EQ(recv(client, buffer, sizeof(buffer), 0), 5);
  ExpectSoon(name, "ESTABLISHED, 0 unsent, 0" + held);
  ASSERT_EQ(shutdown(server, SHUT_WR), 0);
  ExpectSoon(name, "CLOSE_WAIT, 0 unsent, 1" + held);
  ASSERT_EQ(recv(client, buffer, sizeof(buffer), 0), 0);
  ExpectSoon(name, "CLOSE_WAIT, 0 unsent, 0" + held);
  close(client);
  close(server);
  ExpectSoon(name, "none");
}

TEST_P(FindSocketTest, DoesNotTakeAListenerForAConnection) {
  const int client = Connect();
  const absl::StatusOr<absl::optional<SocketRow>> row =
      GetParam().find(NameOf(listener_), {kAddress, NameOf(listener_).port});
  ASSERT_TRUE(row.ok()) << row.status();
  EXPECT_FALSE(row->has_value());
  close(client);
}

TEST_P(FindSocketTest, FindsASubjectThatUsesIpv6Sockets) {
  const int client = socket(AF_INET6, SOCK_STREAM, 0);
  if (client < 0) GTEST_SKIP() << "this kernel has no IPv6";
  sockaddr_in6 address = {};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(NameOf(listener_).port);
  ASSERT_EQ(inet_pton(AF_INET6, "::ffff:127.13.17.7", &address.sin6_addr), 1);
  ASSERT_EQ(connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  sockaddr_in6 name = {};
  socklen_t size = sizeof(name);
  ASSERT_EQ(getsockname(client, reinterpret_cast<sockaddr*>(&name), &size), 0);
  ExpectSoon({kLoopback, ntohs(name.sin6_port)},
             absl::StrFormat("ESTABLISHED, 0 unsent, 0 unread, inode %d", InodeOf(client)));
  close(client);
}

TEST_P(FindSocketTest, FindsTheRightOneOfMany) {
  rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  const size_t count = std::min<size_t>(1000, limit.rlim_cur - 50);
  std::vector<int> clients;
  for (size_t i = 0; i < count; ++i) clients.push_back(Connect());
  for (const size_t i : {size_t{0}, count / 2, count - 1}) {
    SCOPED_TRACE(absl::StrFormat("client %d", i));
    ExpectSoon(NameOf(clients[i]), absl::StrFormat("ESTABLISHED, 0 unsent, 0 unread, inode %d", InodeOf(clients[i])));
  }
  for (const int client : clients) close(client);
}

INSTANTIATE_TEST_SUITE_P(Ways, FindSocketTest,
                         testing::Values(Way{"Diag", FindSocketByDiag}, Way{"Proc", FindSocketInProc},
                                         Way{"Either", FindSocket}),
                         [](const testing::TestParamInfo<Way>& info) { return info.param.name; });

TEST(FindSocketByDiagTest, FindsIpv6) {
  const int listener = socket(AF_INET6, SOCK_STREAM, 0);
  sockaddr_in6 remote = {};
  remote.sin6_family = AF_INET6;
  remote.sin6_addr = in6addr_loopback;
  if (bind(listener, reinterpret_cast<const sockaddr*>(&remote), sizeof(remote)) != 0) GTEST_SKIP() << "no IPv6 here";
  ASSERT_EQ(listen(listener, 1), 0);
  socklen_t size = sizeof(remote);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&remote), &size), 0);
  const int client = socket(AF_INET6, SOCK_STREAM, 0);
  ASSERT_EQ(connect(client, reinterpret_cast<const sockaddr*>(&remote), sizeof(remote)), 0);
  sockaddr_in6 local = {};
  ASSERT_EQ(getsockname(client, reinterpret_cast<sockaddr*>(&local), &size), 0);
  const auto find = [&] {
    return FindSocketByDiag(reinterpret_cast<const sockaddr&>(local), reinterpret_cast<const sockaddr&>(remote));
  };
  if (!find().ok()) GTEST_SKIP() << "not offered by this kernel";
  EXPECT_EQ(Text(*find()), absl::StrFormat("ESTABLISHED, 0 unsent, 0 unread, inode %d", InodeOf(client)));
  local.sin6_port ^= 1;
  EXPECT_EQ(Text(*find()), "none") << "there is a listener, and no connection";
  close(client);
  close(listener);
}

// Listens at a port of the kernel's choice, at an IPv4 address or, for 0 with AF_INET6, at all.
class Listening {
 public:
  explicit Listening(uint32_t address) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in name = {};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(address);
    Listen(reinterpret_cast<const sockaddr*>(&name), sizeof(name));
  }
  Listening() : fd_(socket(AF_INET6, SOCK_STREAM, 0)) {
    sockaddr_in6 name = {};
    name.sin6_family = AF_INET6;
    Listen(reinterpret_cast<const sockaddr*>(&name), sizeof(name));
  }
  ~Listening() { close(fd_); }

  bool ok() const { return fd_ >= 0; }
  uint16_t port() const {
    sockaddr_in6 name = {};
    socklen_t size = sizeof(name);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&name), &size), 0);
    return ntohs(name.sin6_port);  // in the same place for both families
  }

 private:
  void Listen(const sockaddr* name, socklen_t size) {
    if (fd_ < 0) return;  // a kernel without IPv6
    EXPECT_EQ(bind(fd_, name, size), 0);
    EXPECT_EQ(listen(fd_, 1), 0);
  }

  int fd_;
};

TEST(IsListeningTest, SeesAListenerAtTheAddressOrAtAll) {
  for (const auto& is_listening : {IsListening, IsListeningInProc}) {
    const Listening here(kLoopback), anywhere(INADDR_ANY), by_ipv6;
    EXPECT_EQ(is_listening({kLoopback, here.port()}).value_or(false), true);
    EXPECT_EQ(is_listening({kLoopback, anywhere.port()}).value_or(false), true);
    if (by_ipv6.ok()) {
      EXPECT_EQ(is_listening({kLoopback, by_ipv6.port()}).value_or(false), true);
    }
    EXPECT_EQ(is_listening({kLoopback + 1, here.port()}).value_or(true), false);
  }
}

TEST(IsListeningTest, IsNotTakenInByWhoOnlyUsesThePort) {
  const Listening here(kLoopback + 1);
  const int bound = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in name = {};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(kLoopback);
  name.sin_port = htons(here.port());
  ASSERT_EQ(bind(bound, reinterpret_cast<const sockaddr*>(&name), sizeof(name)), 0);
  for (const auto& is_listening : {IsListening, IsListeningInProc}) {
    EXPECT_EQ(is_listening({kLoopback, here.port()}).value_or(true), false);
  }
  close(bound);
}

}  // namespace
}  // namespace lastack
