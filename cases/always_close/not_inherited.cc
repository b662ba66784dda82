#include "cases/always_close/not_inherited.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "cases/driver_facts.h"

namespace lastack {
namespace {

constexpr char kHeld[] = "held-by-child";

Judgement Unexercised(std::string why) {
  Judgement judgement;
  judgement.verdict = Verdict::kUnexercised;
  judgement.message = std::move(why);
  return judgement;
}

// The process that the driver said it had started; 0: none.
int ChildOf(const Evidence& run) {
  const std::vector<const DriverReply*> spawned = RepliesTo(run.run(), "spawn");
  if (spawned.empty()) return 0;
  absl::string_view words = spawned.front()->reply;
  int pid = 0;
  return absl::ConsumePrefix(&words, "ok ") && absl::SimpleAtoi(words, &pid) ? pid : 0;
}

bool LivedAtBarrier(const Evidence& run, int pid) {
  const std::vector<int>& alive = run.run().lives.front().alive;
  return std::find(alive.begin(), alive.end(), pid) != alive.end();
}

// Whether another process of the subject than the child, the driver for one, still had a connection at the barrier.
bool HeldByOthers(const Evidence& run, int child) {
  const SubjectLife& life = run.run().lives.front();
  std::vector<int> others = life.alive;
  others.erase(std::remove(others.begin(), others.end(), child), others.end());
  return std::any_of(run.exchanges().begin(), run.exchanges().end(),
                     [&](const Exchange& exchange) { return exchange.socket->HeldAt(life.quiet_ns, others); });
}

Judgement Judge(const Evidence&, const Evidence& run) {
  const int child = ChildOf(run);
  const std::vector<const DriverReply*> closes = RepliesTo(run.run(), "close");
  if (child == 0) return Unexercised("The driver did not start the program.");
  if (run.run().connections.empty() || closes.empty() || !IsOk(*closes.front())) return Unexercised("The driver did not close its connection.");
  if (!LivedAtBarrier(run, child)) return Unexercised(absl::StrCat("The program, process ", child, ", did not live at the end of the conversation."));
  Judgement judgement;
  judgement.expected = "FIN at the peer when the connection is closed, while the child program lives";
  judgement.evidence = {Describe(*RepliesTo(run.run(), "spawn").front()), Describe(*closes.front())};
  const SubjectLife& life = run.run().lives.front();
  const ConnectionRecord& record = run.run().connections.front();
  if (life.unended == 0) {
    judgement.verdict = Verdict::kPass;
    judgement.message = absl::StrCat("the peer saw the end of the connection while the child program, process ", child, ", lived.");
  } else if (HeldByOthers(run, child)) {
    return Unexercised("The driver itself still held the connection.");
  } else {
    judgement.verdict = Verdict::kFail;
    judgement.finding = kHeld;
    judgement.message = absl::StrCat("closed its connection, and no FIN came to the peer as long as the child program, process ", child, ", lived.");
    if (record.fin_ns > life.quiet_ns) judgement.evidence.push_back("the FIN came when the program was ended");
  }
  judgement.observed = judgement.message;
  return judgement;
}

}  // namespace

Case AlwaysCloseNotInherited() {
  return {
      .id = "always-close/not-inherited",
      .requirement = "always-close/not-inherited",
      .scenario = Scenario::kChild,
      .faults = {},
      .findings = {{kHeld, "A child program held a connection that its parent had closed."}},
      .defects = {"leaks-into-children"},
      .verb = "spawn",
      .core = false,
      .inapplicable = AlwaysApplies,
      .judge = Judge,
  };
}

}  // namespace lastack
