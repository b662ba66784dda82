#include "cases/profiles/dialogue_servers.h"

#include <string>

#include "cases/profiles/dialogue.h"
#include "cases/profiles/positioned_text.h"

namespace lastack {
namespace {

// The client asks, and the answer ends in a way that shows.
Dialogue Asking(const std::string& question, const std::string& end_of_answer) {
  return {.whole = {Step::Send(question), Step::ExpectUntil(end_of_answer), Step::Finish()},
          .finished = {Step::SendLast(question), Step::ExpectUntil(end_of_answer)},
          .until_reset = {Step::SendLast(question), Step::AwaitReset()},
          .resets = {{Step::Reset()},
                     {Step::Send(question), Step::Reset()},
                     {Step::Send(question.substr(0, 1)), Step::AwaitRead(), Step::Reset()}}};
}

Profile Server(const std::string& name, std::vector<Script> (*scripts)(Scenario)) {
  return {.name = name, .role = "server", .placeholder = "{port}", .answer = "", .scripts = scripts};
}

}  // namespace

Profile LineServerProfile() {
  return Server("line-server", [](Scenario scenario) { return ServerScripts(Asking("hello\n", "\n"), scenario); });
}

Profile RedisServerProfile() {
  return Server("redis-server",
                [](Scenario scenario) { return ServerScripts(Asking("PING\r\n", "+PONG\r\n"), scenario); });
}

Profile MemcachedProfile() {
  return Server("memcached", [](Scenario scenario) { return ServerScripts(Asking("version\r\n", "\r\n"), scenario); });
}

Profile SinkProfile() {
  return Server("sink", [](Scenario scenario) {
    constexpr int kLines = 64;
    const std::string text = PositionedText(kLines);
    return ServerScripts({.whole = {Step::Send(text), Step::HalfClose(), Step::ExpectEnd()},
                          .finished = {},
                          .until_reset = {},
                          .resets = {{Step::Reset()},
                                     {Step::Send(text), Step::Reset()},
                                     {Step::Send(text), Step::AwaitRead(), Step::Reset()}}},
                         scenario);
  });
}

Profile SourceProfile() {
  return Server("source", [](Scenario scenario) {
    return ServerScripts({.whole = {Step::ExpectBytes(1), Step::ExpectEnd(), Step::Finish()},
                          .finished = {Step::HalfClose(), Step::ExpectBytes(1), Step::ExpectEnd()},
                          .until_reset = {Step::HalfClose(), Step::AwaitReset()},
                          .resets = {{Step::Reset()}, {Step::ExpectBytes(1), Step::Reset()}}},
                         scenario);
  });
}

}  // namespace lastack
