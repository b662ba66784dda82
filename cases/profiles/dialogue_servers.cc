#include "cases/profiles/dialogue_servers.h"

#include <string>

#include "cases/profiles/many.h"
#include "cases/profiles/positioned_text.h"

namespace lastack {
namespace {

// The parts of a conversation that differ from protocol to protocol.
struct Dialogue {
  Script whole;     // an ordinary exchange
  Script finished;  // one in which the client ends its side with its question, and has its answer all the same; empty: no answer comes
  Script until_reset;  // all but the answer, then RST where the server's side orders it; empty: there is no such place
  std::vector<Script> resets;
};

std::vector<Script> ScriptsOf(const Dialogue& dialogue, Scenario scenario) {
  switch (scenario) {
    case Scenario::kOrdinary:
      return {dialogue.whole, dialogue.whole};
    case Scenario::kManyClients:
      return InTurn({dialogue.whole}, kManyConnections, dialogue.whole);
    case Scenario::kManyResets:
      return InTurn(dialogue.resets, kManyResets, dialogue.whole);
    case Scenario::kFinishedClient:
      if (dialogue.finished.empty()) return {};
      return {dialogue.whole, dialogue.finished, dialogue.whole};
    case Scenario::kGoneClient:
      if (dialogue.until_reset.empty()) return {};
      return {dialogue.until_reset, dialogue.whole};
    default:  // no restart either: the client ends first, and nothing of the server's stays behind
      return {};
  }
}

// The client asks, and the answer ends in a way that shows.
Dialogue Asking(const std::string& question, const std::string& end_of_answer) {
  return {.whole = {Step::Send(question), Step::ExpectUntil(end_of_answer), Step::Finish()},
          .finished = {Step::SendLast(question), Step::ExpectUntil(end_of_answer)},
          .until_reset = {Step::SendLast(question), Step::AwaitReset()},
          .resets = {{Step::Reset()}, {Step::Send(question), Step::Reset()}, {Step::Send(question.substr(0, 1)), Step::AwaitRead(), Step::Reset()}}};
}

Profile Server(const char* name, std::vector<Script> (*scripts)(Scenario)) {
  return {.name = name, .role = "server", .placeholder = "{port}", .answer = "", .scripts = scripts};
}

}  // namespace

Profile LineServerProfile() {
  return Server("line-server", [](Scenario scenario) { return ScriptsOf(Asking("hello\n", "\n"), scenario); });
}

Profile RedisServerProfile() {
  return Server("redis-server", [](Scenario scenario) { return ScriptsOf(Asking("PING\r\n", "+PONG\r\n"), scenario); });
}

Profile MemcachedProfile() {
  return Server("memcached", [](Scenario scenario) { return ScriptsOf(Asking("version\r\n", "\r\n"), scenario); });
}

Profile SinkProfile() {
  return Server("sink", [](Scenario scenario) {
    constexpr int kLines = 64;
    const std::string text = PositionedText(kLines);
    return ScriptsOf({.whole = {Step::Send(text), Step::HalfClose(), Step::ExpectEnd()},
                      .finished = {},
                      .until_reset = {},
                      .resets = {{Step::Reset()}, {Step::Send(text), Step::Reset()}, {Step::Send(text), Step::AwaitRead(), Step::Reset()}}},
                     scenario);
  });
}

Profile SourceProfile() {
  return Server("source", [](Scenario scenario) {
    return ScriptsOf({.whole = {Step::ExpectBytes(1), Step::ExpectEnd(), Step::Finish()},
                      .finished = {Step::HalfClose(), Step::ExpectBytes(1), Step::ExpectEnd()},
                      .until_reset = {Step::HalfClose(), Step::AwaitReset()},
                      .resets = {{Step::Reset()}, {Step::ExpectBytes(1), Step::Reset()}}},
                     scenario);
  });
}

}  // namespace lastack
