#include "harness/agent/real.h"

#include <dlfcn.h>
#include <errno.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lastack {

void FoundOutsideLibc(const char* call, const char* library) { ADD_FAILURE() << library << " defines " << call; }

namespace {

TEST(RealTest, TheFirstUseFindsTheDefinitionAndMakesTheCall) {
  errno = 0;
  EXPECT_EQ(real.close(-1), -1);
  EXPECT_EQ(errno, EBADF);
  EXPECT_EQ(reinterpret_cast<void*>(real.close), dlsym(RTLD_NEXT, "close"));
  EXPECT_EQ(real.close(-1), -1);
}

TEST(RealTest, ACallByNumberTakesAllItsWords) {
  EXPECT_EQ(real.syscall(SYS_getpid, 0, 0, 0, 0, 0, 0), getpid());
  EXPECT_EQ(reinterpret_cast<void*>(real.syscall), dlsym(RTLD_NEXT, "syscall"));
}

TEST(RealTest, WhatNobodyDefinesIsNotImplemented) {
  ASSERT_EQ(dlsym(RTLD_NEXT, "clone3"), nullptr) << "this C library has it";
  errno = 0;
  EXPECT_EQ(real.clone3(nullptr, 0), -1);
  EXPECT_EQ(errno, ENOSYS);
}

}  // namespace
}  // namespace lastack
