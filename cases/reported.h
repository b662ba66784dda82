// How a subject shows that something went wrong: the one place that knows what "reported" means.
#ifndef LASTACK_CASES_REPORTED_H_
#define LASTACK_CASES_REPORTED_H_

#include <string>
#include <vector>

#include "cases/evidence.h"

namespace lastack {

// How the subject showed in `run` that it took something for an error, compared with its clean run: by its exit status,
// a line on stderr or stdout, or by asking again until the answer came or its time was up. Empty: it did not, or it
// crashed.
[[nodiscard]] std::string HowReported(const Evidence& clean, const Evidence& run);

// A line on stderr that speaks of an error and was not there in the clean run; empty: none. Where the clean run wrote
// nothing there, that is any line but progress. Of a driver, too, which has its library's log there.
[[nodiscard]] std::string NewComplaint(const Evidence& clean, const Evidence& run);

// The lines of stdout, where some put their results, that are likewise: only in words of trouble, since the rest is the
// answer.
[[nodiscard]] std::vector<std::string> NewComplaintsInOutput(const Evidence& clean, const Evidence& run);

// It died by a signal that no program ends itself by: a crash, and no report, whatever it had said before.
[[nodiscard]] bool Crashed(const Evidence& run);

// Why the subject's end says nothing about errors, because it fails even without a fault; empty: it does say.
[[nodiscard]] std::string WhyReportsAreMute(const Evidence& clean);

}  // namespace lastack

#endif  // LASTACK_CASES_REPORTED_H_
