#include "cases/profiles/http_server.h"

#include <string>

#include "cases/profiles/many.h"

namespace lastack {
namespace {

constexpr char kRequest[] = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
constexpr char kBeginning[] = "GET / HTTP/1.1\r\nHost: lo";
constexpr char kEndOfHead[] = "\r\n\r\n";

// Further requests behind the last one: more than a server reads at one time.
std::string ManyRequests() {
  constexpr size_t kBytes = 32 * 1024;
  std::string requests = kRequest;
  while (requests.size() < kBytes) requests += "GET /again HTTP/1.1\r\nHost: localhost\r\n\r\n";
  return requests;
}

Script Ordinary() { return {Step::Send(kRequest), Step::ExpectUntil(kEndOfHead), Step::ExpectEnd(), Step::Finish()}; }

// Does not wait for the server to end first, which costs time with one that keeps connections.
Script Brief() { return {Step::Send(kRequest), Step::ExpectUntil(kEndOfHead), Step::Finish()}; }

std::vector<Script> Scripts(Scenario scenario) {
  switch (scenario) {
    case Scenario::kClosesEarly:  // does not end when the server does, so that there is something to reset
      return {{Step::Send(kRequest), Step::ExpectUntil(kEndOfHead), Step::ExpectEnd(), Step::Stall(), Step::Finish()},
              Brief()};
    case Scenario::kOrdinary:
    case Scenario::kBesideStrangers:
    case Scenario::kRestartedServer:
      return {Ordinary(), Ordinary()};
    case Scenario::kManyClients:
      return InTurn({Brief()}, kManyConnections, Brief());
    case Scenario::kScarceDescriptors:
      return InTurn({Brief()}, 2 * kFewDescriptors, Brief());
    case Scenario::kManyResets:
      return InTurn({{Step::Reset()},
                     {Step::Send(kBeginning), Step::Reset()},
                     {Step::Send(kBeginning), Step::AwaitRead(), Step::Reset()},
                     {Step::Send(kRequest), Step::Reset()}},
                    kManyResets, Brief());
    case Scenario::kManyFinished:
      return InTurn({{Step::SendLast(kRequest), Step::ExpectUntil(kEndOfHead)}}, kManyFinished, Brief());
    case Scenario::kManyLeaving:
      return InTurn({{Step::Finish()}, {Step::Send(kBeginning), Step::Finish()}}, kManyLeaving, Brief());
    case Scenario::kFinishedClient:
      return {Ordinary(), {Step::SendLast(kRequest), Step::ExpectEnd()}, Ordinary()};
    case Scenario::kGoneClient:
      return {{Step::SendLast(kRequest), Step::AwaitReset()}, Brief()};
    case Scenario::kResetAfterFin:
      return {{Step::Send(kRequest), Step::ExpectEnd(), Step::Reset()}, Brief()};
    case Scenario::kTalkativePeer:
      return {{Step::Narrow(), Step::Send(ManyRequests()), Step::ReadLate(), Step::ExpectEnd(), Step::Finish()},
              Brief()};
    case Scenario::kSilentPeer:
      return {{Step::Send(kBeginning), Step::AwaitRead(), Step::Hold(), Step::Finish()}};
    case Scenario::kUnfinishedClient:
      return {{Step::Send(kRequest), Step::ExpectUntil(kEndOfHead), Step::ExpectEnd(), Step::Hold(), Step::Finish()},
              Brief()};
    case Scenario::kDeafClient:
      return {{Step::Narrow(), Step::Send(kRequest), Step::ReadLate(), Step::HalfClose(), Step::Hold(), Step::Finish()},
              Brief()};
    case Scenario::kLateReader:
      return {{Step::Narrow(), Step::Send(kRequest), Step::ReadLate(), Step::ExpectEnd(), Step::Finish()}};
    default:
      return {};
  }
}

}  // namespace

Profile HttpServerProfile() {
  return {.name = "http-server", .role = "server", .placeholder = "{port}", .answer = "", .scripts = Scripts};
}

}  // namespace lastack
