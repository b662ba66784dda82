#include "mocks/run_catalog.h"

#include <signal.h>
#include <string.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cases/case.h"
#include "cases/conversation.h"
#include "cases/judge.h"
#include "cases/judge_facts.h"
#include "harness/plan/parse.h"
#include "harness/run/observation.h"
#include "mocks/interposition.h"
#include "mocks/recording_sys.h"
#include "mocks/scripted_peer.h"

namespace lastack {
namespace {

constexpr char kHost[] = "127.0.0.1";
constexpr uint16_t kPort = 8080;
constexpr absl::Duration kTimeout = absl::Seconds(10);
constexpr absl::Duration kQuiet = absl::Seconds(2);

std::string Word(int error) {
  if (error == 0) return "ok";
  if (error == kUnimplemented) return "unimplemented";
  const char* name = strerrorname_np(error);
  return absl::StrCat("error ", name != nullptr ? name : "EIO");
}

// What ends the subject before its script is over.
enum class Death { kNone, kHangs, kSigpipe };

// One run of one library: the script of a scenario, under the faults of a plan.
class InProcessRun {
 public:
  InProcessRun(const Profile& profile, Scenario scenario, const Case* one)
      : scenario_(scenario),
        scripts_(profile.scripts(scenario)),
        steps_(profile.driver_script(scenario)),
        plan_(*ParsePlan(one != nullptr ? one->faults : std::vector<std::string>())),
        network_(OptionsFor(scripts_)),
        sys_(network_, plan_) {
    observation_.subject = "(in process)";
    observation_.profile = profile.name;
    if (one != nullptr) observation_.case_id = one->id;
    observation_.role = profile.role;
    observation_.scenario = ScenarioName(scenario);
    observation_.backend = "fake";
    for (uint32_t i = 0; i < plan_.fault_count; ++i) observation_.faults.push_back(FormatFault(plan_.faults[i]));
    observation_.peer_address = kHost;
    observation_.peer_port = kPort;
    observation_.timeout_ns = static_cast<uint64_t>(absl::ToInt64Nanoseconds(kTimeout));
  }

  Observation Run(const std::function<std::unique_ptr<SocketLibrary>()>& make_library) {
    sys_.OnPause([this] {
      for (ScriptedPeer& peer : peers_) peer.Play();
    });
    sys_.OnResetOrder([this](uint16_t port) {
      return std::any_of(peers_.begin(), peers_.end(),
                         [port](ScriptedPeer& peer) { return peer.far_port() == port && peer.Reset(); });
    });
    if (scenario_ != Scenario::kRefused) network_.OnConnect(kPort, [this](FakePeer& peer) { Accept(peer); });
    const FakeDeadlockHandler before = SetFakeDeadlockHandler([this](const std::string&) { Die(Death::kHangs); });
    {
      ScopedInterposition scope(sys_, network_);
      const std::unique_ptr<SocketLibrary> library = make_library();
      Conduct(*library);
      connection_.reset();
    }
    SetFakeDeadlockHandler(before);
    for (ScriptedPeer& peer : peers_) observation_.connections.push_back(peer.Finish(kQuiet));
    observation_.trace = sys_.trace();
    return std::move(observation_);
  }

 private:
  static FakeOptions OptionsFor(const std::vector<Script>& scripts) {
    FakeOptions options;
    options.signals = FakeSignals::kRecord;
    options.latency = absl::Microseconds(20);
    if (std::any_of(scripts.begin(), scripts.end(), IsNarrow)) {
      options.send_queue_bytes = 16 * 1024;
      options.receive_queue_bytes = 8 * 1024;
    }
    return options;
  }

  void Accept(FakePeer& peer) {
    const size_t index = std::min(peers_.size(), scripts_.size() - 1);
    peers_.emplace_back(network_, peer, scripts_[index], index).Play();
  }

  void Die(Death death) {
    if (death_ == Death::kNone) death_ = death;
  }
  // A SIGPIPE ends the process unless somebody has said otherwise.
  void LookForSigpipe() {
    struct sigaction action {};
    sigaction(SIGPIPE, nullptr, &action);
    if (sys_.sigpipe() && action.sa_handler == SIG_DFL) Die(Death::kSigpipe);
  }

  void Conduct(SocketLibrary& library) {
    SubjectLife life;
    std::string hello = absl::StrCat("ok ", library.Name());
    for (const std::string& capability : library.Capabilities()) absl::StrAppend(&hello, " ", capability);
    (void)Ask("hello", [&] { return hello; });
    life.ready_ns = observation_.replies.back().replied_ns;
    for (const DriverStep& step : steps_) {
      if (death_ == Death::kNone && IsWanted(step)) Do(library, step);
    }
    const int64_t quiet_ns = network_.now_ns() + absl::ToInt64Nanoseconds(kQuiet);
    while (sys_.AnyOpen() && network_.Advance(quiet_ns)) {
    }
    if (death_ == Death::kNone) {
      life.quiet_ns = sys_.now_ns();
      life.alive = {RecordingSys::kPid};
      (void)network_.Advance(network_.now_ns() + 1);
      life.stop_ns = sys_.now_ns();
      (void)Ask("quit", [] { return std::string("ok"); });
    }
    if (death_ == Death::kNone) sys_.Exit();
    network_.Exit();
    SubjectExit& exit = observation_.exit;
    if (death_ == Death::kHangs) exit.how = SubjectExit::How::kTimedOut;
    if (death_ == Death::kSigpipe) exit.how = SubjectExit::How::kSignaled;
    if (death_ == Death::kSigpipe) exit.signal = SIGPIPE;
    exit.ended_ns = exit.duration_ns = sys_.now_ns();
    life.exit = exit;
    exit.out = received_;
    exit.out_bytes = received_.size();
    observation_.lives.push_back(life);
  }

  // Makes a request; the reply. None comes from a subject that dies meanwhile.
  template <typename Answer>
  const std::string& Ask(const std::string& request, Answer answer) {
    DriverReply reply = {.request = request, .reply = "", .asked_ns = sys_.now_ns(), .replied_ns = 0};
    std::string said;
    try {
      said = answer();
    } catch (const WaitsForEver&) {  // out of its event loop; the deadlock handler has noted it
    }
    LookForSigpipe();
    if (death_ == Death::kNone) reply.reply = std::move(said);
    if (death_ == Death::kNone) reply.replied_ns = sys_.now_ns();
    observation_.replies.push_back(std::move(reply));
    return observation_.replies.back().reply;
  }

  bool IsWanted(const DriverStep& step) const {
    switch (step.kind) {
      case DriverStep::kClose:
      case DriverStep::kAbort:
        return connection_ != nullptr;
      case DriverStep::kMadeUp:
      case DriverStep::kWrongHandle:
      case DriverStep::kConnect:
      case DriverStep::kQuit:
        return !over_;
      default:
        return !over_ && connection_ != nullptr && !failed_;
    }
  }

  void Do(SocketLibrary& library, const DriverStep& step) {
    switch (step.kind) {
      case DriverStep::kMadeUp:
        (void)Ask("frobnicate a", [] { return std::string("unimplemented"); });
        return;
      case DriverStep::kWrongHandle:
        (void)Ask("close nobody", [] { return Word(EBADF); });
        return;
      case DriverStep::kConnect: {
        const std::string& reply = Ask(absl::StrCat("connect a ", kHost, " ", kPort),
                                       [&] { return Word(library.Connect(kHost, kPort, &connection_)); });
        over_ = reply != "ok";
        failed_ = false;
        return;
      }
      case DriverStep::kSend:
      case DriverStep::kSendRefused: {
        const std::string& reply = Ask(absl::StrCat("send a (", step.text.size(), " bytes)"),
                                       [&] { return Word(connection_->Send(step.text)); });
        if (step.kind == DriverStep::kSend) failed_ = absl::StartsWith(reply, "error");
        if (step.kind == DriverStep::kSendRefused) over_ = reply == "ok";
        return;
      }
      case DriverStep::kFinish:
        (void)Ask("finish a", [&] { return Word(connection_->Finish()); });
        return;
      case DriverStep::kShutdownReceive:
        (void)Ask("shutdown-receive a", [&] { return Word(connection_->ShutdownReceive()); });
        return;
      case DriverStep::kShutdownBoth:
        (void)Ask("shutdown-both a", [&] { return Word(connection_->ShutdownBoth()); });
        return;
      case DriverStep::kSetLinger:
        (void)Ask(absl::StrCat("set-linger a ", step.count), [&] { return Word(connection_->SetLinger(step.count)); });
        return;
      case DriverStep::kReceiveSome:
        (void)Receive(step.count);
        return;
      case DriverStep::kReceiveAll:
        while (absl::StartsWith(Receive(step.count), "ok")) {
        }
        return;
      case DriverStep::kClose:
        (void)Ask("close a", [&] { return Word(connection_->Close()); });
        connection_.reset();
        return;
      case DriverStep::kAbort:
        if (Ask("abort a", [&] { return Word(connection_->Abort()); }) != "unimplemented") connection_.reset();
        return;
      default:  // kQuit: soon; others are not played
        return;
    }
  }

  const std::string& Receive(int most) {
    const std::string& reply = Ask(absl::StrCat("recv a ", most), [&]() -> std::string {
      std::string data;
      const int error = connection_->Receive(static_cast<size_t>(most), &data);
      if (error != 0) return Word(error);
      received_ += data;
      return data.empty() ? "eof" : absl::StrCat("ok (", data.size(), " bytes)");
    });
    failed_ = absl::StartsWith(reply, "error");
    return reply;
  }

  const Scenario scenario_;
  const std::vector<Script> scripts_;
  const DriverScript steps_;
  const Plan plan_;
  Observation observation_;
  std::string received_;
  bool over_ = false;    // nothing more of the script is asked, but what ends the connection
  bool failed_ = false;  // the present connection
  Death death_ = Death::kNone;
  FakeNetwork network_;
  std::deque<ScriptedPeer> peers_;
  RecordingSys sys_;
  std::unique_ptr<LibraryConnection> connection_;
};

bool IsPlayed(const DriverStep& step) {
  switch (step.kind) {
    case DriverStep::kReceiveLater:
    case DriverStep::kAwaitReceived:
    case DriverStep::kListen:
    case DriverStep::kCall:
    case DriverStep::kCallToEnd:
    case DriverStep::kAccept:
    case DriverStep::kStop:
    case DriverStep::kSpawn:
      return false;
    default:
      return true;
  }
}

bool IsPlayed(const Profile& profile, const Case& one) {
  if (one.scenario == Scenario::kBesideStrangers || one.scenario == Scenario::kSecondAddress) return false;
  const DriverScript steps = profile.driver_script(one.scenario);
  const absl::StatusOr<Plan> plan = ParsePlan(one.faults);
  if (!plan.ok()) return false;
  const bool takes_kernel = std::any_of(plan->faults, plan->faults + plan->fault_count, [](const Fault& fault) {
    return fault.effect == Effect::kInterrupt || fault.signal != 0;
  });
  return !takes_kernel &&
         std::all_of(steps.begin(), steps.end(), [](const DriverStep& step) { return IsPlayed(step); });
}

}  // namespace

CatalogRun RunCatalog(const std::function<std::unique_ptr<SocketLibrary>()>& make_library, const std::string& glob) {
  const Profile& profile = *FindProfile("driver");
  CatalogRun run;
  std::vector<const Case*> cases;
  for (const Case* one : CasesMatching(glob)) {
    if (!Concerns(*one, profile)) continue;
    if (IsPlayed(profile, *one)) {
      cases.push_back(one);
    } else {
      run.not_played.push_back(one->id);
    }
  }
  Rounds rounds(1);
  const auto observe = [&](Scenario scenario, const Case* one) {
    rounds[0].emplace(one, InProcessRun(profile, scenario, one).Run(make_library));
  };
  observe(Scenario::kOrdinary, nullptr);
  const Evidence clean(*rounds[0].at(nullptr));
  for (const Case* one : cases) {
    if (NeedsRun(*one, clean)) observe(one->scenario, one);
  }
  run.results = JudgeAll(cases, rounds);
  return run;
}

}  // namespace lastack
