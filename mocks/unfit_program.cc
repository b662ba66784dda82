// Begins a scope, and says so. How it is linked decides whether it can.
#include <stdio.h>

#include "mocks/interposition.h"

int main() {
  lastack::FakeNetwork network;
  const lastack::ScopedInterposition scope(network);
  puts("began");
  return 0;
}
