// The document's claims about the operating system, as data, each with the function that measures it.
//
// A claim says in our words what the document says of close, shutdown and SO_LINGER; its function tries that on a fresh
// pair of connected sockets and returns whether it held, with what was measured. That a platform differs is no failure:
// it is written down, with the reason where we know it.
//
//   for (const Claim& claim : Claims()) ... claim.measure(*pair) ...
#ifndef LASTACK_CASES_OS_CLAIM_H_
#define LASTACK_CASES_OS_CLAIM_H_

#include <string>
#include <vector>

#include "cases/os/pair.h"

namespace lastack::os {

// Over which sockets it makes sense. kTcp: IPv4 and IPv6.
enum class Sockets { kTcp, kAll };

struct Claim {
  std::string id;        // "os/close-delivers-pending": never renamed
  std::string section;   // of the document (cases/document.h)
  std::string text;      // the claim, one sentence
  std::string measured;  // what is done and looked at
  Sockets sockets;
  // It acts on this process: fork, signals, limits. So only the real kernel will do, not a model of its sockets.
  bool on_process;
  Finding (*measure)(Pair& pair);
  // Why Linux differs, where it does, and who says so. Empty if no difference is known.
  std::string explanation;
  std::string source;
};

// In the order of their sections.
[[nodiscard]] const std::vector<Claim>& Claims();

// nullptr if there is none of this id.
[[nodiscard]] const Claim* FindClaim(const std::string& id);

[[nodiscard]] std::vector<Family> FamiliesOf(const Claim& claim);

}  // namespace lastack::os

#endif  // LASTACK_CASES_OS_CLAIM_H_
