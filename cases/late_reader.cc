#include "cases/late_reader.h"

#include <errno.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cases/bytes_moved.h"
#include "cases/driver_facts.h"
#include "cases/harm.h"
#include "cases/server_facts.h"

namespace lastack {
namespace {

// Twice what a narrow connection's receive queue takes, so that something is left in the subject's.
constexpr uint64_t kLeastBytes = 2304;

// Where the steps of a script end that make the peer read late.
uint64_t StepsUntilRead(const Script& script) {
  for (size_t i = 0; i < script.size(); ++i) {
    if (script[i].kind == Step::Kind::kReadLate) return i + 1;
  }
  return 0;
}

const Profile* ProfileOf(const Evidence& run) { return FindProfile(run.run().profile); }

Scenario ScenarioOf(const Evidence& run) {
  return run.run().scenario == ScenarioName(Scenario::kQuitsAtOnce) ? Scenario::kQuitsAtOnce : Scenario::kLateReader;
}

std::string WhyNotRead(const Evidence& run, const Exchange& exchange) {
  const Profile* profile = ProfileOf(run);
  if (exchange.record == nullptr || profile == nullptr) return "the peer knows no such connection";
  const std::vector<Script> scripts = profile->scripts(ScenarioOf(run));
  const bool known = exchange.record->script < scripts.size();
  const uint64_t needed = known ? StepsUntilRead(scripts[exchange.record->script]) : 0;
  if (needed == 0) return "the peer read at once";
  return exchange.record->steps_done >= needed ? "" : exchange.record->trouble;
}

// What a driver was told to send, and said that it had.
uint64_t ToldToSend(const Evidence& run) {
  uint64_t bytes = 0;
  const std::vector<const DriverReply*> sends = RepliesTo(run.run(), "send");
  size_t index = 0;
  for (const DriverStep& step : ProfileOf(run)->driver_script(ScenarioOf(run))) {
    if (step.kind != DriverStep::kSend) continue;
    if (index < sends.size() && IsOk(*sends[index])) bytes += step.text.size();
    ++index;
  }
  return bytes;
}

// What the ordinary exchanges brought, if all brought the same.
std::optional<uint64_t> UsualBytes(const Evidence& clean) {
  const auto& records = clean.run().connections;
  if (records.empty()) return std::nullopt;
  const uint64_t usual = records.front().bytes_received;
  const bool same = std::all_of(records.begin(), records.end(),
                                [&](const ConnectionRecord& record) { return record.bytes_received == usual; });
  return same ? std::optional<uint64_t>(usual) : std::nullopt;
}

std::optional<uint64_t> WantedBytes(const Evidence& clean, const Evidence& run, const ConnectionRecord& record) {
  if (run.of_driver()) return ToldToSend(run);
  if (run.run().profile == "echo-server") return record.bytes_sent;
  return UsualBytes(clean);
}

bool IsSend(const Event& event) {
  return event.kind == EventKind::kCall && event.call != Call::none && FamilyOf(event.call) == CallFamily::send;
}

// Whether a send was refused or cut short. Where a file ends, sendfile is short by itself, and nothing follows.
bool FoundQueueFull(const std::vector<const TracedEvent*>& events) {
  bool file_was_short = false;
  for (const TracedEvent* traced : events) {
    const Event& event = traced->event;
    if (!IsSend(event)) continue;
    if (event.error == EAGAIN || (file_was_short && event.result > 0)) return true;
    const bool is_short =
        event.result > 0 && event.call != Call::sendmmsg && static_cast<uint64_t>(event.result) < event.a;
    const bool of_file = event.call == Call::sendfile || event.call == Call::sendfile64;
    if (is_short && !of_file) return true;
    file_was_short = is_short;
  }
  return false;
}

uint64_t PendingAtClose(const Evidence& run, const SocketLife& socket) {
  uint64_t pending = 0;
  for (const TracedEvent* event : run.EventsOn(socket)) {
    const bool closes = event->event.call == Call::close &&
                        (event->event.kind == EventKind::kCall || event->event.kind == EventKind::kInFlight);
    if (closes || event->event.kind == EventKind::kLeftOpen) pending = event->event.b;
  }
  return pending;
}

}  // namespace

LateDelivery LateDeliveryOf(const Evidence& clean, const Evidence& run) {
  LateDelivery delivery;
  delivery.why_not = "there was no connection";
  for (const Exchange& exchange : run.exchanges()) {
    delivery.why_not = WhyNotRead(run, exchange);
    if (!delivery.why_not.empty()) continue;
    delivery.exchange = &exchange;
    break;
  }
  if (delivery.exchange == nullptr) return delivery;
  const SocketLife& socket = *delivery.exchange->socket;
  const ConnectionRecord& record = *delivery.exchange->record;
  delivery.handed = BytesMoved(run, socket, CallFamily::send);
  delivery.wanted = WantedBytes(clean, run, record);
  delivery.arrived = record.bytes_received;
  delivery.pending = PendingAtClose(run, socket);
  delivery.met_full_queue = FoundQueueFull(run.EventsOn(socket));
  return delivery;
}

std::string InWords(const LateDelivery& delivery) {
  const char* end = "";
  switch (delivery.exchange->record->ending) {
    case Ending::kNothing:
      end = "neither FIN nor RST";
      break;
    case Ending::kFin:
      end = "FIN";
      break;
    case Ending::kReset:
      end = "RST";
      break;
    case Ending::kFinThenReset:
      end = "FIN and RST";
      break;
  }
  return absl::StrCat(
      delivery.arrived, " bytes came", delivery.wanted.has_value() ? absl::StrCat(" of ", *delivery.wanted) : "",
      ", then ", end, delivery.handed.has_value() ? absl::StrCat("; its kernel had taken ", *delivery.handed) : "",
      delivery.pending > 0 ? absl::StrCat(", and ", delivery.pending, " were not acknowledged at its close") : "");
}

std::string SendsTooLittle(const Evidence& clean) {
  const std::string& profile = clean.run().profile;
  if (profile == "echo-server" || clean.of_driver()) return "";
  uint64_t most = 0;
  for (const ConnectionRecord& record : clean.run().connections) most = std::max(most, record.bytes_received);
  if (most > kLeastBytes) return "";
  return absl::StrCat("the subject sends ", most, " bytes, which fit into any queue: nothing is left to be lost");
}

}  // namespace lastack
