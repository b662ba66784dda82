#include "cases/profiles/line_client.h"

#include "cases/profiles/positioned_text.h"

namespace lastack {
namespace {

constexpr int kLines = 128;
constexpr int kLinesBeforeReset = 40;

Script Ordinary() { return {Step::Send(PositionedText(kLines)), Step::Finish()}; }

Script ResetMidAnswer() { return {Step::Send(PositionedText(kLinesBeforeReset)), Step::AwaitRead(), Step::Reset()}; }

Script AnswerAfterFin() { return {Step::ExpectEnd(), Step::Send(PositionedText(kLines)), Step::Finish()}; }

std::vector<Script> Scripts(Scenario scenario) {
  switch (scenario) {
    case Scenario::kOrdinary:
    case Scenario::kClosesEarly:
    case Scenario::kBesideStrangers:
    case Scenario::kSecondAddress:
      return {Ordinary()};
    case Scenario::kResetMidAnswer:
      return {ResetMidAnswer(), Ordinary()};
    case Scenario::kResetAfterFin:
      return {{Step::Send(PositionedText(kLines)), Step::ExpectEnd(), Step::AwaitRead(), Step::Reset()}, Ordinary()};
    case Scenario::kAnswerAfterFin:
      return {AnswerAfterFin(), Ordinary()};
    case Scenario::kLateReader:
    case Scenario::kQuitsAtOnce:
      return {{Step::Narrow(), Step::ReadLate(), Step::Finish()}};
    case Scenario::kRefused:
      return {{}};
    default:  // among them kTruncatedAnswer: no length is ever promised
      return {};
  }
}

}  // namespace

Profile LineClientProfile() {
  return {.name = "line-client",
          .role = "client",
          .placeholder = "{host} and {port}",
          .answer = PositionedText(kLines),
          .scripts = Scripts};
}

}  // namespace lastack
