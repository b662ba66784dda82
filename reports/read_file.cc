#include "reports/read_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace lastack {
namespace {

constexpr size_t kChunk = size_t{1} << 16;

// nullptr, or why not: reads all that `fd` has.
const char* ReadAll(int fd, size_t bytes_max, std::string& text) {
  char chunk[kChunk];
  for (;;) {
    const ssize_t count = read(fd, chunk, sizeof(chunk));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return strerror(errno);
    if (count == 0) return nullptr;
    if (text.size() + static_cast<size_t>(count) > bytes_max) return "it is larger than any such file";
    text.append(chunk, static_cast<size_t>(count));
  }
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path, const FileKind& kind, size_t bytes_max) {
  std::string text;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const char* why = fd < 0 ? strerror(errno) : ReadAll(fd, bytes_max, text);
  if (fd >= 0) close(fd);
  if (why == nullptr) return text;
  return absl::InvalidArgumentError(absl::StrCat("cannot read ", kind.what, " ", path, ": ", why, "; ", kind.remedy));
}

absl::StatusOr<Results> ReadResults(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(
      path, {.what = "the results", .remedy = "an audit leaves them in its report, as lastack-report/results.json"});
  if (!text.ok()) return text.status();
  absl::StatusOr<Results> results = ResultsFromJson(*text);
  if (!results.ok()) return absl::InvalidArgumentError(absl::StrCat(path, ": ", results.status().message()));
  return results;
}

}  // namespace lastack
