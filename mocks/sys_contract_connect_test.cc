// Contract: making connections, and the names and options of sockets.
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>

#include "mocks/sys_contract.h"

namespace lastack {
namespace {

std::string Bytes(const sockaddr_storage& bytes, socklen_t length) {
  return std::string(reinterpret_cast<const char*>(&bytes), length);
}

TEST_P(TcpContract, NamesOfBothEndsMirror) {
  const Pair pair = Connect();
  Name here_peer, peer_peer;
  const Name here = NameOf(pair.here), peer = NameOf(pair.peer);
  EXPECT_EQ(Word(sys().getpeername(pair.here, here_peer.get(), &here_peer.length)), "0");
  EXPECT_EQ(Word(sys().getpeername(pair.peer, peer_peer.get(), &peer_peer.length)), "0");
  EXPECT_EQ(Bytes(here_peer.bytes, here_peer.length), Bytes(peer.bytes, peer.length));
  EXPECT_EQ(Bytes(peer_peer.bytes, peer_peer.length), Bytes(here.bytes, here.length));
}

TEST_P(TcpContract, AcceptNamesTheClient) {
  Name name, accepted_name;
  const int listener = Listener(1, &name);
  const int client = TcpSocket();
  EXPECT_EQ(Word(sys().connect(client, name.get(), name.length)), "0");
  const int accepted = Own(static_cast<int>(sys().accept(listener, accepted_name.get(), &accepted_name.length).value));
  EXPECT_GE(accepted, 0);
  const Name client_name = NameOf(client);
  EXPECT_EQ(Bytes(accepted_name.bytes, accepted_name.length), Bytes(client_name.bytes, client_name.length));
}

TEST_P(TcpContract, NameIsCutToItsRoom) {
  const Pair pair = Connect();
  Name name;
  memset(&name.bytes, 0x77, sizeof(name.bytes));
  name.length = 2;
  EXPECT_EQ(Word(sys().getsockname(pair.here, name.get(), &name.length)), "0");
  EXPECT_EQ(name.length, family() == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
  EXPECT_EQ(name.bytes.ss_family, family());
  EXPECT_EQ(reinterpret_cast<const char*>(&name.bytes)[2], 0x77);
}

TEST_P(TcpContract, NobodyListens) {
  Name name;
  const int listener = Listener(1, &name);
  EXPECT_EQ(Close(listener), "0");
  const int client = TcpSocket();
  EXPECT_EQ(Word(sys().connect(client, name.get(), name.length)), "ECONNREFUSED");
  EXPECT_EQ(Error(client), "0") << "connect has told it";
  EXPECT_EQ(Word(sys().connect(client, name.get(), name.length)), "ECONNREFUSED") << "and may be tried again";
}

TEST_P(TcpContract, NonBlockingConnect) {
  Name name;
  const int listener = Listener(1, &name);
  const int client = TcpSocket(SOCK_NONBLOCK);
  EXPECT_EQ(Word(sys().connect(client, name.get(), name.length)), "EINPROGRESS");
  EXPECT_EQ(Await(client, POLLOUT), POLLOUT);
  EXPECT_EQ(Error(client), "0");
  EXPECT_EQ(Word(sys().connect(client, name.get(), name.length)), "0") << "the first call after it says that it worked";
  EXPECT_EQ(Word(sys().connect(client, name.get(), name.length)), "EISCONN");
  EXPECT_GE(Own(static_cast<int>(sys().accept(listener, nullptr, nullptr).value)), 0);
}

TEST_P(TcpContract, NonBlockingConnectThatIsRefused) {
  Name name;
  EXPECT_EQ(Close(Listener(1, &name)), "0");
  const int client = TcpSocket(SOCK_NONBLOCK);
  EXPECT_EQ(Word(sys().connect(client, name.get(), name.length)), "EINPROGRESS");
  EXPECT_EQ(Await(client, POLLOUT), POLLOUT | POLLERR | POLLHUP);
  EXPECT_EQ(Error(client), "ECONNREFUSED");
  EXPECT_EQ(Word(sys().connect(client, name.get(), name.length)), "ECONNABORTED") << "the error has been taken";
}

TEST_P(TcpContract, ConnectTwice) {
  const Pair pair = Connect();
  Name name = NameOf(pair.listener);
  EXPECT_EQ(Word(sys().connect(pair.here, name.get(), name.length)), "EISCONN");
  EXPECT_EQ(Word(sys().connect(pair.listener, name.get(), name.length)), "EISCONN");
}

TEST_P(TcpContract, ConnectToTheWildcardReachesLoopback) {
  Name name;
  const int listener = Listener(1, &name);
  Name any = name;
  if (family() == AF_INET) {
    reinterpret_cast<sockaddr_in&>(any.bytes).sin_addr.s_addr = 0;
  } else {
    reinterpret_cast<sockaddr_in6&>(any.bytes).sin6_addr = in6addr_any;
  }
  EXPECT_EQ(Word(sys().connect(TcpSocket(), any.get(), any.length)), "0");
  EXPECT_GE(Own(static_cast<int>(sys().accept(listener, nullptr, nullptr).value)), 0);
}

TEST_P(TcpContract, AddressesThatAreRefused) {
  Name name;
  const int listener = Listener(1, &name);
  const int fd = TcpSocket();
  EXPECT_EQ(Word(sys().connect(fd, name.get(), 1)), "EINVAL");
  EXPECT_EQ(Word(sys().connect(fd, name.get(), 4)), "EINVAL");
  EXPECT_EQ(Word(sys().connect(fd, name.get(), static_cast<socklen_t>(-1))), "EINVAL");
  EXPECT_EQ(Word(sys().connect(fd, nullptr, name.length)), "EFAULT");
  EXPECT_EQ(Word(sys().bind(fd, name.get(), 4)), "EINVAL");
  EXPECT_EQ(Word(sys().bind(fd, nullptr, name.length)), "EFAULT");
  EXPECT_EQ(Word(sys().bind(fd, name.get(), static_cast<socklen_t>(-1))), "EINVAL");
  EXPECT_EQ(Word(sys().bind(fd, name.get(), name.length)), "EADDRINUSE");
  name.bytes.ss_family = AF_UNIX;
  EXPECT_EQ(Word(sys().connect(fd, name.get(), name.length)), "EAFNOSUPPORT");
  EXPECT_EQ(Word(sys().bind(fd, name.get(), name.length)), "EAFNOSUPPORT");
  EXPECT_GE(listener, 0);
}

TEST_P(TcpContract, BindTwice) {
  Name name = Loopback();
  const int fd = TcpSocket();
  EXPECT_EQ(Word(sys().bind(fd, name.get(), name.length)), "0");
  EXPECT_EQ(Word(sys().bind(fd, name.get(), name.length)), "EINVAL");
  EXPECT_EQ(Word(sys().listen(fd, 1)), "0");
  EXPECT_EQ(Word(sys().listen(fd, 2)), "0");
}

TEST_P(TcpContract, ReuseOfTheAddress) {
  Name name;
  const int listener = Listener(1, &name);
  const int fd = TcpSocket();
  const int on = 1;
  EXPECT_EQ(Word(sys().setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on))), "0");
  EXPECT_EQ(Word(sys().bind(fd, name.get(), name.length)), "EADDRINUSE") << "somebody listens there";
  EXPECT_GE(listener, 0);
}

TEST_P(TcpContract, ListenWithoutABindTakesAnyPort) {
  const int fd = TcpSocket();
  EXPECT_EQ(Word(sys().listen(fd, 1)), "0");
  const Name name = NameOf(fd);
  EXPECT_NE(family() == AF_INET ? reinterpret_cast<const sockaddr_in&>(name.bytes).sin_port
                                : reinterpret_cast<const sockaddr_in6&>(name.bytes).sin6_port,
            0);
}

TEST_P(TcpContract, BacklogBoundsWhoIsLetIn) {
  Name name;
  const int listener = Listener(1, &name);
  for (int i = 0; i < 2; ++i) {
    const int client = TcpSocket(SOCK_NONBLOCK);
    EXPECT_EQ(Word(sys().connect(client, name.get(), name.length)), "EINPROGRESS");
    EXPECT_EQ(AwaitState(client, "ESTABLISHED"), "ESTABLISHED");
  }
  const int one_too_many = TcpSocket(SOCK_NONBLOCK);
  EXPECT_EQ(Word(sys().connect(one_too_many, name.get(), name.length)), "EINPROGRESS");
  EXPECT_EQ(State(one_too_many), "SYN_SENT");
  EXPECT_EQ(Word(sys().connect(one_too_many, name.get(), name.length)), "EALREADY");
  EXPECT_EQ(Now(one_too_many), 0);
  EXPECT_EQ(Send(one_too_many, "x"), "EAGAIN");
  EXPECT_EQ(Recv(one_too_many), "EAGAIN");
  Name peer;
  EXPECT_EQ(Word(sys().getpeername(one_too_many, peer.get(), &peer.length)), "ENOTCONN");
  EXPECT_GE(Own(static_cast<int>(sys().accept(listener, nullptr, nullptr).value)), 0);
  EXPECT_EQ(AwaitState(one_too_many, "ESTABLISHED"), "ESTABLISHED") << "the next SYN finds room";
}

TEST_P(TcpContract, AcceptNeedsAListener) {
  const Pair pair = Connect();
  EXPECT_EQ(Word(sys().accept(pair.here, nullptr, nullptr)), "EINVAL");
  EXPECT_EQ(Word(sys().accept4(pair.listener, nullptr, nullptr, 0x40)), "EINVAL");
  SetNonBlocking(pair.listener);
  EXPECT_EQ(Word(sys().accept(pair.listener, nullptr, nullptr)), "EAGAIN");
  EXPECT_EQ(Recv(pair.listener), "ENOTCONN");
  EXPECT_EQ(Send(pair.listener, "x"), "EPIPE");
  EXPECT_EQ(Word(sys().listen(pair.here, 1)), "EINVAL");
}

TEST_P(TcpContract, AcceptedSocketBlocksUnlessAsked) {
  Name name;
  const int listener = Listener(4, &name);
  SetNonBlocking(listener);
  for (const int flags : {0, static_cast<int>(SOCK_NONBLOCK)}) {
    EXPECT_EQ(Word(sys().connect(TcpSocket(), name.get(), name.length)), "0");
    (void)Await(listener, POLLIN);
    const int accepted = Own(static_cast<int>(sys().accept4(listener, nullptr, nullptr, flags).value));
    EXPECT_EQ(sys().fcntl(accepted, F_GETFL, 0).value, O_RDWR | (flags != 0 ? O_NONBLOCK : 0));
  }
}

TEST_P(SysContract, FreshSocket) {
  const int fd = TcpSocket();
  EXPECT_EQ(Send(fd, "x", MSG_DONTWAIT), is_tcp() ? "EPIPE" : "ENOTCONN");
  EXPECT_EQ(sigpipes(), is_tcp() ? 1 : 0);
  EXPECT_EQ(Recv(fd), is_tcp() ? "ENOTCONN" : "EINVAL");
  Name name;
  EXPECT_EQ(Word(sys().getpeername(fd, name.get(), &name.length)), "ENOTCONN");
  EXPECT_EQ(Error(fd), "0");
  EXPECT_EQ(Now(fd) & (POLLIN | POLLOUT | POLLHUP | POLLERR), POLLOUT | POLLHUP);
}

TEST_P(SysContract, SocketKindsThatThereAreNot) {
  EXPECT_EQ(Word(sys().socket(9999, SOCK_STREAM, 0)), "EAFNOSUPPORT");
  EXPECT_EQ(Word(sys().socket(family(), 99, 0)), "EINVAL");
  EXPECT_EQ(Word(sys().socket(family(), SOCK_STREAM, 99)), "EPROTONOSUPPORT");
  int fds[2];
  EXPECT_EQ(Word(sys().socketpair(AF_INET, SOCK_STREAM, 0, fds)), "EOPNOTSUPP");
  EXPECT_EQ(Word(sys().socketpair(AF_UNIX, SOCK_STREAM, 0, nullptr)), "EFAULT");
}

// --- AF_UNIX by name.

TEST_P(SysContract, UnixPathname) {
  if (is_tcp()) return;
  ASSERT_EQ(chdir(::testing::TempDir().c_str()), 0);  // its whole path would be too long for an address
  const std::string path = "c" + std::to_string(getpid()) + ".sock";
  Name name;
  auto& address = reinterpret_cast<sockaddr_un&>(name.bytes);
  address.sun_family = AF_UNIX;
  strcpy(address.sun_path, path.c_str());
  name.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  const int listener = TcpSocket(), client = TcpSocket();
  EXPECT_EQ(Word(sys().connect(client, name.get(), name.length)), "ENOENT");
  EXPECT_EQ(Word(sys().listen(listener, 1)), "EINVAL");
  EXPECT_EQ(Word(sys().bind(listener, name.get(), name.length)), "0");
  EXPECT_EQ(Word(sys().bind(TcpSocket(), name.get(), name.length)), "EADDRINUSE");
  EXPECT_EQ(Word(sys().connect(client, name.get(), name.length)), "ECONNREFUSED");
  EXPECT_EQ(Word(sys().listen(listener, 1)), "0");
  EXPECT_EQ(Word(sys().connect(client, name.get(), name.length)), "0");
  EXPECT_EQ(Word(sys().connect(client, name.get(), name.length)), "EISCONN");
  EXPECT_EQ(Now(listener), POLLIN | POLLRDNORM);
  const int accepted = Own(static_cast<int>(sys().accept(listener, nullptr, nullptr).value));
  EXPECT_EQ(Send(client, "by name"), "7");
  EXPECT_EQ(Recv(accepted), "by name");
  Name peer;
  EXPECT_EQ(Word(sys().getpeername(client, peer.get(), &peer.length)), "0");
  EXPECT_EQ(Bytes(peer.bytes, peer.length), Bytes(name.bytes, name.length));
  const int waits = TcpSocket();
  EXPECT_EQ(Word(sys().connect(waits, name.get(), name.length)), "0");
  EXPECT_EQ(Close(listener), "0");
  EXPECT_EQ(Recv(waits), "ECONNRESET");
  EXPECT_EQ(Word(sys().connect(TcpSocket(), name.get(), name.length)), "ECONNREFUSED") << "the file is still there";
  unlink(path.c_str());
}

// --- Descriptors and options.

TEST_P(SysContract, FlagsOfTheDescriptionAreShared) {
  const Pair pair = Connect();
  const int copy = Own(static_cast<int>(sys().fcntl(pair.here, F_DUPFD_CLOEXEC, 40).value));
  EXPECT_GE(copy, 40);
  EXPECT_EQ(sys().fcntl(copy, F_GETFD, 0).value, FD_CLOEXEC);
  SetNonBlocking(copy);
  EXPECT_EQ(sys().fcntl(pair.here, F_GETFL, 0).value, O_RDWR | O_NONBLOCK);
  int off = 0;
  EXPECT_EQ(Word(sys().ioctl(pair.here, FIONBIO, &off)), "0");
  EXPECT_EQ(sys().fcntl(copy, F_GETFL, 0).value, O_RDWR);
  EXPECT_EQ(Word(sys().fcntl(pair.here, F_SETFD, 0)), "0");
  EXPECT_EQ(sys().fcntl(copy, F_GETFD, 0).value, FD_CLOEXEC);
}

TEST_P(SysContract, DupErrors) {
  const Pair pair = Connect();
  EXPECT_EQ(Word(sys().dup(-1)), "EBADF");
  EXPECT_EQ(Word(sys().dup2(-1, 60)), "EBADF");
  EXPECT_EQ(Word(sys().dup2(pair.here, -1)), "EBADF");
  EXPECT_EQ(sys().dup2(pair.here, pair.here).value, pair.here);
  EXPECT_EQ(Word(sys().dup3(pair.here, pair.here, 0)), "EINVAL");
  EXPECT_EQ(Word(sys().dup3(pair.here, 60, 1)), "EINVAL");
  EXPECT_EQ(Word(sys().fcntl(pair.here, F_DUPFD, -1)), "EINVAL");
  EXPECT_EQ(Word(sys().fcntl(pair.here, 9999, 0)), "EINVAL");
}

TEST_P(SysContract, CountsOfQueuedBytes) {
  const Pair pair = Connect();
  EXPECT_EQ(Send(pair.here, "12345"), "5");
  (void)Await(pair.peer, POLLIN);
  int bytes = -1;
  EXPECT_EQ(Word(sys().ioctl(pair.peer, FIONREAD, &bytes)), "0");
  EXPECT_EQ(bytes, 5);
  EXPECT_EQ(Shut(pair.here, SHUT_WR), "0");
  EXPECT_EQ(Word(sys().ioctl(pair.peer, FIONREAD, &bytes)), "0");
  EXPECT_EQ(bytes, 5) << "FIN is no byte";
  if (is_tcp()) AwaitPending(pair.here, 0);
  EXPECT_EQ(Word(sys().ioctl(pair.peer, FIONREAD, nullptr)), "EFAULT");
  EXPECT_EQ(Word(sys().ioctl(pair.peer, 0x1234, &bytes)), "ENOTTY");
}

TEST_P(TcpContract, ListenerHasNoQueue) {
  Name name;
  const int listener = Listener(1, &name);
  int bytes = -1;
  EXPECT_EQ(Word(sys().ioctl(listener, FIONREAD, &bytes)), "EINVAL");
  EXPECT_EQ(Word(sys().ioctl(listener, SIOCOUTQ, &bytes)), "EINVAL");
  EXPECT_EQ(Option(listener, SOL_SOCKET, SO_ACCEPTCONN), 1);
  EXPECT_EQ(State(listener), "LISTEN");
}

TEST_P(SysContract, Options) {
  const int fd = TcpSocket();
  EXPECT_EQ(Option(fd, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
  EXPECT_EQ(Option(fd, SOL_SOCKET, SO_DOMAIN), family());
  EXPECT_EQ(Option(fd, SOL_SOCKET, SO_ACCEPTCONN), 0);
  EXPECT_EQ(Option(fd, SOL_SOCKET, SO_PROTOCOL), is_tcp() ? IPPROTO_TCP : 0);
  const int value = 7;
  EXPECT_EQ(Word(sys().setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, sizeof(value))), "0");
  EXPECT_EQ(Option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(Word(sys().setsockopt(fd, SOL_SOCKET, 9999, &value, sizeof(value))), "ENOPROTOOPT");
  EXPECT_EQ(Word(sys().setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, 1)), "EINVAL");
  EXPECT_EQ(Word(sys().setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, nullptr, sizeof(value))), "EFAULT");
  EXPECT_EQ(Word(sys().setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, sizeof(value))), "EINVAL");
  EXPECT_EQ(Word(sys().setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, static_cast<socklen_t>(-1))), "EINVAL");
  int got = 0;
  socklen_t length = static_cast<socklen_t>(-1);
  EXPECT_EQ(Word(sys().getsockopt(fd, SOL_SOCKET, SO_TYPE, &got, &length)), "EINVAL");
  length = sizeof(got);
  EXPECT_EQ(Word(sys().getsockopt(fd, SOL_SOCKET, 9999, &got, &length)), "ENOPROTOOPT");
  EXPECT_EQ(Word(sys().getsockopt(fd, SOL_SOCKET, SO_TYPE, nullptr, &length)), "EFAULT");
  EXPECT_EQ(Word(sys().getsockopt(fd, SOL_SOCKET, SO_TYPE, &got, nullptr)), "EFAULT");
  EXPECT_EQ(Word(sys().getsockopt(fd, IPPROTO_TCP, 9999, &got, &length)), is_tcp() ? "ENOPROTOOPT" : "EOPNOTSUPP");
  EXPECT_EQ(Word(sys().setsockopt(fd, IPPROTO_TCP, 9999, &value, sizeof(value))),
            is_tcp() ? "ENOPROTOOPT" : "EOPNOTSUPP");
}

TEST_P(SysContract, QueueSizesAreSaidTwice) {
  const int fd = TcpSocket();
  const int bytes = 20000;
  for (const int option : {SO_SNDBUF, SO_RCVBUF}) {
    EXPECT_EQ(Word(sys().setsockopt(fd, SOL_SOCKET, option, &bytes, sizeof(bytes))), "0");
    EXPECT_EQ(Option(fd, SOL_SOCKET, option), 2 * bytes);
  }
}

TEST_P(TcpContract, NoDelayIsASwitch) {
  const int fd = TcpSocket();
  const int value = 5;
  EXPECT_EQ(Option(fd, IPPROTO_TCP, TCP_NODELAY), 0);
  EXPECT_EQ(Word(sys().setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, sizeof(value))), "0");
  EXPECT_EQ(Option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
}

// --- Descriptors.

TEST_P(SysContract, DescriptorsRunOutAndComeBack) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit fewer = {std::min<rlim_t>(before.rlim_cur, 256), before.rlim_max};  // the fake has its own limit
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &fewer), 0);
  std::string word = "0";
  int last = -1;
  for (SysResult made = {0, 0}; made.ok() && last < 2000; word = Word(made)) {
    made = sys().socket(family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made.ok()) last = Own(static_cast<int>(made.value));
  }
  EXPECT_EQ(word, "EMFILE");
  EXPECT_EQ(Word(sys().dup(last)), "EMFILE");
  int fds[2];
  EXPECT_EQ(Word(sys().socketpair(AF_UNIX, SOCK_STREAM, 0, fds)), "EMFILE");
  EXPECT_EQ(Close(last), "0");
  EXPECT_EQ(TcpSocket(), last) << "the one that was given back";
  EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace lastack
