#include "cases/document.h"

namespace lastack {

const std::vector<Section>& DocumentSections() {
  static const auto* sections = new std::vector<Section>{
      {"How do you properly close a socket?", true, false},
      {"close(): Resource Release", true, false},
      {"close(): Connection Termination", true, false},
      {"close(): Graceful Data Handling", true, true},
      {"Graceful Closure", true, true},
      {"Abrupt Closure (Hard Close)", true, true},
      {"The Role of shutdown()", true, true},
      {"The Role of shutdown(): Resources", true, false},
      {"The Role of shutdown(): Reusability", true, false},
      {"The Role of shutdown(): SHUT_RD", true, false},
      {"The Role of shutdown(): SHUT_WR", true, false},
      {"The Role of shutdown(): SHUT_RDWR", true, false},
      {"Example Usage", true, false},
      {"SO_LINGER: l_onoff = 0", true, false},
      {"SO_LINGER: l_onoff = 1, l_linger = 0", true, false},
      {"SO_LINGER: l_onoff = 1, l_linger > 0", true, true},
      {"Best Practices: Always Close", true, true},
      {"Best Practices: Error Handling", true, true},
      {"Best Practices: Use shutdown() for Half-Close Scenarios", true, true},
      {"Best Practices: Avoid SO_LINGER with l_linger = 0 Unless Necessary", false, true},
      {"Best Practices: Handle BrokenPipeError / ECONNRESET", true, true},
  };
  return *sections;
}

}  // namespace lastack
