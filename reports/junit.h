// The report for CI systems: JUnit XML, as Jenkins, GitLab and GitHub's actions read it.
//
// A family is a testsuite, a case a testcase. What was violated is a <failure>, what is undecided an <error>, what does
// not apply <skipped> with its reason, and an advisory or an observation a <property> (column `junit` of verdicts.inc).
// There is no dialect that all agree on: this one keeps to the elements and attributes that all of them know.
//
// Pure: equal results give equal bytes. Allocates. Text from results can never become markup; what XML 1.0 cannot hold
// is shown by name.
#ifndef LASTACK_REPORTS_JUNIT_H_
#define LASTACK_REPORTS_JUNIT_H_

#include <string>

#include "reports/results.h"

namespace lastack {

[[nodiscard]] std::string RenderJUnit(const Results& results);

}  // namespace lastack

#endif  // LASTACK_REPORTS_JUNIT_H_
