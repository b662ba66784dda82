// The JSON form of plans: what it means, and how every kind of mistake is named.
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "harness/plan/parse.h"
#include "nlohmann/json.hpp"

namespace lastack {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::TestWithParam;
using ::testing::ValuesIn;

TEST(ParsePlanJson, IsTheSameModelAsTheText) {
  const absl::StatusOr<Plan> plan = ParsePlanJson(R"({"faults": [
    {"calls": ["close"], "fd": ["tcp"], "when": "1", "effect": "decoy", "error": "EINTR"},
    {"calls": ["send", "%recv"], "fd": ["tcp", "unix"], "when": "2..9+3", "after": "reset", "effect": "skip",
     "error": "EINTR", "signal": "SIGTERM"},
    {"calls": ["shutdown"], "error": "ENOTCONN"},
    {"calls": ["recv"], "effect": "reset"}]})");
  ASSERT_TRUE(plan.ok()) << plan.status();
  const Plan same = ParsePlan({"close:fd=tcp:when=1:effect=decoy:error=EINTR",
                               "send,%recv:fd=tcp,unix:when=2..9+3:after=reset:effect=skip:error=EINTR:signal=SIGTERM",
                               "shutdown:error=ENOTCONN", "recv:effect=reset"})
                        .value();
  ASSERT_EQ(plan->fault_count, same.fault_count);
  for (uint32_t i = 0; i < same.fault_count; ++i) EXPECT_EQ(plan->faults[i], same.faults[i]) << i;
  EXPECT_EQ(plan->faults_of_call[static_cast<size_t>(Call::recv)], 0b1010u);
}

TEST(ParsePlanJson, MayBeEmpty) {
  const absl::StatusOr<Plan> plan = ParsePlanJson(R"({"faults": []})");
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->fault_count, 0u);
}

TEST(ParsePlanJson, HoldsNoMoreThanFits) {
  const std::string fault = R"({"calls": ["close"], "error": "EIO"})";
  std::string faults = fault;
  for (uint32_t i = 1; i < kMaxFaults; ++i) absl::StrAppend(&faults, ",", fault);
  EXPECT_EQ(ParsePlanJson(absl::StrCat(R"({"faults": [)", faults, "]}")).value().fault_count, kMaxFaults);
  EXPECT_EQ(ParsePlanJson(absl::StrCat(R"({"faults": [)", faults, ",", fault, "]}")).status().message(),
            "/faults/16: one fault too many; legal: 16 faults");
}

TEST(PlanToJson, GivesTheNormalForm) {
  const Plan plan = ParsePlan({"fclose,close:error=EIO", "recv,send:fd=any:when=1..:effect=partial=1",
                               "recv:effect=reset:after=eof:signal=SIGIO"})
                        .value();
  EXPECT_EQ(PlanToJson(plan), nlohmann::json::parse(R"({"faults": [
    {"calls": ["%close"], "effect": "full", "error": "EIO"},
    {"calls": ["send", "recv"], "effect": "partial=1"},
    {"calls": ["recv"], "fd": ["tcp"], "after": "eof", "effect": "reset", "signal": "SIGPOLL"}]})"));
  EXPECT_EQ(PlanToJson(Plan{}), nlohmann::json::parse(R"({"faults": []})"));
}

struct Mistake {
  const char* json;
  const char* place;
  const char* message;  // in part
};

void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.json; }

constexpr Mistake kMistakes[] = {
    // No JSON.
    {"", "the plan", "it is no JSON: at line 1, column 1"},
    {"{", "the plan", "it is no JSON: at line 1, column 2"},
    {R"({"faults": []} x)", "the plan", "it is no JSON: at line 1, column 16"},
    {"{\"faults\":\n [}", "the plan", "it is no JSON: at line 2, column 3"},
    {R"({"faults": [],})", "the plan", "it is no JSON"},
    {R"({"faults": []} // why)", "the plan", "it is no JSON"},
    {"{\"faults\": [\"\xff\"]}", "the plan", "it is no JSON"},
    {R"({"faults": [1e999]})", "the plan", "it is no JSON: number overflow"},
    {"close:error=EIO", "the plan", "it is no JSON"},
    // The plan.
    {"[]", "the plan", "an object is wanted here, not array"},
    {"null", "the plan", "an object is wanted here, not null"},
    {"\"close:error=EIO\"", "the plan", "an object is wanted here, not string"},
    {"7", "the plan", "an object is wanted here, not number"},
    {"{}", "the plan", "'faults' is missing"},
    {R"({"fault": []})", "/fault", "no such key; legal: faults"},
    {R"({"faults": [], "seed": 1})", "/seed", "no such key; legal: faults"},
    {R"({"faults": [], "a/b~c": 1})", "/a~1b~0c", "no such key"},
    {R"({"faults": [], "\u0000": 1})", "/?", "no such key"},
    {R"({"faults": {}})", "/faults", "an array is wanted here, not object"},
    {R"({"faults": "close:error=EIO"})", "/faults", "an array is wanted here, not string"},
    {R"({"faults": [], "faults": []})", "/faults", "the key is given twice"},
    // A fault.
    {R"({"faults": ["close:error=EIO"]})", "/faults/0", "an object is wanted here, not string"},
    {R"({"faults": [[]]})", "/faults/0", "an object is wanted here, not array"},
    {R"({"faults": [{}]})", "/faults/0", "'calls' is missing"},
    {R"({"faults": [{"error": "EIO"}]})", "/faults/0", "'calls' is missing"},
    {R"({"faults": [{"calls": ["close"], "errno": "EIO"}]})", "/faults/0/errno",
     "no such key; legal: calls, fd, when, after, effect, error or signal"},
    {R"({"faults": [{"calls": ["close"], "error": "EIO", "error": "EIO"}]})", "/faults/0/error",
     "the key is given twice"},
    {R"({"faults": [{"calls": ["close"], "error": "EIO"}, {"calls": ["recv"], "fd": ["tcp"], "fd": ["tcp"]}]})",
     "/faults/1/fd", "the key is given twice"},
    {R"({"faults": [{"calls": ["close"], "error": {"a": [1, {"b": 1, "b": 2}]}}]})", "/faults/0/error/a/1/b",
     "the key is given twice"},
    {R"({"faults": [{"calls": ["close"]}]})", "/faults/0", "the rule does nothing"},
    // Its words: types.
    {R"({"faults": [{"calls": "close", "error": "EIO"}]})", "/faults/0/calls",
     "an array of strings is wanted here, not string"},
    {R"({"faults": [{"calls": [], "error": "EIO"}]})", "/faults/0/calls", "the array is empty"},
    {R"({"faults": [{"calls": ["close", 3], "error": "EIO"}]})", "/faults/0/calls/1",
     "a string is wanted here, not number"},
    {R"({"faults": [{"calls": ["close"], "fd": "tcp", "error": "EIO"}]})", "/faults/0/fd",
     "an array of strings is wanted here, not string"},
    {R"({"faults": [{"calls": ["close"], "fd": [], "error": "EIO"}]})", "/faults/0/fd", "the array is empty"},
    {R"({"faults": [{"calls": ["close"], "when": 1, "error": "EIO"}]})", "/faults/0/when",
     "a string is wanted here, not number"},
    {R"({"faults": [{"calls": ["close"], "error": 5}]})", "/faults/0/error", "a string is wanted here, not number"},
    {R"({"faults": [{"calls": ["close"], "error": null}]})", "/faults/0/error", "a string is wanted here, not null"},
    {R"({"faults": [{"calls": ["send"], "effect": {"partial": 1}}]})", "/faults/0/effect",
     "a string is wanted here, not object"},
    // Its words: the grammar's rules, at the value's place.
    {R"({"faults": [{"calls": ["close", "snd"], "error": "EIO"}]})", "/faults/0/calls/1", "did you mean 'send'?"},
    {R"({"faults": [{"calls": ["close,send"], "error": "EIO"}]})", "/faults/0/calls/0", "'close,send' is no call"},
    {R"({"faults": [{"calls": [""], "error": "EIO"}]})", "/faults/0/calls/0", "a call is missing here"},
    {R"({"faults": [{"calls": ["close\u0000"], "error": "EIO"}]})", "/faults/0/calls/0",
     "'\\x00' does not belong in a rule"},
    {R"({"faults": [{"calls": ["%process"], "error": "EIO"}]})", "/faults/0/calls/0",
     "'%process' names fork, which is about processes"},
    {R"({"faults": [{"calls": ["close"], "fd": ["tcp", "udp"], "error": "EIO"}]})", "/faults/0/fd/1",
     "'udp' is no kind of socket"},
    {R"({"faults": [{"calls": ["close"], "when": "", "error": "EIO"}]})", "/faults/0/when",
     "nothing is no first occurrence"},
    {R"({"faults": [{"calls": ["close"], "when": "5..2", "error": "EIO"}]})", "/faults/0/when", "'2' comes before"},
    {R"({"faults": [{"calls": ["close"], "when": " 2", "error": "EIO"}]})", "/faults/0/when", "' ' does not belong"},
    {R"({"faults": [{"calls": ["close"], "after": "", "error": "EIO"}]})", "/faults/0/after", "'' is no event"},
    {R"({"faults": [{"calls": ["send"], "effect": "partial"}]})", "/faults/0/effect", "'partial' needs an amount"},
    {R"({"faults": [{"calls": ["send"], "effect": ""}]})", "/faults/0/effect", "'' is no effect"},
    {R"({"faults": [{"calls": ["recv"], "effect": "full", "error": "EINTR"}]})", "/faults/0/effect",
     "recv cannot be 'full' with an error"},
    {R"({"faults": [{"calls": ["recv"], "effect": "reset", "fd": ["unix"]}]})", "/faults/0/fd/0", "legal: fd=tcp"},
    {R"({"faults": [{"calls": ["close"], "error": "EAGIAN"}]})", "/faults/0/error", "'EAGIAN' is not an error name"},
    {R"({"faults": [{"calls": ["close", "send"], "error": "EINTR"}]})", "/faults/0/error", "name an effect"},
    {R"({"faults": [{"calls": ["close"], "signal": "TERM"}]})", "/faults/0/signal", "'TERM' is no signal"},
};

class JsonMistakeTest : public TestWithParam<Mistake> {};

TEST_P(JsonMistakeTest, IsNamedAtItsPlace) {
  const absl::Status status = ParsePlanJson(GetParam().json).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), StartsWith(absl::StrCat(GetParam().place, ": ")));
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(ParsePlanJson, JsonMistakeTest, ValuesIn(kMistakes));

std::string ErrorOf(const std::string& json) { return std::string(ParsePlanJson(json).status().message()); }

TEST(ParsePlanJson, LongInputIsRefused) {
  EXPECT_EQ(ErrorOf(std::string(64 * 1024 + 1, ' ')), "the plan: it is too long; legal: 65536 bytes");
  EXPECT_THAT(ErrorOf(std::string(64 * 1024, ' ')), HasSubstr("it is no JSON"));
}

TEST(ParsePlanJson, DeepInputIsRefused) {
  const std::string open(30'000, '['), close(30'000, ']');
  EXPECT_EQ(ErrorOf(open + close), "the plan: an object is wanted here, not array");
  EXPECT_THAT(ErrorOf(open), StartsWith("the plan: it is no JSON"));
}

TEST(ParsePlanJson, LongTokensAreShortened) {
  const std::string long_word(60'000, 'x');
  for (const std::string& json :
       {absl::StrCat(R"({")", long_word, R"(": 1})"), absl::StrCat(R"({"faults": [)", long_word),
        absl::StrCat(R"({"faults": [{"calls": ["close"], "error": ")", long_word, R"("}]})"),
        absl::StrCat(R"({"faults": [], ")", long_word, "\n")}) {
    EXPECT_LT(ErrorOf(json).size(), 300u) << json.substr(0, 40);
    EXPECT_FALSE(ErrorOf(json).empty()) << json.substr(0, 40);
  }
}

TEST(ParsePlanJson, ANulByteInTheTextIsNamed) {
  EXPECT_THAT(ErrorOf(std::string("{\"faults\": []}\0", 15)),
              StartsWith("the plan: it is no JSON: a NUL byte at byte 15"));
  EXPECT_FALSE(ParsePlanJson(std::string("{\"faults\": []}\0{", 16)).ok());
}

}  // namespace
}  // namespace lastack
