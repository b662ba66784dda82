// Contract: sending, receiving, and what a kernel refuses.
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/uio.h>

#include "mocks/sys_contract.h"

namespace lastack {
namespace {

TEST_P(SysContract, StreamsHaveNoBoundaries) {
  const Pair pair = Connect();
  EXPECT_EQ(Send(pair.here, "one"), "3");
  EXPECT_EQ(Send(pair.here, "two"), "3");
  (void)Await(pair.peer, POLLIN);
  EXPECT_EQ(Recv(pair.peer, 4), "onet");
  EXPECT_EQ(Recv(pair.peer, 4), "wo");
  EXPECT_EQ(Recv(pair.peer, 4), "EAGAIN");
}

TEST_P(SysContract, PeekTakesNothing) {
  const Pair pair = Connect();
  EXPECT_EQ(Send(pair.here, "look"), "4");
  (void)Await(pair.peer, POLLIN);
  EXPECT_EQ(Recv(pair.peer, 2, MSG_PEEK), "lo");
  EXPECT_EQ(Recv(pair.peer, 9), "look");
}

TEST_P(SysContract, WaitAllTakesWhatCameBeforeTheEnd) {
  const Pair pair = Connect();
  EXPECT_EQ(Send(pair.here, "less"), "4");
  EXPECT_EQ(Shut(pair.here, SHUT_WR), "0");
  EXPECT_EQ(Recv(pair.peer, 100, MSG_WAITALL), "less");
  EXPECT_EQ(Recv(pair.peer, 100, MSG_WAITALL), "EOF");
}

TEST_P(TcpContract, TruncateThrowsAway) {
  const Pair pair = Connect();
  EXPECT_EQ(Send(pair.here, "awaythis"), "8");
  (void)Await(pair.peer, POLLIN);
  EXPECT_EQ(Word(sys().recv(pair.peer, nullptr, 4, MSG_TRUNC)), "4");
  EXPECT_EQ(Recv(pair.peer), "this");
}

TEST_P(SysContract, NothingAtAll) {
  const Pair pair = Connect();
  char byte;
  EXPECT_EQ(Send(pair.here, ""), "0");
  EXPECT_EQ(Word(sys().write(pair.here, "", 0)), "0");
  EXPECT_EQ(Word(sys().read(pair.here, &byte, 0)), "0");
  EXPECT_EQ(Word(sys().recv(pair.here, &byte, 0, MSG_DONTWAIT)), "EAGAIN");
  EXPECT_EQ(Send(pair.peer, "x"), "1");
  (void)Await(pair.here, POLLIN);
  EXPECT_EQ(Word(sys().recv(pair.here, &byte, 0, MSG_DONTWAIT)), "0");
  EXPECT_EQ(Shut(pair.here, SHUT_WR), "0");
  EXPECT_EQ(Send(pair.here, ""), "EPIPE");
  EXPECT_EQ(Word(sys().writev(pair.here, nullptr, 0)), "0");
}

TEST_P(SysContract, Vectors) {
  const Pair pair = Connect();
  char a[] = "ab", b[] = "cde";
  iovec out[] = {{a, 2}, {nullptr, 0}, {b, 3}};
  EXPECT_EQ(Word(sys().writev(pair.here, out, 3)), "5");
  (void)Await(pair.peer, POLLIN);
  char x[4] = {}, y[8] = {};
  iovec in[] = {{x, 3}, {y, 8}};
  EXPECT_EQ(Word(sys().readv(pair.peer, in, 2)), "5");
  EXPECT_STREQ(x, "abc");
  EXPECT_STREQ(y, "de");
}

TEST_P(SysContract, Messages) {
  const Pair pair = Connect();
  char a[] = "message";
  iovec vector = {a, 7};
  msghdr message{};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  EXPECT_EQ(Word(sys().sendmsg(pair.here, &message, MSG_NOSIGNAL)), "7");
  (void)Await(pair.peer, POLLIN);
  sockaddr_storage name;
  char control[64];
  message.msg_name = &name;
  message.msg_namelen = sizeof(name);
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  memset(a, 0, sizeof(a));
  EXPECT_EQ(Word(sys().recvmsg(pair.peer, &message, MSG_DONTWAIT)), "7");
  EXPECT_STREQ(a, "message");
  EXPECT_EQ(message.msg_namelen, 0U);
  EXPECT_EQ(message.msg_controllen, 0U);
  EXPECT_EQ(message.msg_flags, 0);
  EXPECT_EQ(Word(sys().recvmsg(pair.peer, &message, MSG_DONTWAIT)), "EAGAIN");
}

TEST_P(SysContract, SeveralMessages) {
  const Pair pair = Connect();
  char a[] = "ab", b[] = "cd", in[8] = {};
  iovec vectors[] = {{a, 2}, {b, 2}, {in, 8}};
  mmsghdr messages[3] = {};
  for (int i = 0; i < 3; ++i) {
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  EXPECT_EQ(Word(sys().sendmmsg(pair.here, messages, 2, MSG_NOSIGNAL)), "2");
  EXPECT_EQ(messages[1].msg_len, 2U);
  (void)Await(pair.peer, POLLIN);
  EXPECT_EQ(Word(sys().recvmmsg(pair.peer, &messages[2], 1, MSG_DONTWAIT, nullptr)), "1");
  EXPECT_EQ(messages[2].msg_len, 4U);
  EXPECT_STREQ(in, "abcd");
}

TEST_P(TcpContract, ReceivedNameIsEmpty) {
  const Pair pair = Connect();
  EXPECT_EQ(Send(pair.here, "x"), "1");
  (void)Await(pair.peer, POLLIN);
  char byte;
  Name name;
  EXPECT_EQ(Word(sys().recvfrom(pair.peer, &byte, 1, 0, name.get(), &name.length)), "1");
  EXPECT_EQ(name.length, 0U);
}

// --- Full queues: how much they hold is each system's own, how they say so is not.

TEST_P(SysContract, FullQueueSaysAgainAndLaterWritable) {
  const Pair pair = Connect();
  SetNonBlocking(pair.here);
  EXPECT_GT(Fill(pair.here), 0U);
  EXPECT_EQ(Send(pair.here, "x"), "EAGAIN");
  EXPECT_EQ(Now(pair.here, POLLOUT), 0);
  for (size_t i = 0; i < 5000 && Now(pair.here, POLLOUT) == 0; ++i) (void)Recv(pair.peer);
  EXPECT_EQ(Await(pair.here, POLLOUT), POLLOUT);
  EXPECT_EQ(Send(pair.here, "x"), "1");
}

TEST_P(SysContract, BytesSurviveFullQueues) {
  const Pair pair = Connect();
  std::string sent, got;
  unsigned char next = 0;
  for (int round = 0; round < 40; ++round) {
    std::string piece(20000, '\0');
    for (char& byte : piece) byte = static_cast<char>(next++ % 251);
    const SysResult result = sys().send(pair.here, piece.data(), piece.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (result.ok()) sent += piece.substr(0, static_cast<size_t>(result.value));
    if (round % 3 == 0 && Now(pair.peer, POLLIN) != 0) got += Recv(pair.peer, 30001);
  }
  EXPECT_EQ(Close(pair.here), "0");
  while (true) {
    (void)Await(pair.peer, POLLIN);
    const std::string piece = Recv(pair.peer, 4097);
    if (piece == "EOF") break;
    ASSERT_NE(piece, "ECONNRESET");
    got += piece;
  }
  EXPECT_TRUE(got == sent);
}

// --- What is refused.

TEST_P(SysContract, BadPointers) {
  const Pair pair = Connect();
  char byte;
  EXPECT_EQ(Word(sys().send(pair.here, nullptr, 5, MSG_NOSIGNAL)), "EFAULT");
  EXPECT_EQ(Word(sys().recv(pair.here, nullptr, 5, MSG_DONTWAIT)), "EAGAIN") << "there is nothing to copy";
  EXPECT_EQ(Send(pair.peer, "x"), "1");
  (void)Await(pair.here, POLLIN);
  EXPECT_EQ(Word(sys().recv(pair.here, nullptr, 5, MSG_DONTWAIT)), "EFAULT");
  EXPECT_EQ(Recv(pair.here), "x") << "it is not lost";
  EXPECT_EQ(Word(sys().sendmsg(pair.here, nullptr, 0)), "EFAULT");
  EXPECT_EQ(Word(sys().recvmsg(pair.here, nullptr, MSG_DONTWAIT)), "EFAULT");
  EXPECT_EQ(Word(sys().writev(pair.here, nullptr, 1)), "EFAULT");
  EXPECT_EQ(Word(sys().readv(pair.here, nullptr, 1)), "EFAULT");
  EXPECT_EQ(Word(sys().write(pair.here, nullptr, 5)), "EFAULT");
  (void)byte;
}

TEST_P(SysContract, NegativeSizes) {
  const Pair pair = Connect();
  char byte = 0;
  iovec negative = {&byte, static_cast<size_t>(-1)};
  msghdr message{};
  message.msg_iov = &negative;
  message.msg_iovlen = 1;
  EXPECT_EQ(Word(sys().writev(pair.here, &negative, 1)), "EINVAL");
  EXPECT_EQ(Word(sys().readv(pair.here, &negative, 1)), "EINVAL");
  EXPECT_EQ(Word(sys().sendmsg(pair.here, &message, MSG_NOSIGNAL)), "EINVAL");
  EXPECT_EQ(Word(sys().recvmsg(pair.here, &message, MSG_DONTWAIT)), "EINVAL");
  EXPECT_EQ(Word(sys().writev(pair.here, &negative, -1)), "EINVAL");
  EXPECT_EQ(Word(sys().readv(pair.here, &negative, -1)), "EINVAL");
  EXPECT_EQ(Word(sys().read(pair.here, &byte, static_cast<size_t>(-1))), "EFAULT");
  EXPECT_EQ(Word(sys().write(pair.here, &byte, static_cast<size_t>(-1))), "EFAULT");
  message.msg_iovlen = IOV_MAX + 1;
  EXPECT_EQ(Word(sys().sendmsg(pair.here, &message, MSG_NOSIGNAL)), "EMSGSIZE");
  EXPECT_EQ(Word(sys().recvmsg(pair.here, &message, MSG_DONTWAIT)), "EMSGSIZE");
}

TEST_P(SysContract, NoSuchDescriptor) {
  for (const int fd : {-1, 1 << 20}) {
    char byte = 0;
    iovec vector = {&byte, 1};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    Name name;
    int value = 0;
    socklen_t length = sizeof(value);
    EXPECT_EQ(Word(sys().close(fd)), "EBADF");
    EXPECT_EQ(Word(sys().send(fd, &byte, 1, 0)), "EBADF");
    EXPECT_EQ(Word(sys().sendto(fd, &byte, 1, 0, nullptr, 0)), "EBADF");
    EXPECT_EQ(Word(sys().sendmsg(fd, &message, 0)), "EBADF");
    EXPECT_EQ(Word(sys().write(fd, &byte, 1)), "EBADF");
    EXPECT_EQ(Word(sys().writev(fd, &vector, 1)), "EBADF");
    EXPECT_EQ(Word(sys().recv(fd, &byte, 1, 0)), "EBADF");
    EXPECT_EQ(Word(sys().recvfrom(fd, &byte, 1, 0, nullptr, nullptr)), "EBADF");
    EXPECT_EQ(Word(sys().recvmsg(fd, &message, 0)), "EBADF");
    EXPECT_EQ(Word(sys().read(fd, &byte, 1)), "EBADF");
    EXPECT_EQ(Word(sys().readv(fd, &vector, 1)), "EBADF");
    EXPECT_EQ(Word(sys().shutdown(fd, SHUT_WR)), "EBADF");
    EXPECT_EQ(Word(sys().bind(fd, name.get(), 16)), "EBADF");
    EXPECT_EQ(Word(sys().listen(fd, 1)), "EBADF");
    EXPECT_EQ(Word(sys().connect(fd, name.get(), 16)), "EBADF");
    EXPECT_EQ(Word(sys().accept(fd, nullptr, nullptr)), "EBADF");
    EXPECT_EQ(Word(sys().getsockname(fd, name.get(), &name.length)), "EBADF");
    EXPECT_EQ(Word(sys().getpeername(fd, name.get(), &name.length)), "EBADF");
    EXPECT_EQ(Word(sys().getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &length)), "EBADF");
    EXPECT_EQ(Word(sys().setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, length)), "EBADF");
    EXPECT_EQ(Word(sys().fcntl(fd, F_GETFD, 0)), "EBADF");
    EXPECT_EQ(Word(sys().ioctl(fd, FIONREAD, &value)), "EBADF");
    EXPECT_EQ(Word(sys().dup(fd)), "EBADF");
  }
}

TEST_P(SysContract, OutOfBandDataThatIsNotThere) {
  const Pair pair = Connect();
  EXPECT_EQ(Recv(pair.here, 1, MSG_OOB | MSG_DONTWAIT), "EINVAL");
}

}  // namespace
}  // namespace lastack
