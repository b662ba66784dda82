#include "reports/schema.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace lastack {
namespace {

using nlohmann::json;

std::vector<SchemaError> Validate(absl::string_view schema, absl::string_view document) {
  const absl::StatusOr<Schema> parsed = Schema::Parse(schema);
  EXPECT_TRUE(parsed.ok()) << schema << ": " << parsed.status();
  return parsed.ok() ? parsed->Validate(*ParseJson(document)) : std::vector<SchemaError>{{"?", "no schema"}};
}

using Errors = std::vector<SchemaError>;

struct ExpectedError {
  const char* pointer;  // nullptr: no error
  const char* sentence;
};

struct Row {
  const char* schema;
  const char* document;
  ExpectedError errors[2];
};

class Documents : public testing::TestWithParam<Row> {};

TEST_P(Documents, AreValidated) {
  const Row& row = GetParam();
  const Errors errors = Validate(row.schema, row.document);
  const auto expected = std::count_if(std::begin(row.errors), std::end(row.errors),
                                      [](const ExpectedError& error) { return error.pointer != nullptr; });
  ASSERT_EQ(errors.size(), static_cast<size_t>(expected)) << row.schema << " " << row.document;
  for (size_t i = 0; i < errors.size(); ++i) {
    EXPECT_EQ(errors[i].pointer, row.errors[i].pointer) << row.schema << " " << row.document;
    EXPECT_EQ(errors[i].sentence, row.errors[i].sentence) << row.schema << " " << row.document;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Types, Documents,
    testing::ValuesIn<Row>({Row{R"({"type": "null"})", "null", {}},                                           //
                            Row{R"({"type": "boolean"})", "true", {}},                                        //
                            Row{R"({"type": "integer"})", "-3", {}},                                          //
                            Row{R"({"type": "integer"})", "18446744073709551615", {}},                        //
                            Row{R"({"type": "integer"})", "2.0", {}},                                         //
                            Row{R"({"type": "integer"})", "2.5", {{"", "is a number, must be an integer"}}},  //
                            Row{R"({"type": "number"})", "2", {}},                                            //
                            Row{R"({"type": "number"})", "2.5", {}},                                          //
                            Row{R"({"type": "number"})", "\"2\"", {{"", "is a string, must be a number"}}},   //
                            Row{R"({"type": "string"})", "\"\"", {}},                                         //
                            Row{R"({"type": "string"})", "null", {{"", "is null, must be a string"}}},        //
                            Row{R"({"type": "array"})", "{}", {{"", "is an object, must be an array"}}},      //
                            Row{R"({"type": "object"})", "[]", {{"", "is an array, must be an object"}}},     //
                            Row{R"({"type": "boolean"})", "0", {{"", "is an integer, must be a boolean"}}},   //
                            Row{"{}", "[1, \"anything\"]", {}}}));

INSTANTIATE_TEST_SUITE_P(
    Values, Documents,
    testing::ValuesIn<Row>(
        {Row{R"({"const": 1})", "1", {}},                                                                         //
         Row{R"({"const": 1})", "1.0", {}},                                                                       //
         Row{R"({"const": 1})", "\"1\"", {{"", "is \"1\", must be 1"}}},                                          //
         Row{R"({"enum": ["a", null]})", "null", {}},                                                             //
         Row{R"({"enum": ["a", 2]})", "\"b\"", {{"", "is \"b\", must be one of \"a\", 2"}}},                      //
         Row{R"({"minimum": 0})", "0", {}},                                                                       //
         Row{R"({"minimum": 0})", "-1", {{"", "is -1, must be at least 0"}}},                                     //
         Row{R"({"minimum": 0})", "-0.5", {{"", "is -0.5, must be at least 0"}}},                                 //
         Row{R"({"minimum": 0})", "\"-1\"", {}},                                                                  //
         Row{R"({"maximum": 9})", "9", {}},                                                                       //
         Row{R"({"maximum": 9})", "10", {{"", "is 10, must be at most 9"}}},                                      //
         Row{R"({"maximum": 9})", "18446744073709551615", {{"", "is 18446744073709551615, must be at most 9"}}},  //
         Row{R"({"pattern": "^[a-z]+$"})", "\"abc\"", {}},                                                        //
         Row{R"({"pattern": "b"})", "\"abc\"", {}},                                                               //
         Row{R"({"pattern": "^b"})", "\"abc\"", {{"", "is \"abc\", must match ^b"}}},                             //
         Row{R"({"pattern": "^b"})", "7", {}}}));

INSTANTIATE_TEST_SUITE_P(
    Structures, Documents,
    testing::ValuesIn<Row>(
        {Row{R"({"required": ["a", "b"]})", R"({"b": 1})", {{"", "lacks \"a\""}}},  //
         Row{R"({"required": ["a"]})", "[]", {}},                                   //
         Row{R"({"properties": {"a": {"type": "null"}}})",
             R"({"a": 1, "z": 1})",
             {{"/a", "is an integer, must be null"}}},  //
         Row{R"({"properties": {"a": {}}, "additionalProperties": false})",
             R"({"a": 1, "z": 1})",
             {{"/z", "is unknown here; known: a"}}},                                                             //
         Row{R"({"additionalProperties": false})", R"({"z": 1})", {{"/z", "is unknown here; known: nothing"}}},  //
         Row{R"({"additionalProperties": true})", R"({"z": 1})", {}},                                            //
         Row{R"({"additionalProperties": {"type": "null"}})",
             R"({"z": 1, "y": null})",
             {{"/z", "is an integer, must be null"}}},  //
         Row{R"({"items": {"type": "null"}})",
             "[null, 1, null, 2]",
             {{"/1", "is an integer, must be null"}, {"/3", "is an integer, must be null"}}},  //
         Row{R"({"items": {"type": "null"}})", "1", {}},                                       //
         Row{R"({"properties": {"a/b~c": {"type": "null"}}})",
             R"({"a/b~c": 1})",
             {{"/a~1b~0c", "is an integer, must be null"}}}}));

// The root may not refer (it has definitions beside the reference), members may.
INSTANTIATE_TEST_SUITE_P(
    References, Documents,
    testing::ValuesIn<Row>({Row{R"({"definitions": {"n": {"minimum": 0}}, "items": {"$ref": "#/definitions/n"}})",
                                "[0, -1]",
                                {{"/1", "is -1, must be at least 0"}}},  //
                            Row{R"({"definitions": {"n": {"minimum": 0}, "m": {"$ref": "#/definitions/n"}},
                "items": {"$ref": "#/definitions/m", "description": "d"}})",
                                "[0, -1]",
                                {{"/1", "is -1, must be at least 0"}}},  //
                            Row{R"({"definitions": {"tree": {"type": "array", "items": {"$ref": "#/definitions/tree"}}},
                "properties": {"t": {"$ref": "#/definitions/tree"}}})",
                                R"({"t": [[], [[1]]]})",
                                {{"/t/1/0/0", "is an integer, must be an array"}}}}));

TEST(Schema, ReportsAllErrorsInOrderOfTheDocument) {
  EXPECT_EQ(Validate(R"({"type": "object", "required": ["a", "b", "c"], "additionalProperties": false,
                         "properties": {"a": {"type": "string"}, "b": {"enum": [1]}, "c": {"items": {"minimum": 0}}}})",
                     R"({"a": 1, "b": 2, "d": 3})"),
            (Errors{{"", "lacks \"c\""},
                    {"/a", "is an integer, must be a string"},
                    {"/b", "is 2, must be one of 1"},
                    {"/d", "is unknown here; known: a, b, c"}}));
}

TEST(Schema, CheckJoinsTheErrors) {
  const absl::StatusOr<Schema> schema = Schema::Parse(R"({"required": ["a"], "properties": {"b": {"type": "null"}}})");
  ASSERT_TRUE(schema.ok()) << schema.status();
  EXPECT_EQ(schema->Check(json{{"a", 1}}), absl::OkStatus());
  EXPECT_EQ(schema->Check(json{{"b", 1}}),
            absl::InvalidArgumentError("the document: lacks \"a\"\n/b: is an integer, must be null"));
}

TEST(Schema, ShowsNoMoreOfAValueThanALine) {
  const std::string document = absl::StrCat("\"", std::string(5000, 'x'), "\\n\\u202e\"");
  const Errors errors = Validate(R"({"const": 1})", document);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_LT(errors[0].sentence.size(), 100u);
}

TEST(Schema, APatternNeverSeesLongText) {
  const std::string longest = absl::StrCat("\"", std::string(1024, 'x'), "\"");
  EXPECT_EQ(Validate(R"({"pattern": "^(x|y)*$"})", longest), Errors());
  const std::string longer = absl::StrCat("\"", std::string(1000000, 'x'), "\"");
  EXPECT_EQ(Validate(R"({"pattern": "^(x|y)*$"})", longer),
            (Errors{{"", "has 1000000 bytes, must have at most 1024"}}));
}

TEST(Schema, DeepDocumentsAreRefusedNotFollowed) {
  constexpr char kTree[] = R"({"definitions": {"tree": {"items": {"$ref": "#/definitions/tree"}}},
                               "items": {"$ref": "#/definitions/tree"}})";
  const std::string deep = absl::StrCat(std::string(100000, '['), std::string(100000, ']'));
  const Errors errors = Validate(kTree, deep);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].sentence, "is nested deeper than 100");
}

struct Refusal {
  const char* schema;
  const char* message;
};

class BadSchemas : public testing::TestWithParam<Refusal> {};

TEST_P(BadSchemas, AreRefused) {
  const absl::StatusOr<Schema> schema = Schema::Parse(GetParam().schema);
  ASSERT_FALSE(schema.ok()) << GetParam().schema;
  EXPECT_EQ(schema.status(), absl::InvalidArgumentError(GetParam().message)) << GetParam().schema;
}

INSTANTIATE_TEST_SUITE_P(
    All, BadSchemas,
    testing::ValuesIn<Refusal>(
        {Refusal{"[]", "the document: must be a schema, that is an object"},
         Refusal{R"({"oneOf": []})", "/oneOf: is a keyword that this validator does not know"},
         Refusal{R"({"items": {"format": "uri"}})", "/items/format: is a keyword that this validator does not know"},
         Refusal{R"({"properties": {"a": {"minLength": 1}}})",
                 "/properties/a/minLength: is a keyword that this validator does not know"},
         Refusal{R"({"definitions": {"a": {"not": {}}}})",
                 "/definitions/a/not: is a keyword that this validator does not know"},
         Refusal{R"({"additionalProperties": {"x": 1}})",
                 "/additionalProperties/x: is a keyword that this validator does not know"},
         Refusal{R"({"$schema": "http://json-schema.org/draft-04/schema#"})",
                 "/$schema: must be http://json-schema.org/draft-07/schema#"},
         Refusal{R"({"items": {"definitions": {}}})", "/items/definitions: is allowed at the root only"},
         Refusal{R"({"type": "int"})", "/type: must be one type's name"},
         Refusal{R"({"type": ["string", "null"]})", "/type: must be one type's name"},
         Refusal{R"({"enum": []})", "/enum: must be an array of values"},
         Refusal{R"({"enum": "a"})", "/enum: must be an array of values"},
         Refusal{R"({"minimum": "0"})", "/minimum: must be a number"},
         Refusal{R"({"maximum": null})", "/maximum: must be a number"},
         Refusal{R"({"pattern": 1})", "/pattern: must be a string"},
         Refusal{R"({"required": "a"})", "/required: must be an array of names"},
         Refusal{R"({"required": [1]})", "/required: must be an array of names"},
         Refusal{R"({"properties": []})", "/properties: must be an object of schemas"},
         Refusal{R"({"properties": {"a": true}})", "/properties/a: must be a schema, that is an object"},
         Refusal{R"({"items": [{}]})", "/items: must be a schema, that is an object"},
         Refusal{R"({"additionalProperties": "no"})", "/additionalProperties: must be a schema, that is an object"},
         Refusal{R"({"title": 1})", "/title: must be a string"},
         Refusal{R"({"items": {"$ref": "#/definitions/x"}})",
                 "/items/$ref: must be #/definitions/ and the name of a definition"},
         Refusal{R"({"items": {"$ref": 1}})", "/items/$ref: must be #/definitions/ and the name of a definition"},
         Refusal{R"({"items": {"$ref": "other.json"}})",
                 "/items/$ref: must be #/definitions/ and the name of a definition"},
         Refusal{R"({"definitions": {"x": {}}, "items": {"$ref": "#/definitions/x", "minimum": 1}})",
                 "/items/$ref: hides the keywords beside it; put it alone"},
         Refusal{R"({"definitions": {"x": {"$ref": "#/definitions/x"}}})", "/definitions/x/$ref: refers to itself"},
         Refusal{R"({"definitions": {"x": {"$ref": "#/definitions/y"}, "y": {"$ref": "#/definitions/x"}}})",
                 "/definitions/x/$ref: refers to itself\n/definitions/y/$ref: refers to itself"}}));

TEST(Schema, RefusesABrokenPattern) {
  const absl::StatusOr<Schema> schema = Schema::Parse(R"({"pattern": "("})");
  ASSERT_FALSE(schema.ok());
  EXPECT_EQ(schema.status().message().find("/pattern: is no regular expression: "), 0u) << schema.status();
}

TEST(Schema, RefusesWhatIsNoJson) { EXPECT_FALSE(Schema::Parse("{").ok()); }

TEST(ParseJson, AKeyMayStandOnceInAnObject) {
  EXPECT_TRUE(ParseJson(R"([{"a": 1, "b": {"a": [2]}}, {"a": 1}, {}, [{"a": {}}]])").ok());
  const std::pair<const char*, const char*> rows[] = {
      {R"({"a": 1, "a": 1})", "/a: stands twice in one object"},
      {R"({"a": {"x": 1}, "b": [0, {"c": {}}, {"d": [[]], "e": 2, "d": 3}]})", "/b/2/d: stands twice in one object"},
      {R"({"a": [1, [2], {"b": 1, "b": 2}], "a": 1})", "/a/2/b: stands twice in one object"},
      {R"([{}, {"x/y": {"k": 0, "k": 1}}])", "/1/x~1y/k: stands twice in one object"},
  };
  for (const auto& [text, error] : rows) {
    EXPECT_EQ(ParseJson(text).status(), absl::InvalidArgumentError(error)) << text;
  }
}

TEST(ParseJson, SaysLineAndColumn) {
  const absl::StatusOr<json> parsed = ParseJson("{\n \"a\": ]}");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(parsed.status().message().find("parse error at line 2, column 7: "), 0u) << parsed.status();
}

TEST(ParseJson, RefusesANumberThatIsTooLarge) {
  EXPECT_EQ(ParseJson("[1e999]").status(), absl::InvalidArgumentError("number overflow parsing '1e999'"));
}

// With a time that grows with the square of its length this takes an hour.
TEST(ParseJson, ReadsALongArray) {
  std::string text = "[";
  for (int i = 0; i < 200'000; ++i) absl::StrAppend(&text, i == 0 ? "" : ",", "{\"a\":[", i, "]}");
  EXPECT_EQ(ParseJson(text + "]")->size(), 200'000u);
}

TEST(ParseJson, RefusesInvalidUtf8WithoutRepeatingIt) {
  const absl::StatusOr<json> parsed = ParseJson("\"a\xFF\x1b[31m\"");
  ASSERT_FALSE(parsed.ok());
  const std::string message(parsed.status().message());
  EXPECT_EQ(message.find('\xFF'), std::string::npos) << message;
  EXPECT_EQ(message.find('\x1b'), std::string::npos) << message;
}

}  // namespace
}  // namespace lastack
