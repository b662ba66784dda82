#include "cases/requirement.h"

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace lastack {
namespace {

constexpr char kRequirements[] =
#include "cases/requirements.json.inc"
    ;

Requirement RequirementOf(const nlohmann::json& value) {
  Requirement requirement;
  requirement.id = value.at("id").get<std::string>();
  requirement.level = value.at("level").get<std::string>();
  requirement.roles = value.at("roles").get<std::vector<std::string>>();
  requirement.judged_on = value.at("judged_on").get<std::string>();
  requirement.section = value.at("section").get<std::string>();
  requirement.sources = value.at("sources").get<std::vector<std::string>>();
  requirement.text = value.at("text").get<std::string>();
  requirement.why = value.at("why").get<std::string>();
  requirement.remedy = value.at("remedy").get<std::string>();
  requirement.tier = value.at("tier").get<std::string>();
  return requirement;
}

}  // namespace

absl::StatusOr<std::vector<Requirement>> ParseRequirements(absl::string_view json) {
  try {
    const nlohmann::json document = nlohmann::json::parse(json.begin(), json.end());
    std::vector<Requirement> requirements;
    for (const nlohmann::json& value : document.at("requirements")) {
      requirements.push_back(RequirementOf(value));
    }
    return requirements;
  } catch (const std::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("requirements.json: ", error.what()));
  }
}

const std::vector<Requirement>& Requirements() {
  static const auto* requirements = [] {
    absl::StatusOr<std::vector<Requirement>> parsed = ParseRequirements(kRequirements);
    if (!parsed.ok()) {
      fprintf(stderr, "lastack: %s\n", std::string(parsed.status().message()).c_str());
      abort();
    }
    return new std::vector<Requirement>(*std::move(parsed));
  }();
  return *requirements;
}

const Requirement* FindRequirement(absl::string_view id) {
  for (const Requirement& requirement : Requirements()) {
    if (requirement.id == std::string(id)) return &requirement;
  }
  return nullptr;
}

}  // namespace lastack
