#include "cases/profiles/driver.h"

#include "cases/profiles/positioned_text.h"

namespace lastack {
namespace {

constexpr int kQuestionLines = 64;
constexpr int kAnswerLines = 128;
constexpr int kLinesBeforeReset = 40;
constexpr int kLinesForLateReader = 4096;  // 100 KiB: more than a narrow connection takes

std::string Question() { return PositionedText(kQuestionLines); }
std::string Answer() { return PositionedText(kAnswerLines); }

std::vector<Script> Scripts(Scenario scenario) {
  const Step question = Step::ExpectBytes(Question().size());
  const Step part = Step::Send(PositionedText(kLinesBeforeReset));
  switch (scenario) {
    case Scenario::kOrdinary:
      return {{question, Step::Send(Answer()), Step::Finish()}};
    case Scenario::kResetMidAnswer:
      return {{question, part, Step::AwaitRead(), Step::Reset()}};
    case Scenario::kResetAfterFin:
      return {{Step::ExpectEnd(), Step::Reset()}};
    case Scenario::kAnswerAfterFin:
    case Scenario::kSendAfterFinish:
      return {{Step::ExpectEnd(), Step::Send(Answer()), Step::Finish()}};
    case Scenario::kAbort:
    case Scenario::kClosesEarly:
      return {{question, part, Step::ExpectEnd()}};
    case Scenario::kLateReader:
    case Scenario::kQuitsAtOnce:
      return {{Step::Narrow(), Step::ReadLate(), Step::Finish()}};
    case Scenario::kTalkativePeer:
      return {{question, Step::Send(PositionedText(kLinesForLateReader)), Step::ExpectEnd()}};
    case Scenario::kSilentPeer:
      return {{question, part, Step::Stall()}};
    case Scenario::kRefused:
      return {{}};
    default:  // among them kTruncatedAnswer: no length is ever promised
      return {};
  }
}

DriverScript Asked(Scenario scenario) {
  const DriverStep send = {DriverStep::kSend, Question()};
  DriverScript script = {{DriverStep::kMadeUp, ""}, {DriverStep::kConnect, ""}, send};
  const DriverStep much = {DriverStep::kSend, PositionedText(kLinesForLateReader)};
  switch (scenario) {
    case Scenario::kLateReader:
      return {{DriverStep::kConnect, ""}, much, {DriverStep::kClose, ""}};
    case Scenario::kQuitsAtOnce:
      return {{DriverStep::kConnect, ""}, much, {DriverStep::kClose, ""}, {DriverStep::kQuit, ""}};
    case Scenario::kSendAfterFinish:
      script.insert(script.end(), {{DriverStep::kFinish, ""}, send, {DriverStep::kReceiveAll, ""}, {DriverStep::kClose, ""}});
      break;
    case Scenario::kClosesEarly:
    case Scenario::kTalkativePeer:
      script.insert(script.end(), {{DriverStep::kReceiveSome, ""}, {DriverStep::kClose, ""}});
      break;
    case Scenario::kAbort:
      script.insert(script.end(), {{DriverStep::kReceiveSome, ""}, {DriverStep::kAbort, ""}});
      break;
    default:
      script.insert(script.end(), {{DriverStep::kFinish, ""}, {DriverStep::kReceiveAll, ""}, {DriverStep::kClose, ""}});
  }
  return script;
}

}  // namespace

Profile DriverProfile() {
  return {.name = "driver",
          .role = "library",
          .placeholder = "",
          .answer = Answer(),
          .scripts = Scripts,
          .driver_script = Asked};
}

}  // namespace lastack
