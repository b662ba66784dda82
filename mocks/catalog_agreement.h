// The catalog's verdicts on a library as a driver on the kernel, beside those that it has in process: for tests that
// these agree.
#ifndef LASTACK_MOCKS_CATALOG_AGREEMENT_H_
#define LASTACK_MOCKS_CATALOG_AGREEMENT_H_

#include <map>
#include <string>
#include <vector>

#include "cases/case.h"
#include "harness/run/observation.h"
#include "reports/results.h"

namespace lastack {

using ResultsById = std::map<std::string, CaseResult>;

ResultsById ById(const std::vector<CaseResult>& results);

// "fail [rst-not-fin]"
std::string Words(const CaseResult& result);

// Those for drivers that run in every audit.
std::vector<const Case*> QuickCases();

// Whether a case takes a process, and so has another verdict in ours.
bool IsBeyondUs(const std::string& case_id);

// What is judged is in `facts`, by case.
ResultsById OnKernel(const std::vector<std::string>& driver, const std::vector<const Case*>& cases,
                     std::map<std::string, Observation>* facts = nullptr);

// Case by case the same verdict and the same finding, but where it takes a process.
void ExpectAgreement(const ResultsById& on_kernel, const ResultsById& in_process);

}  // namespace lastack

#endif  // LASTACK_MOCKS_CATALOG_AGREEMENT_H_
