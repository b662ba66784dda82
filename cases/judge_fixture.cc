#include "cases/judge_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cerrno>

namespace lastack {

void Close(TraceBuilder& run) { run.Made(Call::close, kFd, kSocket); }

void CloseAgain(TraceBuilder& run) { run.Made(Call::close, kFd, kSocket, -1, EBADF).flags = kOnDecoy; }

void LeaveOpen(TraceBuilder& run) { run.Note(EventKind::kLeftOpen, kFd, kSocket); }

const Case& CaseNamed(const std::string& id) { return *CasesMatching(id).front(); }

ConnectionRecord OrdinaryRecord() {
  ConnectionRecord record;
  record.far_port = kPort;
  record.accepted_ns = 3000;
  record.bytes_received = 80;
  record.bytes_sent = 3000;
  record.ending = Ending::kFin;
  record.our_fin_ns = 5000;
  record.fin_ns = 9000;
  record.steps_done = 3;
  record.script_done = true;
  return record;
}

Observation Ordinary(const Change& close) {
  Observation observation;
  observation.scenario = "ordinary exchange";
  observation.backend = "preload";
  observation.peer_address = "127.0.0.1";
  observation.peer_port = 80;
  observation.timeout_ns = 10'000'000'000;
  TraceBuilder run;
  run.Start();
  run.Socket(kFd, kSocket);
  run.Connect(kFd, kSocket);
  run.Made(Call::recv, kFd, kSocket, 3000).a = 4096;
  run.Made(Call::recv, kFd, kSocket, 0).a = 4096;
  close(run);
  run.Exit();
  observation.trace = run.trace();
  observation.connections = {OrdinaryRecord()};
  return observation;
}

Observation OrdinaryWithRequest() {
  Observation clean = Ordinary();
  TraceBuilder request;
  request.At(4000).Made(Call::send, kFd, kSocket, 80).a = 80;
  clean.trace.events.insert(clean.trace.events.begin() + 4, request.trace().events.front());
  return clean;
}

Observation Interrupted(const Change& afterwards) {
  Observation observation = Ordinary([&](TraceBuilder& run) {
    run.Injected(Call::close, kFd, kSocket, Effect::kDecoy, EINTR);
    afterwards(run);
  });
  observation.faults = CaseNamed("check-close/eintr-not-retried").faults;
  return observation;
}

Observation Reset() {
  Observation observation = Ordinary();
  observation.scenario = "reset in the middle of the answer";
  for (TracedEvent& traced : observation.trace.events) {
    if (traced.event.call != Call::recv || traced.event.result != 0) continue;
    traced.event.result = -1;
    traced.event.error = ECONNRESET;
  }
  ConnectionRecord& record = observation.connections.front();
  record.ending = Ending::kNothing;
  record.our_fin_ns = 0;
  record.fin_ns = 0;
  record.our_reset_ns = 4500;
  observation.exit.status = 56;
  return observation;
}

Observation WithAChild(Observation run) {
  TraceBuilder fork(run.trace.events.front().pid);
  fork.Made(Call::fork, -1, 0, 101);
  run.trace.events.insert(run.trace.events.begin() + 1, fork.trace().events.front());
  return run;
}

Observation Serving(const Change& close) {
  Observation observation;
  observation.role = "server";
  observation.profile = "http-server";
  observation.scenario = "ordinary exchange";
  observation.backend = "preload";
  observation.peer_address = "127.0.0.1";
  observation.peer_port = 80;
  TraceBuilder run(100);
  run.Start();
  run.Socket(3, 30);
  run.Made(Call::listen, 3, 30);
  run.Accept(3, 30, 5, 50, kClient);
  run.Made(Call::recv, 5, 50, 40);
  run.Made(Call::send, 5, 50, 80);
  close(run);
  observation.trace = run.trace();
  ConnectionRecord record = OrdinaryRecord();
  record.far_port = 80;
  record.near_port = kClient;
  observation.connections = {record};
  SubjectLife life;
  life.ready_ns = 1;
  life.quiet_ns = 1'000'000'000;
  life.listening = true;
  life.alive = {100};
  life.stop_ns = 1'000'000'001;
  life.exit.how = SubjectExit::How::kSignaled;
  life.exit.signal = SIGTERM;
  observation.exit = life.exit;
  observation.lives = {life};
  return observation;
}

CaseResult Judged(const std::string& id, const Observation& run, const Observation& clean) {
  return JudgeCase(CaseNamed(id), Evidence(clean), Evidence(run));
}

CaseResult JudgedOrderly(const Observation& run) { return Judged(kOrderly, run, run); }

void Expect(const CaseResult& result, Verdict verdict, const std::string& finding, const std::string& message) {
  EXPECT_STREQ(VerdictWord(result.verdict), VerdictWord(verdict)) << result.message;
  EXPECT_EQ(result.finding, finding) << result.message;
  EXPECT_THAT(result.message, testing::HasSubstr(message));
}

}  // namespace lastack
