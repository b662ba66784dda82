// Where Bazel has put what a test names in its `data`.
#ifndef LASTACK_HARNESS_TESTING_RUNFILE_H_
#define LASTACK_HARNESS_TESTING_RUNFILE_H_

#include <stdlib.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace lastack {

// `path` is from the workspace's root: "cases/reference/http_client".
inline std::string Runfile(const std::string& path) {
  return absl::StrCat(getenv("TEST_SRCDIR"), "/", getenv("TEST_WORKSPACE"), "/", path);
}

}  // namespace lastack

#endif  // LASTACK_HARNESS_TESTING_RUNFILE_H_
