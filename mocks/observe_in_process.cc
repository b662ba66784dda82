#include "mocks/observe_in_process.h"

#include <signal.h>

#include <algorithm>
#include <utility>

#include "cases/drivers/driver_answers.h"
#include "harness/plan/parse.h"
#include "harness/run/all_closed.h"
#include "harness/run/driver_conversation.h"
#include "mocks/fake_network.h"
#include "mocks/recording_sys.h"
#include "mocks/scripted_peer.h"

namespace lastack {
namespace {

constexpr uint64_t kTickNs = 1000;
constexpr absl::Duration kLook = absl::Microseconds(10);
constexpr absl::Duration kQuietTimeout = absl::Seconds(2);  // as of DriverRun

// As SO_RCVBUF and segments of its size make it, toward a narrow peer (harness/peer/loopback.h).
constexpr size_t kNarrowSendQueue = 30'000;

FakeOptions OptionsOf(const InProcessRun& run) {
  FakeOptions options = run.network;
  options.signals = FakeSignals::kRecord;
  const bool narrow = std::any_of(run.scripts.begin(), run.scripts.end(), IsNarrow);
  if (narrow) options.send_queue_bytes = std::min(options.send_queue_bytes, kNarrowSendQueue);
  return options;
}

// While it lives, no deadlock fails or ends the test: the run's own time is then up. What SIGPIPE does is as it was, at
// its end.
class Shielded {
 public:
  Shielded() : handler_(SetFakeDeadlockHandler([](const std::string&) {})) {
    sigaction(SIGPIPE, nullptr, &on_sigpipe_);
  }
  ~Shielded() {
    SetFakeDeadlockHandler(std::move(handler_));
    sigaction(SIGPIPE, &on_sigpipe_, nullptr);
  }
  Shielded(const Shielded&) = delete;
  Shielded& operator=(const Shielded&) = delete;

 private:
  FakeDeadlockHandler handler_;
  struct sigaction on_sigpipe_ = {};
};

class Run : private DriverLine, private FakeWaiter {
 public:
  Run(const InProcessRun& options, const Plan& plan)
      : options_(options),
        network_(OptionsOf(options)),
        peer_(network_, [this] { return Now(); }),
        sys_(network_, plan,
             {.now = [this] { return Now(); },
              .reset = [this](int fd) { return ResetByPeer(fd); },
              .delay = [this](uint64_t us) { Pass(absl::Microseconds(us)); },
              .acted = [this](bool idle) { Acted(idle); },
              .ended = [this] { stage_->End(); }}) {
    network_.SetWaiter(this);
    stage_ = options.stage ? options.stage(sys_, network_, *this) : std::make_unique<LibraryStage>();
  }

  Observation Observe() {
    const bool listens = std::any_of(options_.driver_script.begin(), options_.driver_script.end(),
                                     [](const DriverStep& step) { return step.kind == DriverStep::kListen; });
    Observation observation;
    observation.peer_address = "127.0.0.1";
    if (!listens) observation.peer_port = options_.refuses ? peer_.Refuse() : peer_.Listen(options_.scripts);
    sys_.CheckIn();
    ended_ = !stage_->Do([this] {
      library_ = options_.make(sys_);
      answers_ = std::make_unique<DriverAnswers>(*library_);
    });
    DriverConversation conversation({options_.host, observation.peer_port, options_.driver_script,
                                     listens ? options_.scripts : std::vector<Script>()},
                                    *this);
    SubjectLife life = Conduct(conversation, observation.peer_port);
    EndLibrary();
    sys_.Exit();
    life.exit = ExitOf(conversation);
    observation.exit = life.exit;
    life.exit.out.clear();
    observation.lives.push_back(std::move(life));
    observation.replies = std::move(conversation.replies());
    if (listens) observation.peer_port = static_cast<uint16_t>(conversation.port());
    observation.connections = peer_.Stop();
    observation.trace = sys_.trace();
    return observation;
  }

 private:
  // DriverRun::Conduct, but that nothing is spawned.
  SubjectLife Conduct(DriverConversation& conversation, uint16_t peer_port) {
    SubjectLife life;
    if (!conversation.Hello()) return life;
    life.ready_ns = conversation.replies().back().replied_ns;
    if (!conversation.Play()) return life;
    const auto alive = [] { return std::vector<int>{RecordingSys::kPid}; };
    // Nobody would close later what is open now: the library runs when it is called.
    if (!AllClosed(sys_.trace(), peer_port, alive) && !conversation.quits_at_once()) Pass(kQuietTimeout);
    life.quiet_ns = Now();
    life.alive = alive();
    life.stop_ns = Now();
    conversation.Quit();
    return life;
  }

  // As a driver does that returns from main.
  void EndLibrary() {
    const bool returned = stage_->Do([this] {
      answers_.reset();
      library_.reset();
    });
    if (returned) return;
    (void)answers_.release();  // whoever stopped in them has them still
    (void)library_.release();
  }

  SubjectExit ExitOf(DriverConversation& conversation) {
    SubjectExit exit;
    if (time_is_up_) exit.how = SubjectExit::How::kTimedOut;
    if (sys_.died_by() != 0) {
      exit.how = SubjectExit::How::kSignaled;
      exit.signal = sys_.died_by();
    }
    exit.out = std::move(conversation.received());
    exit.out_bytes = exit.out.size();
    exit.ended_ns = exit.duration_ns = Now();
    return exit;
  }

  // --- The line to the driver.

  uint64_t Now() override { return static_cast<uint64_t>(network_.now_ns()) + kTickNs * ++readings_; }

  int Post(const std::string& request) override {
    replies_.push_back(absl::nullopt);
    if (ended_) return static_cast<int>(replies_.size()) - 1;
    std::string reply;
    const bool replied = stage_->Do([&] { reply = answers_->To(request); });
    sys_.LookAtSigpipe();
    ended_ = !replied || sys_.dead();
    if (!ended_) replies_.back() = std::move(reply);
    peer_.Act();
    return static_cast<int>(replies_.size()) - 1;
  }

  absl::optional<std::string> Await(int tag) override { return replies_[static_cast<size_t>(tag)]; }

  void Listens(const Endpoint& at) override { port_ = at.port; }

  void Call(const Script& script, bool to_end) override {
    const size_t call = peer_.Call(port_, script);
    const int64_t until_ns = network_.now_ns() + absl::ToInt64Nanoseconds(kQuietTimeout);
    while (to_end && !peer_.over(call) && PassSome(until_ns)) {
    }
  }

  // --- Time.

  // The peer acts, or time passes until something may have happened. False: `until_ns` is reached.
  bool PassSome(int64_t until_ns) {
    if (peer_.Act()) return true;
    return network_.Advance(std::min(until_ns, std::max(peer_.next_ns(), network_.now_ns())));
  }

  void Pass(absl::Duration duration) {
    const int64_t until_ns = network_.now_ns() + absl::ToInt64Nanoseconds(duration);
    while (PassSome(until_ns)) {
    }
  }

  // Who looks again and again instead of waiting takes time, too, and does not do it for ever.
  void Acted(bool idle) {
    if (idle) Pass(kLook);
    peer_.Act();
    if (idle && network_.now_ns() >= end_ns()) EndTime();
  }

  int64_t end_ns() const { return absl::ToInt64Nanoseconds(options_.timeout); }
  void EndTime() {
    time_is_up_ = true;
    sys_.Kill();
  }

  // How a blocking call of the library waits.
  bool Wait(FakeStack&, int64_t until_ns) override {
    if (!sys_.dead() && PassSome(std::min(until_ns, end_ns()))) return true;
    if (!sys_.dead() && network_.now_ns() >= end_ns()) EndTime();
    if (sys_.dead()) stage_->End();
    return false;
  }

  // As a fault orders it: the reset has arrived when this returns.
  bool ResetByPeer(int fd) {
    const FakeSocket* socket = network_.FindSocket(fd);
    if (socket == nullptr) return false;
    const int64_t until_ns = network_.now_ns() + absl::ToInt64Nanoseconds(kQuietTimeout);
    const uint16_t near = socket->local.port;
    const uint16_t far = socket->remote.port;
    while (!peer_.Knows(near, far) && PassSome(until_ns)) {
    }
    if (!peer_.Reset(near, far)) return false;
    while (socket->state != TcpState::kClose && network_.Advance(until_ns)) {
    }
    return socket->state == TcpState::kClose;
  }

  const InProcessRun& options_;
  uint64_t readings_ = 0;
  FakeNetwork network_;
  ScriptedPeer peer_;
  RecordingSys sys_;
  std::unique_ptr<LibraryStage> stage_;
  std::unique_ptr<SocketLibrary> library_;
  std::unique_ptr<DriverAnswers> answers_;
  std::vector<absl::optional<std::string>> replies_;
  uint16_t port_ = 0;   // where the driver listens
  bool ended_ = false;  // the driver answers no more
  bool time_is_up_ = false;
};

bool IsBeyondUs(const Fault& fault) {
  return fault.effect == Effect::kInterrupt || fault.effect == Effect::kExhaust || fault.signal != 0;
}

}  // namespace

absl::StatusOr<Observation> ObserveInProcess(const InProcessRun& options) {
  const absl::StatusOr<Plan> plan = ParsePlan(options.faults);
  if (!plan.ok()) return plan.status();
  if (std::any_of(plan->faults, plan->faults + plan->fault_count, IsBeyondUs)) {
    return absl::InvalidArgumentError("signals, effect=interrupt and effect=exhaust take a process");
  }
  const Shielded shielded;
  Observation observation = Run(options, *plan).Observe();
  observation.subject = "in process";
  observation.profile = options.profile;
  observation.case_id = options.case_id;
  observation.role = "library";
  observation.scenario = options.scenario;
  observation.backend = "fake";
  for (uint32_t i = 0; i < plan->fault_count; ++i) observation.faults.push_back(FormatFault(plan->faults[i]));
  observation.timeout_ns = static_cast<uint64_t>(absl::ToInt64Nanoseconds(options.timeout));
  return observation;
}

}  // namespace lastack
