// What judges of servers ask of a run.
#ifndef LASTACK_CASES_SERVER_FACTS_H_
#define LASTACK_CASES_SERVER_FACTS_H_

#include <string>

#include "cases/case.h"
#include "cases/evidence.h"

namespace lastack {

// For Case::inapplicable: the subject never calls accept.
std::string NeverAccepts(const Evidence& clean);

// The same where the case's own run asks a driver to accept, which its clean run does not.
std::string NeverServes(const Evidence& clean);

// What a driver needs for that (Case::verb).
inline constexpr char kServingVerbs[] = "listen accept";

// Whether the exchange was played to its end and something came back.
bool WasServed(const ConnectionRecord& record);

// Whether the last client, an ordinary one, was served: what became of it, in words; empty if it was.
std::string WhyLastClientWasNotServed(const Evidence& run);

// How the server, or a process of it that accepted connections, ended before it was told to; empty: it did not. A
// process that said goodbye and has left others to serve has only been relieved.
std::string HowItDied(const Evidence& run);

// The peer's troubles, as evidence.
std::vector<std::string> TroublesOf(const Evidence& run);

// By what happened to the last client: a pass if it was served; else a failure with `died` or `unserved`.
Judgement JudgedByLastClient(const Evidence& run, const char* died, const char* unserved,
                             const std::string& after_what);

}  // namespace lastack

#endif  // LASTACK_CASES_SERVER_FACTS_H_
