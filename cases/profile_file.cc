#include "cases/profile_file.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cases/profiles/dialogue.h"
#include "harness/sys/errno_names.h"
#include "nlohmann/json.hpp"
#include "reports/read_file.h"
#include "reports/schema.h"

namespace lastack {
namespace {

using nlohmann::json;
using Conversations = std::map<Scenario, std::vector<Script>>;

const Schema& ProfileSchema() {
  static constexpr char kText[] =
#include "cases/profile.schema.json.inc"
      ;
  static const auto* schema = new Schema(Schema::Parse(kText).value());
  return *schema;
}

enum class Takes : uint8_t { kNothing, kText, kCount };

struct StepWord {
  const char* word;
  Step::Kind kind;
  Takes takes;
};

constexpr StepWord kStepWords[] = {
    {"send", Step::Kind::kSend, Takes::kText},
    {"send-last", Step::Kind::kSendLast, Takes::kText},
    {"expect-until", Step::Kind::kExpectUntil, Takes::kText},
    {"expect-bytes", Step::Kind::kExpectBytes, Takes::kCount},
    {"expect-end", Step::Kind::kExpectEnd, Takes::kNothing},
    {"await-read", Step::Kind::kAwaitRead, Takes::kNothing},
    {"await-closed", Step::Kind::kAwaitClosed, Takes::kNothing},
    {"stall", Step::Kind::kStall, Takes::kNothing},
    {"half-close", Step::Kind::kHalfClose, Takes::kNothing},
    {"finish", Step::Kind::kFinish, Takes::kNothing},
    {"reset", Step::Kind::kReset, Takes::kNothing},
    {"await-reset", Step::Kind::kAwaitReset, Takes::kNothing},
    {"narrow", Step::Kind::kNarrow, Takes::kNothing},
    {"read-late", Step::Kind::kReadLate, Takes::kNothing},
    {"hold", Step::Kind::kHold, Takes::kNothing},
};

absl::Status ErrorAt(const std::string& place, const std::string& sentence) {
  return absl::InvalidArgumentError(absl::StrCat(place, " ", sentence));
}

absl::StatusOr<Step> StepOf(const json& value, const std::string& place) {
  for (const StepWord& known : kStepWords) {
    if (value["do"] != known.word) continue;
    const bool has_text = value.contains("text");
    const bool has_count = value.contains("count");
    if (has_text != (known.takes == Takes::kText)) {
      return ErrorAt(place,
                     absl::StrCat("is ", known.word, has_text ? ", which takes no text" : ", which needs a text"));
    }
    if (has_count != (known.takes == Takes::kCount)) {
      return ErrorAt(place,
                     absl::StrCat("is ", known.word, has_count ? ", which takes no count" : ", which needs a count"));
    }
    Step step = {.kind = known.kind, .text = value.value("text", ""), .count = value.value("count", uint64_t{0})};
    if (has_text && step.text.empty()) return ErrorAt(place, "has an empty text");
    return step;
  }
  return ErrorAt(place, "does what no step does");  // the schema has its own list
}

absl::StatusOr<std::vector<Script>> ScriptsOf(const json& connections, const std::string& place) {
  std::vector<Script> scripts;
  for (const json& connection : connections) {
    Script script;
    for (const json& one : connection) {
      absl::StatusOr<Step> step = StepOf(one, absl::StrCat(place, "/", scripts.size(), "/", script.size()));
      if (!step.ok()) return step.status();
      script.push_back(*std::move(step));
    }
    scripts.push_back(std::move(script));
  }
  if (scripts.empty()) return ErrorAt(place, "has no connection");
  return scripts;
}

absl::StatusOr<Conversations> ConversationsOf(const json& told) {
  Conversations conversations;
  for (const auto& [word, connections] : told.items()) {
    const std::string place = absl::StrCat("/conversations/", word);
    const std::optional<Scenario> scenario = ScenarioFromWord(word);
    if (!scenario) {
      return ErrorAt(place, absl::StrCat("is no conversation; known: ", absl::StrJoin(ScenarioWords(), ", ")));
    }
    absl::StatusOr<std::vector<Script>> scripts = ScriptsOf(connections, place);
    if (!scripts.ok()) return scripts.status();
    conversations[*scenario] = *std::move(scripts);
  }
  if (conversations.at(Scenario::kOrdinary).front().empty()) {
    return ErrorAt("/conversations/ordinary/0", "is empty: nothing would be said");
  }
  return conversations;
}

// What a client meets that needs no words of its protocol.
std::vector<Script> ClientScripts(const std::vector<Script>& ordinary, Scenario scenario) {
  switch (scenario) {
    case Scenario::kClosesEarly:
    case Scenario::kBesideStrangers:
    case Scenario::kSecondAddress:
      return ordinary;
    case Scenario::kRefused:
      return {{}};
    default:
      return {};
  }
}

}  // namespace

absl::StatusOr<Profile> ParseProfile(absl::string_view text) {
  absl::StatusOr<json> parsed = ParseJson(text);
  if (!parsed.ok()) return parsed.status();
  const json& file = *parsed;
  if (absl::Status valid = ProfileSchema().Check(file); !valid.ok()) return valid;
  absl::StatusOr<Conversations> conversations = ConversationsOf(file["conversations"]);
  if (!conversations.ok()) return conversations.status();
  const bool of_server = file["role"] == "server";
  // A second client shows that the server went on.
  std::vector<Script>& ordinary = conversations->at(Scenario::kOrdinary);
  if (of_server && ordinary.size() == 1) ordinary.push_back(ordinary.front());
  Profile profile = {.name = file["name"],
                     .role = file["role"],
                     .placeholder = of_server ? "{port}" : "{host} and {port}",
                     .answer = file.value("answer", ""),
                     .scripts = {}};
  profile.scripts = [told = *std::move(conversations), of_server](Scenario scenario) {
    if (const auto found = told.find(scenario); found != told.end()) return found->second;
    const std::vector<Script>& ordinary = told.at(Scenario::kOrdinary);
    return of_server ? ServerScripts(DialogueOf(ordinary.front()), scenario) : ClientScripts(ordinary, scenario);
  };
  if (file.contains("stop_signal")) {
    const std::optional<int> signal = SignalFromName(file["stop_signal"].get<std::string>());
    if (!signal) {
      return ErrorAt("/stop_signal",
                     absl::StrCat("is ", file["stop_signal"].get<std::string>(), ", and there is no such signal"));
    }
    profile.stop_signal = *signal;
  }
  return profile;
}

absl::StatusOr<Profile> ReadProfile(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(
      path, {.what = "the profile", .remedy = "the README's \"What it can judge\" tells what such a file says"},
      kWrittenBytesMax);
  if (!text.ok()) return text.status();
  absl::StatusOr<Profile> profile = ParseProfile(*text);
  if (!profile.ok()) return absl::InvalidArgumentError(absl::StrCat(path, ": ", profile.status().message()));
  profile->file = path;
  return profile;
}

}  // namespace lastack
