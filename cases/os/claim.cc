#include "cases/os/claim.h"

#include <algorithm>

#include "cases/os/claim_tables.h"

namespace lastack::os {

const std::vector<std::string>& Sections() {
  static const auto* sections = new std::vector<std::string>{
      "How do you properly close a socket?",
      "close(): Resource Release",
      "close(): Connection Termination",
      "Graceful Closure",
      "Abrupt Closure (Hard Close)",
      "The Role of shutdown()",
      "The Role of shutdown(): Resources",
      "The Role of shutdown(): Reusability",
      "The Role of shutdown(): SHUT_RD",
      "The Role of shutdown(): SHUT_WR",
      "The Role of shutdown(): SHUT_RDWR",
      "Example Usage",
      "SO_LINGER: l_onoff = 0",
      "SO_LINGER: l_onoff = 1, l_linger = 0",
      "SO_LINGER: l_onoff = 1, l_linger > 0",
      "Best Practices: Always Close",
      "Best Practices: Error Handling",
      "Best Practices: Use shutdown() for Half-Close Scenarios",
      "Best Practices: Handle BrokenPipeError / ECONNRESET",
  };
  return *sections;
}

const std::vector<Claim>& Claims() {
  static const auto* claims = [] {
    auto* all = new std::vector<Claim>();
    for (const auto& table : {CloseClaims(), ShutdownClaims(), LingerClaims(), PeerGoneClaims()}) {
      all->insert(all->end(), table.begin(), table.end());
    }
    const auto place = [](const Claim& claim) {
      return std::find(Sections().begin(), Sections().end(), claim.section);
    };
    std::stable_sort(all->begin(), all->end(), [&](const Claim& a, const Claim& b) { return place(a) < place(b); });
    return all;
  }();
  return *claims;
}

const Claim* FindClaim(const std::string& id) {
  for (const Claim& claim : Claims()) {
    if (claim.id == id) return &claim;
  }
  return nullptr;
}

std::vector<Family> FamiliesOf(const Claim& claim) {
  if (claim.sockets == Sockets::kTcp) return {Family::kIpv4, Family::kIpv6};
  return {Family::kIpv4, Family::kIpv6, Family::kUnix};
}

}  // namespace lastack::os
