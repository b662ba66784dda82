// The requirements of the catalog: rules of good closing, as data (requirements.json).
//
// What is shown to a person about a rule (list, explain, reports) is generated from here and written nowhere else.
#ifndef LASTACK_CASES_REQUIREMENT_H_
#define LASTACK_CASES_REQUIREMENT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lastack {

struct Requirement {
  std::string id;                  // "linger/no-abort-by-default": family/rule, never renamed
  std::string level;               // MUST, SHOULD, MAY, as in RFC 2119
  std::vector<std::string> roles;  // client, server, library
  std::string judged_on;           // the stimulus, in words
  std::string section;             // of the document (document.h)
  std::vector<std::string> sources;
  std::string text;    // the rule, one sentence
  std::string why;     // what failing costs
  std::string remedy;  // what to do about it
  std::string tier;    // quick or full
};

// All of them, in the catalog's order. The program ends with a message if the embedded data is not valid: a test keeps
// it so.
[[nodiscard]] const std::vector<Requirement>& Requirements();

// nullptr if there is none of this id.
[[nodiscard]] const Requirement* FindRequirement(absl::string_view id);

[[nodiscard]] absl::StatusOr<std::vector<Requirement>> ParseRequirements(absl::string_view json);

}  // namespace lastack

#endif  // LASTACK_CASES_REQUIREMENT_H_
