// Whether an agent can be preloaded into a program, as far as its file shows.
//
//   WhyNotPreloadable("/usr/bin/curl")            ""
//   WhyNotPreloadable("/bin/busybox-static")      "it is statically linked"
//   WhyNotPreloadable("/usr/bin/su")              "it runs with raised privileges"
//
// Threads: any. Allocates. Sources: ld.so(8) "LD_PRELOAD", elf(5).
#ifndef LASTACK_HARNESS_RUN_PRELOADABLE_H_
#define LASTACK_HARNESS_RUN_PRELOADABLE_H_

#include <string>

namespace lastack {

// Empty if nothing speaks against it; so also for scripts, whose interpreter decides, and for what cannot be read.
[[nodiscard]] std::string WhyNotPreloadable(const std::string& program);

}  // namespace lastack

#endif  // LASTACK_HARNESS_RUN_PRELOADABLE_H_
