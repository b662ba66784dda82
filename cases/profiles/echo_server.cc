#include "cases/profiles/echo_server.h"

#include <string>

#include "cases/profiles/many.h"

namespace lastack {
namespace {

constexpr char kLine[] = "hello\n";
constexpr uint64_t kMuch = 8192;  // fits every queue, so that nobody waits for the other

Script Ordinary() { return {Step::Send(kLine), Step::ExpectUntil(kLine), Step::Finish()}; }

std::string Much() {
  std::string text;
  while (text.size() < kMuch) text += "line after line, all in one go\n\n";
  return text.substr(0, kMuch);
}

// No answer is read before our FIN has gone.
Script Finished() { return {Step::SendLast(Much()), Step::ExpectBytes(kMuch)}; }

std::vector<Script> Scripts(Scenario scenario) {
  switch (scenario) {
    case Scenario::kOrdinary:
    case Scenario::kBesideStrangers:
      return {Ordinary(), Ordinary()};
    case Scenario::kManyClients:
      return InTurn({Ordinary()}, kManyConnections, Ordinary());
    case Scenario::kScarceDescriptors:
      return InTurn({Ordinary()}, 2 * kFewDescriptors, Ordinary());
    case Scenario::kManyResets:
      return InTurn({{Step::Reset()}, {Step::Send(kLine), Step::Reset()}, {Step::Send("h"), Step::AwaitRead(), Step::Reset()}},
                    kManyResets, Ordinary());
    case Scenario::kFinishedClient:
      return {Ordinary(), Finished(), Ordinary()};
    case Scenario::kGoneClient:
      return {{Step::SendLast(kLine), Step::AwaitReset()}, Ordinary()};
    default:  // no restart either: the client ends first, and nothing of the server's stays behind
      return {};
  }
}

}  // namespace

Profile EchoServerProfile() {
  return {.name = "echo-server", .role = "server", .placeholder = "{port}", .answer = "", .scripts = Scripts};
}

}  // namespace lastack
