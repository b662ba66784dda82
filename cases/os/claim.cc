#include "cases/os/claim.h"

#include <algorithm>

#include "cases/document.h"
#include "cases/os/claim_tables.h"

namespace lastack::os {

const std::vector<Claim>& Claims() {
  static const auto* claims = [] {
    auto* all = new std::vector<Claim>();
    for (const auto& table : {CloseClaims(), ShutdownClaims(), LingerClaims(), PeerGoneClaims()}) {
      all->insert(all->end(), table.begin(), table.end());
    }
    const std::vector<Section>& sections = DocumentSections();
    const auto place = [&](const Claim& claim) {
      return std::find_if(sections.begin(), sections.end(),
                          [&](const Section& section) { return section.name == claim.section; });
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
