#include "cases/requirement.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "cases/case.h"
#include "cases/document.h"
#include "nlohmann/json.hpp"
#include "reports/schema.h"

namespace lastack {
namespace {

std::string Contents(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

TEST(RequirementTest, EachIsAsTheSchemaSays) {
  const absl::StatusOr<Schema> schema = Schema::Parse(Contents("cases/requirements.schema.json"));
  ASSERT_TRUE(schema.ok()) << schema.status();
  const absl::StatusOr<nlohmann::json> catalog = ParseJson(Contents("cases/requirements.json"));
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  EXPECT_TRUE(schema->Check(*catalog).ok()) << schema->Check(*catalog);
}

TEST(RequirementTest, EachHasAnIdOfItsOwnARoleAndASource) {
  std::set<std::string> ids;
  for (const Requirement& requirement : Requirements()) {
    EXPECT_TRUE(ids.insert(requirement.id).second) << requirement.id << " stands twice";
    EXPECT_FALSE(requirement.roles.empty()) << requirement.id;
    EXPECT_FALSE(requirement.sources.empty()) << requirement.id;
  }
}

// What the document says of systems is measured by claims (os/claims_test.cc).
TEST(RequirementTest, EverySectionThatSpeaksOfProgramsIsCovered) {
  std::set<std::string> covered;
  for (const Requirement& requirement : Requirements()) covered.insert(requirement.section);
  std::set<std::string> speak;
  for (const Section& section : DocumentSections()) {
    EXPECT_TRUE(section.on_systems || section.on_programs) << section.name << " says nothing";
    if (section.on_programs) speak.insert(section.name);
  }
  EXPECT_EQ(covered, speak);
}

TEST(RequirementTest, RequirementsAndCasesKnowEachOther) {
  std::set<std::string> judged;
  for (const Case& one : Cases()) {
    EXPECT_NE(FindRequirement(one.requirement), nullptr) << one.id << " judges no requirement";
    judged.insert(one.requirement);
  }
  for (const Requirement& requirement : Requirements()) {
    EXPECT_TRUE(judged.count(requirement.id) == 1) << requirement.id << " has no case";
  }
}

TEST(RequirementTest, RefusesWhatIsNoCatalog) {
  for (const char* bad : {"", "{}", "[]", R"({"requirements": [{}]})", R"({"requirements": [{"id": 1}]})"}) {
    EXPECT_FALSE(ParseRequirements(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace lastack
