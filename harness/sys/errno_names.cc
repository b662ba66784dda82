#include "harness/sys/errno_names.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace lastack {
namespace {

constexpr int kErrnoMax = 4095;  // the kernel's MAX_ERRNO

struct Alias {
  const char* name;
  int value;
};

// Second names of values, which libc does not give back.
constexpr Alias kErrnoAliases[] = {{"EDEADLOCK", EDEADLOCK}, {"ENOTSUP", ENOTSUP}, {"EWOULDBLOCK", EWOULDBLOCK}};
constexpr Alias kSignalAliases[] = {{"SIGCLD", SIGCLD}, {"SIGIO", SIGIO}, {"SIGIOT", SIGIOT}};

template <size_t kSize>
std::optional<int> ValueOf(absl::string_view name, const Alias (&aliases)[kSize]) {
  for (const Alias& alias : aliases) {
    if (name == alias.name) return alias.value;
  }
  return std::nullopt;
}

}  // namespace

std::string ErrnoName(int error) {
  const char* name = error == 0 ? nullptr : strerrorname_np(error);
  return name != nullptr ? name : absl::StrCat("errno ", error);
}

std::optional<int> ErrnoFromName(absl::string_view name) {
  for (int error = 1; error <= kErrnoMax; ++error) {
    const char* known = strerrorname_np(error);
    if (known != nullptr && name == known) return error;
  }
  return ValueOf(name, kErrnoAliases);
}

std::string SignalName(int signal) {
  const char* name = sigabbrev_np(signal);
  return name != nullptr ? absl::StrCat("SIG", name) : absl::StrCat("signal ", signal);
}

std::optional<int> SignalFromName(absl::string_view name) {
  absl::string_view abbreviation = name;
  if (!absl::ConsumePrefix(&abbreviation, "SIG")) return std::nullopt;
  for (int signal = 1; signal < NSIG; ++signal) {
    const char* known = sigabbrev_np(signal);
    if (known != nullptr && abbreviation == known) return signal;
  }
  return ValueOf(name, kSignalAliases);
}

}  // namespace lastack
