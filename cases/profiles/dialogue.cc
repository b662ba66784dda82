#include "cases/profiles/dialogue.h"

#include <algorithm>

#include "cases/profiles/many.h"

namespace lastack {

Dialogue DialogueOf(const Script& whole) {
  Dialogue dialogue = {.whole = whole, .finished = {}, .until_reset = {}, .resets = {{Step::Reset()}}};
  Script begun;
  for (const Step& step : whole) {
    const bool moves_data = step.kind == Step::Kind::kSend || step.kind == Step::Kind::kExpectUntil ||
                            step.kind == Step::Kind::kExpectBytes;
    if (!moves_data) break;
    begun.push_back(step);
    Script reset = begun;
    reset.push_back(Step::Reset());
    dialogue.resets.push_back(reset);
  }
  return dialogue;
}

namespace {

// Does not end when the server does, so that there is something to reset.
Script StallingAtItsEnd(const Script& whole) {
  const auto end = std::find_if(whole.begin(), whole.end(), [](const Step& step) {
    return step.kind == Step::Kind::kFinish || step.kind == Step::Kind::kHalfClose;
  });
  Script script(whole.begin(), end);
  script.push_back(Step::Stall());
  script.insert(script.end(), end, whole.end());
  return script;
}

}  // namespace

std::vector<Script> ServerScripts(const Dialogue& dialogue, Scenario scenario) {
  switch (scenario) {
    case Scenario::kOrdinary:
    case Scenario::kBesideStrangers:
      return {dialogue.whole, dialogue.whole};
    case Scenario::kClosesEarly:
      return {StallingAtItsEnd(dialogue.whole), dialogue.whole};
    case Scenario::kManyClients:
      return InTurn({dialogue.whole}, kManyConnections, dialogue.whole);
    case Scenario::kScarceDescriptors:
      return InTurn({dialogue.whole}, 2 * kFewDescriptors, dialogue.whole);
    case Scenario::kManyResets:
      return InTurn(dialogue.resets, kManyResets, dialogue.whole);
    case Scenario::kManyFinished:
      if (dialogue.finished.empty()) return {};
      return InTurn({dialogue.finished}, kManyFinished, dialogue.whole);
    case Scenario::kManyLeaving:
      return InTurn({{Step::Finish()}}, kManyLeaving, dialogue.whole);
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

}  // namespace lastack
