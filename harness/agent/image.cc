#include "harness/agent/image.h"

namespace lastack {
namespace {

constexpr unsigned char kImage[] = {
#include "harness/agent/image_bytes.inc"
};

}  // namespace

absl::string_view AgentImage() { return {reinterpret_cast<const char*>(kImage), sizeof(kImage)}; }

}  // namespace lastack
