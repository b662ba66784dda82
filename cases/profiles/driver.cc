#include "cases/profiles/driver.h"

#include "cases/profiles/many.h"
#include "cases/profiles/positioned_text.h"

namespace lastack {
namespace {

constexpr int kQuestionLines = 64;
constexpr int kAnswerLines = 128;
constexpr int kLinesBeforeReset = 40;
constexpr int kLinesForLateReader = 4096;  // 100 KiB: more than a narrow connection takes
constexpr int kFewLines = 10;
constexpr size_t kMuch =
    256 * 1024;  // more than the queue of a peer that reads nothing, and less than both queues together
constexpr char kChild[] = "sleep 600";

using Kind = DriverStep::Kind;

std::string Question() { return PositionedText(kQuestionLines); }
std::string Answer() { return PositionedText(kAnswerLines); }

std::string Much() {
  const std::string text = Question();
  std::string much;
  while (much.size() < kMuch) much += text;
  return much;
}

// Of a driver that listens. Does not wait for it to end first.
Script BriefClient() { return {Step::Send(Question()), Step::ExpectBytes(Answer().size()), Step::Finish()}; }

std::vector<Script> Resetting() {
  return {{Step::Reset()},
          {Step::Send(Question()), Step::Reset()},
          {Step::Send(Question()), Step::ExpectBytes(1), Step::Reset()}};
}

std::vector<Script> Scripts(Scenario scenario) {
  const Step question = Step::ExpectBytes(Question().size());
  const Step part = Step::Send(PositionedText(kLinesBeforeReset));
  switch (scenario) {
    case Scenario::kOrdinary:
    case Scenario::kBesideStrangers:
    case Scenario::kSecondAddress:
      return {{question, Step::Send(Answer()), Step::Finish()}};
    case Scenario::kResetMidAnswer:
      return {{question, part, Step::AwaitRead(), Step::Reset()}};
    case Scenario::kResetAfterFin:
      return {{Step::ExpectEnd(), Step::Reset()}};
    case Scenario::kAnswerAfterFin:
    case Scenario::kSendAfterFinish:
      return {{Step::ExpectEnd(), Step::Send(Answer()), Step::Finish()}};
    case Scenario::kShutdownBoth:
      return {{question, Step::ExpectEnd()},
              {question, Step::ExpectEnd(), Step::Send(PositionedText(kFewLines)), Step::Finish()}};
    case Scenario::kShutdownReceive:
    case Scenario::kChild:
      return {{question, Step::Send(PositionedText(kFewLines)), Step::ExpectEnd()}};
    case Scenario::kConcurrent:
      return {{question, Step::Send(PositionedText(kFewLines)), Step::ExpectEnd()}};
    case Scenario::kLinger:
      return {{Step::Stall()}};
    case Scenario::kAbort:
      return {{question, part, Step::ExpectEnd()}};
    case Scenario::kClosesEarly:  // does not end when the driver does, so that there is something to reset
      return {{question, part, Step::Stall()}};
    case Scenario::kLateReader:
    case Scenario::kQuitsAtOnce:
      return {{Step::Narrow(), Step::ReadLate(), Step::Finish()}};
    case Scenario::kTalkativePeer:
      return {{question, Step::Send(PositionedText(kLinesForLateReader)), Step::ExpectEnd()}};
    case Scenario::kSilentPeer:
      return {{question, part, Step::Stall()}};
    case Scenario::kManyClients:
      return InTurn({BriefClient()}, kManyConnections, BriefClient());
    case Scenario::kManyResets:
      return InTurn(Resetting(), kManyResets, BriefClient());
    case Scenario::kFinishedClient:
      return {BriefClient(), {Step::SendLast(Question()), Step::ExpectBytes(Answer().size())}, BriefClient()};
    case Scenario::kRestartedServer:
      return {{Step::Send(Question()), Step::ExpectBytes(Answer().size()), Step::ExpectEnd(), Step::Finish()}};
    case Scenario::kRefused:
      return {{}};
    default:  // among them kTruncatedAnswer: no length is ever promised
      return {};
  }
}

DriverStep Plain(Kind kind) { return {kind, ""}; }

DriverScript AllOf(std::initializer_list<DriverScript> parts) {
  DriverScript all;
  for (const DriverScript& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// A client that has been called: the whole exchange, in which the driver is the first to end.
DriverScript Serve() {
  return {Plain(Kind::kAccept), {Kind::kReceiveSome, ""}, {Kind::kSend, Answer()},
          Plain(Kind::kFinish), Plain(Kind::kReceiveAll), Plain(Kind::kClose)};
}

DriverScript ServeAll(Kind call, const std::vector<Script>& scripts) {
  DriverScript script;
  for (size_t i = 0; i < scripts.size(); ++i) {
    const bool resets = call == Kind::kCallToEnd && i + 1 < scripts.size() && i % Resetting().size() < 2;
    script = AllOf({script, {Plain(resets ? Kind::kCallToEnd : Kind::kCall)}, Serve()});
  }
  return script;
}

// What follows the question on a connection that the driver makes.
DriverScript AfterQuestion(Scenario scenario) {
  const DriverStep send = {Kind::kSend, Question()};
  const DriverStep send_refused = {Kind::kSendRefused, Question()};
  switch (scenario) {
    case Scenario::kSendAfterFinish:
      return {Plain(Kind::kFinish), send, Plain(Kind::kReceiveAll), Plain(Kind::kClose)};
    case Scenario::kShutdownBoth:
      return {Plain(Kind::kShutdownBoth),
              send_refused,
              Plain(Kind::kClose),
              Plain(Kind::kConnect),
              send,
              Plain(Kind::kShutdownBoth),
              Plain(Kind::kReceiveAll),
              Plain(Kind::kClose)};
    case Scenario::kShutdownReceive:
      return {
          {Kind::kReceiveSome, "", 1}, Plain(Kind::kShutdownReceive), Plain(Kind::kReceiveAll), Plain(Kind::kClose)};
    case Scenario::kChild:
      return {Plain(Kind::kReceiveSome), {Kind::kSpawn, kChild}, Plain(Kind::kClose)};
    case Scenario::kClosesEarly:
    case Scenario::kTalkativePeer:
      return {Plain(Kind::kReceiveSome), Plain(Kind::kClose)};
    case Scenario::kAbort:
      return {Plain(Kind::kReceiveSome), Plain(Kind::kAbort)};
    default:
      return {Plain(Kind::kFinish), Plain(Kind::kReceiveAll), Plain(Kind::kClose)};
  }
}

DriverScript Asked(Scenario scenario) {
  const DriverStep send = {Kind::kSend, Question()};
  const DriverStep much = {Kind::kSend, PositionedText(kLinesForLateReader)};
  const DriverScript connect = {Plain(Kind::kMadeUp), Plain(Kind::kConnect)};
  const DriverScript listen = {Plain(Kind::kMadeUp), Plain(Kind::kListen)};
  const DriverScript stop = {Plain(Kind::kStop)};
  const DriverStep late = {Kind::kSend, PositionedText(kLinesForLateReader)};
  switch (scenario) {
    case Scenario::kManyClients:
    case Scenario::kFinishedClient:
      return AllOf({listen, ServeAll(Kind::kCall, Scripts(scenario)), stop});
    case Scenario::kManyResets:
      return AllOf({listen, ServeAll(Kind::kCallToEnd, Scripts(scenario)), stop});
    case Scenario::kRestartedServer:
      return AllOf({listen, {Plain(Kind::kCall)}, Serve(), stop, {Plain(Kind::kListen)}, stop});
    case Scenario::kLateReader:
      return AllOf({connect, {much, Plain(Kind::kClose)}});
    case Scenario::kQuitsAtOnce:
      return AllOf({connect, {much, Plain(Kind::kClose), Plain(Kind::kQuit)}});
    case Scenario::kLinger:
      return AllOf({connect, {{Kind::kSetLinger, "", 1}, {Kind::kSend, Much()}, Plain(Kind::kClose)}});
    case Scenario::kConcurrent:
      return AllOf({connect,
                    {Plain(Kind::kReceiveLater), send, Plain(Kind::kAwaitReceived), Plain(Kind::kReceiveLater),
                     Plain(Kind::kClose)}});
    default:
      return AllOf({connect, {send}, AfterQuestion(scenario)});
  }
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
