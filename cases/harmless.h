// Cases of one form: a fault on a connection that must change nothing.
#ifndef LASTACK_CASES_HARMLESS_H_
#define LASTACK_CASES_HARMLESS_H_

#include <string>
#include <vector>

#include "cases/case.h"

namespace lastack {

// Whether a subject may also give up, if it says so. Close has no better way to tell its caller of an error. Before the
// whole answer has come, it may be that the fault is the way in which a subject learns that the rest will never come.
enum class GivingUp : unsigned char { kIsHarm, kIsRightIfReported, kIsRightIfReportedBeforeTheAnswer };

// `id` is the requirement's, too. Beside what harm.h finds, a socket that stays open after the fault is a finding.
[[nodiscard]] Case HarmlessFault(const char* id, const char* fault, std::string (*inapplicable)(const Evidence&),
                                 std::vector<std::string> defects, GivingUp giving_up = GivingUp::kIsHarm);

}  // namespace lastack

#endif  // LASTACK_CASES_HARMLESS_H_
