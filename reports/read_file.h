// Files that the user names.
//
//   absl::StatusOr<std::string> text =
//       ReadFile(path, {.what = "the waivers", .remedy = "`lastack audit --update-waivers` writes them"});
//   // InvalidArgumentError: cannot read the waivers x.json: No such file or directory; `lastack audit
//   // --update-waivers` writes them
//
// Threads: any. Allocates.
#ifndef LASTACK_REPORTS_READ_FILE_H_
#define LASTACK_REPORTS_READ_FILE_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "reports/results.h"

namespace lastack {

// For errors.
struct FileKind {
  const char* what;    // "the waivers"
  const char* remedy;  // what makes such a file, or where it would be
};

// No file of ours is as large as this; one that never ends (/dev/zero) would fill the memory.
inline constexpr size_t kFileBytesMax = size_t{512} << 20;

// Of files that people write.
inline constexpr size_t kWrittenBytesMax = size_t{4} << 20;

// All of it. Every error is an InvalidArgumentError: the user named the file.
[[nodiscard]] absl::StatusOr<std::string> ReadFile(const std::string& path, const FileKind& kind,
                                                   size_t bytes_max = kFileBytesMax);

// A results.json. InvalidArgumentError names the file and every place that is wrong.
[[nodiscard]] absl::StatusOr<Results> ReadResults(const std::string& path);

}  // namespace lastack

#endif  // LASTACK_REPORTS_READ_FILE_H_
