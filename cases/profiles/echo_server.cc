#include "cases/profiles/echo_server.h"

#include <string>

#include "cases/profiles/many.h"

namespace lastack {
namespace {

constexpr char kLine[] = "hello\n";
constexpr size_t kMuch = 8192;                 // fits every queue, so that nobody waits for the other
constexpr size_t kMoreThanQueues = 64 * 1024;  // than what a narrow connection takes of the answer

Script Ordinary() { return {Step::Send(kLine), Step::ExpectUntil(kLine), Step::Finish()}; }

std::string Lines(size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += "line after line, all in one go\n\n";
  return text.substr(0, bytes);
}

// No answer is read before our FIN has gone.
Script Finished() { return {Step::SendLast(Lines(kMuch)), Step::ExpectBytes(kMuch)}; }

std::vector<Script> Scripts(Scenario scenario) {
  switch (scenario) {
    case Scenario::kOrdinary:
    case Scenario::kClosesEarly:
    case Scenario::kBesideStrangers:
      return {Ordinary(), Ordinary()};
    case Scenario::kManyClients:
      return InTurn({Ordinary()}, kManyConnections, Ordinary());
    case Scenario::kScarceDescriptors:
      return InTurn({Ordinary()}, 2 * kFewDescriptors, Ordinary());
    case Scenario::kManyResets:
      return InTurn(
          {{Step::Reset()}, {Step::Send(kLine), Step::Reset()}, {Step::Send("h"), Step::AwaitRead(), Step::Reset()}},
          kManyResets, Ordinary());
    case Scenario::kManyFinished:
      return InTurn({{Step::SendLast(kLine), Step::ExpectUntil(kLine)}}, kManyFinished, Ordinary());
    case Scenario::kManyLeaving:
      return InTurn({{Step::Finish()}}, kManyLeaving, Ordinary());
    case Scenario::kFinishedClient:
      return {Ordinary(), Finished(), Ordinary()};
    case Scenario::kGoneClient:
      return {{Step::SendLast(kLine), Step::AwaitReset()}, Ordinary()};
    case Scenario::kSilentPeer:
      return {{Step::Send(kLine), Step::ExpectUntil(kLine), Step::Hold(), Step::Finish()}};
    case Scenario::kLateReader:
      return {{Step::Narrow(), Step::SendLast(Lines(kMoreThanQueues)), Step::ReadLate(), Step::ExpectEnd()}};
    default:  // no restart either: the client ends first, and nothing of the server's stays behind
      return {};
  }
}

}  // namespace

Profile EchoServerProfile() {
  return {.name = "echo-server", .role = "server", .placeholder = "{port}", .answer = "", .scripts = Scripts};
}

}  // namespace lastack
