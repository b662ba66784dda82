#include "mocks/fake_timeline.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "harness/sys/errno_names.h"

namespace lastack {

std::string FakeTimeline::Text() const {
  const size_t kept = static_cast<size_t>(std::min<uint64_t>(recorded_, entries_.size()));
  std::string text = recorded_ > kept ? absl::StrFormat("  (%d earlier entries are gone)\n", recorded_ - kept) : "";
  for (size_t i = 0; i < kept; ++i) {
    const Entry& entry = entries_[(next_ + entries_.size() - kept + i) % entries_.size()];
    absl::StrAppendFormat(&text, "%9.0f us  ", static_cast<double>(entry.at_ns) / 1e3);
    switch (entry.kind) {
      case Kind::kCall:
        absl::StrAppendFormat(&text, "%s(%d", entry.what, entry.first);
        if (entry.second != kNoArgument) absl::StrAppendFormat(&text, ", %d", entry.second);
        absl::StrAppend(&text, ") = ", entry.value == -1 ? ErrnoName(entry.error) : absl::StrCat(entry.value));
        break;
      case Kind::kSegment:
        absl::StrAppendFormat(&text, "%d > %d  %s", entry.first, entry.second, entry.what);
        if (entry.value > 0) absl::StrAppendFormat(&text, " %d bytes", entry.value);
        break;
      case Kind::kNote:
        absl::StrAppend(&text, entry.what);
        break;
    }
    text += '\n';
  }
  return text;
}

}  // namespace lastack
