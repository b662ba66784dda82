// How connections ended, fact by fact: one change to an ordinary run must show in one value.
#include "cases/closing_facts.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>

#include "cases/judge_fixture.h"

namespace lastack {
namespace {

// Sends 80 bytes, receives 3000, then what `end` does from 7000 ns on.
Observation RunOf(const Change& end) {
  TraceBuilder run;
  run.Start();
  run.Socket(kFd, kSocket);
  run.Connect(kFd, kSocket);
  run.Made(Call::send, kFd, kSocket, 80).a = 80;
  run.Made(Call::recv, kFd, kSocket, 3000).a = 4096;
  run.At(7000);
  end(run);
  run.Exit();
  Observation observation = Ordinary();
  observation.trace = run.trace();
  return observation;
}

// The value of a fact; "(none)" if it is not there.
std::string FactOf(const Observation& run, const std::string& name) {
  const Evidence evidence(run);
  for (const auto& [fact, value] : ClosingFacts(evidence)) {
    if (fact == name) return value;
  }
  return "(none)";
}

TEST(ClosingFactsTest, AnOrdinaryEnd) {
  const Observation run = RunOf(Close);
  EXPECT_EQ(FactOf(run, "who closed first"), "the peer, by FIN");
  EXPECT_EQ(FactOf(run, "the peer saw"), "FIN");
  EXPECT_EQ(FactOf(run, "bytes to the peer"), "80 accepted, 80 delivered, 0 lost");
  EXPECT_EQ(FactOf(run, "bytes to the subject"), "3000 sent, 3000 received, 0 never received");
  EXPECT_EQ(FactOf(run, "descriptor"), "5: closed");
  EXPECT_EQ(FactOf(run, "SO_LINGER"), "never set");
  EXPECT_EQ(FactOf(run, "unread bytes at close"), "0");
  EXPECT_EQ(FactOf(run, "unacknowledged bytes at close"), "0");
  EXPECT_EQ(FactOf(run, "close returned"), "0");
  EXPECT_EQ(FactOf(run, "time in close"), "0.000 ms");
  EXPECT_EQ(FactOf(run, "what the peer played"), "ordinary exchange");
  EXPECT_EQ(FactOf(run, "signals"), "none changed, none ended it");
  EXPECT_EQ(FactOf(run, "the subject"), "exited with status 0");
}

TEST(ClosingFactsTest, WhoClosedFirstIsToldByTheCall) {
  // The peer saw the FIN only after it had sent its own, but the call came before.
  Observation run = RunOf(Close);
  run.connections.front().our_fin_ns = 8000;
  EXPECT_EQ(FactOf(run, "who closed first"), "the subject, by FIN");
  run = RunOf([](TraceBuilder& trace) {
    trace.At(4000).Made(Call::shutdown, kFd, kSocket).a = SHUT_WR;
    trace.At(7000).Made(Call::close, kFd, kSocket);
  });
  EXPECT_EQ(FactOf(run, "who closed first"), "the subject, by FIN");
  run = RunOf([](TraceBuilder& trace) {
    trace.At(4000).Made(Call::shutdown, kFd, kSocket).a = SHUT_RD;
    trace.At(7000).Made(Call::close, kFd, kSocket);
  });
  EXPECT_EQ(FactOf(run, "who closed first"), "the peer, by FIN") << "SHUT_RD sends nothing";
}

TEST(ClosingFactsTest, AResetIsNoFin) {
  Observation run = RunOf(Close);
  ConnectionRecord& record = run.connections.front();
  record.ending = Ending::kReset;
  record.fin_ns = 0;
  record.reset_ns = 9000;
  record.our_fin_ns = 0;
  EXPECT_EQ(FactOf(run, "who closed first"), "the subject, by RST");
  EXPECT_EQ(FactOf(run, "the peer saw"), "RST");
  record.our_reset_ns = 4000;
  EXPECT_EQ(FactOf(run, "who closed first"), "the peer, by RST");
  record.ending = Ending::kNothing;
  record.reset_ns = 0;
  EXPECT_EQ(FactOf(run, "the peer saw"), "nothing: it had reset the connection itself");
  record.our_reset_ns = 0;
  EXPECT_EQ(FactOf(run, "who closed first"), "nobody");
  EXPECT_EQ(FactOf(run, "the peer saw"), "nothing: neither FIN nor RST came");
}

TEST(ClosingFactsTest, LossIsCounted) {
  Observation run = RunOf(Close);
  run.connections.front().bytes_received = 50;
  EXPECT_EQ(FactOf(run, "bytes to the peer"), "80 accepted, 50 delivered, 30 lost");
  run.connections.front().bytes_sent = 4000;
  EXPECT_EQ(FactOf(run, "bytes to the subject"), "4000 sent, 3000 received, 1000 never received");
}

TEST(ClosingFactsTest, NothingIsClaimedOfWhatWasNotSeen) {
  Observation run = RunOf(Close);
  run.connections.front().bytes_received = 81;
  EXPECT_EQ(FactOf(run, "bytes to the peer"), "81 delivered (not every send was seen)");
  run = RunOf([](TraceBuilder& trace) {
    trace.Made(Call::recvmmsg, kFd, kSocket, 2);
    Close(trace);
  });
  EXPECT_EQ(FactOf(run, "bytes to the subject"), "3000 sent (not every receive was seen)") << "it counts messages";
}

TEST(ClosingFactsTest, APeekReceivesNothing) {
  const Observation run = RunOf([](TraceBuilder& trace) {
    Event& peek = trace.Made(Call::recv, kFd, kSocket, 3000);
    peek.a = 4096;
    peek.b = MSG_PEEK;
    Close(trace);
  });
  EXPECT_EQ(FactOf(run, "bytes to the subject"), "3000 sent, 3000 received, 0 never received");
}

TEST(ClosingFactsTest, LingerIsThatOfTheLastCallThatSetIt) {
  const auto lingering = [](uint64_t on, uint64_t seconds) {
    return RunOf([=](TraceBuilder& trace) {
      Event& set = trace.Made(Call::setsockopt, kFd, kSocket);
      set.a = static_cast<uint64_t>(SOL_SOCKET) << 32 | SO_LINGER;
      set.b = seconds << 32 | on;
      Close(trace);
    });
  };
  EXPECT_EQ(FactOf(lingering(1, 0), "SO_LINGER"), "{on, 0}: close aborts");
  EXPECT_EQ(FactOf(lingering(1, 5), "SO_LINGER"), "{on, 5}: close waits up to 5 s");
  EXPECT_EQ(FactOf(lingering(0, 5), "SO_LINGER"), "off");
}

TEST(ClosingFactsTest, WhatCloseLeftBehindAndReturned) {
  const Observation run = RunOf([](TraceBuilder& trace) {
    Event& close = trace.Injected(Call::close, kFd, kSocket, Effect::kFull, EIO);
    close.a = 7;
    close.b = 3;
    trace.trace().events.back().duration_ns = 1'500'000;
  });
  EXPECT_EQ(FactOf(run, "unread bytes at close"), "7");
  EXPECT_EQ(FactOf(run, "unacknowledged bytes at close"), "3");
  EXPECT_EQ(FactOf(run, "close returned"), "-1 EIO (injected)");
  EXPECT_EQ(FactOf(run, "time in close"), "1.500 ms");
}

TEST(ClosingFactsTest, AFinIsCountedAmongTheUnacknowledged) {
  const Observation run = RunOf([](TraceBuilder& trace) {
    trace.Made(Call::shutdown, kFd, kSocket).a = SHUT_WR;
    trace.Made(Call::close, kFd, kSocket).b = 1;
  });
  EXPECT_EQ(FactOf(run, "unacknowledged bytes at close"), "1 (a FIN counts as one)");
}

TEST(ClosingFactsTest, ACloseThatNeverReturned) {
  const Observation run = RunOf([](TraceBuilder& trace) { trace.InFlight(Call::close, kFd, kSocket); });
  EXPECT_EQ(FactOf(run, "close returned"), "never");
  EXPECT_EQ(FactOf(run, "time in close"), "(none)");
}

TEST(ClosingFactsTest, OfAConnectionThatThePeerNeverHad) {
  Observation run = RunOf([](TraceBuilder& trace) { trace.Made(Call::close, kFd, kSocket).b = 1; });
  run.connections.clear();
  EXPECT_EQ(FactOf(run, "the peer saw"), "no such connection");
  EXPECT_EQ(FactOf(run, "unacknowledged bytes at close"), "(none)") << "it would be the SYN";
}

TEST(ClosingFactsTest, ALeak) {
  const Observation run = RunOf([](TraceBuilder& trace) { trace.Note(EventKind::kLeftOpen, kFd, kSocket); });
  EXPECT_EQ(FactOf(run, "descriptor"), "5: left open to the exit");
  EXPECT_EQ(FactOf(run, "close returned"), "(none)");
}

TEST(ClosingFactsTest, Signals) {
  Observation run = RunOf([](TraceBuilder& trace) {
    Event& ignores = trace.Made(Call::sigaction, -1, 0);
    ignores.a = SIGPIPE;
    ignores.b = reinterpret_cast<uintptr_t>(SIG_IGN);
    Close(trace);
  });
  EXPECT_EQ(FactOf(run, "signals"), "SIGPIPE ignored");
  run = RunOf(Close);
  run.exit.how = SubjectExit::How::kSignaled;
  run.exit.signal = SIGPIPE;
  EXPECT_EQ(FactOf(run, "signals"), "SIGPIPE ended it");
  SubjectLife told;
  told.stop_ns = 9500;
  run.lives = {told};
  EXPECT_EQ(FactOf(run, "signals"), "none changed, none ended it") << "the signal was ours";
}

TEST(ClosingFactsTest, SeveralConnectionsAreNumbered) {
  Observation run = RunOf([](TraceBuilder& trace) {
    Close(trace);
    trace.Socket(6, kSocket + 1);
    trace.Connect(6, kSocket + 1).b = kPort + 1;
    trace.Made(Call::close, 6, kSocket + 1);
  });
  EXPECT_EQ(FactOf(run, "connection 1: descriptor"), "5: closed");
  EXPECT_EQ(FactOf(run, "connection 2: descriptor"), "6: closed");
  EXPECT_EQ(FactOf(run, "connection 2: the peer saw"), "no such connection");
}

}  // namespace
}  // namespace lastack
