#include "reports/results_schema.h"

namespace lastack {
namespace {

constexpr char kText[] =
#include "reports/results.schema.json.inc"
    ;

}  // namespace

absl::string_view ResultsSchemaText() { return kText; }

const Schema& ResultsSchema() {
  static const Schema* const schema = new Schema(Schema::Parse(kText).value());
  return *schema;
}

}  // namespace lastack
