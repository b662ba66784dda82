// Prints the page "what is intercepted":
//
//   bazel run //harness/sys:intercepted_page > harness/sys/INTERCEPTED.md
#include <iostream>

#include "harness/sys/intercepted.h"

int main() {
  std::cout << lastack::InterceptedPage() << std::flush;
  return std::cout ? 0 : 1;
}
