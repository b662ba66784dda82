#include "cases/mutations/mutation.h"

#include "cases/mutations/spoil.h"
#include "cases/mutations/tables.h"

namespace lastack {
namespace {

bool LosesTrace(Observation& run) {
  run.trace.events.clear();
  return true;
}

bool LosesCheckIns(Observation& run) {
  return Erase(run, [](const TracedEvent& traced) { return traced.event.kind == EventKind::kCheckIn; });
}

bool FaultsDoNotFire(Observation& run) {
  return ForEach(run, IsFault, [](TracedEvent& traced) { traced.event.fault = kNoFaultIndex; });
}

}  // namespace

const std::vector<Mutation>& WrongDoings() {
  static const auto* mutations = [] {
    auto* all = new std::vector<Mutation>();
    for (const auto& table : {WrongClosing(), WrongAtPeer(), WrongTelling()}) {
      all->insert(all->end(), table.begin(), table.end());
    }
    return all;
  }();
  return *mutations;
}

const std::vector<Mutation>& Losses() {
  static const auto* losses = new std::vector<Mutation>{
      {"loses-trace", "nothing was seen from inside", LosesTrace},
      {"loses-check-ins", "no backend said that it was in place", LosesCheckIns},
      {"faults-do-not-fire", "nothing was injected", FaultsDoNotFire},
  };
  return *losses;
}

const Mutation* FindMutation(absl::string_view name) {
  for (const auto* mutations : {&WrongDoings(), &Losses()}) {
    for (const Mutation& mutation : *mutations) {
      if (name == mutation.name) return &mutation;
    }
  }
  return nullptr;
}

}  // namespace lastack
