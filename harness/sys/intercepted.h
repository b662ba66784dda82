// The page "what is intercepted" (INTERCEPTED.md), made from the call table.
//
// Threads: safe. Allocates.
#ifndef LASTACK_HARNESS_SYS_INTERCEPTED_H_
#define LASTACK_HARNESS_SYS_INTERCEPTED_H_

#include <string>

namespace lastack {

// The whole page, as Markdown: a table for each family of calls.
[[nodiscard]] std::string InterceptedPage();

}  // namespace lastack

#endif  // LASTACK_HARNESS_SYS_INTERCEPTED_H_
