#include "harness/agent/next_symbol.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "harness/testing/runfile.h"

namespace lastack {
namespace {

void* FindInAll(const SymbolName& symbol) {
  for (NextLibrary library; library.exists(); library.Advance()) {
    if (void* found = library.Find(symbol)) return found;
  }
  return nullptr;
}

// The dynamic linker's own answer is the truth.
void ExpectAsTheLinkerFinds(const SymbolName& symbol) {
  EXPECT_EQ(FindInAll(symbol), dlsym(RTLD_NEXT, symbol.name)) << symbol.name;
}

TEST(NextSymbolTest, EveryCallOfTheTable) {
#define LASTACK_CALL(name, ...) ExpectAsTheLinkerFinds(#name);
#include "harness/sys/syscalls.inc"
}

TEST(NextSymbolTest, ASymbolWithOldVersions) {
  EXPECT_NE(dlvsym(RTLD_NEXT, "posix_spawn", "GLIBC_2.2.5"), dlsym(RTLD_NEXT, "posix_spawn"))
      << "this C library has one version only";
  ExpectAsTheLinkerFinds("posix_spawn");
}

TEST(NextSymbolTest, AFunctionThatChoosesAmongSeveral) { ExpectAsTheLinkerFinds("memcpy"); }

TEST(NextSymbolTest, OneOfAnotherLibrary) {
  ASSERT_NE(dlsym(RTLD_NEXT, "sqrt"), nullptr) << "the test is to be linked with libm";
  ExpectAsTheLinkerFinds("sqrt");
}

TEST(NextSymbolTest, WhatNobodyDefines) { EXPECT_EQ(FindInAll("lastack_defines_no_such_function"), nullptr); }

// A library that is there for as long as this is.
class Loaded {
 public:
  explicit Loaded(const std::string& file) : handle_(dlopen(file.c_str(), RTLD_LAZY | RTLD_GLOBAL)) {
    EXPECT_NE(handle_, nullptr) << dlerror();
  }
  ~Loaded() { dlclose(handle_); }

 private:
  void* const handle_;
};

TEST(NextSymbolTest, TheSearchEndsWithWhatWasLoaded) {
  EXPECT_TRUE(NextLibrary::EndWithLoaded()) << "a library without DT_GNU_HASH";
  const Loaded later("libthread_db.so.1");
  EXPECT_NE(dlsym(RTLD_NEXT, "td_init"), nullptr);
  EXPECT_EQ(FindInAll("td_init"), nullptr);
  ExpectAsTheLinkerFinds("sqrt");
  EXPECT_TRUE(NextLibrary::EndWithLoaded());
  ExpectAsTheLinkerFinds("td_init");
}

// Where the definition that is found lies.
std::string PathOf(const SymbolName& symbol) {
  for (NextLibrary library; library.exists(); library.Advance()) {
    if (void* found = library.Find(symbol)) return library.PathOf(found);
  }
  return "";
}

TEST(NextSymbolTest, WhoseDefinitionItIs) {
  EXPECT_TRUE(NextLibrary::EndWithLoaded());
  EXPECT_TRUE(IsLibcsPath(PathOf("close").c_str())) << PathOf("close");
  EXPECT_FALSE(IsLibcsPath(PathOf("sqrt").c_str())) << PathOf("sqrt");
  const Loaded old(Runfile("harness/agent/libold_table.so"));
  EXPECT_FALSE(NextLibrary::EndWithLoaded());
  EXPECT_TRUE(IsLibcsPath(PathOf("close").c_str())) << PathOf("close");
  EXPECT_THAT(PathOf("lastack_old_table"), testing::EndsWith("libold_table.so"));
}

TEST(NextSymbolTest, TheNamesOfLibc) {
  for (const char* path : {"libc.so.6", "/lib/libc.so.6", "/lib/x86_64-linux-gnu/libpthread.so.0"}) {
    EXPECT_TRUE(IsLibcsPath(path)) << path;
  }
  for (const char* path : {"", "/libc.so.6/libx.so", "/lib/liblibc.so.6", "libc.so.60"}) {
    EXPECT_FALSE(IsLibcsPath(path)) << path;
  }
}

TEST(NextSymbolTest, ALibraryWithTheOldTableOnlyIsToldAndSearchedByTheLinker) {
  const Loaded old(Runfile("harness/agent/libold_table.so"));
  EXPECT_FALSE(NextLibrary::EndWithLoaded());
  EXPECT_NE(FindInAll("lastack_old_table"), nullptr);
  ExpectAsTheLinkerFinds("lastack_old_table");
}

}  // namespace
}  // namespace lastack
