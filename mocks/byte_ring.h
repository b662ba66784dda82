// A queue of bytes that keeps its memory: what a fake socket holds of a stream.
//
//   ByteRing queue;
//   queue.Append("FIN", 3);
//   queue.Take(buffer, 2);       // "FI"
//
// It has no bound of its own: who fills it keeps one. Threads: none. Allocates only when it holds more than ever
// before.
#ifndef LASTACK_MOCKS_BYTE_RING_H_
#define LASTACK_MOCKS_BYTE_RING_H_

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>

namespace lastack {

class ByteRing {
 public:
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  void Clear() { start_ = size_ = 0; }

  void Append(const void* data, size_t count) {
    if (count == 0) return;
    Reserve(size_ + count);
    const size_t at = (start_ + size_) & (capacity_ - 1);
    const size_t first = std::min(count, capacity_ - at);
    std::memcpy(bytes_.get() + at, data, first);
    if (count > first) std::memcpy(bytes_.get(), static_cast<const char*>(data) + first, count - first);
    size_ += count;
  }

  // Copies `count` bytes that lie `skip` bytes behind the front; they must be there.
  void Peek(void* out, size_t count, size_t skip = 0) const {
    if (count == 0) return;
    const size_t at = (start_ + skip) & (capacity_ - 1);
    const size_t first = std::min(count, capacity_ - at);
    std::memcpy(out, bytes_.get() + at, first);
    if (count > first) std::memcpy(static_cast<char*>(out) + first, bytes_.get(), count - first);
  }

  void Drop(size_t count) {
    size_ -= count;
    start_ = size_ == 0 ? 0 : (start_ + count) & (capacity_ - 1);
  }

  void Take(void* out, size_t count) {
    Peek(out, count);
    Drop(count);
  }

  // The newest bytes, which nobody will ever see.
  void DropLast(size_t count) { size_ -= count; }

  // Moves `count` bytes to the end of another queue.
  void MoveTo(ByteRing& other, size_t count) {
    while (count > 0) {
      const size_t piece = std::min(count, capacity_ - start_);
      other.Append(bytes_.get() + start_, piece);
      Drop(piece);
      count -= piece;
    }
  }

 private:
  void Reserve(size_t needed) {
    if (needed <= capacity_) return;
    size_t capacity = std::max<size_t>(capacity_, 512);
    while (capacity < needed) capacity *= 2;
    std::unique_ptr<char[]> bytes(new char[capacity]);
    Peek(bytes.get(), size_);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
    start_ = 0;
  }

  std::unique_ptr<char[]> bytes_;
  size_t capacity_ = 0;  // a power of two, or nothing yet
  size_t start_ = 0;
  size_t size_ = 0;
};

}  // namespace lastack

#endif  // LASTACK_MOCKS_BYTE_RING_H_
