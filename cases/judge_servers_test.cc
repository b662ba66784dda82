// The judges at servers, fact by fact.
#include "cases/judge_fixture.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>

#include <cerrno>
#include <functional>
#include <string>

#include "cases/server_facts.h"

namespace lastack {
namespace {

TEST(ServerTest, ClosedBeforeTheBarrierIsAPass) { Expect(JudgedOrderly(Serving()), Verdict::kPass); }

TEST(ServerTest, HeldAtTheBarrierIsALeak) {
  Expect(JudgedOrderly(Serving([](TraceBuilder&) {})), Verdict::kFail, "leak", "with all exchanges over");
  const auto late = [](TraceBuilder& run) { run.At(1'500'000'000).Made(Call::close, 5, 50); };
  Expect(JudgedOrderly(Serving(late)), Verdict::kFail, "leak");
}

TEST(ServerTest, HeldByAProcessThatHadGoneIsNoLeak) {
  Observation run = Serving([](TraceBuilder& trace) {
    trace.Note(EventKind::kLeftOpen, 5, 50);
    trace.Exit();
  });
  run.lives.front().alive = {99};
  Expect(JudgedOrderly(run), Verdict::kAdvisory, "left-to-exit");
}

// A child serves what process 100 accepted, and exits; `parent` is what the parent does with its copy.
Observation ServingByChild(const std::function<void(TraceBuilder&)>& parent) {
  return Serving([&](TraceBuilder& run) {
    run.Made(Call::fork, -1, 0, 101);
    run.In(101).ForkedFrom(100);
    run.Note(EventKind::kInherit, 5, 50, kTcpWord);
    run.Made(Call::send, 5, 50, 80);
    run.Made(Call::close, 5, 50);
    run.Exit();
    run.In(100);
    parent(run);
  });
}

TEST(ParentCopyTest, AParentThatClosesItsCopyIsAPass) {
  const Observation run = ServingByChild([](TraceBuilder& trace) { trace.Made(Call::close, 5, 50); });
  Expect(Judged("always-close/parent-copy", run, run), Verdict::kPass, "", "each of 1 connections");
}

TEST(ParentCopyTest, AParentThatKeepsItIsAFailure) {
  Observation run = ServingByChild([](TraceBuilder&) {});
  run.connections.front().ending = Ending::kNothing;
  run.connections.front().fin_ns = 0;
  Expect(Judged("always-close/parent-copy", run, run), Verdict::kFail, "parent-keeps-copy", "FIN, which never came");
  run.lives.front().alive = {100, 101};
  Expect(Judged("always-close/parent-copy", run, run), Verdict::kFail, "parent-keeps-copy");
}

TEST(ParentCopyTest, AChildThatIsNotDoneIsWaitedFor) {
  Observation run = ServingByChild([](TraceBuilder&) {});
  std::erase_if(run.trace.events, [](const TracedEvent& event) {
    return event.pid == 101 && (event.event.call == Call::close || event.event.kind == EventKind::kExit);
  });
  run.connections.front().ending = Ending::kNothing;
  run.connections.front().fin_ns = 0;
  run.lives.front().alive = {100, 101};
  Expect(Judged("always-close/parent-copy", run, run), Verdict::kPass);
}

TEST(ParentCopyTest, WhoServesByItselfIsNotConcerned) {
  Expect(Judged("always-close/parent-copy", Serving(), Serving()), Verdict::kNotApplicable, "", "no child");
}

// A supervisor starts another worker, and what the first one served is lost.
TEST(HowItDiedTest, AWorkerThatExitsWithAnErrorTakesItsClientsAlong) {
  const auto death = [](uint64_t status) {
    Observation run = Serving([status](TraceBuilder& trace) {
      trace.Made(Call::_exit, -1, 0).a = status;
      trace.Exit();
    });
    for (TracedEvent& traced : run.trace.events) traced.pid = 101;
    run.lives.front().alive = {100};
    return HowItDied(Evidence(run));
  };
  EXPECT_EQ(death(1), "process 101, which accepted connections, exited with status 1");
  EXPECT_EQ(death(0), "");
}

TEST(GrowthEndsTest, SaysAfterHowManyClients) {
  const auto judged = [](int served, int error) {
    Observation run = Serving([served, error](TraceBuilder& trace) {
      trace.Made(Call::close, 5, 50);
      for (int i = 1; i < served; ++i) {
        trace.Accept(3, 30, 5, 50 + static_cast<uint64_t>(i), static_cast<uint16_t>(kClient + i));
        trace.Made(Call::close, 5, 50 + static_cast<uint64_t>(i));
      }
      if (error != 0) trace.Made(Call::accept, 3, 30, -1, error);
    });
    run.scenario = "more clients than descriptors, one after the other";
    const ConnectionRecord first = run.connections.front();
    for (int i = 1; i < served; ++i) run.connections.emplace_back(first).near_port = static_cast<uint16_t>(kClient + i);
    if (served < 129) run.connections.emplace_back().trouble = "nothing came";
    return Judged("always-close/growth-ends-in-emfile", run, Serving());
  };
  Expect(judged(129, 0), Verdict::kObserved, "", "served 129 of 129");
  Expect(judged(58, EMFILE), Verdict::kObserved, "ends-in-emfile",
         "served 58 of 129 clients; then accept reported EMFILE");
  Expect(judged(58, 0), Verdict::kObserved, "", "although no accept reported EMFILE");
}

TEST(ServerTest, AnExchangeThatWasNotCompletedSaysNothing) {
  Observation run = Serving([](TraceBuilder&) {});
  run.connections.front().script_done = false;
  run.connections.front().trouble = "step 2, ExpectUntil: the subject sent FIN";
  run.connections.front().received = "-DENIED for reasons\r\n";
  Expect(JudgedOrderly(run), Verdict::kInconclusive, "",
         "step 2, ExpectUntil: the subject sent FIN (it answered: -DENIED for reasons");
}

// A pool of connections to a server of its own, whose port the kernel chose.
TEST(ServerTest, WhatItAcceptsFromItselfIsNoClient) {
  Expect(JudgedOrderly(Serving([](TraceBuilder& trace) {
           trace.Socket(8, 80);
           trace.Connect(8, 80).b = kPort + 9;
           trace.Accept(7, 70, 9, 90, kPort + 9);
           trace.Made(Call::close, 5, 50);
         })),
         Verdict::kPass);
}

TEST(ServerTest, AnAnswerOnAConnectionThatNobodyAcceptedIsADoubt) {
  Observation run = Serving();
  run.connections.front().near_port = kClient + 7;
  Expect(JudgedOrderly(run), Verdict::kInconclusive, "", "that no call of the trace accepted");
}

TEST(ServerTest, WhoNeverListenedOrEndedByItselfIsNotJudged) {
  Observation run = Serving();
  run.lives.front().ready_ns = 0;
  Expect(JudgedOrderly(run), Verdict::kInconclusive, "", "never listened on 127.0.0.1:80");
  run = Serving();
  run.lives.front().stop_ns = 0;
  Expect(JudgedOrderly(run), Verdict::kInconclusive, "", "before it was told to");
}

TEST(ServerTest, ALingeringListenerIsFoundOnlyIfItAccepts) {
  const char kInherited[] = "linger/not-inherited-by-accepted";
  const auto lingers = [](TraceBuilder& run) {
    run.SetLinger(3, 30, 1, 0);
    run.Made(Call::close, 5, 50);
  };
  Expect(Judged(kInherited, Serving(lingers), Serving(lingers)), Verdict::kPass);
  const auto then_accepts = [](TraceBuilder& run) {
    run.Made(Call::close, 5, 50);
    run.SetLinger(3, 30, 1, 0);
    run.Accept(3, 30, 6, 60, kClient + 1);
    run.Made(Call::close, 6, 60);
  };
  Expect(Judged(kInherited, Serving(then_accepts), Serving(then_accepts)), Verdict::kAdvisory,
         "abortive-linger-on-listener");
}

// A server that finishes its answer by shutdown, and meets a reset there in `run`. It ends by SIGTERM, as it is told
// to.
Observation FinishingServer(bool reset) {
  Observation run = Serving([=](TraceBuilder& trace) {
    Event& shutdown =
        reset ? trace.Injected(Call::shutdown, 5, 50, Effect::kReset, ENOTCONN) : trace.Made(Call::shutdown, 5, 50);
    shutdown.realism = Realism::kKernel;
    trace.Made(Call::close, 5, 50);
  });
  if (reset) run.faults = CaseNamed("peer-gone/reset-during-shutdown").faults;
  return run;
}

TEST(ServerTest, ToEndByTheSignalThatTellsItToIsNoCrash) {
  const char kId[] = "peer-gone/reset-during-shutdown";
  Expect(Judged(kId, FinishingServer(true), FinishingServer(false)), Verdict::kPass);
  Observation crashed = FinishingServer(true);
  crashed.lives.front().stop_ns = 0;
  crashed.lives.front().exit.signal = SIGSEGV;
  crashed.exit = crashed.lives.front().exit;
  Expect(Judged(kId, crashed, FinishingServer(false)), Verdict::kFail, "crashed-after-reset");
}

// A server that finishes its answer by shutdown, and closes; in `run` the peer resets in between, or has finished.
Observation ClosingServer(bool reset) {
  Observation run = Serving([=](TraceBuilder& trace) {
    trace.Made(Call::shutdown, 5, 50).a = SHUT_WR;
    Event& close = reset ? trace.Injected(Call::close, 5, 50, Effect::kReset, 0) : trace.Made(Call::close, 5, 50);
    close.realism = Realism::kKernel;
  });
  return run;
}

TEST(ServerTest, WhetherThePeerFinishedBeforeTheCloseIsShownByTheRunOfTheCase) {
  const char kId[] = "peer-gone/reset-during-close";
  const auto as_run = [&](bool reset) {
    Observation run = ClosingServer(reset);
    run.faults = CaseNamed(kId).faults;
    return run;
  };
  Expect(Judged(kId, as_run(true), ClosingServer(false)), Verdict::kPass);
  Expect(Judged(kId, as_run(false), ClosingServer(false)), Verdict::kNotApplicable, "", "both ends have finished");
  Observation refused = as_run(false);
  refused.connections.front().our_fin_ns = 500'000'000;
  Expect(Judged(kId, refused, ClosingServer(false)), Verdict::kUnexercised);
}

TEST(ServerTest, APeerThatFinishesWhileCloseIsUnderWayLeavesNothingToReset) {
  const char kId[] = "peer-gone/reset-during-close";
  const auto finished_at = [&](uint64_t into_close) {
    Observation run = Serving([](TraceBuilder& trace) {
      trace.Made(Call::shutdown, 5, 50).a = SHUT_WR;
      trace.Made(Call::close, 5, 50);
    });
    run.faults = CaseNamed(kId).faults;
    run.connections.front().our_fin_ns = run.trace.events.back().start_ns + into_close;
    return run;
  };
  Expect(Judged(kId, finished_at(TraceBuilder::kCallNs / 2), ClosingServer(false)), Verdict::kNotApplicable, "",
         "both ends have finished");
  Expect(Judged(kId, finished_at(2 * TraceBuilder::kCallNs), ClosingServer(false)), Verdict::kUnexercised);
}

// An ordinary conversation of the profile echo-server has two clients.
Observation ServingTwo(const std::function<void(TraceBuilder&)>& close) {
  Observation run = Serving([&](TraceBuilder& trace) {
    close(trace);
    trace.Accept(3, 30, 6, 60, kClient + 1);
    trace.Made(Call::close, 6, 60);
  });
  run.profile = "echo-server";
  run.connections.push_back(run.connections.front());
  run.connections.back().near_port = kClient + 1;
  run.connections.back().script = 1;
  return run;
}

// The event of a wait names the first of the sockets: here the listener, with the connection behind it.
TEST(ServerTest, AWaitBesideTheListenerMayBeForAConnection) {
  const char kId[] = "interrupted/poll";
  const auto polling = [&](int fd, uint64_t socket, bool fires, uint64_t timeout = 1000) {
    Observation run = ServingTwo([=](TraceBuilder& trace) {
      if (fires) {
        trace.Injected(Call::poll, 5, 50, Effect::kSkip, EINTR).realism = Realism::kKernel;
      } else if (socket != 0) {
        trace.Made(Call::poll, 3, 30, 1).b = timeout;
        trace.Made(Call::poll, fd, socket, 1).b = timeout;
      }
      trace.Made(Call::close, 5, 50);
    });
    run.faults = CaseNamed(kId).faults;
    return run;
  };
  const Observation beside = polling(3, 30, false);
  Expect(Judged(kId, polling(5, 50, true), beside), Verdict::kPass);
  Expect(Judged(kId, beside, beside), Verdict::kNotApplicable, "", "never waits for its connection");
  Expect(Judged(kId, polling(5, 50, false), beside), Verdict::kUnexercised);  // it was there to be struck
  const Observation looks = polling(5, 50, false, 0);
  Expect(Judged(kId, looks, looks), Verdict::kNotApplicable, "", "never waits for its connection");
  const Observation never = polling(-1, 0, false);
  Expect(Judged(kId, never, never), Verdict::kNotApplicable, "", "never waits for its connection");
}

// Each process counts its failures anew, so that a server that replaces its dead has no end of them.
TEST(ServerTest, AcceptThatFailsInOneProcessAfterTheOtherIsNotWhatWasAsked) {
  const char kId[] = "always-close/accept-fails";
  const auto failing = [&](int processes) {
    Observation run = ServingTwo([=](TraceBuilder& trace) {
      for (int process = 0; process < processes; ++process) {
        for (int failure = 0; failure < 2; ++failure) {
          trace.In(100 + process).Injected(Call::accept4, 3, 30, Effect::kExhaust, EMFILE).realism = Realism::kKernel;
        }
      }
      trace.In(100).Made(Call::close, 5, 50);
    });
    run.faults = CaseNamed(kId).faults;
    return run;
  };
  const auto not_served = [](Observation run, size_t client) {
    run.connections[client].script_done = false;
    run.connections[client].bytes_received = 0;
    run.connections[client].trouble = "it has not come after 2s";
    return run;
  };
  const Observation clean = ServingTwo([](TraceBuilder& trace) { trace.Made(Call::close, 5, 50); });
  Expect(Judged(kId, failing(1), clean), Verdict::kPass);
  Expect(Judged(kId, not_served(failing(1), 0), clean), Verdict::kPass);  // sent away, to make room
  Expect(Judged(kId, not_served(failing(1), 1), clean), Verdict::kAdvisory, "stopped-serving");
  Expect(Judged(kId, not_served(failing(2), 1), clean), Verdict::kInconclusive, "", "accept failed 4 times");
}

TEST(ServerTest, WhoSendsNothingToAClientWithAnEarlyFinMeetsNoBrokenPipe) {
  const char kId[] = "peer-gone/sigpipe-survived";
  const Observation clean = ServingTwo([](TraceBuilder& trace) { trace.Made(Call::close, 5, 50); });
  Observation run = clean;
  run.faults = CaseNamed(kId).faults;
  Expect(Judged(kId, run, clean), Verdict::kUnexercised);  // it sent, and was there to be struck
  std::erase_if(run.trace.events, [](const TracedEvent& traced) { return traced.event.call == Call::send; });
  Expect(Judged(kId, run, clean), Verdict::kNotApplicable, "", "sends nothing to a client");
}

TEST(ServerTest, AnAnswerThatComesLaterThanThePeerWaitsIsNotLost) {
  const char kId[] = "interrupted/send";
  const auto closes = [](TraceBuilder& trace) { trace.Made(Call::close, 5, 50); };
  Observation run = ServingTwo([&](TraceBuilder& trace) {
    trace.Injected(Call::send, 5, 50, Effect::kSkip, EINTR).realism = Realism::kKernel;
    closes(trace);
  });
  run.faults = CaseNamed(kId).faults;
  for (ConnectionRecord& record : run.connections) {
    record.script_done = false;
    record.trouble = "it has not come after 2s";
  }
  Expect(Judged(kId, run, ServingTwo(closes)), Verdict::kObserved, "", "later than");
  run.connections.back().bytes_received -= 1;
  Expect(Judged(kId, run, ServingTwo(closes)), Verdict::kFail, "answer-lost");
}

TEST(ServerTest, AnAnswerShorterThanItsLengthIsLost) {
  const char kId[] = "interrupted/partial-send";
  const auto closes = [](TraceBuilder& trace) { trace.Made(Call::close, 5, 50); };
  const auto served = [&](size_t body, const std::string& head) {
    Observation run = ServingTwo([&](TraceBuilder& trace) {
      trace.Injected(Call::send, 5, 50, Effect::kPartial, 0).realism = Realism::kKernel;
      closes(trace);
    });
    run.profile = "http-server";
    run.faults = CaseNamed(kId).faults;
    for (ConnectionRecord& record : run.connections) {
      record.received = head + std::string(body, 'x');
      record.bytes_received = record.received.size();
    }
    return run;
  };
  const std::string head = "HTTP/1.1 200 OK\r\ncontent-LENGTH: 100\r\n\r\n";
  Expect(Judged(kId, served(100, head), ServingTwo(closes)), Verdict::kPass);
  Expect(Judged(kId, served(99, head), ServingTwo(closes)), Verdict::kFail, "answer-lost", "99 of 100 bytes");
  Expect(Judged(kId, served(1, "HTTP/1.1 200 OK\r\n\r\n"), ServingTwo(closes)), Verdict::kPass);  // it promised nothing
}

// A server that waits by epoll_wait, and after one byte of the request waits for more.
Observation StoppingAfterOneByte(
    bool waits_on_epoll, const std::function<void(TraceBuilder&)>& then = [](TraceBuilder&) {}) {
  const auto events = [=](TraceBuilder& trace) {
    if (waits_on_epoll) trace.Made(Call::epoll_wait, -1, 0, 1);
    Event& cut = trace.Injected(Call::recv, 5, 50, Effect::kPartial, 0);
    cut.realism = Realism::kKernel;
    cut.result = 1;
    cut.a = 1024;
    then(trace);
  };
  Observation run = ServingTwo(events);
  std::erase_if(run.trace.events, [](const TracedEvent& traced) {
    return traced.event.fault == kNoFaultIndex && (traced.event.call == Call::recv || traced.event.call == Call::send);
  });
  run.faults = CaseNamed("interrupted/short-recv").faults;
  for (ConnectionRecord& record : run.connections) {
    record.script_done = false;
    record.bytes_received = 0;
    record.bytes_sent = 80;
    record.trouble = "it has not come after 2s";
  }
  run.connections.front().ending = Ending::kNothing;
  run.connections.front().fin_ns = 0;
  return run;
}

// epoll(7): an edge-triggered program may take a short count for an empty queue, and a queue that is not never gives
// one.
TEST(ServerTest, AnEdgeTriggeredServerMayTakeAShortCountForAnEmptyQueue) {
  const char kId[] = "interrupted/short-recv";
  const Observation clean = ServingTwo([](TraceBuilder& trace) { trace.Made(Call::close, 5, 50); });
  Expect(Judged(kId, StoppingAfterOneByte(true), clean), Verdict::kObserved, "", "edge-triggered");
  Expect(Judged(kId, StoppingAfterOneByte(false), clean), Verdict::kFail, "answer-lost");
  const auto closes = [](TraceBuilder& trace) { trace.Made(Call::close, 5, 50); };
  Expect(Judged(kId, StoppingAfterOneByte(true, closes), clean), Verdict::kFail, "answer-lost");
}

}  // namespace
}  // namespace lastack
