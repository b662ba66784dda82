// Checks JSON against a schema, and says everything that is wrong, each with its place.
//
// The schemas are JSON Schema draft-07 (https://json-schema.org/draft-07), as far as lastack's own schemas need it:
//
//   type (one word)  enum  const  minimum  maximum  pattern
//   properties  required  additionalProperties (a schema or false or true)  items (one schema)
//   $ref ("#/definitions/NAME", alone or beside a description)  definitions, $schema (at the root)
//   title, description, $comment (no effect)
//
// A schema with any other keyword is refused: a rule that is silently not checked would be worse than none. Patterns
// are ECMAScript and match anywhere, as the standard says; text of more than 1,024 bytes never satisfies one, since
// matching takes stack in proportion.
//
//   absl::StatusOr<Schema> schema = Schema::Parse(R"({"type": "object", "properties": {"port": {"type":
//   "integer"}}})"); schema->Validate(*ParseJson(R"({"port": "http"})"));   // {{"/port", "is a string, must be an
//   integer"}}
//
// Threads: Validate may run in any number of threads. Allocates.
#ifndef LASTACK_REPORTS_SCHEMA_H_
#define LASTACK_REPORTS_SCHEMA_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json_fwd.hpp"

namespace lastack {

struct SchemaError {
  std::string pointer;   // RFC 6901; empty for the whole document
  std::string sentence;  // "is -1, must be at least 0"; always valid UTF-8

  bool operator==(const SchemaError&) const = default;
};

class Schema {
 public:
  // InvalidArgumentError if the text is no JSON or uses what is not in the list above.
  [[nodiscard]] static absl::StatusOr<Schema> Parse(absl::string_view text);

  // All errors, in order of the document; none if it is valid.
  [[nodiscard]] std::vector<SchemaError> Validate(const nlohmann::json& document) const;

  // The same as a status: InvalidArgumentError with one error a line.
  [[nodiscard]] absl::Status Check(const nlohmann::json& document) const;

 private:
  struct Compiled;
  explicit Schema(std::shared_ptr<const Compiled> compiled);
  std::shared_ptr<const Compiled> compiled_;
};

// JSON from a file or a person. InvalidArgumentError says line and column, or the pointer of a key that stands twice.
[[nodiscard]] absl::StatusOr<nlohmann::json> ParseJson(absl::string_view text);

}  // namespace lastack

#endif  // LASTACK_REPORTS_SCHEMA_H_
