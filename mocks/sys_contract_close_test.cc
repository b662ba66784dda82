// Contract: the ways in which connections end (CATALOG part B).
#include <errno.h>

#include "mocks/sys_contract.h"

namespace lastack {
namespace {

// Of the whole suite, in whichever file.
INSTANTIATE_TEST_SUITE_P(On, SysContract, ::testing::ValuesIn(AllParams()), ContractName);
INSTANTIATE_TEST_SUITE_P(On, TcpContract, ::testing::ValuesIn(TcpParams()), ContractName);

// --- close.

TEST_P(SysContract, CloseDeliversWhatIsPending) {
  const Pair pair = Connect();
  EXPECT_EQ(Send(pair.here, "last words"), "10");
  EXPECT_EQ(Close(pair.here), "0");
  EXPECT_EQ(ReadToEnd(pair.peer), "last words EOF");
}

TEST_P(SysContract, CloseWithFullQueuesDeliversAll) {
  const Pair pair = Connect();
  const size_t written = Fill(pair.here);
  EXPECT_EQ(Close(pair.here), "0");
  EXPECT_EQ(ReadToEnd(pair.peer).size(), written + 4);  // " EOF"
}

TEST_P(SysContract, CloseReleasesTheDescriptor) {
  const Pair pair = Connect();
  EXPECT_EQ(Close(pair.here), "0");
  EXPECT_EQ(Word(sys().close(pair.here)), "EBADF");
  EXPECT_EQ(Send(pair.here, "x"), "EBADF");
  EXPECT_EQ(Recv(pair.here), "EBADF");
  EXPECT_EQ(Shut(pair.here, SHUT_WR), "EBADF");
  EXPECT_EQ(Now(pair.here), POLLNVAL);
  EXPECT_EQ(Own(static_cast<int>(sys().socket(family(), SOCK_STREAM, 0).value)), pair.here) << "the lowest free number";
}

TEST_P(SysContract, CopyKeepsTheConnection) {
  const Pair pair = Connect();
  const int copy = Own(static_cast<int>(sys().dup(pair.here).value));
  EXPECT_EQ(Close(pair.here), "0");
  EXPECT_EQ(Recv(pair.peer), "EAGAIN");
  EXPECT_EQ(Send(copy, "still here"), "10");
  EXPECT_EQ(Close(copy), "0");
  EXPECT_EQ(ReadToEnd(pair.peer), "still here EOF");
}

TEST_P(SysContract, Dup2ClosesItsTarget) {
  const Pair pair = Connect(), other = Connect();
  EXPECT_EQ(sys().dup2(pair.here, other.here).value, other.here);
  EXPECT_EQ(ReadToEnd(other.peer), "EOF");
  EXPECT_EQ(Send(other.here, "moved"), "5");
  EXPECT_EQ(Recv(pair.peer), "moved");
}

TEST_P(SysContract, CloseReportsNothing) {
  const Pair reset = Connect(), shut = Connect(), full = Connect();
  Abort(reset.peer);
  (void)Await(reset.here, POLLIN);
  EXPECT_EQ(Close(reset.here), "0");
  EXPECT_EQ(Shut(shut.here, SHUT_RDWR), "0");
  EXPECT_EQ(Close(shut.here), "0");
  (void)Fill(full.here);
  EXPECT_EQ(Close(full.here), "0");
}

TEST_P(SysContract, CloseWithUnreadDataResetsThePeer) {
  const Pair pair = Connect();
  EXPECT_EQ(Send(pair.here, "answer"), "6");
  EXPECT_EQ(Send(pair.peer, "unread"), "6");
  (void)Await(pair.here, POLLIN);
  EXPECT_EQ(Close(pair.here), "0");
  (void)Await(pair.peer, POLLIN);
  EXPECT_EQ(Recv(pair.peer), "answer");  // it had arrived
  EXPECT_EQ(Recv(pair.peer), "ECONNRESET");
  EXPECT_EQ(Recv(pair.peer), "EOF");
}

TEST_P(TcpContract, CloseWalksTheActiveStates) {
  const Pair pair = Connect();
  const int copy = Own(static_cast<int>(sys().dup(pair.here).value));
  EXPECT_EQ(State(pair.here), "ESTABLISHED");
  EXPECT_EQ(Shut(pair.here, SHUT_WR), "0");
  EXPECT_EQ(AwaitState(copy, "FIN_WAIT2"), "FIN_WAIT2");
  EXPECT_EQ(AwaitState(pair.peer, "CLOSE_WAIT"), "CLOSE_WAIT");
  EXPECT_EQ(Shut(pair.peer, SHUT_WR), "0");
  EXPECT_EQ(AwaitState(pair.peer, "CLOSE"), "CLOSE");
  EXPECT_EQ(AwaitState(copy, "CLOSE"), "CLOSE");  // TIME_WAIT is no longer the socket's
}

TEST_P(TcpContract, FinWaitsBehindDataThatThePeerDoesNotTake) {
  const Pair pair = Connect();
  (void)Fill(pair.here);
  EXPECT_EQ(Shut(pair.here, SHUT_WR), "0");
  EXPECT_EQ(State(pair.here), "FIN_WAIT1");
  EXPECT_EQ(State(pair.peer), "ESTABLISHED");
}

TEST_P(TcpContract, PassiveCloseEndsInLastAck) {
  const Pair pair = Connect();
  (void)Fill(pair.here);
  EXPECT_EQ(Shut(pair.peer, SHUT_WR), "0");
  EXPECT_EQ(AwaitState(pair.here, "CLOSE_WAIT"), "CLOSE_WAIT");
  EXPECT_EQ(Shut(pair.here, SHUT_WR), "0");
  EXPECT_EQ(State(pair.here), "LAST_ACK");
  EXPECT_EQ(AwaitState(pair.peer, "FIN_WAIT2"), "FIN_WAIT2");  // Linux delays its ACK
}

TEST_P(TcpContract, ActiveCloserKeepsThePort) {
  const Pair pair = Connect();
  Name name = NameOf(pair.here);
  EXPECT_EQ(Close(pair.here), "0");
  EXPECT_EQ(ReadToEnd(pair.peer), "EOF");
  EXPECT_EQ(Close(pair.peer), "0");
  EXPECT_EQ(Word(sys().bind(TcpSocket(), name.get(), name.length)), "EADDRINUSE");
}

TEST_P(TcpContract, AbortedPortIsFreeAtOnce) {
  const Pair pair = Connect();
  Name name = NameOf(pair.here);
  EXPECT_EQ(Abort(pair.here), "0");
  EXPECT_EQ(Word(sys().bind(TcpSocket(), name.get(), name.length)), "0");
}

TEST_P(TcpContract, AbortResetsThePeer) {
  const Pair pair = Connect();
  EXPECT_EQ(Send(pair.here, "arrived"), "7");
  (void)Await(pair.peer, POLLIN);
  EXPECT_EQ(Abort(pair.here), "0");
  EXPECT_EQ(Await(pair.peer, POLLIN) & POLLERR, POLLERR);
  EXPECT_EQ(Recv(pair.peer), "arrived");
  EXPECT_EQ(Recv(pair.peer), "ECONNRESET");
  EXPECT_EQ(Recv(pair.peer), "EOF");
  EXPECT_EQ(State(pair.peer), "CLOSE");
}

TEST_P(TcpContract, AbortThrowsAwayWhatIsUnsent) {
  const Pair pair = Connect();
  const size_t written = Fill(pair.here);
  EXPECT_EQ(Abort(pair.here), "0");
  EXPECT_LT(ReadToEnd(pair.peer).size(), written);
}

// --- SO_LINGER.

TEST_P(TcpContract, LingerEndsAtItsTimeAndKeepsSending) {
  const Pair pair = Connect();
  SetLinger(pair.here, 1, 1);
  SetNonBlocking(pair.here);  // which changes nothing
  const size_t written = Fill(pair.here);
  EXPECT_EQ(Close(pair.here), "0");
  EXPECT_EQ(ReadToEnd(pair.peer).size(), written + 4);
}

TEST_P(TcpContract, LingerWithNothingPendingReturnsAtOnce) {
  const Pair pair = Connect();
  SetLinger(pair.here, 1, 3600);
  EXPECT_EQ(Send(pair.here, "taken"), "5");
  EXPECT_EQ(Close(pair.here), "0");
  EXPECT_EQ(ReadToEnd(pair.peer), "taken EOF");
}

TEST_P(SysContract, LingerIsRemembered) {
  const Pair pair = Connect();
  SetLinger(pair.here, 1, 7);
  linger value{};
  socklen_t length = sizeof(value);
  EXPECT_EQ(Word(sys().getsockopt(pair.here, SOL_SOCKET, SO_LINGER, &value, &length)), "0");
  EXPECT_EQ(value.l_onoff, 1);
  EXPECT_EQ(value.l_linger, 7);
}

TEST_P(TcpContract, AcceptedSocketInheritsLinger) {
  Name name;
  const int listener = Listener(16, &name);
  SetLinger(listener, 1, 0);
  const int client = TcpSocket();
  EXPECT_EQ(Word(sys().connect(client, name.get(), name.length)), "0");
  const int accepted = static_cast<int>(sys().accept(listener, nullptr, nullptr).value);
  EXPECT_EQ(Word(sys().close(accepted)), "0");
  (void)Await(client, POLLIN);
  EXPECT_EQ(Recv(client), "ECONNRESET");
}

// --- shutdown.

TEST_P(SysContract, ShutWrEndsSendingAndKeepsReceiving) {
  const Pair pair = Connect();
  EXPECT_EQ(Send(pair.here, "all"), "3");
  EXPECT_EQ(Shut(pair.here, SHUT_WR), "0");
  EXPECT_EQ(ReadToEnd(pair.peer), "all EOF");
  EXPECT_EQ(Send(pair.here, "x"), "EPIPE");
  EXPECT_EQ(sigpipes(), 0);
  EXPECT_EQ(Send(pair.here, "x", MSG_DONTWAIT), "EPIPE");
  EXPECT_EQ(sigpipes(), 1);
  EXPECT_EQ(Send(pair.peer, "reply"), "5");
  (void)Await(pair.here, POLLIN);
  EXPECT_EQ(Recv(pair.here), "reply");
  EXPECT_EQ(Recv(pair.here), "EAGAIN");
}

TEST_P(SysContract, ShutRdKeepsWhatHasArrived) {
  const Pair pair = Connect();
  EXPECT_EQ(Send(pair.peer, "here"), "4");
  (void)Await(pair.here, POLLIN);
  EXPECT_EQ(Shut(pair.here, SHUT_RD), "0");
  EXPECT_EQ(Recv(pair.here), "here");
  EXPECT_EQ(Recv(pair.here), "EOF");
}

TEST_P(SysContract, AfterShutRdTcpStillReceivesAndUnixRefuses) {
  const Pair pair = Connect();
  EXPECT_EQ(Shut(pair.here, SHUT_RD), "0");
  EXPECT_EQ(Recv(pair.here), "EOF");
  EXPECT_EQ(Send(pair.peer, "late"), is_tcp() ? "4" : "EPIPE");
  if (is_tcp()) AwaitPending(pair.peer, 0);
  EXPECT_EQ(Recv(pair.here), is_tcp() ? "late" : "EOF");
}

TEST_P(SysContract, ShutRdwrKeepsTheDescriptor) {
  const Pair pair = Connect();
  EXPECT_EQ(Shut(pair.here, SHUT_RDWR), "0");
  EXPECT_EQ(Word(sys().fcntl(pair.here, F_GETFD, 0)), "1");
  EXPECT_EQ(ReadToEnd(pair.peer), "EOF");
  EXPECT_EQ(Recv(pair.here), "EOF");
  EXPECT_EQ(Send(pair.here, "x"), "EPIPE");
  EXPECT_EQ(Close(pair.here), "0");
}

TEST_P(TcpContract, DataAfterShutRdwrResetsBoth) {
  const Pair pair = Connect();
  EXPECT_EQ(Shut(pair.here, SHUT_RDWR), "0");
  (void)AwaitState(pair.here, "FIN_WAIT2");
  EXPECT_EQ(Send(pair.peer, "too late"), "8");
  EXPECT_EQ(AwaitState(pair.here, "CLOSE"), "CLOSE");
  EXPECT_EQ(AwaitState(pair.peer, "CLOSE"), "CLOSE");
  EXPECT_EQ(Send(pair.peer, "x"), "EPIPE");
  EXPECT_EQ(Recv(pair.peer), "EOF");
}

TEST_P(SysContract, ShutdownThroughACopyActsOnTheConnection) {
  const Pair pair = Connect();
  const int copy = Own(static_cast<int>(sys().dup(pair.here).value));
  EXPECT_EQ(Shut(copy, SHUT_WR), "0");
  EXPECT_EQ(Send(pair.here, "x"), "EPIPE");
  EXPECT_EQ(ReadToEnd(pair.peer), "EOF");
}

TEST_P(SysContract, ShutdownRefusesUnknownDirections) {
  const Pair pair = Connect();
  EXPECT_EQ(Shut(pair.here, 3), "EINVAL");
  EXPECT_EQ(Shut(pair.here, -1), "EINVAL");
}

TEST_P(SysContract, ShutdownTwiceIsFine) {
  const Pair pair = Connect();
  EXPECT_EQ(Shut(pair.here, SHUT_WR), "0");
  EXPECT_EQ(Shut(pair.here, SHUT_WR), "0");
  EXPECT_EQ(Shut(pair.here, SHUT_RD), "0");
}

TEST_P(SysContract, ShutdownOfAnUnconnectedSocket) {
  const int fd = TcpSocket();
  EXPECT_EQ(Shut(fd, SHUT_WR), is_tcp() ? "ENOTCONN" : "0");
}

TEST_P(TcpContract, ShutdownAfterBothFinsIsNotConnected) {
  const Pair pair = Connect();
  EXPECT_EQ(Shut(pair.here, SHUT_WR), "0");
  (void)AwaitState(pair.peer, "CLOSE_WAIT");
  EXPECT_EQ(Shut(pair.peer, SHUT_WR), "0");
  (void)AwaitState(pair.here, "CLOSE");
  EXPECT_EQ(Shut(pair.here, SHUT_RDWR), "ENOTCONN");
  EXPECT_EQ(Shut(pair.peer, SHUT_RDWR), "ENOTCONN");
  EXPECT_EQ(Recv(pair.here), "EOF");
  EXPECT_EQ(Send(pair.here, "x"), "EPIPE");
}

// --- The peer has gone.

TEST_P(SysContract, SendingToAPeerThatClosed) {
  const Pair pair = Connect();
  EXPECT_EQ(Close(pair.peer), "0");
  (void)Await(pair.here, POLLIN);
  if (is_tcp()) {
    EXPECT_EQ(Send(pair.here, "x"), "1") << "the first is answered with RST";
    EXPECT_NE(Await(pair.here, 0) & POLLHUP, 0);
    EXPECT_EQ(Error(pair.here), "EPIPE");
  }
  EXPECT_EQ(Send(pair.here, "x", MSG_DONTWAIT), "EPIPE");
  EXPECT_EQ(sigpipes(), 1);
  EXPECT_EQ(Send(pair.here, "x"), "EPIPE");
  EXPECT_EQ(Recv(pair.here), "EOF");
}

TEST_P(SysContract, ReceivingFromAPeerThatClosed) {
  const Pair pair = Connect();
  EXPECT_EQ(Close(pair.peer), "0");
  (void)Await(pair.here, POLLIN);
  EXPECT_EQ(Recv(pair.here), "EOF");
  EXPECT_EQ(Recv(pair.here), "EOF");
  EXPECT_EQ(Error(pair.here), "0");
}

TEST_P(TcpContract, ReceivingFromAPeerThatReset) {
  const Pair pair = Connect();
  Abort(pair.peer);
  (void)Await(pair.here, POLLIN);
  EXPECT_EQ(Recv(pair.here), "ECONNRESET");
  EXPECT_EQ(Recv(pair.here), "EOF");
  EXPECT_EQ(Send(pair.here, "x"), "EPIPE");
}

TEST_P(TcpContract, SendingToAPeerThatReset) {
  const Pair pair = Connect();
  Abort(pair.peer);
  (void)Await(pair.here, POLLIN);
  EXPECT_EQ(Send(pair.here, "x", MSG_DONTWAIT), "ECONNRESET");
  EXPECT_EQ(sigpipes(), 0) << "only EPIPE comes with the signal";
  EXPECT_EQ(Send(pair.here, "x", MSG_DONTWAIT), "EPIPE");
  EXPECT_EQ(sigpipes(), 1);
  EXPECT_EQ(Recv(pair.here), "EOF");
}

TEST_P(TcpContract, SocketErrorIsToldOnce) {
  const Pair pair = Connect();
  Abort(pair.peer);
  (void)Await(pair.here, POLLIN);
  EXPECT_EQ(Error(pair.here), "ECONNRESET");
  EXPECT_EQ(Error(pair.here), "0");
  EXPECT_EQ(Recv(pair.here), "EOF");
}

TEST_P(TcpContract, ResetTakesTheNames) {
  const Pair pair = Connect();
  Abort(pair.peer);
  (void)Await(pair.here, POLLIN);
  Name name;
  EXPECT_EQ(Word(sys().getpeername(pair.here, name.get(), &name.length)), "ENOTCONN");
  EXPECT_EQ(Shut(pair.here, SHUT_RDWR), "ENOTCONN");
}

// --- Listeners.

TEST_P(TcpContract, ClosedListenerResetsWhoWaits) {
  Name name;
  const int listener = Listener(16, &name);
  const int client = TcpSocket();
  EXPECT_EQ(Word(sys().connect(client, name.get(), name.length)), "0");
  EXPECT_EQ(Close(listener), "0");
  (void)Await(client, POLLIN);
  EXPECT_EQ(Recv(client), "ECONNRESET");
  EXPECT_EQ(Word(sys().connect(TcpSocket(), name.get(), name.length)), "ECONNREFUSED");
}

TEST_P(TcpContract, AcceptedConnectionsOutliveTheListener) {
  const Pair pair = Connect();
  EXPECT_EQ(Close(pair.listener), "0");
  EXPECT_EQ(Send(pair.here, "on"), "2");
  (void)Await(pair.peer, POLLIN);
  EXPECT_EQ(Recv(pair.peer), "on");
}

TEST_P(TcpContract, AcceptGivesAConnectionThatWasReset) {
  Name name;
  const int listener = Listener(16, &name);
  const int client = TcpSocket();
  EXPECT_EQ(Word(sys().connect(client, name.get(), name.length)), "0");
  Abort(client);
  const int accepted = Own(static_cast<int>(sys().accept(listener, nullptr, nullptr).value));
  ASSERT_GE(accepted, 0);
  EXPECT_EQ(Recv(accepted), "ECONNRESET");
}

TEST_P(TcpContract, ShutdownOfAListenerEndsListening) {
  Name name;
  const int listener = Listener(16, &name);
  EXPECT_EQ(Shut(listener, SHUT_WR), "0");
  EXPECT_EQ(State(listener), "LISTEN");
  EXPECT_EQ(Shut(listener, SHUT_RD), "0");
  EXPECT_EQ(State(listener), "CLOSE");
  EXPECT_EQ(Word(sys().accept(listener, nullptr, nullptr)), "EINVAL");
  EXPECT_EQ(Word(sys().connect(TcpSocket(), name.get(), name.length)), "ECONNREFUSED");
}

}  // namespace
}  // namespace lastack
