#include "cases/interrupted/would_block.h"

#include "absl/strings/str_cat.h"
#include "cases/late_reader.h"

namespace lastack {
namespace {

constexpr char kCutShort[] = "cut-short";
constexpr char kStalled[] = "stalled";

// More than this the peer may not have been able to read in its time.
constexpr uint64_t kMostBytes = 16 << 20;

Judgement Blank(Verdict verdict, std::string message) {
  Judgement judgement;
  judgement.verdict = verdict;
  judgement.message = std::move(message);
  return judgement;
}

Judgement JudgeFullQueue(const LateDelivery& delivery) {
  if (!delivery.wanted.has_value()) {
    return Blank(Verdict::kInconclusive,
                 "The subject sends more at one time than at another, so that nobody knows what is missing.");
  }
  const bool ended = delivery.exchange->record->ending != Ending::kNothing;
  if (delivery.arrived >= *delivery.wanted && ended) {
    return Blank(Verdict::kPass, absl::StrCat("met a full queue, and lost nothing: ", InWords(delivery), "."));
  }
  if (!ended && *delivery.wanted > kMostBytes) {
    return Blank(Verdict::kInconclusive, absl::StrCat("The peer's time was up: ", InWords(delivery), "."));
  }
  Judgement judgement =
      Blank(Verdict::kFail, absl::StrCat(ended ? "ended the connection early after it had met a full queue: "
                                               : "did not go on after it had met a full queue: ",
                                         InWords(delivery), "."));
  judgement.finding = ended ? kCutShort : kStalled;
  judgement.by_absence = !ended;
  return judgement;
}

Judgement Judge(const Evidence& clean, const Evidence& run) {
  const LateDelivery delivery = LateDeliveryOf(clean, run);
  if (delivery.exchange == nullptr) {
    return Blank(Verdict::kUnexercised, absl::StrCat("The peer did not come to reading late: ", delivery.why_not, "."));
  }
  if (!delivery.met_full_queue) {
    return Blank(Verdict::kNotApplicable,
                 "Does not apply: none of its sends met a full queue; it waits in them, or sends little.");
  }
  Judgement judgement = JudgeFullQueue(delivery);
  judgement.expected = "the rest is sent when there is room again, and FIN comes after the last byte";
  judgement.observed = InWords(delivery);
  judgement.evidence = {absl::StrCat("the peer read late: ", InWords(delivery))};
  return judgement;
}

}  // namespace

Case InterruptedWouldBlock() {
  return {
      .id = "interrupted/would-block",
      .requirement = "interrupted/would-block",
      .scenario = Scenario::kLateReader,
      .faults = {},
      .findings = {{kCutShort, "The connection ended before everything was sent, after a full queue."},
                   {kStalled, "The rest never came after a full queue."}},
      .defects = {"gives-up-on-full-queue"},
      .core = false,
      .inapplicable = SendsTooLittle,
      .judge = Judge,
  };
}

}  // namespace lastack
