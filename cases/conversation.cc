#include "cases/conversation.h"

#include "cases/profiles/http_client.h"
#include "cases/profiles/line_client.h"

namespace lastack {

const char* ScenarioName(Scenario scenario) {
  switch (scenario) {
    case Scenario::kOrdinary:
      return "ordinary exchange";
    case Scenario::kResetMidAnswer:
      return "reset in the middle of the answer";
    case Scenario::kAnswerAfterFin:
      return "answer after the subject's FIN";
    case Scenario::kTruncatedAnswer:
      return "FIN before the promised length";
    case Scenario::kRefused:
      return "connection refused";
  }
  return "";
}

const std::vector<Profile>& Profiles() {
  static const auto* profiles = new std::vector<Profile>{HttpClientProfile(), LineClientProfile()};
  return *profiles;
}

const Profile* FindProfile(const std::string& name) {
  for (const Profile& profile : Profiles()) {
    if (name == profile.name) return &profile;
  }
  return nullptr;
}

}  // namespace lastack
