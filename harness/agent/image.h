// The agent's shared object, as bytes: whoever starts a subject writes them to a file and names it in LD_PRELOAD.
#ifndef LASTACK_HARNESS_AGENT_IMAGE_H_
#define LASTACK_HARNESS_AGENT_IMAGE_H_

#include "absl/strings/string_view.h"

namespace lastack {

[[nodiscard]] absl::string_view AgentImage();

}  // namespace lastack

#endif  // LASTACK_HARNESS_AGENT_IMAGE_H_
