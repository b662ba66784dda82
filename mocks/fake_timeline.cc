#include "mocks/fake_timeline.h"

#include <fcntl.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "harness/sys/errno_names.h"
#include "harness/trace/constant_names.h"

namespace lastack {
namespace {

std::vector<std::string> Numbers(const FakeTimeline::Arguments& arguments) {
  std::vector<std::string> numbers;
  for (const int64_t argument : arguments) {
    if (argument == FakeTimeline::kNoArgument) break;
    numbers.push_back(absl::StrCat(argument));
  }
  return numbers;
}

// The arguments as people write them: names for what has one.
std::vector<std::string> InWords(absl::string_view call, const FakeTimeline::Arguments& arguments) {
  std::vector<std::string> words = Numbers(arguments);
  const int first = static_cast<int>(arguments[0]), second = static_cast<int>(arguments[1]),
            third = static_cast<int>(arguments[2]);
  if (call == "shutdown") {
    words[1] = ShutdownName(second);
  } else if (call == "socket" || call == "socketpair") {
    words = {DomainName(first), SocketTypeName(second)};
  } else if (call == "accept4") {
    words[1] = SocketFlagNames(second);
  } else if (call == "send" || call == "recv") {
    words[2] = MessageFlagNames(third);
  } else if (call == "sendmsg" || call == "recvmsg") {
    words[1] = MessageFlagNames(second);
  } else if (call == "setsockopt" || call == "getsockopt") {
    words[1] = LevelName(second);
    words[2] = OptionName(second, third);
  } else if (call == "fcntl") {
    words[1] = FcntlCommandName(second);
    if (second == F_SETFL) words[2] = FileStatusNames(third);
    if (second == F_GETFL || second == F_GETFD) words.pop_back();
  } else if (call == "ioctl") {
    words[1] = IoctlName(static_cast<uint64_t>(arguments[1]));
  } else if (call == "epoll_ctl") {
    words[1] = EpollOperationName(second);
  }
  return words;
}

std::string ResultInWords(absl::string_view call, const FakeTimeline::Arguments& arguments, int64_t value) {
  const bool flags = call == "fcntl" && arguments[1] == F_GETFL;
  return flags ? FileStatusNames(static_cast<int>(value)) : absl::StrCat(value);
}

}  // namespace

std::string FakeTimeline::Text() const {
  const size_t kept = static_cast<size_t>(std::min<uint64_t>(recorded_, entries_.size()));
  std::string text = recorded_ > kept ? absl::StrFormat("  (%d earlier entries are gone)\n", recorded_ - kept) : "";
  for (size_t i = 0; i < kept; ++i) {
    const Entry& entry = entries_[(next_ + entries_.size() - kept + i) % entries_.size()];
    absl::StrAppendFormat(&text, "%9.0f us  ", static_cast<double>(entry.at_ns) / 1e3);
    switch (entry.kind) {
      case Kind::kCall:
        absl::StrAppend(
            &text, entry.what, "(", absl::StrJoin(InWords(entry.what, entry.arguments), ", "), ") = ",
            entry.value == -1 ? ErrnoName(entry.error) : ResultInWords(entry.what, entry.arguments, entry.value));
        break;
      case Kind::kSegment:
        absl::StrAppendFormat(&text, "%d > %d  %s", entry.arguments[0], entry.arguments[1], entry.what);
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
