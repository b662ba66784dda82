#include "harness/run/find_program.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace lastack {
namespace {

// 0 if the file can be executed by this process, else why not, as execve(2) would say.
int WhyNotExecutable(const std::string& file) {
  struct stat status;
  if (stat(file.c_str(), &status) != 0) return errno;
  if (!S_ISREG(status.st_mode)) return EACCES;
  return eaccess(file.c_str(), X_OK) == 0 ? 0 : errno;
}

absl::Status NotExecutable(const std::string& file) {
  struct stat status;
  if (stat(file.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
    return absl::PermissionDeniedError(absl::StrCat(file, " is a directory, not a program"));
  }
  return absl::PermissionDeniedError(absl::StrCat(file, " is not executable. Mend it with:  chmod +x ", file));
}

}  // namespace

absl::StatusOr<std::string> FindProgram(const std::string& program, const std::string& path) {
  if (program.empty()) return absl::NotFoundError("the program's name is empty: give a command after --");
  if (program.find('/') != std::string::npos) {
    const int error = WhyNotExecutable(program);
    if (error == 0) return program;
    if (error == EACCES) return NotExecutable(program);
    return absl::NotFoundError(
        absl::StrCat("no such program: ", program, ": ", strerror(error),
                     "; a path begins where you stand, a name without a slash is looked up in PATH"));
  }
  std::string refused;
  for (const absl::string_view directory : absl::StrSplit(path, ':')) {
    const std::string file = directory.empty() ? program : absl::StrCat(directory, "/", program);
    const int error = WhyNotExecutable(file);
    // Without a slash the caller would look it up again.
    if (error == 0) return directory.empty() ? absl::StrCat("./", program) : file;
    if (error == EACCES && refused.empty()) refused = file;
  }
  if (!refused.empty()) return NotExecutable(refused);
  return absl::NotFoundError(absl::StrCat("no such program in PATH: ", program, " (PATH is ", path,
                                          "). Install it, or give a path with a slash"));
}

}  // namespace lastack
