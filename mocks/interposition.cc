#include "mocks/interposition.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "mocks/interposition_state.h"

namespace lastack {
namespace {

const char* const kSymbols[] = {
#define LASTACK_INTERPOSED_CALL(name, ...) #name,
#define LASTACK_INTERPOSED_TIME_CALL LASTACK_INTERPOSED_CALL
#include "mocks/interposed_calls.inc"
    "syscall",
};

// The file that code or data at `address` is from; nullptr if unknown.
const void* ObjectOf(const void* address, const char** file = nullptr) {
  Dl_info info;
  if (address == nullptr || dladdr(address, &info) == 0) return nullptr;
  if (file != nullptr) *file = info.dli_fname;
  return info.dli_fbase;
}

// What shared libraries call by a name is what the dynamic linker finds first for it: that has to be in our own object.
std::string FindUntaken() {
  if (getauxval(AT_BASE) == 0) {
    return "The calls of this program cannot be taken over: it is linked statically. Link it dynamically.";
  }
  const void* ours = ObjectOf(reinterpret_cast<const void*>(&ObjectOf));
  std::vector<std::string> others;
  const char* theirs = "nobody";
  for (const char* symbol : kSymbols) {
    const char* file = theirs;
    if (ObjectOf(dlsym(RTLD_DEFAULT, symbol), &file) == ours) continue;
    others.push_back(symbol);
    theirs = file;
  }
  if (others.empty()) return "";
  return absl::StrCat("The calls of this program cannot be taken over: its own ", absl::StrJoin(others, ", "),
                      " are hidden from shared libraries, which call those of ", theirs,
                      ". Link it without --exclude-libs and without a version script that hides them.");
}

}  // namespace

std::string ScopedInterposition::SelfTest() {
  static const std::string* const untaken = new std::string(FindUntaken());
  return *untaken;
}

ScopedInterposition::ScopedInterposition(FakeNetwork& network, const InterpositionOptions& options)
    : ScopedInterposition(network, network, options) {}

ScopedInterposition::ScopedInterposition(SysApi& sys, FakeNetwork& network, const InterpositionOptions& options) {
  const char* problem = nullptr;
  const std::string untaken = SelfTest();
  if (!untaken.empty()) problem = untaken.c_str();
  if (Interposition::Active() != nullptr) problem = "There is one already in this process: scopes cannot be nested.";
  if (problem == nullptr && network.open_descriptors() != 0) {
    problem = "The network has open descriptors already; their numbers may be other descriptors' here.";
  }
  if (problem != nullptr) {
    fprintf(stderr, "ScopedInterposition: %s\n", problem);
    abort();
  }
  interposition_ = std::make_unique<Interposition>(sys, network, options);
}

ScopedInterposition::~ScopedInterposition() = default;

}  // namespace lastack
