#include "reports/results_schema.h"

#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "reports/results.h"
#include "reports/samples.h"

namespace lastack {
namespace {

using nlohmann::json;

json SchemaJson() { return json::parse(std::string(ResultsSchemaText())); }

std::vector<std::string> VerdictWords() {
  std::vector<std::string> words;
  for (const Verdict verdict : kAllVerdicts) words.push_back(VerdictWord(verdict));
  return words;
}

std::set<std::string> Keys(const json& object) {
  std::set<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.insert(key);
  return keys;
}

TEST(ResultsSchema, VerdictsAreThoseOfTheTable) {
  const json schema = SchemaJson();
  const json& result = schema["definitions"]["result"]["properties"];
  EXPECT_EQ(result["verdict"]["enum"], json(VerdictWords()));
  EXPECT_EQ(schema["properties"]["summary"]["required"], json(VerdictWords()));
  EXPECT_EQ(Keys(schema["properties"]["summary"]["properties"]).size(), kVerdictCount);
}

TEST(ResultsSchema, OverallVerdictsAreThoseOfTheModel) {
  EXPECT_EQ(SchemaJson()["properties"]["overall"]["enum"],
            (json{OverallWord(Overall::kConformant), OverallWord(Overall::kNotFullyVerified),
                  OverallWord(Overall::kNonConformant)}));
}

// Collects objects that allow what they do not name, or do not require what they name.
void FindLax(const json& schema, const std::string& place, std::vector<std::string>* lax) {
  if (!schema.is_object()) return;
  if (schema.contains("properties") && schema["properties"].is_object() && schema.contains("type")) {
    const std::set<std::string> required = schema.value("required", std::set<std::string>());
    if (schema.value("additionalProperties", true) || required != Keys(schema["properties"])) lax->push_back(place);
  }
  for (const auto& [key, value] : schema.items()) FindLax(value, place + "/" + key, lax);
}

TEST(ResultsSchema, IsStrict) {
  std::vector<std::string> lax;
  FindLax(SchemaJson(), "", &lax);
  EXPECT_EQ(lax, std::vector<std::string>());
}

TEST(ResultsSchema, AcceptsWhatLastackWrites) {
  EXPECT_EQ(ResultsSchema().Check(ResultsToJson(FullResults())), absl::OkStatus());
  EXPECT_EQ(ResultsSchema().Check(ResultsToJson(Results())), absl::OkStatus());
}

TEST(ResultsSchema, NamesEveryFieldThatLastackWrites) {
  const json document = ResultsToJson(FullResults());
  const json schema = SchemaJson();
  EXPECT_EQ(Keys(document), Keys(schema["properties"]));
  EXPECT_EQ(Keys(document["results"][0]), Keys(schema["definitions"]["result"]["properties"]));
  EXPECT_EQ(Keys(document["results"][0]["faults"][0]), Keys(schema["definitions"]["fault"]["properties"]));
}

// Every place of a document, each before its members.
void FindPlaces(const json& value, const json::json_pointer& place, std::vector<json::json_pointer>* places) {
  places->push_back(place);
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) FindPlaces(member, place / key, places);
  }
  if (value.is_array()) {
    for (size_t i = 0; i < value.size(); ++i) FindPlaces(value[i], place / i, places);
  }
}

// The corruptions of one place: another type, a member more, a member less.
std::vector<json> Corrupted(const json& document, const json::json_pointer& place) {
  std::vector<json> corrupted;
  const auto corrupt = [&](json value) {
    corrupted.push_back(document);
    corrupted.back()[place] = std::move(value);
  };
  const json& value = document[place];
  corrupt(nullptr);
  corrupt(value.is_number() ? json("1") : json(1.5));
  if (value.is_number()) corrupt(-1);
  if (value.is_number()) corrupt(4294967296);
  if (!value.is_object()) return corrupted;
  json more = value;
  more["unheard-of"] = "";
  corrupt(more);
  for (const auto& [key, member] : value.items()) {
    json less = value;
    less.erase(key);
    corrupt(less);
  }
  return corrupted;
}

TEST(ResultsSchema, RefusesEveryCorruptionOfASingleField) {
  const json document = ResultsToJson(FullResults());
  std::vector<json::json_pointer> places;
  FindPlaces(document, json::json_pointer(), &places);
  size_t count = 0;
  for (const json::json_pointer& place : places) {
    for (const json& corrupted : Corrupted(document, place)) {
      ++count;
      const std::vector<SchemaError> errors = ResultsSchema().Validate(corrupted);
      ASSERT_FALSE(errors.empty()) << place << " is now " << corrupted[place];
      EXPECT_EQ(errors[0].pointer.rfind(place.to_string(), 0), 0u) << errors[0].pointer << " for " << place;
    }
  }
  EXPECT_GT(count, 200u);
}

struct WrongValue {
  const char* pointer;
  json value;
};

class WrongValues : public testing::TestWithParam<WrongValue> {};

TEST_P(WrongValues, AreRefused) {
  json document = ResultsToJson(FullResults());
  document[json::json_pointer(GetParam().pointer)] = GetParam().value;
  const std::vector<SchemaError> errors = ResultsSchema().Validate(document);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].pointer, GetParam().pointer);
}

INSTANTIATE_TEST_SUITE_P(All, WrongValues,
                         testing::Values(WrongValue{"/schema", 0}, WrongValue{"/tool", "other"},
                                         WrongValue{"/overall", "pass"}, WrongValue{"/results/0/verdict", "PASS"},
                                         WrongValue{"/results/0/level", "MUST NOT"},
                                         WrongValue{"/results/0/realism", "real"},
                                         WrongValue{"/results/0/tier", "slow"}, WrongValue{"/results/0/case", ""},
                                         WrongValue{"/results/0/case", "a case"},
                                         WrongValue{"/results/0/finding", "<b>"}));

}  // namespace
}  // namespace lastack
