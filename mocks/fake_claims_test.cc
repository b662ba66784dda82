// The claims about the operating system (cases/os) on the fake: with kLinux each comes out as on the kernel, with
// kDocument each holds.
#include <map>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cases/os/claim.h"
#include "cases/os/kernel_witness.h"
#include "cases/os/pair.h"
#include "cases/os/witness.h"
#include "gtest/gtest.h"
#include "harness/sys/kernel_sys.h"
#include "mocks/fake_network.h"
#include "mocks/fake_witness.h"

namespace lastack {
namespace {

// "holds" or "differs", and what was measured, for each claim and family.
struct Outcome {
  bool holds = false;
  std::string facts;
};
using Outcomes = std::map<std::string, Outcome>;

Outcome Measure(const os::Claim& claim, SysApi& sys, os::Witness& witness, os::Family family) {
  auto pair = os::Pair::Connect(sys, witness, family);
  if (!pair.ok()) return Outcome{false, std::string(pair.status().message())};
  const os::Finding finding = claim.measure(**pair);
  Outcome outcome = {finding.holds(), ""};
  for (const os::Fact& fact : finding.facts()) {
    absl::StrAppend(&outcome.facts, fact.name, "=", fact.unit.empty() ? fact.word : absl::StrCat(fact.number), "; ");
  }
  return outcome;
}

template <typename Measurement>
Outcomes OfAll(Measurement measure) {
  Outcomes outcomes;
  for (const os::Claim& claim : os::Claims()) {
    if (claim.on_process) continue;
    for (const os::Family family : os::FamiliesOf(claim)) {
      outcomes[absl::StrCat(claim.id, " on ", os::FamilyName(family))] = measure(claim, family);
    }
  }
  return outcomes;
}

Outcomes OnFake(FakePersonality personality) {
  return OfAll([personality](const os::Claim& claim, os::Family family) {
    FakeOptions options;
    options.personality = personality;
    FakeNetwork network(options);
    FakeWitness witness(network);
    return Measure(claim, network, witness, family);
  });
}

TEST(FakeClaims, LinuxComesOutAsTheKernel) {
  os::KernelWitness witness(os::KernelWitness::Network::kMachine);
  const Outcomes fake = OnFake(FakePersonality::kLinux);
  int compared = 0;
  (void)OfAll([&](const os::Claim& claim, os::Family family) {
    if (family == os::Family::kIpv6) return Outcome{};  // as IPv4, and lingering takes its seconds on a kernel
    const Outcome outcome = Measure(claim, KernelSys::Instance(), witness, family);
    const Outcome& of_fake = fake.at(absl::StrCat(claim.id, " on ", os::FamilyName(family)));
    EXPECT_EQ(of_fake.holds, outcome.holds) << claim.id << " on " << os::FamilyName(family)
                                            << "\n  kernel: " << outcome.facts << "\n  fake:   " << of_fake.facts;
    ++compared;
    return outcome;
  });
  EXPECT_GT(compared, 40);
}

TEST(FakeClaims, AllHoldForTheDocument) {
  for (const auto& [claim, outcome] : OnFake(FakePersonality::kDocument)) {
    // Here the document contradicts itself: what close has delivered ends with an end of file, says the rest of it.
    const bool contradicts = absl::StartsWith(claim, "os/recv-after-peer-close ");
    EXPECT_EQ(outcome.holds, !contradicts) << claim << ": " << outcome.facts;
  }
}

}  // namespace
}  // namespace lastack
