// A file that appears whole or not at all: written under another name in the same directory, then renamed.
//
//   absl::StatusOr<PendingFile> page = PendingFile::Write("out/index.html", html);   // out/.index.html.4711-0.tmp
//   if (!page.ok()) return page.status();
//   return page->Publish();                                                          // out/index.html
//
// Every call's result counts, close's too: a file system may report a full disk only there (close(2), "Dealing with
// error returns from close()"). A close that fails with EINTR has released the descriptor, and fsync has succeeded
// before: it is no error, and is never repeated.
//
// A symbolic link stays one: the file that it names is replaced. What is no regular file (/dev/null, /dev/stdout, a
// FIFO) is not replaced but written to, at once.
//
// Errors are what absl::ErrnoToStatus makes of errno (EACCES PermissionDenied, ENOSPC ResourceExhausted), with the
// file's name and the reason. Threads: one object, one thread; several may write the same file, the last one to publish
// wins.
#ifndef LASTACK_REPORTS_PENDING_FILE_H_
#define LASTACK_REPORTS_PENDING_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lastack {

class PendingFile {
 public:
  // Writes and flushes `text`. Nothing remains if it fails.
  [[nodiscard]] static absl::StatusOr<PendingFile> Write(const std::string& path, absl::string_view text);

  // Removes what was written, unless published.
  ~PendingFile();
  PendingFile(PendingFile&& other) noexcept;
  PendingFile& operator=(PendingFile&&) = delete;

  [[nodiscard]] absl::Status Publish();

 private:
  PendingFile(std::string temporary, std::string path);

  std::string temporary_;  // empty once published or moved from, and where nothing has to be renamed
  std::string path_;
};

// Writes all of `text` to `fd`, flushes it to the disk and closes `fd`, which happens in any case. `name` is for
// errors.
[[nodiscard]] absl::Status WriteAndClose(int fd, absl::string_view text, absl::string_view name);

}  // namespace lastack

#endif  // LASTACK_REPORTS_PENDING_FILE_H_
