// Proves in process, with every result scripted, that an exchange closes its socket properly.
#include "cases/reference/exchange.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mocks/mock_sys.h"

namespace lastack {
namespace {

using ::testing::_;
using ::testing::AnyNumber;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::InSequence;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using ::testing::StrictMock;

constexpr int kFd = 7;
constexpr std::string_view kRequest = "GET / HTTP/1.1\r\n\r\n";
constexpr char kWhole[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
constexpr char kEndless[] = "HTTP/1.1 200 OK\r\n\r\nhello";  // the end of the connection ends it

Address Loopback(int last_byte) {
  sockaddr_in numeric = {};
  numeric.sin_family = AF_INET;
  numeric.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + last_byte);
  Address address = {};
  memcpy(&address.storage, &numeric, sizeof(numeric));
  address.length = sizeof(numeric);
  return address;
}

// recv delivers the text.
auto Deliver(std::string text) {
  return [text](int, void* data, size_t length, int) {
    const size_t count = std::min(length, text.size());
    memcpy(data, text.data(), count);
    return SysResult{static_cast<ssize_t>(count), 0};
  };
}

// getsockopt(SO_ERROR) tells the error.
auto TellPendingError(int error) {
  return [error](int, int, int, void* value, socklen_t*) {
    memcpy(value, &error, sizeof(error));
    return SysResult{0, 0};
  };
}

// Every call succeeds, and is allowed rather than claimed; a test scripts over it what it is about. Closing is never
// allowed by default: each test says how often, with which result.
class ExchangeTest : public ::testing::Test {
 protected:
  ExchangeTest() {
    EXPECT_CALL(sys_, socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
        .Times(AnyNumber())
        .WillRepeatedly(ReturnValue(kFd));
    EXPECT_CALL(sys_, setsockopt(kFd, _, _, _, _)).Times(AnyNumber()).WillRepeatedly(ReturnValue(0));
    EXPECT_CALL(sys_, connect(kFd, _, _)).Times(AnyNumber()).WillRepeatedly(ReturnValue(0));
    EXPECT_CALL(sys_, poll).Times(AnyNumber()).WillRepeatedly(ReturnValue(1));
    EXPECT_CALL(sys_, send(kFd, _, _, MSG_NOSIGNAL))
        .Times(AnyNumber())
        .WillRepeatedly([](int, const void*, size_t length, int) {
          return SysResult{static_cast<ssize_t>(length), 0};
        });
    EXPECT_CALL(sys_, shutdown(kFd, SHUT_WR)).Times(AnyNumber()).WillRepeatedly(ReturnValue(0));
  }

  void Answer(std::string text) { EXPECT_CALL(sys_, recv).WillOnce(Deliver(std::move(text))).WillOnce(ReturnValue(0)); }

  bool RunExchange(bool half_close = false) {
    Exchange exchange(sys_, {.half_close = half_close, .patience_ms = 5000});
    const bool succeeded = exchange.Run({Loopback(1)}, kRequest);
    EXPECT_EQ(exchange.fd(), -1);
    body_ = exchange.body();
    errors_ = exchange.errors();
    return succeeded;
  }

  StrictMock<MockSys> sys_;
  std::string body_;
  std::vector<std::string> errors_;
};

TEST_F(ExchangeTest, ClosesOnceWhenAllGoesWell) {
  Answer(kWhole);
  EXPECT_CALL(sys_, close(kFd)).WillOnce(ReturnValue(0));
  EXPECT_TRUE(RunExchange());
  EXPECT_EQ(body_, "hello");
  EXPECT_THAT(errors_, IsEmpty());
}

// What close says.

TEST_F(ExchangeTest, InterruptedCloseIsNotRetried) {
  Answer(kWhole);
  EXPECT_CALL(sys_, close(kFd)).WillOnce(ReturnErrno(EINTR));
  EXPECT_TRUE(RunExchange());
}

TEST_F(ExchangeTest, FailedCloseIsReportedAndNotRetried) {
  Answer(kWhole);
  EXPECT_CALL(sys_, close(kFd)).WillOnce(ReturnErrno(EIO));
  EXPECT_FALSE(RunExchange());
  EXPECT_EQ(body_, "hello");
  EXPECT_THAT(errors_, ElementsAre("close: EIO (Input/output error)"));
}

TEST_F(ExchangeTest, ResetAtCloseTakesNothingFromAWholeAnswer) {
  Answer(kWhole);
  EXPECT_CALL(sys_, close(kFd)).WillOnce(ReturnErrno(ECONNRESET));
  EXPECT_TRUE(RunExchange());
}

TEST_F(ExchangeTest, FailedCloseDoesNotHideTheFirstError) {
  EXPECT_CALL(sys_, send).WillOnce(ReturnErrno(EPIPE));
  EXPECT_CALL(sys_, close(kFd)).WillOnce(ReturnErrno(EIO));
  EXPECT_FALSE(RunExchange());
  EXPECT_THAT(errors_, ElementsAre(StartsWith("send: EPIPE"), StartsWith("close: EIO")));
}

// Each call that may fail on the way to the close.

struct FailingCall {
  std::string name;
  int error;
  std::function<void(MockSys&, int error)> script;
};

class EveryFailingCall : public ExchangeTest, public ::testing::WithParamInterface<FailingCall> {};

TEST_P(EveryFailingCall, IsReportedAndTheSocketClosedOnce) {
  const FailingCall& failing = GetParam();
  EXPECT_CALL(sys_, recv).Times(AnyNumber()).WillRepeatedly(ReturnValue(0));
  failing.script(sys_, failing.error);
  EXPECT_CALL(sys_, close(kFd)).WillOnce(ReturnValue(0));
  EXPECT_FALSE(RunExchange(/*half_close=*/true));
  EXPECT_THAT(errors_, ElementsAre(StartsWith(failing.name + ": " + strerrorname_np(failing.error))));
}

FailingCall Failing(std::string name, int error, std::function<void(MockSys&, int error)> script) {
  return {std::move(name), error, std::move(script)};
}

#define LASTACK_FAILING(call, error) \
  Failing(#call, error, [](MockSys& sys, int code) { EXPECT_CALL(sys, call).WillOnce(ReturnErrno(code)); })
const FailingCall kFailingCalls[] = {
    LASTACK_FAILING(setsockopt, EINVAL), LASTACK_FAILING(setsockopt, ENOBUFS), LASTACK_FAILING(connect, ECONNREFUSED),
    LASTACK_FAILING(connect, ETIMEDOUT), LASTACK_FAILING(send, EPIPE),         LASTACK_FAILING(send, ECONNRESET),
    LASTACK_FAILING(send, ETIMEDOUT),    LASTACK_FAILING(shutdown, ENOBUFS),   LASTACK_FAILING(recv, ECONNRESET),
    LASTACK_FAILING(recv, ETIMEDOUT),
};
#undef LASTACK_FAILING

INSTANTIATE_TEST_SUITE_P(Exchange, EveryFailingCall, ::testing::ValuesIn(kFailingCalls),
                         [](const auto& info) { return info.param.name + "_" + strerrorname_np(info.param.error); });

TEST_F(ExchangeTest, NothingIsClosedWhereNothingWasOpened) {
  EXPECT_CALL(sys_, socket).WillOnce(ReturnErrno(EMFILE));
  EXPECT_FALSE(RunExchange());
  EXPECT_THAT(errors_, ElementsAre(StartsWith("socket: EMFILE")));
}

TEST_F(ExchangeTest, AdoptedSocketIsClosedToo) {
  Answer(kWhole);
  EXPECT_CALL(sys_, close(kFd)).WillOnce(ReturnValue(0));
  Exchange exchange(sys_, {});
  exchange.Adopt(kFd);
  exchange.Receive();
  exchange.Close();
  EXPECT_EQ(exchange.body(), "hello");
}

// Connecting.

TEST_F(ExchangeTest, InterruptedConnectIsAwaitedAndNotRepeated) {
  EXPECT_CALL(sys_, connect).WillOnce(ReturnErrno(EINTR));
  EXPECT_CALL(sys_, getsockopt(kFd, SOL_SOCKET, SO_ERROR, _, _)).WillOnce(TellPendingError(0));
  Answer(kWhole);
  EXPECT_CALL(sys_, close(kFd)).WillOnce(ReturnValue(0));
  EXPECT_TRUE(RunExchange());
}

TEST_F(ExchangeTest, RefusalOfAnInterruptedConnectIsReported) {
  EXPECT_CALL(sys_, connect).WillOnce(ReturnErrno(EINTR));
  EXPECT_CALL(sys_, getsockopt(kFd, SOL_SOCKET, SO_ERROR, _, _)).WillOnce(TellPendingError(ECONNREFUSED));
  EXPECT_CALL(sys_, close(kFd)).WillOnce(ReturnValue(0));
  EXPECT_FALSE(RunExchange());
  EXPECT_THAT(errors_, ElementsAre(StartsWith("connect: ECONNREFUSED")));
}

TEST_F(ExchangeTest, AttemptsThatLostAreClosedAndForgotten) {
  EXPECT_CALL(sys_, socket).WillOnce(ReturnValue(kFd + 1)).WillOnce(ReturnValue(kFd));
  EXPECT_CALL(sys_, setsockopt(kFd + 1, _, _, _, _)).WillOnce(ReturnValue(0));
  EXPECT_CALL(sys_, connect(kFd + 1, _, _)).WillOnce(ReturnErrno(ECONNREFUSED));
  EXPECT_CALL(sys_, close(kFd + 1)).WillOnce(ReturnValue(0));
  Answer(kWhole);
  EXPECT_CALL(sys_, close(kFd)).WillOnce(ReturnValue(0));
  Exchange exchange(sys_, {});
  EXPECT_TRUE(exchange.Run({Loopback(2), Loopback(1)}, kRequest));
  EXPECT_THAT(exchange.errors(), IsEmpty());
}

TEST_F(ExchangeTest, AllAttemptsThatFailedAreReported) {
  EXPECT_CALL(sys_, connect).WillOnce(ReturnErrno(ECONNREFUSED)).WillOnce(ReturnErrno(EHOSTUNREACH));
  EXPECT_CALL(sys_, close(kFd)).Times(2).WillRepeatedly(ReturnValue(0));
  Exchange exchange(sys_, {});
  EXPECT_FALSE(exchange.Run({Loopback(2), Loopback(1)}, kRequest));
  EXPECT_THAT(exchange.errors(), ElementsAre(StartsWith("connect: ECONNREFUSED"), StartsWith("connect: EHOSTUNREACH")));
}

// Sending.

TEST_F(ExchangeTest, PartialAndInterruptedSendsComplete) {
  std::string sent;
  const auto take = [&sent](ssize_t most) {
    return [&sent, most](int, const void* data, size_t length, int) {
      const ssize_t count = std::min(most, static_cast<ssize_t>(length));
      sent.append(static_cast<const char*>(data), static_cast<size_t>(count));
      return SysResult{count, 0};
    };
  };
  EXPECT_CALL(sys_, send(kFd, _, _, MSG_NOSIGNAL))
      .WillOnce(take(1))
      .WillOnce(ReturnErrno(EINTR))
      .WillOnce(take(3))
      .WillOnce(ReturnErrno(EAGAIN))
      .WillOnce(take(1000));
  Answer(kWhole);
  EXPECT_CALL(sys_, close(kFd)).WillOnce(ReturnValue(0));
  EXPECT_TRUE(RunExchange());
  EXPECT_EQ(sent, kRequest);
}

TEST_F(ExchangeTest, PartialSendBeforeAResetIsNoSuccess) {
  EXPECT_CALL(sys_, send).WillOnce(ReturnValue(3)).WillOnce(ReturnErrno(ECONNRESET));
  EXPECT_CALL(sys_, close(kFd)).WillOnce(ReturnValue(0));
  EXPECT_FALSE(RunExchange());
  EXPECT_THAT(errors_, ElementsAre(StartsWith("send: ECONNRESET")));
}

TEST_F(ExchangeTest, HalfCloseComesAfterTheRequestAndBeforeTheAnswer) {
  const InSequence in_this_order;
  EXPECT_CALL(sys_, send).WillOnce(ReturnValue(kRequest.size()));
  EXPECT_CALL(sys_, shutdown(kFd, SHUT_WR)).WillOnce(ReturnValue(0));
  Answer(kWhole);
  EXPECT_CALL(sys_, close(kFd)).WillOnce(ReturnValue(0));
  EXPECT_TRUE(RunExchange(/*half_close=*/true));
}

TEST_F(ExchangeTest, OrdinaryExchangeNeverShutsDown) {
  EXPECT_CALL(sys_, shutdown).Times(0);
  Answer(kWhole);
  EXPECT_CALL(sys_, close(kFd)).WillOnce(ReturnValue(0));
  EXPECT_TRUE(RunExchange());
}

TEST_F(ExchangeTest, ShutdownOfADeadConnectionLeavesTheVerdictToTheReceive) {
  EXPECT_CALL(sys_, shutdown).WillOnce(ReturnErrno(ENOTCONN));
  EXPECT_CALL(sys_, recv).WillOnce(ReturnErrno(ECONNRESET));
  EXPECT_CALL(sys_, close(kFd)).WillOnce(ReturnValue(0));
  EXPECT_FALSE(RunExchange(/*half_close=*/true));
  EXPECT_THAT(errors_, ElementsAre(StartsWith("recv: ECONNRESET")));
}

// Receiving.

TEST_F(ExchangeTest, ShortAndInterruptedReceivesAreContinued) {
  EXPECT_CALL(sys_, recv)
      .WillOnce(Deliver("HTTP/1.1 200 OK\r\n\r"))
      .WillOnce(ReturnErrno(EINTR))
      .WillOnce(Deliver("\nhel"))
      .WillOnce(ReturnErrno(EAGAIN))
      .WillOnce(Deliver("lo"))
      .WillOnce(ReturnValue(0));
  EXPECT_CALL(sys_, close(kFd)).WillOnce(ReturnValue(0));
  EXPECT_TRUE(RunExchange());
  EXPECT_EQ(body_, "hello");
}

TEST_F(ExchangeTest, ResetIsNeverTheEndOfTheAnswer) {
  EXPECT_CALL(sys_, recv).WillOnce(Deliver(kEndless)).WillOnce(ReturnErrno(ECONNRESET));
  EXPECT_CALL(sys_, close(kFd)).WillOnce(ReturnValue(0));
  EXPECT_FALSE(RunExchange());
  EXPECT_EQ(body_, "hello");
  EXPECT_THAT(errors_, ElementsAre(StartsWith("recv: ECONNRESET")));
}

TEST_F(ExchangeTest, ResetAfterAWholeAnswerTakesNothingFromIt) {
  EXPECT_CALL(sys_, recv).WillOnce(Deliver(kWhole)).WillOnce(ReturnErrno(ECONNRESET));
  EXPECT_CALL(sys_, close(kFd)).WillOnce(ReturnValue(0));
  EXPECT_TRUE(RunExchange());
  EXPECT_EQ(body_, "hello");
}

TEST_F(ExchangeTest, EarlyEndIsReported) {
  Answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
  EXPECT_CALL(sys_, close(kFd)).WillOnce(ReturnValue(0));
  EXPECT_FALSE(RunExchange());
  EXPECT_THAT(errors_, ElementsAre("the answer ended after 5 of 100 bytes"));
}

TEST_F(ExchangeTest, EndWithoutAHeadIsReported) {
  EXPECT_CALL(sys_, recv).WillOnce(ReturnValue(0));
  EXPECT_CALL(sys_, close(kFd)).WillOnce(ReturnValue(0));
  EXPECT_FALSE(RunExchange());
  EXPECT_THAT(errors_, ElementsAre("the answer ended within its head"));
}

TEST_F(ExchangeTest, AnswerThatIsNoHttpIsReported) {
  Answer("SSH-2.0-OpenSSH\r\n\r\n");
  EXPECT_CALL(sys_, close(kFd)).WillOnce(ReturnValue(0));
  EXPECT_FALSE(RunExchange());
  EXPECT_THAT(errors_, ElementsAre("the answer is not HTTP/1"));
}

TEST_F(ExchangeTest, WhatIsTooMuchIsReadBeforeTheClose) {
  EXPECT_CALL(sys_, recv).WillOnce(Deliver(kWhole)).WillOnce(Deliver("more")).WillOnce(ReturnValue(0));
  EXPECT_CALL(sys_, close(kFd)).WillOnce(ReturnValue(0));
  EXPECT_TRUE(RunExchange());
  EXPECT_EQ(body_, "hello");
}

TEST_F(ExchangeTest, SilentPeerIsGivenUp) {
  EXPECT_CALL(sys_, poll(_, 1, 5000)).WillOnce(ReturnValue(0));
  EXPECT_CALL(sys_, close(kFd)).WillOnce(ReturnValue(0));
  EXPECT_FALSE(RunExchange());
  EXPECT_THAT(errors_, ElementsAre(StartsWith("recv: ETIMEDOUT")));
}

// No storm of signals, and no descriptor that is ready for nothing, holds the exchange for ever.

TEST_F(ExchangeTest, EndlessInterruptionEndsAsAnError) {
  EXPECT_CALL(sys_, recv).Times(Exchange::kMaxAttempts).WillRepeatedly(ReturnErrno(EINTR));
  EXPECT_CALL(sys_, close(kFd)).WillOnce(ReturnValue(0));
  EXPECT_FALSE(RunExchange());
  EXPECT_THAT(errors_, ElementsAre(HasSubstr("EINTR")));
}

TEST_F(ExchangeTest, EndlessUnreadinessEndsAsAnError) {
  EXPECT_CALL(sys_, send).Times(Exchange::kMaxAttempts).WillRepeatedly(ReturnErrno(EAGAIN));
  EXPECT_CALL(sys_, close(kFd)).WillOnce(ReturnValue(0));
  EXPECT_FALSE(RunExchange());
  EXPECT_THAT(errors_, ElementsAre(StartsWith("send: EAGAIN")));
}

TEST_F(ExchangeTest, EndlesslyInterruptedWaitEndsAsAnError) {
  EXPECT_CALL(sys_, poll).Times(Exchange::kMaxAttempts).WillRepeatedly(ReturnErrno(EINTR));
  EXPECT_CALL(sys_, close(kFd)).WillOnce(ReturnValue(0));
  EXPECT_FALSE(RunExchange());
  EXPECT_THAT(errors_, ElementsAre(HasSubstr("EINTR")));
}

}  // namespace
}  // namespace lastack
