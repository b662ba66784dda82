#include "harness/sys/intercepted.h"

#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "harness/sys/calls.h"
#include "harness/sys/errno_names.h"

namespace lastack {
namespace {

constexpr char kIntroduction[] = R"(# What is intercepted

Generated from harness/sys/syscalls.inc; do not edit. After a change of the table:

    bazel run //harness/sys:intercepted_page > harness/sys/INTERCEPTED.md

A program's calls are reached under these names. `%family` in a fault means all calls of the family.

- **Also as**: other symbols of libc for the same function, which are reached as well.
- **Kernel number**: whether the kernel knows the call by a number of its own (some only on older architectures). It is
  then also reached through `syscall(2)` and by the tracer. Without one, libc makes the call of others.
- **Default effect**: of a fault that names none. `full`: the call is really made and then reported as failed, as Linux
  itself does it. `skip`: the call is not made.
- **Legal errors**: what `error=` accepts there.
)";

constexpr const char* kFamilyMeanings[] = {
    "make sockets",
    "name sockets, set and get options, listen",
    "connect",
    "accept connections",
    "end one direction or both",
    "close one descriptor",
    "close a range of descriptors",
    "make another descriptor of a socket",
    "control descriptors",
    "send",
    "receive",
    "move bytes between two descriptors",
    "wait for readiness",
    "start processes and programs",
    "end the process",
    "set what signals do",
};
static_assert(sizeof(kFamilyMeanings) / sizeof(*kFamilyMeanings) == static_cast<size_t>(CallFamily::kCount));

struct Alias {
  const char* alias;
  Call call;
};

constexpr Alias kAliases[] = {
#define LASTACK_ALIAS(alias, name, ...) {#alias, Call::name},
#define LASTACK_VARIADIC_ALIAS(alias, name, ...) {#alias, Call::name},
#define LASTACK_CHECKED_ALIAS(alias, name, ...) {#alias, Call::name},
#include "harness/sys/syscalls.inc"
};

// Read from the table's text, and not by NumberOf, so that the page is the same on every architecture. The rows pass
// through no other macro on their way here: SYS_close would arrive as a number.
constexpr std::string_view kNumbers[] = {
#define LASTACK_CALL(name, result, parameters, arguments, number, ...) #number,
#define LASTACK_SOCKET_CALL(name, result, parameters, arguments, number, ...) #number,
#define LASTACK_STREAM_CALL(name, result, parameters, arguments, number, ...) #number,
#include "harness/sys/syscalls.inc"
};

bool HasKernelNumber(Call call) { return kNumbers[static_cast<size_t>(call)] != "-1"; }

std::string Code(const char* word) { return absl::StrCat("`", word, "`"); }

std::string AliasesOf(Call call) {
  std::vector<std::string> aliases;
  for (const Alias& alias : kAliases) {
    if (alias.call == call) aliases.push_back(Code(alias.alias));
  }
  return absl::StrJoin(aliases, " ");
}

std::string LegalErrorsOf(Call call) {
  std::vector<std::string> names;
  for (const int* legal = LegalErrnos(call); *legal != 0; ++legal) names.push_back(ErrnoName(*legal));
  return absl::StrJoin(names, " ");
}

std::string RowOf(Call call) {
  return absl::StrCat(
      "| ",
      absl::StrJoin({Code(CallName(call)), AliasesOf(call), std::string(HasKernelNumber(call) ? "yes" : "no"),
                     std::string(OnFailureOf(call) == OnFailure::full ? "full" : "skip"), LegalErrorsOf(call)},
                    " | "),
      " |\n");
}

std::string SectionOf(CallFamily family) {
  std::string section = absl::StrCat("\n## %", FamilyName(family), ": ", kFamilyMeanings[static_cast<size_t>(family)],
                                     "\n\n| call | also as | kernel number | default effect | legal errors |\n",
                                     "| --- | --- | --- | --- | --- |\n");
  for (size_t i = 0; i < kCallCount; ++i) {
    const Call call = static_cast<Call>(i);
    if (FamilyOf(call) == family) absl::StrAppend(&section, RowOf(call));
  }
  return section;
}

}  // namespace

std::string InterceptedPage() {
  std::string page = kIntroduction;
  for (size_t i = 0; i < static_cast<size_t>(CallFamily::kCount); ++i) {
    absl::StrAppend(&page, SectionOf(static_cast<CallFamily>(i)));
  }
  return page;
}

}  // namespace lastack
