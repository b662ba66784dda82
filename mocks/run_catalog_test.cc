// The catalog in process gives the verdicts that it gives on the kernel: for the reference library, and for that
// library over calls that are wrong in one way.
#include "mocks/run_catalog.h"

#include <errno.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cases/drivers/posix_library.h"
#include "cases/known_bad/driver_defects.h"
#include "harness/testing/runfile.h"
#include "harness/trace/event_text.h"
#include "mocks/catalog_agreement.h"

namespace lastack {
namespace {

// The reference library over wrong calls.
template <typename WrongSys>
class WrongLibrary : public SocketLibrary {
 public:
  explicit WrongLibrary(SysApi& sys) : sys_(sys), library_(sys_) {}

  std::string Name() const override { return library_.Name(); }
  std::vector<std::string> Capabilities() const override { return library_.Capabilities(); }
  int Connect(const std::string& host, int port, std::unique_ptr<LibraryConnection>* connection) override {
    return library_.Connect(host, port, connection);
  }
  int Listen(const std::string& host, int* port, std::unique_ptr<LibraryListener>* listener) override {
    return library_.Listen(host, port, listener);
  }

 private:
  WrongSys sys_;
  PosixLibrary library_;
};

struct Defect {
  std::string name;
  LibraryMaker make;
};

void PrintTo(const Defect& defect, std::ostream* out) { *out << defect.name; }

template <typename WrongSys>
std::unique_ptr<SocketLibrary> Make(SysApi& sys) {
  return std::make_unique<WrongLibrary<WrongSys>>(sys);
}

// Those of known_bad_driver, and "none". Sends-after-close has a thread, and a fake has none.
std::vector<Defect> Defects() {
  std::vector<Defect> defects = {
#define LASTACK_DEFECT(name, Sys, sentence) {name, Make<Sys>},
#include "cases/known_bad/driver_defects.inc"
  };
  std::erase_if(defects, [](const Defect& defect) { return defect.name == "sends-after-close"; });
  return defects;
}

const Defect& Reference() {
  static const auto* reference = new Defect{"none", Make<SysDecorator>};
  return *reference;
}

ResultsById InProcess(const Defect& defect, const FakeOptions& network = FakeOptions()) {
  CatalogOptions options;
  options.network = network;
  return ById(RunCatalog(defect.make, options));
}

// Of the same library as a driver.
ResultsById OnKernel(const Defect& defect, const std::vector<const Case*>& cases,
                     std::map<std::string, Observation>* facts = nullptr) {
  return OnKernel({Runfile("cases/known_bad/known_bad_driver"), "--defect=" + defect.name}, cases, facts);
}

bool IsViolation(const CaseResult& result) {
  return result.verdict == Verdict::kFail || result.verdict == Verdict::kAdvisory ||
         result.verdict == Verdict::kHarnessError;
}

// All but what depends on the machine: ports and addresses.
std::vector<std::string> EventsOf(const Observation& run) {
  std::vector<std::string> lines;
  for (TracedEvent traced : run.trace.events) {
    Event& event = traced.event;
    if (event.call == Call::connect || event.call == Call::bind) event.a = event.b = 0;
    if (event.kind == EventKind::kOpen) event.result = 0;
    lines.push_back(absl::StrCat(DescribeEvent(traced), " history=", event.history, " flags=", event.flags,
                                 " substitute=", event.substitute));
  }
  for (const ConnectionRecord& record : run.connections) {
    lines.push_back(absl::StrCat("peer: ", record.bytes_received, " received, ", record.bytes_sent, " sent, ending ",
                                 static_cast<int>(record.ending), ", steps ", record.steps_done,
                                 record.script_done ? ", done" : "", " ", record.trouble));
  }
  return lines;
}

Observation RunInProcess(const Case* one) {
  const Profile& profile = *FindProfile("driver");
  const Scenario scenario = one == nullptr ? Scenario::kOrdinary : one->scenario;
  InProcessRun run;
  run.make = Reference().make;
  run.scripts = profile.scripts(scenario);
  run.driver_script = profile.driver_script(scenario);
  if (one != nullptr) run.faults = one->faults;
  return *ObserveInProcess(run);
}

TEST(RunCatalogTest, TheReferenceHasItsVerdictsOnTheKernel) {
  std::map<std::string, Observation> facts;
  const ResultsById on_kernel = OnKernel(Reference(), QuickCases(), &facts);
  EXPECT_GE(on_kernel.size(), 60u);
  ExpectAgreement(on_kernel, InProcess(Reference()));
  // Not only the verdicts: event by event what the agent records, where the kernel's timing has no part in it.
  EXPECT_EQ(EventsOf(RunInProcess(nullptr)), EventsOf(facts.at("")));
  for (const char* id :
       {"check-close/eintr-not-retried", "check-close/error-returned", "interrupted/partial-send", "interrupted/recv",
        "interrupted/connect", "peer-gone/epipe-reported", "linger/abort-when-asked", "half-close/buffered-after-rd"}) {
    EXPECT_EQ(EventsOf(RunInProcess(CasesMatching(id).front())), EventsOf(facts.at(id))) << id;
  }
}

TEST(RunCatalogTest, SoHasOneThatWaitsByPoll) {
  const Defect polls = {"waits-by-poll", Make<WaitsByPoll>};
  const ResultsById in_process = InProcess(polls);
  ExpectAgreement(OnKernel(polls, QuickCases()), in_process);
  EXPECT_EQ(in_process.at("interrupted/poll").verdict, Verdict::kPass) << in_process.at("interrupted/poll").message;
  EXPECT_EQ(in_process.at("interrupted/would-block").verdict, Verdict::kPass)
      << in_process.at("interrupted/would-block").message;
}

TEST(RunCatalogTest, WhatTakesAProcessIsNeverAPass) {
  for (const auto& [id, result] : InProcess(Reference())) {
    const bool beyond = IsBeyondUs(id);
    EXPECT_EQ(result.verdict == Verdict::kUnimplemented, beyond) << id;
    EXPECT_EQ(result.backend, "fake") << id;
    EXPECT_EQ(absl::StartsWith(result.message, "Not in process: "), beyond) << id;
  }
}

// The peer then answers only when the library waits.
TEST(RunCatalogTest, LatencyChangesNoVerdict) {
  const ResultsById at_once = InProcess(Reference());
  FakeOptions slow;
  slow.latency = absl::Milliseconds(1);
  slow.jitter = absl::Milliseconds(1);
  for (const auto& [id, late] : InProcess(Reference(), slow)) {
    EXPECT_EQ(Words(late), Words(at_once.at(id)))
        << id << "\nlate: " << late.message << "\nat once: " << at_once.at(id).message;
  }
}

// On a system that is as the document says nobody who is right becomes guilty, and a defect stays one.
TEST(RunCatalogTest, TheDocumentsSystemChangesNoVerdict) {
  FakeOptions document;
  document.personality = FakePersonality::kDocument;
  const Defect retries = {"retries-close-on-eintr", Make<RetriesCloseOnEintr>};
  for (const Defect& defect : {Reference(), retries}) {
    const ResultsById on_linux = InProcess(defect);
    for (const auto& [id, result] : InProcess(defect, document)) {
      // The end of the lingering is RST there, which a peer that does not read sees late: so late that the evidence
      // would fit a descriptor that somebody else holds.
      const std::string wanted = id == "linger/positive-is-bounded" ? "inconclusive" : Words(on_linux.at(id));
      EXPECT_EQ(Words(result), wanted) << defect.name << ", " << id << ": " << result.message;
    }
  }
}

// Looks again and again for what it could wait for.
class Spins : public SysDecorator {
 public:
  using SysDecorator::SysDecorator;
  SysResult recv(int fd, void* data, size_t length, int flags) override {
    SysResult received = {-1, EAGAIN};
    while (received.error == EAGAIN) received = SysDecorator::recv(fd, data, length, flags | MSG_DONTWAIT);
    return received;
  }
};

TEST(RunCatalogTest, WhoSpinsIsEndedByTheTimeout) {
  const std::vector<CaseResult> results =
      RunCatalog(Make<Spins>, {.cases = "peer-gone/silent-peer", .timeout = absl::Milliseconds(500)});
  ASSERT_EQ(results.size(), 1u);
  EXPECT_NE(results.front().message.find("after 500ms"), std::string::npos) << results.front().message;
}

TEST(RunCatalogTest, LeavesSigpipeAsItWas) {
  for (void (*const handler)(int) : {SIG_IGN, SIG_DFL}) {
    signal(SIGPIPE, handler);
    const std::vector<CaseResult> results =
        RunCatalog(Make<IgnoresSigpipeForAll>, {.cases = "peer-gone/sigpipe-left-alone"});
    EXPECT_EQ(signal(SIGPIPE, SIG_DFL), handler);
    ASSERT_EQ(results.size(), 1u);
    EXPECT_EQ(Words(results.front()), handler == SIG_DFL ? "advisory [sigpipe-changed]" : "unimplemented");
  }
}

class RunCatalogDefectTest : public testing::TestWithParam<Defect> {};

// On the kernel only the cases that the defect is for; the kill matrix has all of them there.
TEST_P(RunCatalogDefectTest, HasItsOwnFindingsOnly) {
  const Defect& defect = GetParam();
  std::vector<const Case*> own;
  for (const Case* one : QuickCases()) {
    if (std::find(one->defects.begin(), one->defects.end(), defect.name) != one->defects.end()) own.push_back(one);
  }
  const ResultsById in_process = InProcess(defect);
  const ResultsById on_kernel = own.empty() ? ResultsById() : OnKernel(defect, own);
  ExpectAgreement(on_kernel, in_process);
  for (const auto& [id, result] : in_process) {
    const bool innocent = on_kernel.contains(id) || !IsViolation(result);
    EXPECT_TRUE(innocent) << id << ": " << Words(result) << " " << result.message;
  }
}

// The example of README.md.
TEST(PosixLibrary, ClosesAsItShould) {
  const auto make = [](lastack::SysApi& sys) { return std::make_unique<lastack::PosixLibrary>(sys); };
  for (const lastack::CaseResult& result : lastack::RunCatalog(make)) {
    EXPECT_NE(result.verdict, lastack::Verdict::kFail) << result.case_id << ": " << result.message;
  }
}

TEST(Readme, ShowsTheExampleThatIsTested) {
  const auto read = [](const std::string& path) {
    std::ifstream file(Runfile(path));
    return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  };
  const std::string source = read("mocks/run_catalog_test.cc");
  const std::string example =
      source.substr(source.find("TEST(PosixLibrary,"), source.find("TEST(Readme,") - source.find("TEST(PosixLibrary,"));
  EXPECT_NE(read("mocks/README.md").find("```cpp\n" + example.substr(0, example.size() - 1) + "```"),
            std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(All, RunCatalogDefectTest, testing::ValuesIn(Defects()), [](const auto& row) {
  std::string name = row.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace lastack
