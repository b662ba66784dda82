#include "harness/trace/trace.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace lastack {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A thread of the subject that writes events, as a backend does.
class Writer {
 public:
  explicit Writer(TraceHeader& header, int pid = getpid(), int tid = gettid())
      : header_(header), pid_(pid), tid_(tid) {}

  // nullptr, and counted as lost, if all segments are taken.
  Event* Claim() {
    if (segment_ != nullptr) {
      const uint32_t index = __atomic_fetch_add(&segment_->used, 1, __ATOMIC_RELAXED);
      if (index < kEventsPerSegment) return &segment_->events[index];
    }
    const uint32_t next = __atomic_fetch_add(&header_.next_segment, 1, __ATOMIC_RELAXED);
    if (next >= header_.segment_count) {
      __atomic_fetch_add(&header_.lost_events, 1, __ATOMIC_RELAXED);
      return nullptr;
    }
    segment_ = SegmentAt(&header_, next);
    segment_->pid = pid_;
    segment_->tid = tid_;
    segment_->used = 1;
    return &segment_->events[0];
  }

  Event* Begin(Call call, int fd, uint64_t start = TimeStamp()) { return Write(EventKind::kInFlight, call, fd, start); }

  static void End(Event& event, int64_t result, uint32_t duration) {
    event.result = result;
    event.duration = duration;
    SetKind(event, EventKind::kCall);
  }

  void Make(Call call, int fd, int64_t result = 0) {
    Event* event = Begin(call, fd);
    if (event != nullptr) End(*event, result, 1);
  }

  Event* Write(EventKind kind, Call call, int fd, uint64_t start = TimeStamp()) {
    Event* event = Claim();
    if (event == nullptr) return nullptr;
    event->start = start;
    event->call = call;
    event->fd = fd;
    event->fault = kNoFaultIndex;
    SetKind(*event, kind);
    return event;
  }

 private:
  static void SetKind(Event& event, EventKind kind) { __atomic_store(&event.kind, &kind, __ATOMIC_RELEASE); }

  TraceHeader& header_;
  int pid_;
  int tid_;
  Segment* segment_ = nullptr;
};

class TraceFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "/trace-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { EXPECT_EQ(rmdir(directory_.c_str()), 0) << "something was left in " << directory_; }

  TraceFile Make(uint32_t segments = 16) {
    absl::StatusOr<TraceFile> file = TraceFile::Create(directory_, Plan{}, segments);
    if (!file.ok()) throw std::runtime_error(file.status().ToString());
    return *std::move(file);
  }

  std::string directory_;
};

std::vector<int> Descriptors(const Trace& trace) {
  std::vector<int> fds;
  for (const TracedEvent& traced : trace.events) fds.push_back(traced.event.fd);
  return fds;
}

bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

// --- The file.

TEST_F(TraceFileTest, IsReadyForABackend) {
  Plan plan{};
  plan.fault_count = 1;
  plan.faults[0].error = EINTR;
  const absl::StatusOr<TraceFile> file = TraceFile::Create(directory_, plan);
  ASSERT_TRUE(file.ok()) << file.status();
  struct stat status {};
  ASSERT_EQ(stat(file->path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(static_cast<size_t>(status.st_size), TraceFileSize(TraceFile::kDefaultSegments));
  EXPECT_GE(static_cast<size_t>(status.st_blocks) * 512, TraceFileSize(TraceFile::kDefaultSegments));

  // What a backend sees.
  const int fd = open(file->path().c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  void* address = mmap(nullptr, static_cast<size_t>(status.st_size), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  ASSERT_NE(address, MAP_FAILED);
  const auto& header = *static_cast<const TraceHeader*>(address);
  EXPECT_EQ(header.magic, kTraceMagic);
  EXPECT_EQ(header.version, kTraceVersion);
  EXPECT_EQ(header.segment_count, TraceFile::kDefaultSegments);
  EXPECT_EQ(header.next_segment, 0u);
  EXPECT_EQ(header.plan.fault_count, 1u);
  EXPECT_EQ(header.plan.faults[0].error, EINTR);
  EXPECT_GT(header.tsc_at_start, 0u);
  EXPECT_GT(header.ns_at_start, 0u);
  munmap(address, static_cast<size_t>(status.st_size));
}

TEST_F(TraceFileTest, GoesWithItsOwner) {
  std::string path;
  {
    TraceFile file = Make();
    path = file.path();
    TraceFile other = std::move(file);
    EXPECT_TRUE(Exists(path));
    EXPECT_EQ(other.path(), path);
    other.header().lost_events = 7;  // still mapped
  }
  EXPECT_FALSE(Exists(path));
}

TEST_F(TraceFileTest, NoSuchDirectoryIsNotFound) {
  const absl::Status status = TraceFile::Create(directory_ + "/missing", Plan{}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr(directory_ + "/missing"));
}

TEST_F(TraceFileTest, AnotherRunsTraceIsKept) {
  TraceFile first = Make();
  first.header().lost_events = 7;
  const absl::Status status = TraceFile::Create(directory_, Plan{}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()), HasSubstr(first.path()));
  EXPECT_EQ(first.Read().lost_events, 7u);
}

// A limit on the size of files stands for a full disk: both fail in the same call.
TEST_F(TraceFileTest, NoRoomIsAnErrorThatNamesTheRemedy) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = signal(SIGXFSZ, SIG_IGN);
  const rlimit small = {4096, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const absl::Status status = TraceFile::Create(directory_, Plan{}).status();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, old_handler);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(directory_));
  EXPECT_THAT(std::string(status.message()), HasSubstr("ulimit -f"));
  EXPECT_FALSE(Exists(directory_ + "/trace"));
}

// --- Reading.

TEST_F(TraceFileTest, NothingWrittenIsAnEmptyTrace) {
  const Trace trace = Make().Read();
  EXPECT_TRUE(trace.events.empty());
  EXPECT_EQ(trace.torn_events, 0u);
}

TEST_F(TraceFileTest, EventsOfAllThreadsComeInOrderOfTime) {
  constexpr int kThreads = 4;
  constexpr int kCalls = 500;  // several segments each
  TraceFile file = Make(64);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&file, i] {
      Writer writer(file.header());
      for (int k = 0; k < kCalls; ++k) writer.Make(Call::send, i, k);
    });
  }
  for (std::thread& thread : threads) thread.join();

  const Trace trace = file.Read();
  ASSERT_EQ(trace.events.size(), static_cast<size_t>(kThreads * kCalls));
  EXPECT_EQ(trace.lost_events + trace.torn_events, 0u);
  int64_t next[kThreads] = {};
  uint64_t start = 0;
  uint64_t start_ns = 0;
  for (const TracedEvent& traced : trace.events) {
    EXPECT_LE(start, traced.event.start);
    EXPECT_LE(start_ns, traced.start_ns);
    EXPECT_EQ(traced.event.result, next[traced.event.fd]++) << "a thread's own order is lost";
    EXPECT_EQ(traced.pid, getpid());
    start = traced.event.start;
    start_ns = traced.start_ns;
  }
}

// Runs `write` in a child that then kills itself.
void InKilledChild(const std::function<void()>& write) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    write();
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
}

TEST_F(TraceFileTest, DeadWriterLosesNothing) {
  TraceFile file = Make();
  Writer before(file.header());
  before.Make(Call::socket, 1);
  InKilledChild([&file] {
    Writer writer(file.header());
    for (int i = 0; i < 100; ++i) writer.Make(Call::send, 2);
    writer.Begin(Call::close, 3);
    writer.Claim();
  });
  before.Make(Call::socket, 4);

  const Trace trace = file.Read();
  ASSERT_EQ(trace.events.size(), 103u);
  EXPECT_EQ(trace.torn_events, 1u);
  EXPECT_EQ(trace.events.front().event.fd, 1);
  EXPECT_EQ(trace.events.back().event.fd, 4);
  const TracedEvent& in_flight = trace.events[101];
  EXPECT_EQ(in_flight.event.kind, EventKind::kInFlight);
  EXPECT_EQ(in_flight.event.call, Call::close);
  EXPECT_EQ(in_flight.duration_ns, UINT64_MAX);
  EXPECT_NE(in_flight.pid, getpid());
}

TEST_F(TraceFileTest, WhatFoundNoPlaceIsCounted) {
  TraceFile file = Make(2);
  Writer writer(file.header());
  for (int i = 0; i < 200; ++i) writer.Make(Call::send, i);
  const Trace trace = file.Read();
  EXPECT_EQ(trace.events.size(), 2 * kEventsPerSegment);
  EXPECT_EQ(trace.lost_events, 200 - 2 * kEventsPerSegment);
  EXPECT_EQ(trace.events.back().event.fd, static_cast<int>(2 * kEventsPerSegment) - 1) << "the first ones are kept";
}

TEST_F(TraceFileTest, ALibraryThatDefinesACallIsTold) {
  TraceFile file = Make();
  EXPECT_EQ(file.Read().interposed_call, "");
  Interposer& found = file.header().interposer;
  strcpy(found.call, "close");
  memset(found.library, 'x', sizeof(found.library));  // whoever wrote that was no agent
  EXPECT_EQ(file.Read().interposed_call, "");
  found.found = 1;
  EXPECT_EQ(file.Read().interposed_call, "close");
  EXPECT_EQ(file.Read().interposer, std::string(sizeof(found.library), 'x'));
}

TEST_F(TraceFileTest, UntrackedSocketsAreTold) {
  TraceFile file = Make();
  file.header().untracked_sockets = 3;
  file.header().foreign_calls = 4;
  EXPECT_EQ(file.Read().untracked_sockets, 3u);
  EXPECT_EQ(file.Read().foreign_calls, 4u);
}

// --- What follows a call.

TEST_F(TraceFileTest, OpenedDescriptorStaysBehindItsCall) {
  TraceFile file = Make();
  const uint64_t t = file.header().tsc_at_start;
  Writer server(file.header(), 100, 100);
  Writer other(file.header(), 100, 101);
  Writer::End(*server.Begin(Call::accept, 1, t + 10), 2, 100);
  server.Write(EventKind::kOpen, Call::accept, 2, t + 120);
  other.Begin(Call::send, 3, t + 50);
  other.Begin(Call::accept, 4, t + 60);  // the same call, of another thread
  EXPECT_THAT(Descriptors(file.Read()), ElementsAre(1, 2, 3, 4));
}

TEST_F(TraceFileTest, EventsOfASignalHandlerDoNotComeBetween) {
  TraceFile file = Make();
  const uint64_t t = file.header().tsc_at_start;
  Writer writer(file.header(), 100, 100);
  Event* accept = writer.Begin(Call::accept, 1, t + 10);
  writer.Begin(Call::write, 3, t + 20);  // by the handler, while accept waits
  Writer::End(*accept, 2, 100);
  writer.Write(EventKind::kOpen, Call::accept, 2, t + 120);
  EXPECT_THAT(Descriptors(file.Read()), ElementsAre(1, 2, 3));
}

TEST_F(TraceFileTest, SweptDescriptorsStayBehindACallThatDidNotReturn) {
  TraceFile file = Make();
  const uint64_t t = file.header().tsc_at_start;
  Writer writer(file.header(), 100, 100);
  Writer other(file.header(), 100, 101);
  writer.Begin(Call::close_range, 1, t + 10);
  other.Begin(Call::send, 9, t + 15);
  writer.Write(EventKind::kClosed, Call::close_range, 2, t + 20);
  writer.Write(EventKind::kClosed, Call::close_range, 3, t + 30);
  EXPECT_THAT(Descriptors(file.Read()), ElementsAre(1, 2, 3, 9));
}

TEST_F(TraceFileTest, CallAndItsDescriptorMayStandInTwoSegments) {
  TraceFile file = Make();
  const uint64_t t = file.header().tsc_at_start;
  Writer writer(file.header(), 100, 100);
  Writer other(file.header(), 100, 101);
  for (uint32_t i = 0; i + 1 < kEventsPerSegment; ++i) writer.Begin(Call::send, 0, t);
  Writer::End(*writer.Begin(Call::socket, 1, t + 10), 2, 1);
  other.Begin(Call::send, 3, t + 15);
  writer.Write(EventKind::kOpen, Call::socket, 2, t + 20);
  std::vector<int> fds = Descriptors(file.Read());
  fds.erase(fds.begin(), fds.begin() + kEventsPerSegment - 1);
  EXPECT_THAT(fds, ElementsAre(1, 2, 3));
}

TEST_F(TraceFileTest, DescriptorWhoseCallIsMissingStandsByItsOwnTime) {
  TraceFile file = Make();
  const uint64_t t = file.header().tsc_at_start;
  Writer writer(file.header(), 100, 100);
  writer.Begin(Call::send, 1, t + 10);
  writer.Begin(Call::send, 2, t + 20);
  writer.Write(EventKind::kOpen, Call::socket, 3, t + 15);
  EXPECT_THAT(Descriptors(file.Read()), ElementsAre(1, 3, 2));
}

// --- Time.

uint64_t MonotonicNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

TEST_F(TraceFileTest, StampsBecomeTimeOfTheMonotonicClock) {
  constexpr uint64_t kToleranceNs = 1'000'000;
  TraceFile file = Make();
  const uint64_t start_ns = file.header().ns_at_start;
  Writer writer(file.header());
  // A first reading right at the start must not spoil what comes after it.
  writer.Make(Call::send, 1);
  EXPECT_LE(file.Read().events.front().start_ns, MonotonicNs() - start_ns);

  while (MonotonicNs() < start_ns + 5 * kToleranceNs) {
  }
  const uint64_t before_ns = MonotonicNs() - start_ns;
  writer.Make(Call::send, 2);
  const uint64_t after_ns = MonotonicNs() - start_ns;
  const Trace trace = file.Read();
  ASSERT_EQ(trace.events.size(), 2u);
  EXPECT_GE(trace.events[1].start_ns + kToleranceNs, before_ns);
  EXPECT_LE(trace.events[1].start_ns, after_ns + kToleranceNs);
}

TEST_F(TraceFileTest, DurationsAreConvertedToo) {
  TraceFile file = Make();
  Writer writer(file.header());
  const uint64_t from_ns = MonotonicNs();
  const uint64_t from = TimeStamp();
  while (MonotonicNs() < from_ns + 2'000'000) {
  }
  const auto ticks = static_cast<uint32_t>(TimeStamp() - from);
  const uint64_t took_ns = MonotonicNs() - from_ns;
  Writer::End(*writer.Begin(Call::recv, 1, from), 0, ticks);
  const Trace trace = file.Read();
  ASSERT_EQ(trace.events.size(), 1u);
  EXPECT_GE(trace.events[0].duration_ns, 1'900'000u);
  EXPECT_LE(trace.events[0].duration_ns, took_ns + 100'000);
}

// --- A hostile subject.

void ExpectSound(const Trace& trace) {
  for (const TracedEvent& traced : trace.events) {
    ASSERT_TRUE(IsSound(traced.event));
    ASSERT_GT(traced.pid, 0);
    ASSERT_GT(traced.tid, 0);
  }
}

TEST_F(TraceFileTest, GarbageIsTorn) {
  constexpr uint32_t kSegments = 4;
  for (uint32_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    TraceFile file = Make(kSegments);
    std::mt19937_64 random(seed);
    auto* words = reinterpret_cast<uint64_t*>(&file.header());
    for (size_t i = 0; i < TraceFileSize(kSegments) / sizeof(uint64_t); ++i) words[i] = random();
    // Not so much garbage that nothing gets past the first check.
    file.header().next_segment |= 0x80000000;
    for (uint32_t i = 0; i < kSegments; ++i) SegmentAt(&file.header(), i)->used = UINT32_MAX;
    SegmentAt(&file.header(), 0)->pid = 1;
    SegmentAt(&file.header(), 0)->tid = 1;
    const Trace trace = file.Read();
    ExpectSound(trace);
    EXPECT_EQ(trace.events.size() + trace.torn_events, kSegments * kEventsPerSegment);
    EXPECT_GT(trace.torn_events, 0u);
  }
}

TEST_F(TraceFileTest, SizesAreNotTakenFromTheMapping) {
  TraceFile file = Make(1);
  Writer writer(file.header());
  writer.Make(Call::send, 1);
  file.header().segment_count = UINT32_MAX;
  file.header().next_segment = UINT32_MAX;
  file.header().tsc_at_start = UINT64_MAX;
  file.header().ns_at_start = UINT64_MAX;
  SegmentAt(&file.header(), 0)->used = UINT32_MAX;
  const Trace trace = file.Read();
  ASSERT_EQ(trace.events.size(), 1u);
  EXPECT_GT(trace.events[0].start_ns, 0u);
  EXPECT_EQ(trace.torn_events, kEventsPerSegment - 1);
}

TEST_F(TraceFileTest, SegmentOfNobodyIsTorn) {
  TraceFile file = Make();
  Writer(file.header(), 0, 1).Make(Call::send, 1);
  Writer(file.header(), 1, 0).Make(Call::send, 2);
  Writer(file.header(), -1, 1).Make(Call::send, 3);
  const Trace trace = file.Read();
  EXPECT_TRUE(trace.events.empty());
  EXPECT_EQ(trace.torn_events, 3u);
}

using Damage = void (*)(Event&);

class DamagedEventTest : public TraceFileTest, public testing::WithParamInterface<std::pair<const char*, Damage>> {};

TEST_P(DamagedEventTest, IsDroppedAndCounted) {
  TraceFile file = Make();
  Writer writer(file.header());
  writer.Make(Call::send, 1);
  Event* event = writer.Begin(Call::send, 2);
  Writer::End(*event, 0, 1);
  EXPECT_EQ(file.Read().events.size(), 2u);
  GetParam().second(*event);
  const Trace trace = file.Read();
  EXPECT_THAT(Descriptors(trace), ElementsAre(1));
  EXPECT_EQ(trace.torn_events, 1u);
}

INSTANTIATE_TEST_SUITE_P(
    Damages, DamagedEventTest,
    testing::Values(std::pair{"Empty", Damage{[](Event& event) { event.kind = EventKind::kEmpty; }}},
                    std::pair{"Kind", Damage{[](Event& event) { event.kind = static_cast<EventKind>(11); }}},
                    std::pair{"Call", Damage{[](Event& event) { event.call = static_cast<Call>(kCallCount + 1); }}},
                    std::pair{"NoCall", Damage{[](Event& event) { event.call = Call::none; }}},
                    std::pair{"Effect", Damage{[](Event& event) {
                                event.effect = static_cast<Effect>(static_cast<int>(kLastEffect) + 1);
                              }}},
                    std::pair{"Realism", Damage{[](Event& event) { event.realism = static_cast<Realism>(3); }}},
                    std::pair{"Fault", Damage{[](Event& event) { event.fault = kMaxFaults; }}},
                    std::pair{"SocketKind", Damage{[](Event& event) {
                                event.kind = EventKind::kOpen;
                                event.a = SocketWord(0, 0, static_cast<SocketKind>(9));
                              }}}),
    [](const auto& info) { return std::string(info.param.first); });

}  // namespace
}  // namespace lastack
