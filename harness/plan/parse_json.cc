#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "harness/plan/parse.h"
#include "harness/plan/rule.h"
#include "harness/plan/vocabulary.h"
#include "nlohmann/json.hpp"

namespace lastack {
namespace {

using Json = nlohmann::json;
using Pointer = Json::json_pointer;

constexpr size_t kMaxJsonBytes = 64 * 1024;

// Text that may hold a writer's keys or values: made printable and shortened.
std::string Printable(absl::string_view text) {
  constexpr size_t kMaxBytes = 200;
  std::string printable(text.substr(0, kMaxBytes));
  std::replace_if(
      printable.begin(), printable.end(), [](unsigned char c) { return !absl::ascii_isprint(c); }, '?');
  return text.size() > kMaxBytes ? absl::StrCat(printable, "...") : printable;
}

absl::Status ErrorIn(const Pointer& place, absl::string_view message) {
  const std::string pointer = place.to_string();
  return absl::InvalidArgumentError(absl::StrCat(pointer.empty() ? "the plan" : Printable(pointer), ": ", message));
}

absl::Status WrongType(const Pointer& place, absl::string_view wanted, const Json& found) {
  return ErrorIn(place, absl::StrCat(wanted, " is wanted here, not ", found.type_name()));
}

// Notices the keys that an object has twice, of which the parser would silently keep the last.
class DuplicateWatch {
 public:
  bool operator()(int /*depth*/, Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::key) {
      OnKey(parsed.get_ref<const std::string&>());
    } else if (event == Event::object_start || event == Event::array_start) {
      levels_.push_back({.is_array = event == Event::array_start, .index = 0, .key = "", .keys = {}});
    } else {
      if (event != Event::value) levels_.pop_back();
      if (!levels_.empty()) ++levels_.back().index;
    }
    return true;
  }

  // The place of the first duplicate, if there is one.
  const std::optional<Pointer>& found() const { return found_; }

 private:
  struct Level {
    bool is_array;
    size_t index;
    std::string key;
    std::set<std::string> keys;
  };

  void OnKey(const std::string& key) {
    Level& level = levels_.back();
    level.key = key;
    if (level.keys.insert(key).second || found_) return;
    Pointer place;
    for (const Level& each : levels_) place = each.is_array ? place / each.index : place / each.key;
    found_ = place;
  }

  std::vector<Level> levels_;
  std::optional<Pointer> found_;
};

absl::StatusOr<Json> ParseText(absl::string_view text) {
  if (text.size() > kMaxJsonBytes) {
    return ErrorIn(Pointer(), absl::StrCat("it is too long; legal: ", kMaxJsonBytes, " bytes"));
  }
  // The parser would take it for the end, and ignore what comes behind.
  if (const size_t nul = text.find('\0'); nul != absl::string_view::npos) {
    return ErrorIn(Pointer(), absl::StrCat("it is no JSON: a NUL byte at byte ", nul + 1));
  }
  DuplicateWatch duplicates;
  Json json;
  try {
    json = Json::parse(text.begin(), text.end(), std::ref(duplicates));
  } catch (const Json::exception& error) {
    absl::string_view reason = error.what();
    reason = reason.substr(reason.find("] ") + 2);  // behind nlohmann's number of the error
    absl::ConsumePrefix(&reason, "parse error ");
    return ErrorIn(Pointer(), absl::StrCat("it is no JSON: ", Printable(reason)));
  }
  if (duplicates.found()) return ErrorIn(*duplicates.found(), "the key is given twice; legal: once");
  return json;
}

absl::Status ReadWord(const Json& json, const Pointer& place, std::vector<Word>& words) {
  if (!json.is_string()) return WrongType(place, "a string", json);
  words.push_back({.text = json.get_ref<const std::string&>(), .column = 1, .pointer = place.to_string()});
  return CheckBytes(words.back());
}

absl::Status ReadWords(const Json& json, const Pointer& place, std::vector<Word>& words) {
  if (!json.is_array()) return WrongType(place, "an array of strings", json);
  if (json.empty()) return ErrorIn(place, "the array is empty; legal: one string or more");
  for (size_t i = 0; i < json.size(); ++i) {
    if (absl::Status status = ReadWord(json[i], place / i, words); !status.ok()) return status;
  }
  return absl::OkStatus();
}

// Requires that `json` outlives the use of the rule's words, but not of the fault.
absl::StatusOr<Fault> ReadFault(const Json& json, const Pointer& place) {
  if (!json.is_object()) return WrongType(place, "an object", json);
  RuleWords rule;
  rule.end.pointer = place.to_string();
  for (const auto& [key, value] : json.items()) {
    const std::optional<RulePart> part = RulePartOf(key);
    if (!part) return ErrorIn(place / key, absl::StrCat("no such key; legal: calls, ", KeyList()));
    const bool several = *part == RulePart::kCalls || *part == RulePart::kFd;
    absl::Status status = (several ? ReadWords : ReadWord)(value, place / key, rule[*part]);
    if (!status.ok()) return status;
  }
  if (rule[RulePart::kCalls].empty()) return ErrorIn(place, "'calls' is missing; legal: [\"close\"], for example");
  return FaultOf(rule);
}

}  // namespace

absl::StatusOr<Plan> ParsePlanJson(absl::string_view text) {
  const absl::StatusOr<Json> json = ParseText(text);
  if (!json.ok()) return json.status();
  if (!json->is_object()) return WrongType(Pointer(), "an object", *json);
  for (const auto& [key, value] : json->items()) {
    if (key != "faults") return ErrorIn(Pointer() / key, "no such key; legal: faults");
  }
  const auto faults = json->find("faults");
  if (faults == json->end()) return ErrorIn(Pointer(), "'faults' is missing; legal: an array of faults");
  const Pointer place("/faults");
  if (!faults->is_array()) return WrongType(place, "an array", *faults);
  std::vector<Fault> read;
  for (const Json& fault : *faults) {
    const Pointer here = place / read.size();
    if (read.size() == kMaxFaults) {
      return ErrorIn(here, absl::StrCat("one fault too many; legal: ", kMaxFaults, " faults"));
    }
    const absl::StatusOr<Fault> parsed = ReadFault(fault, here);
    if (!parsed.ok()) return parsed.status();
    read.push_back(*parsed);
  }
  return MakePlan(read);
}

}  // namespace lastack
