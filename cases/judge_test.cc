// The judge, fact by fact: a passing observation with one fact changed must turn the verdict. Here: what holds for
// every case.
#include "cases/judge_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace lastack {
namespace {

TEST(VariantTest, TellsTheCasesOfARequirementApart) {
  std::map<std::string, std::set<std::string>> variants;
  for (const Case& one : Cases()) {
    EXPECT_TRUE(variants[one.requirement].insert(VariantText(one)).second) << one.id << ": " << VariantText(one);
  }
  for (const auto& [requirement, texts] : variants) EXPECT_EQ(texts.count("") > 0, texts.size() == 1) << requirement;
}

TEST(DurationTest, IsThatOfTheCasesOwnRun) {
  Observation run = Interrupted([](TraceBuilder&) {});
  run.exit.duration_ns = 12'000'001;
  EXPECT_EQ(Judged("check-close/eintr-not-retried", run).duration_ms, 13) << "rounded up: a run takes some time";
  run.lives.resize(2);
  run.lives[0].exit.duration_ns = 3'000'000;
  run.lives[1].exit.duration_ns = 4'000'000;
  EXPECT_EQ(Judged("check-close/eintr-not-retried", run).duration_ms, 7) << "a server lives more than once";
  Observation clean = Ordinary();
  clean.exit.duration_ns = 12'000'000;
  EXPECT_EQ(Judged("always-close/orderly", clean, clean).duration_ms, 0) << "the clean run is no case's own";
}

TEST(DoubtTest, IncompleteEvidenceIsNeverAPass) {
  const std::vector<std::function<void(Observation&)>> losses = {
      [](Observation& run) { run.trace.lost_events = 1; },
      [](Observation& run) { run.trace.torn_events = 1; },
      [](Observation& run) { run.trace.untracked_sockets = 1; },
      [](Observation& run) { run.trace.interposed_call = "close"; },
      [](Observation& run) { run.connections.front().far_port = 1; },
      [](Observation& run) { run.trace.events.clear(); },
  };
  for (const Case& one : Cases()) {
    for (size_t i = 0; i < losses.size(); ++i) {
      Observation run = one.scenario == Scenario::kResetMidAnswer ? Reset() : Interrupted([](TraceBuilder&) {});
      if (one.faults.empty()) run.faults.clear();
      losses[i](run);
      const CaseResult result = Judged(one.id, run);
      EXPECT_NE(result.verdict, Verdict::kPass) << one.id << " with loss " << i;
      EXPECT_NE(result.verdict, Verdict::kFail) << one.id << " with loss " << i;
    }
  }
}

TEST(DoubtTest, WhatWasSeenStandsAllTheSame) {
  Observation run = Interrupted(CloseAgain);
  run.trace.lost_events = 1;
  Expect(Judged(kRetried, run), Verdict::kFail, "retried-after-eintr");
}

TEST(DoubtTest, ALeakFallsIfTheCloseMayHaveBeenMissed) {
  Observation run = Ordinary([](TraceBuilder&) {});
  run.trace.events.pop_back();
  run.exit.how = SubjectExit::How::kTimedOut;
  run.trace.lost_events = 1;
  Expect(JudgedOrderly(run), Verdict::kInconclusive);
}

TEST(DoubtTest, StdioOnTheConnectionIsABlindSpot) {
  Observation run = Ordinary([](TraceBuilder& trace) {
    trace.Made(Call::fdopen, kFd, kSocket);
    trace.Made(Call::fclose, kFd, kSocket);
  });
  for (const char* id : {kOrderly, kLinger}) Expect(Judged(id, run, run), Verdict::kInconclusive, "", "stdio");
  Expect(Judged(kRetried, run, run), Verdict::kInconclusive, "", "stdio");
}

TEST(DoubtTest, ACoreCaseThatSeemsNotToApplyIsInconclusive) {
  Observation clean = Ordinary();
  std::erase_if(clean.trace.events, [](const TracedEvent& traced) { return traced.event.call == Call::recv; });
  Expect(Judged(kReported, clean, clean), Verdict::kInconclusive, "", "not seen");
}

TEST(DoubtTest, AnEndThatOnlyThePeerSawIsABlindSpot) {
  Observation run = Ordinary([](TraceBuilder& trace) { trace.Note(EventKind::kVanished, kFd, kSocket); });
  Expect(JudgedOrderly(run), Verdict::kInconclusive);
}

TEST(CleanRunTest, ADeathInItShowsNothing) {
  Observation clean = Ordinary();
  clean.exit.how = SubjectExit::How::kSignaled;
  clean.exit.signal = SIGSEGV;
  for (const Case& one : Cases()) {
    Expect(Judged(one.id, Ordinary(), clean), Verdict::kInconclusive, "", "died by SIGSEGV");
  }
}

TEST(CatalogTest, EveryCaseHasItsRequirementFindingsAndDefects) {
  for (const Case& one : Cases()) {
    const CaseResult result = HarnessError(one, absl::InternalError("x"));
    EXPECT_FALSE(result.requirement.empty()) << one.id;
    EXPECT_FALSE(one.findings.empty()) << one.id;
    EXPECT_FALSE(one.defects.empty()) << one.id;
    EXPECT_EQ(result.verdict, Verdict::kHarnessError);
  }
}

}  // namespace
}  // namespace lastack
