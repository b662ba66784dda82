#include "harness/peer/script.h"

#include <algorithm>
#include <utility>

namespace lastack {

Step Step::ExpectUntil(std::string text) { return {Kind::kExpectUntil, std::move(text)}; }
Step Step::ExpectBytes(uint64_t count) { return {Kind::kExpectBytes, "", count}; }
Step Step::ExpectEnd() { return {Kind::kExpectEnd, ""}; }
Step Step::Send(std::string text) { return {Kind::kSend, std::move(text)}; }
Step Step::AwaitRead() { return {Kind::kAwaitRead, ""}; }
Step Step::AwaitClosed() { return {Kind::kAwaitClosed, ""}; }
Step Step::Stall() { return {Kind::kStall, ""}; }
Step Step::HalfClose() { return {Kind::kHalfClose, ""}; }
Step Step::Finish() { return {Kind::kFinish, ""}; }
Step Step::Reset() { return {Kind::kReset, ""}; }
Step Step::SendLast(std::string text) { return {Kind::kSendLast, std::move(text)}; }
Step Step::AwaitReset() { return {Kind::kAwaitReset, ""}; }
Step Step::Narrow() { return {Kind::kNarrow, ""}; }
Step Step::Hold() { return {Kind::kHold, ""}; }
Step Step::ReadLate() { return {Kind::kReadLate, ""}; }

bool IsNarrow(const Script& script) { return !script.empty() && script.front().kind == Step::Kind::kNarrow; }

bool Holds(const Script& script) {
  return std::any_of(script.begin(), script.end(), [](const Step& step) { return step.kind == Step::Kind::kHold; });
}

const char* StepName(Step::Kind kind) {
  switch (kind) {
    case Step::Kind::kExpectUntil:
      return "ExpectUntil";
    case Step::Kind::kExpectBytes:
      return "ExpectBytes";
    case Step::Kind::kExpectEnd:
      return "ExpectEnd";
    case Step::Kind::kSend:
      return "Send";
    case Step::Kind::kAwaitRead:
      return "AwaitRead";
    case Step::Kind::kAwaitClosed:
      return "AwaitClosed";
    case Step::Kind::kStall:
      return "Stall";
    case Step::Kind::kHalfClose:
      return "HalfClose";
    case Step::Kind::kFinish:
      return "Finish";
    case Step::Kind::kReset:
      return "Reset";
    case Step::Kind::kSendLast:
      return "SendLast";
    case Step::Kind::kAwaitReset:
      return "AwaitReset";
    case Step::Kind::kNarrow:
      return "Narrow";
    case Step::Kind::kHold:
      return "Hold";
    case Step::Kind::kReadLate:
      return "ReadLate";
  }
  return "no step";
}

}  // namespace lastack
