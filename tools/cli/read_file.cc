#include "tools/cli/read_file.h"

#include <errno.h>

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace lastack {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  errno = 0;
  std::ifstream input(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(input)), std::istreambuf_iterator<char>());
  if (!input.is_open() || input.bad()) return absl::ErrnoToStatus(errno == 0 ? EIO : errno, path);
  return text;
}

absl::StatusOr<Results> ReadResults(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return text.status();
  absl::StatusOr<Results> results = ResultsFromJson(*text);
  if (!results.ok()) return absl::InvalidArgumentError(absl::StrCat(path, ": ", results.status().message()));
  return results;
}

}  // namespace lastack
