// What is yet to happen on a fake network, in the order of virtual time; and that time.
//
// Events of one moment happen in the order in which they were scheduled. Allocates only when more is scheduled than
// ever before, and for actions (std::function).
#ifndef LASTACK_MOCKS_FAKE_EVENTS_H_
#define LASTACK_MOCKS_FAKE_EVENTS_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace lastack {

class FakeSocket;

// A TCP segment on its way. The bytes themselves wait in the receiver's queue, out of its reader's sight.
struct FakeSegment {
  bool syn = false, fin = false, rst = false, ack = false;
  bool answers_syn = false;  // SYN ACK
  uint64_t bytes = 0;
  uint64_t acknowledged = 0;  // of the other direction: bytes, and one more for the FIN
  uint64_t window_end = 0;    // how far the other end may send
};

struct FakeEvent {
  enum class Kind : uint8_t { kArrival, kSynRetry, kFinWait2Over, kAction };
  int64_t at_ns = 0;
  uint64_t order = 0;
  Kind kind = Kind::kAction;
  FakeSocket* socket = nullptr;
  uint32_t incarnation = 0;  // of the socket: an event for an earlier one is void
  FakeSegment segment;
  FakeSocket* sender = nullptr;  // who gets RST if the receiver is gone
  uint32_t sender_incarnation = 0;
  std::function<void()> action;
};

class FakeEvents {
 public:
  static constexpr int64_t kNever = INT64_MAX;

  int64_t now_ns() const { return now_ns_; }
  int64_t next_ns() const { return heap_.empty() ? kNever : heap_.front().at_ns; }

  // Time only goes forward, and never past an event.
  void MoveTo(int64_t at_ns) { now_ns_ = std::max(now_ns_, std::min(at_ns, next_ns())); }

  void Schedule(FakeEvent event) {
    event.order = ++order_;
    heap_.push_back(std::move(event));
    std::push_heap(heap_.begin(), heap_.end(), Later);
  }

  FakeEvent TakeNext() {
    std::pop_heap(heap_.begin(), heap_.end(), Later);
    FakeEvent event = std::move(heap_.back());
    heap_.pop_back();
    now_ns_ = std::max(now_ns_, event.at_ns);
    return event;
  }

 private:
  static bool Later(const FakeEvent& a, const FakeEvent& b) {
    return a.at_ns != b.at_ns ? a.at_ns > b.at_ns : a.order > b.order;
  }

  int64_t now_ns_ = 0;
  uint64_t order_ = 0;
  std::vector<FakeEvent> heap_;
};

}  // namespace lastack

#endif  // LASTACK_MOCKS_FAKE_EVENTS_H_
