#include "cases/requirement.h"

#include <gtest/gtest.h>

#include <set>

#include "cases/case.h"

namespace lastack {
namespace {

TEST(RequirementTest, EachIsCompleteAndHasAnIdOfItsOwn) {
  std::set<std::string> ids;
  for (const Requirement& requirement : Requirements()) {
    EXPECT_TRUE(ids.insert(requirement.id).second) << requirement.id << " stands twice";
    EXPECT_TRUE(requirement.level == "MUST" || requirement.level == "SHOULD" || requirement.level == "MAY") << requirement.id;
    EXPECT_TRUE(requirement.tier == "quick" || requirement.tier == "full") << requirement.id;
    for (const std::string& text : {requirement.text, requirement.why, requirement.remedy, requirement.judged_on, requirement.section}) {
      EXPECT_FALSE(text.empty()) << requirement.id;
    }
    EXPECT_FALSE(requirement.roles.empty()) << requirement.id;
    EXPECT_FALSE(requirement.sources.empty()) << requirement.id;
  }
}

TEST(RequirementTest, RequirementsAndCasesKnowEachOther) {
  std::set<std::string> judged;
  for (const Case& one : Cases()) {
    EXPECT_NE(FindRequirement(one.requirement), nullptr) << one.id << " judges no requirement";
    judged.insert(one.requirement);
  }
  for (const Requirement& requirement : Requirements()) EXPECT_TRUE(judged.count(requirement.id) == 1) << requirement.id << " has no case";
}

TEST(RequirementTest, RefusesWhatIsNoCatalog) {
  for (const char* bad : {"", "{}", "[]", R"({"requirements": [{}]})", R"({"requirements": [{"id": 1}]})"}) {
    EXPECT_FALSE(ParseRequirements(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace lastack
