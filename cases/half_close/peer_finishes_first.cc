#include "cases/half_close/peer_finishes_first.h"

#include "absl/strings/str_cat.h"
#include "cases/server_facts.h"

namespace lastack {
namespace {

constexpr char kDropped[] = "answer-dropped-on-fin";

// The peer plays an ordinary exchange, one whose FIN comes with the request, and an ordinary one again.
Judgement Judge(const Evidence&, const Evidence& run) {
  Judgement judgement;
  judgement.expected = "the whole answer, although the client's FIN came right behind its request";
  judgement.evidence = TroublesOf(run);
  const std::vector<ConnectionRecord>& records = run.run().connections;
  const std::string death = HowItDied(run);
  if (records.size() < 3 || !WasServed(records[0]) || !WasServed(records[2]) || !death.empty()) {
    judgement.verdict = Verdict::kInconclusive;
    judgement.message = absl::StrCat("The ordinary clients before and after were not served",
                                     death.empty() ? "" : ": the server ", death, ".");
    return judgement;
  }
  const ConnectionRecord& finished = records[1];
  const bool is_http = run.run().profile == "http-server";
  // Where answers to the same request differ in length by themselves, only their absence says something.
  const uint64_t usual = records[0].bytes_received == records[2].bytes_received ? records[0].bytes_received : 1;
  const bool whole = is_http ? finished.bytes_received >= usual : finished.script_done;
  judgement.observed =
      absl::StrCat(finished.bytes_received, " bytes came back",
                   is_http ? absl::StrCat("; to a client that ends later, ", records[0].bytes_received) : "");
  if (whole) {
    judgement.verdict = Verdict::kPass;
    judgement.message = absl::StrCat("sent its whole answer after the client's FIN: ", judgement.observed, ".");
    return judgement;
  }
  // A client of HTTP has no need to end first, and RFC 9112 lets a server take that for a lost one.
  judgement.verdict = is_http ? Verdict::kAdvisory : Verdict::kFail;
  judgement.finding = kDropped;
  judgement.message =
      absl::StrCat("dropped the answer to a client whose FIN came right behind its request: ", judgement.observed, ".");
  return judgement;
}

}  // namespace

Case HalfClosePeerFinishesFirst() {
  return {
      .id = "half-close/peer-finishes-first",
      .requirement = "half-close/peer-finishes-first",
      .scenario = Scenario::kFinishedClient,
      .faults = {},
      .findings = {{kDropped, "The answer, or a part of it, was dropped because the client's FIN had come."}},
      .defects = {"drops-answer-on-fin"},
      .verb = kServingVerbs,
      .core = false,
      .inapplicable = NeverServes,
      .judge = Judge,
  };
}

}  // namespace lastack
