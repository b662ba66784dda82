#include "harness/run/driver_conversation.h"

#include <arpa/inet.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace lastack {
namespace {

constexpr char kHandle[] = "a";
constexpr char kListener[] = "l";

bool IsError(const std::string& reply) { return absl::StartsWith(reply, "error"); }

// Current Abseil says whether it could, and deprecates the form that Debian's has.
template <typename Text>
std::string Decoded(const Text& hex) {
  if constexpr (requires(std::string * bytes) { absl::HexStringToBytes(hex, bytes); }) {
    std::string bytes;
    return absl::HexStringToBytes(hex, &bytes) ? bytes : "";
  } else {
    return absl::HexStringToBytes(hex);
  }
}

// What follows "ok ", if it is the data of an even number of hexadecimal digits.
absl::optional<std::string> DataOf(absl::string_view reply) {
  if (!absl::ConsumePrefix(&reply, "ok ") || reply.empty() || reply.size() % 2 != 0) return absl::nullopt;
  if (reply.find_first_not_of("0123456789abcdefABCDEF") != absl::string_view::npos) return absl::nullopt;
  return Decoded(reply);
}

// What follows "ok ", if it is a positive number.
absl::optional<int> NumberOf(absl::string_view reply) {
  int number = 0;
  if (!absl::ConsumePrefix(&reply, "ok ") || !absl::SimpleAtoi(reply, &number) || number <= 0) return absl::nullopt;
  return number;
}

// As the facts keep it: how much, not which.
std::string SizeInWords(size_t bytes) { return absl::StrCat("(", bytes, " bytes)"); }

}  // namespace

void DriverConversation::Post(const std::string& verb, const std::string& request) {
  replies_.push_back({.request = verb, .reply = "", .asked_ns = line_.Now(), .replied_ns = 0});
  tags_.push_back(line_.Post(request));
}

bool DriverConversation::Await(size_t index) {
  const absl::optional<std::string> said = line_.Await(tags_[index]);
  if (!said.has_value()) return false;
  replies_[index].reply = *said;
  replies_[index].replied_ns = line_.Now();
  return true;
}

bool DriverConversation::Ask(const std::string& verb, const std::string& request) {
  Post(verb, request);
  return Await(tags_.size() - 1);
}

bool DriverConversation::Hello() { return Ask("hello", "hello 1") && absl::StartsWith(last(), "ok"); }

bool DriverConversation::Play() {
  for (const DriverStep& step : options_.script) {
    if (!IsWanted(step)) continue;
    if (!Do(step)) return false;
    Heed(step);
  }
  return true;
}

bool DriverConversation::IsWanted(const DriverStep& step) const {
  switch (step.kind) {
    case DriverStep::kClose:
    case DriverStep::kAbort:
      return standing_ != Standing::kAbsent;
    case DriverStep::kSend:
    case DriverStep::kSendRefused:
    case DriverStep::kFinish:
    case DriverStep::kShutdownReceive:
    case DriverStep::kShutdownBoth:
    case DriverStep::kSetLinger:
    case DriverStep::kReceiveSome:
    case DriverStep::kReceiveAll:
    case DriverStep::kReceiveLater:
    case DriverStep::kAwaitReceived:
      return !over_ && standing_ == Standing::kUsable;
    default:
      return !over_;
  }
}

// What the reply to a step means for those that follow.
void DriverConversation::Heed(const DriverStep& step) {
  const bool ok = absl::StartsWith(last(), "ok");
  switch (step.kind) {
    case DriverStep::kListen:
      over_ = !ok;
      break;
    case DriverStep::kConnect:
      over_ = !ok;
      standing_ = ok ? Standing::kUsable : Standing::kAbsent;
      break;
    case DriverStep::kAccept:
      standing_ = ok ? Standing::kUsable : Standing::kAbsent;
      break;
    case DriverStep::kClose:
    case DriverStep::kAbort:
      standing_ = Standing::kAbsent;
      break;
    case DriverStep::kSend:
    case DriverStep::kReceiveSome:
    case DriverStep::kReceiveAll:
    case DriverStep::kAwaitReceived:
      if (IsError(last())) standing_ = Standing::kFailed;
      break;
    case DriverStep::kSendRefused:
      over_ = ok;
      break;
    default:
      break;
  }
}

bool DriverConversation::Do(const DriverStep& step) {
  const std::string connection = absl::StrCat(" ", kHandle);
  switch (step.kind) {
    case DriverStep::kMadeUp:
      return AskPlainly(absl::StrCat("frobnicate", connection));
    case DriverStep::kWrongHandle:
      return AskPlainly("close nobody");
    case DriverStep::kConnect:
      return AskPlainly(absl::StrCat("connect", connection, " ", options_.host, " ", options_.port));
    case DriverStep::kSend:
    case DriverStep::kSendRefused:
      return Ask(absl::StrCat("send", connection, " ", SizeInWords(step.text.size())),
                 absl::StrCat("send", connection, " ", absl::BytesToHexString(step.text)));
    case DriverStep::kFinish:
      return AskPlainly(absl::StrCat("finish", connection));
    case DriverStep::kShutdownReceive:
      return AskPlainly(absl::StrCat("shutdown-receive", connection));
    case DriverStep::kShutdownBoth:
      return AskPlainly(absl::StrCat("shutdown-both", connection));
    case DriverStep::kSetLinger:
      return AskPlainly(absl::StrCat("set-linger", connection, " ", step.count));
    case DriverStep::kReceiveSome:
      return Receive(step.count);
    case DriverStep::kReceiveAll:
      while (Receive(step.count)) {
        if (!absl::StartsWith(last(), "ok")) return true;
      }
      return false;
    case DriverStep::kReceiveLater: {
      const std::string request = absl::StrCat("recv", connection, " ", step.count);
      Post(request, request);
      receiving_ = tags_.size() - 1;
      return true;
    }
    case DriverStep::kAwaitReceived:
      return AwaitReceived();
    case DriverStep::kClose:
      return AskPlainly(absl::StrCat("close", connection));
    case DriverStep::kAbort:
      return AskPlainly(absl::StrCat("abort", connection));
    case DriverStep::kListen:
      return Listen();
    case DriverStep::kCall:
    case DriverStep::kCallToEnd:
      Call(step.kind == DriverStep::kCallToEnd);
      return true;
    case DriverStep::kAccept:
      return AskPlainly(absl::StrCat("accept ", kListener, connection));
    case DriverStep::kStop:
      return AskPlainly(absl::StrCat("stop ", kListener));
    case DriverStep::kSpawn: {
      if (!AskPlainly(absl::StrCat("spawn ", step.text))) return false;
      if (const absl::optional<int> pid = NumberOf(last()); pid.has_value()) spawned_.push_back(*pid);
      return true;
    }
    case DriverStep::kQuit:
      return true;  // asked in any case, and sooner
  }
  return false;
}

// A reply without a port that can be called is an error of the driver's.
bool DriverConversation::Listen() {
  if (!AskPlainly(absl::StrCat("listen ", kListener, " ", options_.host, " ", port_))) return false;
  std::string& reply = replies_.back().reply;
  if (!absl::StartsWith(reply, "ok")) return true;
  const absl::optional<int> port = NumberOf(reply);
  in_addr address = {};
  const bool usable =
      port.has_value() && *port <= UINT16_MAX && inet_pton(AF_INET, options_.host.c_str(), &address) == 1;
  if (!usable) {
    reply = absl::StrCat("malformed: ", reply.substr(0, 100));
    return true;
  }
  port_ = *port;
  line_.Listens({ntohl(address.s_addr), static_cast<uint16_t>(*port)});
  return true;
}

void DriverConversation::Call(bool to_end) {
  if (options_.calls.empty()) return;
  line_.Call(options_.calls[std::min(called_++, options_.calls.size() - 1)], to_end);
}

bool DriverConversation::Receive(int most) {
  const std::string request = absl::StrCat("recv ", kHandle, " ", most);
  if (!Ask(request, request)) return false;
  KeepData(replies_.back().reply);
  return true;
}

// Afterwards it is the last reply: it came last.
bool DriverConversation::AwaitReceived() {
  if (!Await(receiving_)) return false;
  const auto index = static_cast<std::ptrdiff_t>(receiving_);
  std::rotate(replies_.begin() + index, replies_.begin() + index + 1, replies_.end());
  std::rotate(tags_.begin() + index, tags_.begin() + index + 1, tags_.end());
  KeepData(replies_.back().reply);
  return true;
}

// A reply that says `ok` without data, or with what is no data, is an error of the driver's and ends the receiving.
void DriverConversation::KeepData(std::string& reply) {
  if (!absl::StartsWith(reply, "ok")) return;
  const absl::optional<std::string> data = DataOf(reply);
  received_ += data.value_or("");
  reply = data.has_value() ? absl::StrCat("ok ", SizeInWords(data->size()))
                           : absl::StrCat("malformed: ", reply.substr(0, 100));
}

}  // namespace lastack
