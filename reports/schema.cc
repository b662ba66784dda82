#include "reports/schema.h"

#include <cmath>
#include <cstddef>
#include <map>
#include <regex>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "nlohmann/json.hpp"
#include "reports/text.h"

namespace lastack {
namespace {

using nlohmann::json;

constexpr size_t kPatternTextMax = 1024;  // bytes; libstdc++'s regex recurses once a character
constexpr size_t kDepthMax = 100;         // of documents; recursive schemas follow them down
constexpr size_t kShownMax = 60;          // code points of an offending value
constexpr char kDefinitions[] = "#/definitions/";

using Patterns = std::map<std::string, std::regex>;

// Finds the first key that stands twice in its object, of which the library would drop one silently. A pass of its own:
// the library's callbacks while it builds a document take a time that grows with the square of an array's length.
class KeyWatch : public json::json_sax_t {
 public:
  bool null() override { return Ended(); }
  bool boolean(bool) override { return Ended(); }
  bool number_integer(json::number_integer_t) override { return Ended(); }
  bool number_unsigned(json::number_unsigned_t) override { return Ended(); }
  bool number_float(json::number_float_t, const std::string&) override { return Ended(); }
  bool string(std::string&) override { return Ended(); }
  bool binary(json::binary_t&) override { return Ended(); }
  bool start_object(size_t) override { return Begun(false); }
  bool start_array(size_t) override { return Begun(true); }
  bool end_object() override { return Left(); }
  bool end_array() override { return Left(); }
  bool key(std::string& key) override {
    levels_.back().key = key;
    if (!levels_.back().keys.insert(key).second && doubled_.empty()) doubled_ = Pointer();
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& error) override {
    // The library's message begins with its own name for the error: "[json.exception.parse_error.101] ".
    const std::string message = error.what();
    error_ = message.substr(message.find("] ") + 2);
    return false;
  }

  // Its JSON pointer; empty if there is none.
  const std::string& doubled() const { return doubled_; }
  // Why this is no JSON; empty if it is.
  const std::string& error() const { return error_; }

 private:
  struct Level {
    bool is_array = false;
    size_t index = 0;  // of the element that is read
    std::string key;   // of the member that is read
    std::set<std::string> keys;
  };

  bool Begun(bool is_array) {
    levels_.emplace_back();
    levels_.back().is_array = is_array;
    return true;
  }

  bool Left() {
    levels_.pop_back();
    return Ended();
  }

  bool Ended() {
    if (!levels_.empty()) ++levels_.back().index;
    return true;
  }

  std::string Pointer() const {
    std::string pointer;
    for (const Level& level : levels_) {
      absl::StrAppend(
          &pointer, "/",
          level.is_array ? absl::StrCat(level.index) : absl::StrReplaceAll(level.key, {{"~", "~0"}, {"/", "~1"}}));
    }
    return pointer;
  }

  std::vector<Level> levels_;
  std::string doubled_;
  std::string error_;
};

// "an integer", for sentences; nullptr for what is no type's name.
const char* TypeWithArticle(absl::string_view type) {
  static constexpr std::pair<absl::string_view, const char*> kTypes[] = {
      {"array", "an array"},  {"boolean", "a boolean"}, {"integer", "an integer"}, {"null", "null"},
      {"number", "a number"}, {"object", "an object"},  {"string", "a string"},
  };
  for (const auto& [name, with_article] : kTypes) {
    if (name == type) return with_article;
  }
  return nullptr;
}

// As the standard says, 1.0 is an integer too.
bool IsInteger(const json& value) {
  if (value.is_number_integer()) return true;
  return value.is_number_float() && std::isfinite(value.get<double>()) &&
         std::floor(value.get<double>()) == value.get<double>();
}

absl::string_view TypeOf(const json& value) {
  if (IsInteger(value)) return "integer";
  return value.type_name();
}

bool HasType(const json& value, absl::string_view type) {
  const absl::string_view actual = TypeOf(value);
  return actual == type || (type == "number" && actual == "integer");
}

std::string Shown(const json& value) {
  return Clip(VisibleText(value.dump(-1, ' ', false, json::error_handler_t::replace), Breaks::kShow), kShownMax);
}

std::string Visible(const std::string& text) { return VisibleText(text, Breaks::kShow); }

// A place in a document, as a JSON pointer that grows and shrinks with the walk.
class Place {
 public:
  // In scope: one step deeper.
  class Step {
   public:
    Step(Place* place, absl::string_view key) : place_(place), size_(place->pointer_.size()) {
      absl::StrAppend(&place->pointer_, "/", absl::StrReplaceAll(key, {{"~", "~0"}, {"/", "~1"}}));
      ++place->depth_;
    }
    ~Step() {
      place_->pointer_.resize(size_);
      --place_->depth_;
    }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    Place* place_;
    size_t size_;
  };

  size_t depth() const { return depth_; }
  SchemaError Error(std::string sentence) const { return {Visible(pointer_), std::move(sentence)}; }

 private:
  std::string pointer_;
  size_t depth_ = 0;
};

// The definition that a $ref's value names, or nullptr.
const json* Definition(const json& root, const json& reference) {
  if (!reference.is_string() || !absl::StartsWith(reference.get<std::string>(), kDefinitions)) return nullptr;
  const auto definitions = root.find("definitions");
  if (definitions == root.end() || !definitions->is_object()) return nullptr;
  const auto definition = definitions->find(reference.get<std::string>().substr(sizeof(kDefinitions) - 1));
  return definition == definitions->end() ? nullptr : &*definition;
}

// Checks the schema itself, and compiles its patterns.
class SchemaCheck {
 public:
  SchemaCheck(const json& root, Patterns* patterns) : root_(root), patterns_(patterns) {}

  std::vector<SchemaError> Run() {
    CheckSchema(root_);
    return std::move(errors_);
  }

 private:
  void CheckSchema(const json& schema) {
    if (!schema.is_object()) return Refuse("must be a schema, that is an object");
    if (place_.depth() > kDepthMax) return Refuse("is nested too deep");
    for (const auto& [keyword, value] : schema.items()) {
      const Place::Step step(&place_, keyword);
      CheckKeyword(schema, keyword, value);
    }
  }

  void CheckKeyword(const json& schema, const std::string& keyword, const json& value) {
    if (keyword == "title" || keyword == "description" || keyword == "$comment") return RequireString(value);
    if (keyword == "$schema" || keyword == "definitions") return CheckRootKeyword(keyword, value);
    if (keyword == "$ref") return CheckReference(schema, value);
    if (keyword == "type") return CheckType(value);
    if (keyword == "enum") return Require(value.is_array() && !value.empty(), "must be an array of values");
    if (keyword == "const") return;
    if (keyword == "minimum" || keyword == "maximum") return Require(value.is_number(), "must be a number");
    if (keyword == "pattern") return CheckPattern(value);
    if (keyword == "required") return CheckRequired(value);
    if (keyword == "properties") return CheckSchemas(value);
    if (keyword == "items") return CheckSchema(value);
    if (keyword == "additionalProperties") return CheckAdditionalProperties(value);
    Refuse("is a keyword that this validator does not know");
  }

  void CheckRootKeyword(const std::string& keyword, const json& value) {
    if (place_.depth() != 1) return Refuse("is allowed at the root only");
    if (keyword == "definitions") return CheckSchemas(value);
    Require(value == "http://json-schema.org/draft-07/schema#", "must be http://json-schema.org/draft-07/schema#");
  }

  void CheckSchemas(const json& schemas) {
    if (!schemas.is_object()) return Refuse("must be an object of schemas");
    for (const auto& [name, schema] : schemas.items()) {
      const Place::Step step(&place_, name);
      CheckSchema(schema);
    }
  }

  void CheckAdditionalProperties(const json& value) {
    if (!value.is_boolean()) CheckSchema(value);
  }

  void CheckType(const json& value) {
    if (!value.is_string() || TypeWithArticle(value.get<std::string>()) == nullptr) Refuse("must be one type's name");
  }

  void CheckRequired(const json& value) {
    Require(value.is_array(), "must be an array of names");
    for (const json& name : value) Require(name.is_string(), "must be an array of names");
  }

  void CheckPattern(const json& value) {
    if (!value.is_string()) return Refuse("must be a string");
    const std::string pattern = value.get<std::string>();
    try {
      patterns_->emplace(pattern, std::regex(pattern, std::regex::ECMAScript));
    } catch (const std::regex_error& error) {
      Refuse(absl::StrCat("is no regular expression: ", error.what()));
    }
  }

  // A reference must lead to a definition, and the definition's own references onward must come to an end: in draft-07
  // a $ref hides all its siblings, so that a circle of references would never say anything.
  void CheckReference(const json& schema, const json& value) {
    if (schema.size() > 1 + schema.count("description")) return Refuse("hides the keywords beside it; put it alone");
    std::set<std::string> seen;
    const json* reference = &value;
    while (true) {
      const json* target = Definition(root_, *reference);
      if (target == nullptr) return Refuse("must be #/definitions/ and the name of a definition");
      if (!seen.insert(reference->get<std::string>()).second) return Refuse("refers to itself");
      if (!target->is_object() || !target->contains("$ref")) return;
      reference = &target->at("$ref");
    }
  }

  void RequireString(const json& value) { Require(value.is_string(), "must be a string"); }
  void Require(bool condition, const char* sentence) {
    if (!condition) Refuse(sentence);
  }
  void Refuse(std::string sentence) { errors_.push_back(place_.Error(std::move(sentence))); }

  const json& root_;
  Patterns* patterns_;
  Place place_;
  std::vector<SchemaError> errors_;
};

// Checks a document against a schema that SchemaCheck has passed.
class Validation {
 public:
  Validation(const json& root, const Patterns& patterns) : root_(root), patterns_(patterns) {}

  std::vector<SchemaError> Run(const json& document) {
    Validate(root_, document);
    return std::move(errors_);
  }

 private:
  void Validate(const json& schema, const json& value) {
    if (place_.depth() > kDepthMax) return Refuse(absl::StrCat("is nested deeper than ", kDepthMax));
    const auto reference = schema.find("$ref");
    if (reference != schema.end()) return Validate(*Definition(root_, *reference), value);
    const auto type = schema.find("type");
    if (type != schema.end() && !HasType(value, type->get<std::string>())) {
      return Refuse(
          absl::StrCat("is ", TypeWithArticle(TypeOf(value)), ", must be ", TypeWithArticle(type->get<std::string>())));
    }
    ValidateValue(schema, value);
    if (value.is_number()) ValidateNumber(schema, value);
    if (value.is_string()) ValidateString(schema, value);
    if (value.is_object()) ValidateObject(schema, value);
    if (value.is_array()) ValidateArray(schema, value);
  }

  void ValidateValue(const json& schema, const json& value) {
    const auto constant = schema.find("const");
    if (constant != schema.end() && value != *constant) {
      Refuse(absl::StrCat("is ", Shown(value), ", must be ", Shown(*constant)));
    }
    const auto choices = schema.find("enum");
    if (choices == schema.end()) return;
    std::vector<std::string> shown;
    for (const json& choice : *choices) {
      if (value == choice) return;
      shown.push_back(Shown(choice));
    }
    Refuse(absl::StrCat("is ", Shown(value), ", must be one of ", absl::StrJoin(shown, ", ")));
  }

  void ValidateNumber(const json& schema, const json& value) {
    const auto minimum = schema.find("minimum");
    if (minimum != schema.end() && value < *minimum) {
      Refuse(absl::StrCat("is ", Shown(value), ", must be at least ", Shown(*minimum)));
    }
    const auto maximum = schema.find("maximum");
    if (maximum != schema.end() && value > *maximum) {
      Refuse(absl::StrCat("is ", Shown(value), ", must be at most ", Shown(*maximum)));
    }
  }

  void ValidateString(const json& schema, const json& value) {
    const auto pattern = schema.find("pattern");
    if (pattern == schema.end()) return;
    const std::string text = value.get<std::string>();
    if (text.size() > kPatternTextMax) {
      return Refuse(absl::StrCat("has ", text.size(), " bytes, must have at most ", kPatternTextMax));
    }
    if (!std::regex_search(text, patterns_.at(pattern->get<std::string>()))) {
      Refuse(absl::StrCat("is ", Shown(value), ", must match ", Visible(pattern->get<std::string>())));
    }
  }

  void ValidateObject(const json& schema, const json& object) {
    const auto required = schema.find("required");
    if (required != schema.end()) {
      for (const json& name : *required) {
        if (!object.contains(name.get<std::string>())) Refuse(absl::StrCat("lacks ", Shown(name)));
      }
    }
    for (const auto& [name, value] : object.items()) {
      const Place::Step step(&place_, name);
      ValidateProperty(schema, name, value);
    }
  }

  void ValidateProperty(const json& schema, const std::string& name, const json& value) {
    static const json kNone = json::object();
    const auto properties = schema.find("properties");
    const json& known = properties == schema.end() ? kNone : *properties;
    const auto property = known.find(name);
    if (property != known.end()) return Validate(*property, value);
    const auto additional = schema.find("additionalProperties");
    if (additional == schema.end() || *additional == true) return;
    if (additional->is_object()) return Validate(*additional, value);
    std::vector<std::string> names;
    for (const auto& [known_name, unused] : known.items()) names.push_back(known_name);
    Refuse(absl::StrCat("is unknown here; known: ", names.empty() ? "nothing" : absl::StrJoin(names, ", ")));
  }

  void ValidateArray(const json& schema, const json& array) {
    const auto items = schema.find("items");
    if (items == schema.end()) return;
    for (size_t i = 0; i < array.size(); ++i) {
      const Place::Step step(&place_, absl::StrCat(i));
      Validate(*items, array[i]);
    }
  }

  void Refuse(std::string sentence) { errors_.push_back(place_.Error(std::move(sentence))); }

  const json& root_;
  const Patterns& patterns_;
  Place place_;
  std::vector<SchemaError> errors_;
};

absl::Status ToStatus(const std::vector<SchemaError>& errors) {
  if (errors.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(errors, "\n", [](std::string* out, const SchemaError& error) {
    absl::StrAppend(out, error.pointer.empty() ? "the document" : error.pointer, ": ", error.sentence);
  }));
}

}  // namespace

struct Schema::Compiled {
  json root;
  Patterns patterns;
};

Schema::Schema(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}

absl::StatusOr<Schema> Schema::Parse(absl::string_view text) {
  absl::StatusOr<json> root = ParseJson(text);
  if (!root.ok()) return root.status();
  auto compiled = std::make_shared<Compiled>();
  compiled->root = *std::move(root);
  const absl::Status status = ToStatus(SchemaCheck(compiled->root, &compiled->patterns).Run());
  if (!status.ok()) return status;
  return Schema(std::move(compiled));
}

std::vector<SchemaError> Schema::Validate(const json& document) const {
  return Validation(compiled_->root, compiled_->patterns).Run(document);
}

absl::Status Schema::Check(const json& document) const { return ToStatus(Validate(document)); }

absl::StatusOr<json> ParseJson(absl::string_view text) {
  KeyWatch watch;
  if (!json::sax_parse(text.begin(), text.end(), &watch)) return absl::InvalidArgumentError(Visible(watch.error()));
  if (!watch.doubled().empty()) {
    return absl::InvalidArgumentError(absl::StrCat(Visible(watch.doubled()), ": stands twice in one object"));
  }
  return json::parse(text.begin(), text.end());
}

}  // namespace lastack
