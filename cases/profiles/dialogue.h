// A server's whole part, made of one ordinary exchange: the same exchange many times, clients that reset within it, and
// so on.
#ifndef LASTACK_CASES_PROFILES_DIALOGUE_H_
#define LASTACK_CASES_PROFILES_DIALOGUE_H_

#include <vector>

#include "cases/conversation.h"

namespace lastack {

struct Dialogue {
  Script whole;        // an ordinary exchange
  Script finished;     // the client ends its side with its question, and has its answer all the same; empty: no such
  Script until_reset;  // the same up to the answer, and RST where the server's side orders it; empty: there is no such
                       // place
  std::vector<Script> resets;  // clients that reset: at once, and within the exchange
};

// Nothing but the exchange is known: clients reset before each of its steps.
[[nodiscard]] Dialogue DialogueOf(const Script& whole);

// Empty: there is no such conversation.
[[nodiscard]] std::vector<Script> ServerScripts(const Dialogue& dialogue, Scenario scenario);

}  // namespace lastack

#endif  // LASTACK_CASES_PROFILES_DIALOGUE_H_
