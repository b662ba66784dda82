#include "cases/profiles/http_client.h"

#include "absl/strings/str_cat.h"
#include "cases/profiles/positioned_text.h"

namespace lastack {
namespace {

constexpr char kEndOfHead[] = "\r\n\r\n";
constexpr size_t kBytesBeforeEnd = 1024;
constexpr int kLinesTooMany = 1200;  // 30,000 bytes

std::string HttpBody() { return PositionedText(128); }

std::string Head(const std::string& length_line) {
  return absl::StrCat("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n", length_line, "Connection: close\r\n\r\n");
}

Script Ordinary() {
  const std::string body = HttpBody();
  const std::string head = Head(absl::StrCat("Content-Length: ", body.size(), "\r\n"));
  return {Step::ExpectUntil(kEndOfHead), Step::Send(head + body), Step::Finish()};
}

// No length is told, so that only the reset says that the answer is not complete.
Script ResetMidAnswer() {
  return {Step::ExpectUntil(kEndOfHead), Step::Send(Head("") + HttpBody().substr(0, kBytesBeforeEnd)),
          Step::AwaitRead(), Step::Reset()};
}

Script TruncatedAnswer() {
  const std::string body = HttpBody();
  const std::string head = Head(absl::StrCat("Content-Length: ", body.size(), "\r\n"));
  return {Step::ExpectUntil(kEndOfHead), Step::Send(head + body.substr(0, kBytesBeforeEnd)), Step::AwaitRead(),
          Step::Finish()};
}

Script SilentInAnswer() {
  Script script = TruncatedAnswer();
  script.back() = Step::Stall();
  return script;
}

// ExpectEnd returns at the subject's FIN, which closes only its direction.
Script AnswerAfterFin() {
  const std::string body = HttpBody();
  const std::string head = Head(absl::StrCat("Content-Length: ", body.size(), "\r\n"));
  return {Step::ExpectUntil(kEndOfHead), Step::ExpectEnd(), Step::Send(head + body), Step::Finish()};
}

Script ResetAfterFin() {
  const std::string body = HttpBody();
  const std::string head = Head(absl::StrCat("Content-Length: ", body.size(), "\r\n"));
  return {Step::ExpectUntil(kEndOfHead), Step::Send(head + body), Step::ExpectEnd(), Step::AwaitRead(), Step::Reset()};
}

// More than any client reads at one time, and behind the promised length.
Script Talkative() {
  const std::string body = HttpBody();
  const std::string head = Head(absl::StrCat("Content-Length: ", body.size(), "\r\n"));
  return {Step::ExpectUntil(kEndOfHead), Step::Send(head + body + PositionedText(kLinesTooMany)), Step::Finish()};
}

std::vector<Script> Scripts(Scenario scenario) {
  switch (scenario) {
    case Scenario::kOrdinary:
    case Scenario::kClosesEarly:
    case Scenario::kBesideStrangers:
    case Scenario::kSecondAddress:
      return {Ordinary()};
    case Scenario::kResetMidAnswer:
      return {ResetMidAnswer(), Ordinary()};
    case Scenario::kAnswerAfterFin:
      return {AnswerAfterFin(), Ordinary()};
    case Scenario::kResetAfterFin:
      return {ResetAfterFin(), Ordinary()};
    case Scenario::kTalkativePeer:
      return {Talkative(), Ordinary()};
    case Scenario::kSilentPeer:
      return {SilentInAnswer(), Ordinary()};
    case Scenario::kTruncatedAnswer:
      return {TruncatedAnswer(), Ordinary()};
    case Scenario::kRefused:
      return {{}};
    default:
      return {};
  }
}

}  // namespace

Profile HttpClientProfile() {
  return {.name = "http-client",
          .role = "client",
          .placeholder = "{url}, or {host} and {port}",
          .answer = HttpBody(),
          .scripts = Scripts};
}

}  // namespace lastack
