#include "harness/run/driver_run.h"

#include <unistd.h>

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "harness/peer/deadline.h"
#include "harness/peer/signals_blocked.h"
#include "harness/run/await.h"
#include "harness/run/descendants.h"

namespace lastack {
namespace {

constexpr char kHandle[] = "a";
constexpr int kReceiveSize = 65536;

bool IsError(const std::string& reply) { return absl::StartsWith(reply, "error"); }

// What follows "ok ", if it is the data of an even number of hexadecimal digits.
absl::optional<std::string> DataOf(absl::string_view reply) {
  if (!absl::ConsumePrefix(&reply, "ok ") || reply.empty() || reply.size() % 2 != 0) return absl::nullopt;
  if (reply.find_first_not_of("0123456789abcdefABCDEF") != absl::string_view::npos) return absl::nullopt;
  return absl::HexStringToBytes(reply);
}

// As the facts keep it: how much, not which.
std::string SizeInWords(size_t bytes) { return absl::StrCat("(", bytes, " bytes)"); }

}  // namespace

DriverRun::~DriverRun() {
  if (thread_.joinable()) (void)Finish();
}

uint64_t DriverRun::Now() const { return MonotonicNs() - options_.start_ns; }

void DriverRun::Start() {
  channel_.CloseDriverEnds();
  const SignalsBlocked blocked;
  thread_ = std::thread([this] { Conduct(); });
}

DriverRun::Outcome DriverRun::Finish() {
  ended_ = true;
  if (thread_.joinable()) thread_.join();
  outcome_.noise = channel_.noise();
  return std::move(outcome_);
}

bool DriverRun::Ask(const std::string& verb, const std::string& request) {
  DriverReply reply = {.request = verb, .reply = "", .asked_ns = Now(), .replied_ns = 0};
  const absl::optional<std::string> said = channel_.Ask(request, Deadline::Never());
  if (said.has_value()) {
    reply.reply = *said;
    reply.replied_ns = Now();
  }
  outcome_.replies.push_back(std::move(reply));
  return said.has_value();
}

void DriverRun::Conduct() {
  if (!Ask("hello", "hello 1")) return;
  if (!absl::StartsWith(last(), "ok")) return;
  outcome_.life.ready_ns = outcome_.replies.back().replied_ns;
  if (!Play()) return;
  AwaitQuiet();
  outcome_.life.stop_ns = Now();
  Ask("quit", "quit");
}

bool DriverRun::Play() {
  bool failed = false;
  for (const DriverStep& step : options_.script) {
    const bool ends = step.kind == DriverStep::kClose || step.kind == DriverStep::kAbort;
    if (failed && !ends) continue;
    if (!Do(step)) return false;
    const bool expects_error = step.kind == DriverStep::kWrongHandle || step.kind == DriverStep::kFinish;
    const bool decisive = !expects_error && !ends;
    failed = failed || (decisive && IsError(last()));
    if (step.kind == DriverStep::kConnect && !absl::StartsWith(last(), "ok")) break;
  }
  return true;
}

bool DriverRun::Do(const DriverStep& step) {
  switch (step.kind) {
    case DriverStep::kMadeUp:
      return Ask("frobnicate", absl::StrCat("frobnicate ", kHandle));
    case DriverStep::kWrongHandle:
      return Ask("close nobody", "close nobody");
    case DriverStep::kConnect: {
      const std::string request = absl::StrCat("connect ", kHandle, " ", options_.host, " ", options_.port);
      return Ask(request, request);
    }
    case DriverStep::kSend:
      return Ask(absl::StrCat("send ", kHandle, " ", SizeInWords(step.text.size())),
                 absl::StrCat("send ", kHandle, " ", absl::BytesToHexString(step.text)));
    case DriverStep::kFinish:
      return Ask(absl::StrCat("finish ", kHandle), absl::StrCat("finish ", kHandle));
    case DriverStep::kReceiveSome:
      return Receive();
    case DriverStep::kReceiveAll:
      while (Receive()) {
        if (!absl::StartsWith(last(), "ok")) return true;
      }
      return false;
    case DriverStep::kClose:
      return Ask(absl::StrCat("close ", kHandle), absl::StrCat("close ", kHandle));
    case DriverStep::kAbort:
      return Ask(absl::StrCat("abort ", kHandle), absl::StrCat("abort ", kHandle));
    case DriverStep::kQuit:
      return true;  // Conduct asks it, sooner
  }
  return false;
}

// A reply that says `ok` without data, or with what is no data, is an error of the driver's and ends the receiving.
bool DriverRun::Receive() {
  const std::string request = absl::StrCat("recv ", kHandle, " ", kReceiveSize);
  if (!Ask(request, request)) return false;
  std::string& reply = outcome_.replies.back().reply;
  if (!absl::StartsWith(reply, "ok")) return true;
  const absl::optional<std::string> data = DataOf(reply);
  outcome_.received += data.value_or("");
  reply = data.has_value() ? absl::StrCat("ok ", SizeInWords(data->size())) : absl::StrCat("malformed: ", reply.substr(0, 100));
  return true;
}

void DriverRun::AwaitQuiet() {
  const bool at_once = !options_.script.empty() && options_.script.back().kind == DriverStep::kQuit;
  Await(Deadline(at_once ? absl::ZeroDuration() : options_.quiet_timeout), [this] { return ended_ || options_.quiet(); });
  for (const ProcessEntry& process : LivingDescendants(getpid())) outcome_.life.alive.push_back(process.pid);
  outcome_.life.quiet_ns = Now();
}

}  // namespace lastack
