#include "mocks/deadlock_fails_test.h"

#include "gtest/gtest.h"

namespace lastack {
namespace {

const bool installed = [] {
  SetFakeDeadlockHandler(DeadlockFailsTest());
  return true;
}();

}  // namespace

FakeDeadlockHandler DeadlockFailsTest() {
  return [](const std::string& text) { ADD_FAILURE() << text; };
}

}  // namespace lastack
