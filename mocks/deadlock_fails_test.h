// Linked into a GoogleTest: a call on a FakeNetwork that would wait for ever fails the running test, with the timeline,
// and returns EDEADLK. Nothing to call, and nothing to include: depend on //mocks:deadlock_fails_test.
#ifndef LASTACK_MOCKS_DEADLOCK_FAILS_TEST_H_
#define LASTACK_MOCKS_DEADLOCK_FAILS_TEST_H_

#include "mocks/needs_cpp20.h"

#include "mocks/fake_process.h"

namespace lastack {

// The handler that is installed before main.
FakeDeadlockHandler DeadlockFailsTest();

}  // namespace lastack

#endif  // LASTACK_MOCKS_DEADLOCK_FAILS_TEST_H_
