#include "reports/results.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "reports/results_schema.h"
#include "reports/samples.h"
#include "reports/text.h"

namespace lastack {
namespace {

using nlohmann::json;

TEST(VerdictTable, WordsAndSymbolsAreDistinct) {
  std::set<std::string> words;
  std::set<std::string> symbols;
  for (const Verdict verdict : kAllVerdicts) {
    words.insert(VerdictWord(verdict));
    symbols.insert(VerdictSymbol(verdict));
    EXPECT_EQ(CodePoints(VerdictSymbol(verdict)), 1u) << VerdictWord(verdict);
    EXPECT_NE(std::string(VerdictMeaning(verdict)), "") << VerdictWord(verdict);
  }
  EXPECT_EQ(words.size(), kVerdictCount);
  EXPECT_EQ(symbols.size(), kVerdictCount);
}

TEST(VerdictTable, WordsAreReadBack) {
  for (const Verdict verdict : kAllVerdicts) EXPECT_EQ(VerdictOfWord(VerdictWord(verdict)), verdict);
  EXPECT_EQ(VerdictOfWord("passed"), std::nullopt);
  EXPECT_EQ(VerdictOfWord(""), std::nullopt);
}

// Everything that the design says of a verdict, one row each.
struct VerdictRule {
  Verdict verdict;
  int exit_status;
  int strict_exit_status;
  Standing standing;
  Overall overall;  // with a passing MUST beside it
};

constexpr VerdictRule kRules[] = {
    {Verdict::kPass, 0, 0, Standing::kSettled, Overall::kConformant},
    {Verdict::kAdvisory, 0, 1, Standing::kAdvised, Overall::kConformant},
    {Verdict::kObserved, 0, 0, Standing::kSettled, Overall::kConformant},
    {Verdict::kFail, 1, 1, Standing::kViolated, Overall::kNonConformant},
    {Verdict::kKnownFailure, 0, 0, Standing::kViolated, Overall::kNonConformant},
    {Verdict::kStaleWaiver, 1, 1, Standing::kUndecided, Overall::kNotFullyVerified},
    {Verdict::kNotApplicable, 0, 0, Standing::kSettled, Overall::kConformant},
    {Verdict::kUnimplemented, 0, 0, Standing::kUndecided, Overall::kNotFullyVerified},
    {Verdict::kUnexercised, 1, 1, Standing::kUndecided, Overall::kNotFullyVerified},
    {Verdict::kInconclusive, 1, 1, Standing::kUndecided, Overall::kNotFullyVerified},
    {Verdict::kFlaky, 1, 1, Standing::kUndecided, Overall::kNotFullyVerified},
    {Verdict::kHarnessError, 3, 3, Standing::kUndecided, Overall::kNotFullyVerified},
};
static_assert(std::size(kRules) == kVerdictCount, "a verdict without a rule");

class VerdictRules : public testing::TestWithParam<VerdictRule> {};

TEST_P(VerdictRules, Hold) {
  const VerdictRule& rule = GetParam();
  const CaseResult result = SampleCase(rule.verdict);
  EXPECT_EQ(VerdictExitStatus(rule.verdict, /*strict=*/false), rule.exit_status);
  EXPECT_EQ(VerdictExitStatus(rule.verdict, /*strict=*/true), rule.strict_exit_status);
  EXPECT_EQ(StandingOf(result), rule.standing);
  EXPECT_EQ(OverallOf(ResultsOfCases({SampleCase(Verdict::kPass), result})), rule.overall);
  EXPECT_EQ(ExitStatusOf(ResultsOfCases({SampleCase(Verdict::kPass), result}), false), rule.exit_status);
  EXPECT_EQ(ExitStatusOf(ResultsOfCases({SampleCase(Verdict::kPass), result}), true), rule.strict_exit_status);
}

INSTANTIATE_TEST_SUITE_P(All, VerdictRules, testing::ValuesIn(kRules), [](const auto& info) {
  std::string name = VerdictWord(info.param.verdict);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(StandingOf, AFindingMakesStaleWaiversAndFlakyCasesViolations) {
  for (const Verdict verdict : {Verdict::kStaleWaiver, Verdict::kFlaky}) {
    CaseResult result = SampleCase(verdict);
    result.finding = "close-retried";
    EXPECT_EQ(StandingOf(result), Standing::kViolated) << VerdictWord(verdict);
    EXPECT_EQ(OverallOf(ResultsOfCases({result})), Overall::kNonConformant) << VerdictWord(verdict);
  }
}

TEST(OverallOf, NothingIsNotConformant) {
  EXPECT_EQ(OverallOf(Results()), Overall::kNotFullyVerified);
  EXPECT_EQ(OverallOf(ResultsOfCases({SampleCase(Verdict::kNotApplicable)})), Overall::kNotFullyVerified);
}

TEST(OverallOf, APassingShouldIsNotEnough) {
  CaseResult should = SampleCase(Verdict::kPass);
  should.level = "SHOULD";
  EXPECT_EQ(OverallOf(ResultsOfCases({should})), Overall::kNotFullyVerified);
  EXPECT_EQ(OverallOf(ResultsOfCases({should, SampleCase(Verdict::kPass)})), Overall::kConformant);
}

TEST(OverallOf, AViolationOutweighsAnOpenQuestion) {
  const CaseResult fail = SampleCase(Verdict::kFail);
  const CaseResult error = SampleCase(Verdict::kHarnessError);
  EXPECT_EQ(OverallOf(ResultsOfCases({error, fail})), Overall::kNonConformant);
  EXPECT_EQ(OverallOf(ResultsOfCases({fail, error})), Overall::kNonConformant);
}

TEST(ExitStatusOf, NoResultsIsAnError) { EXPECT_EQ(ExitStatusOf(Results(), false), 3); }

TEST(ExitStatusOf, TheHighestCounts) {
  const CaseResult pass = SampleCase(Verdict::kPass);
  const CaseResult fail = SampleCase(Verdict::kFail);
  const CaseResult error = SampleCase(Verdict::kHarnessError);
  EXPECT_EQ(ExitStatusOf(ResultsOfCases({pass}), false), 0);
  EXPECT_EQ(ExitStatusOf(ResultsOfCases({fail, pass}), false), 1);
  EXPECT_EQ(ExitStatusOf(ResultsOfCases({error, fail, pass}), false), 3);
  EXPECT_EQ(ExitStatusOf(ResultsOfCases({pass, fail, error}), true), 3);
}

TEST(CountVerdicts, CountsEach) {
  const auto counts =
      CountVerdicts({SampleCase(Verdict::kPass), SampleCase(Verdict::kFail), SampleCase(Verdict::kPass)});
  EXPECT_EQ(counts[static_cast<size_t>(Verdict::kPass)], 2);
  EXPECT_EQ(counts[static_cast<size_t>(Verdict::kFail)], 1);
  EXPECT_EQ(counts[static_cast<size_t>(Verdict::kFlaky)], 0);
}

TEST(Json, RoundTrip) {
  Results not_audited;
  not_audited.not_audited = "no such program: node";
  for (const Results& results : {FullResults(), Results(), not_audited}) {
    const absl::StatusOr<Results> read = ResultsFromJson(FormatResults(results));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, results);
  }
}

TEST(Json, EveryVerdictSurvives) {
  for (const Verdict verdict : kAllVerdicts) {
    const Results results = ResultsOfCases({SampleCase(verdict)});
    const absl::StatusOr<Results> read = ResultsFromJson(FormatResults(results));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, results) << VerdictWord(verdict);
  }
}

TEST(Json, SummaryAndOverallStandApart) {
  const json document = ResultsToJson(FullResults());
  EXPECT_EQ(document["overall"], "non-conformant");
  EXPECT_EQ(document["summary"]["fail"], 1);
  EXPECT_EQ(document["summary"]["pass"], 1);
  EXPECT_EQ(document["summary"]["flaky"], 0);
  EXPECT_EQ(document["summary"].size(), kVerdictCount);
  EXPECT_EQ(document["results"].size(), 2u);
}

TEST(Json, NamesAreThoseOfTheDesign) {
  const json record = ResultsToJson(FullResults())["results"][0];
  EXPECT_EQ(record["case"], "check-close/eintr-not-retried");
  EXPECT_EQ(record["requirement"], "requirement-id-text");
  EXPECT_EQ(record["text"], "requirement-text");
  EXPECT_EQ(record["verdict"], "fail");
  EXPECT_EQ(record["faults"][0],
            (json{{"site", "site-text"}, {"effect", "effect-text"}, {"result", "result-text"}, {"fired", 2}}));
  EXPECT_EQ(record["closing"][0], (json{{"name", "closing-name-text"}, {"value", "closing-value-text"}}));
  EXPECT_EQ(record["evidence"], (json{"evidence-text", "evidence2-text"}));
}

TEST(Json, HostileTextCannotBreakTheFile) {
  Results results = FullResults();
  results.subject = HostileText();
  results.results[0].output = HostileText();
  results.results[0].faults[0].site = HostileText();
  results.results[0].evidence[0] = HostileText();
  results.environment[0] = {HostileText(), HostileText()};
  const std::string text = FormatResults(results);
  EXPECT_EQ(ValidUtf8(text), text);
  const absl::StatusOr<Results> read = ResultsFromJson(text);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->results[0].output, ValidUtf8(HostileText()));
  EXPECT_EQ(FormatResults(*read), text) << "a second round must change nothing";
}

TEST(Json, EqualResultsGiveEqualBytes) {
  EXPECT_EQ(FormatResults(FullResults()), FormatResults(FullResults()));
  EXPECT_EQ(FormatResults(FullResults()).back(), '\n');
}

std::string MessageOf(const std::string& text) {
  const absl::StatusOr<Results> results = ResultsFromJson(text);
  EXPECT_FALSE(results.ok());
  EXPECT_EQ(results.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(results.status().message());
}

TEST(ResultsFromJson, SaysWhereTheJsonBreaks) {
  EXPECT_EQ(MessageOf("{\n  \"tool\": ]\n}").find("parse error at line 2, column 11: "), 0u);
}

TEST(ResultsFromJson, SaysWhatTheSchemaRefuses) {
  json document = ResultsToJson(FullResults());
  document["results"][0]["verdict"] = "passed";
  document["results"][1].erase("why");
  const std::string message = MessageOf(document.dump());
  EXPECT_NE(message.find("/results/0/verdict: is \"passed\", must be one of \"fail\""), std::string::npos) << message;
  EXPECT_NE(message.find("/results/1: lacks \"why\""), std::string::npos) << message;
}

TEST(ResultsFromJson, RefusesASummaryThatDoesNotCount) {
  json document = ResultsToJson(FullResults());
  document["summary"]["pass"] = 2;
  EXPECT_EQ(MessageOf(document.dump()).find("/summary: does not count the records"), 0u);
}

TEST(ResultsFromJson, RefusesAnOverallThatTheRecordsContradict) {
  json document = ResultsToJson(FullResults());
  document["overall"] = "conformant";
  EXPECT_EQ(MessageOf(document.dump()), "/overall: the records make it \"non-conformant\"");
}

TEST(ResultsFromJson, RefusesAnotherVersion) {
  json document = ResultsToJson(FullResults());
  document["schema"] = 2;
  EXPECT_EQ(MessageOf(document.dump()), "/schema: is 2, must be 1");
}

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
  const json& definitions = schema["definitions"];
  EXPECT_EQ(definitions["verdict"]["enum"], json(VerdictWords()));
  std::vector<std::string> words_or_none = VerdictWords();
  words_or_none.push_back("");
  EXPECT_EQ(definitions["waiver"]["properties"]["verdict"]["enum"], json(words_or_none));
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
    std::set<std::string> always = Keys(schema["properties"]);
    for (const char* sometimes : {"rounds", "variant", "waiver", "shard", "not_audited"}) always.erase(sometimes);
    if (schema.value("additionalProperties", true) || required != always) lax->push_back(place);
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
  Results full = FullResults();
  full.not_audited = "why";
  const json document = ResultsToJson(full);
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
    if (key == "rounds" || key == "variant" || key == "waiver" || key == "shard") continue;  // may be absent
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
  const char* value;  // as JSON
};

class WrongValues : public testing::TestWithParam<WrongValue> {};

TEST_P(WrongValues, AreRefused) {
  json document = ResultsToJson(FullResults());
  document[json::json_pointer(GetParam().pointer)] = json::parse(GetParam().value);
  const std::vector<SchemaError> errors = ResultsSchema().Validate(document);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].pointer, GetParam().pointer);
}

INSTANTIATE_TEST_SUITE_P(All, WrongValues,
                         testing::ValuesIn<WrongValue>(
                             {WrongValue{"/schema", "0"}, WrongValue{"/tool", R"("other")"},
                              WrongValue{"/overall", R"("pass")"}, WrongValue{"/results/0/verdict", R"("PASS")"},
                              WrongValue{"/results/0/level", R"("MUST NOT")"},
                              WrongValue{"/results/0/realism", R"("real")"}, WrongValue{"/results/0/tier", R"("slow")"},
                              WrongValue{"/results/0/case", R"("")"}, WrongValue{"/results/0/case", R"("a case")"},
                              WrongValue{"/results/0/finding", R"("<b>")"}}));

}  // namespace
}  // namespace lastack
