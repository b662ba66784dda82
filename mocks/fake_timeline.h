// The last things that happened on a fake network: calls, segments, signals. For failure messages and people.
//
//      0 us  connect(4) = 0
//      0 us  40001 > 8080  SYN
//    100 us  shutdown(4, SHUT_WR) = 0
//    100 us  40001 > 8080  FIN
//
// Bounded: the oldest entries make room, and the text says how many are gone. Recording neither allocates nor formats.
#ifndef LASTACK_MOCKS_FAKE_TIMELINE_H_
#define LASTACK_MOCKS_FAKE_TIMELINE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/sys/sys_api.h"

namespace lastack {

class FakeTimeline {
 public:
  static constexpr int64_t kNoArgument = INT64_MIN;

  explicit FakeTimeline(size_t entries) : entries_(entries == 0 ? 1 : entries) {}

  using Arguments = std::array<int64_t, 3>;

  // `what` must live as long as the timeline: a literal. Arguments from the first kNoArgument on are not shown.
  void Call(int64_t at_ns, const char* what, const Arguments& arguments, const SysResult& result) {
    Next() = {at_ns, what, Kind::kCall, result.error, arguments, result.value};
  }
  void Segment(int64_t at_ns, const char* what, uint16_t from, uint16_t to, uint64_t bytes) {
    Next() = {at_ns, what, Kind::kSegment, 0, {from, to, kNoArgument}, static_cast<int64_t>(bytes)};
  }
  void Note(int64_t at_ns, const char* what) { Next() = {at_ns, what, Kind::kNote, 0, {}, 0}; }

  uint64_t recorded() const { return recorded_; }
  std::string Text() const;

 private:
  enum class Kind : uint8_t { kCall, kSegment, kNote };
  struct Entry {
    int64_t at_ns;
    const char* what;
    Kind kind;
    int error;
    Arguments arguments;  // of a segment: the two ports
    int64_t value;
  };

  Entry& Next() {
    if (next_ == entries_.size()) next_ = 0;
    ++recorded_;
    return entries_[next_++];
  }

  std::vector<Entry> entries_;
  size_t next_ = 0;
  uint64_t recorded_ = 0;
};

}  // namespace lastack

#endif  // LASTACK_MOCKS_FAKE_TIMELINE_H_
