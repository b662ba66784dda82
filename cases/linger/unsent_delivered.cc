#include "cases/linger/unsent_delivered.h"

#include "absl/strings/str_cat.h"
#include "cases/late_reader.h"

namespace lastack {
namespace {

constexpr char kUnsentLost[] = "unsent-lost";
constexpr char kNeverSent[] = "never-sent";
constexpr char kReset[] = "reset-instead-of-fin";

Judgement Blank(Verdict verdict, std::string message) {
  Judgement judgement;
  judgement.verdict = verdict;
  judgement.message = std::move(message);
  return judgement;
}

// Only of a driver is it known what its library had accepted, and not only what the kernel had.
bool LibraryLost(const Evidence& run, const LateDelivery& delivery) {
  return run.of_driver() && delivery.wanted.has_value() && delivery.arrived < *delivery.wanted;
}

Judgement JudgeDelivery(const Evidence& run, const LateDelivery& delivery) {
  const Ending ending = delivery.exchange->record->ending;
  if (ending == Ending::kNothing) {
    return Blank(Verdict::kInconclusive,
                 absl::StrCat("The connection did not end while the peer looked: ", InWords(delivery), "."));
  }
  if (delivery.handed.has_value() && delivery.arrived < *delivery.handed) {
    return Violation(kUnsentLost, absl::StrCat("lost ", *delivery.handed - delivery.arrived, " of ", *delivery.handed,
                                               " bytes that the kernel had taken for a peer that reads late."));
  }
  if (LibraryLost(run, delivery)) {
    return Violation(kNeverSent, absl::StrCat("accepted ", *delivery.wanted, " bytes, and ",
                                              *delivery.wanted - delivery.arrived, " of them were never sent."));
  }
  if (ending != Ending::kFin) {
    return Violation(kReset, "ended the connection to a peer that reads late by RST, not by FIN.");
  }
  return Blank(
      Verdict::kPass,
      absl::StrCat(
          "delivered all ", delivery.arrived, " bytes to a peer that reads late, and FIN behind them",
          delivery.pending > 0 ? absl::StrCat("; ", delivery.pending, " of them were under way at its close") : "",
          "."));
}

Judgement Judge(const Evidence& clean, const Evidence& run) {
  const LateDelivery delivery = LateDeliveryOf(clean, run);
  if (delivery.exchange == nullptr) {
    return Blank(Verdict::kUnexercised, absl::StrCat("The peer did not come to reading late: ", delivery.why_not, "."));
  }
  Judgement judgement = JudgeDelivery(run, delivery);
  judgement.expected = "all that was accepted for sending arrives, however late the peer reads, and then FIN";
  judgement.observed = InWords(delivery);
  judgement.evidence = {absl::StrCat("the peer read late: ", InWords(delivery))};
  return judgement;
}

std::vector<Finding> Findings() {
  return {{kUnsentLost, "Data that the kernel had taken never reached the peer."},
          {kNeverSent, "Data that the library had accepted was never sent."},
          {kReset, "The connection ended with RST where all that was missing was a FIN."}};
}

}  // namespace

Case LingerUnsentDelivered() {
  return {
      .id = "linger/unsent-delivered",
      .requirement = "linger/unsent-delivered",
      .scenario = Scenario::kLateReader,
      .faults = {},
      .findings = Findings(),
      .defects = {"aborts-with-linger", "keeps-rest-in-buffer", "aborts-for-restart"},
      .core = false,
      .inapplicable = SendsTooLittle,
      .judge = Judge,
  };
}

Case LingerExitAfterClose() {
  return {
      .id = "linger/exit-after-close",
      .requirement = "linger/exit-after-close",
      .scenario = Scenario::kQuitsAtOnce,
      .faults = {},
      .findings = Findings(),
      .defects = {"aborts-with-linger", "keeps-rest-in-buffer", "sends-after-close"},
      .core = false,
      .inapplicable = SendsTooLittle,
      .judge = Judge,
  };
}

}  // namespace lastack
