// A pipe that collects what a subject writes: the first bytes are kept, the rest is read and counted, so that a flood
// neither blocks the subject nor fills our memory.
//
//   Output out(1 << 20);
//   if (absl::Status opened = out.Open(); !opened.ok()) return opened;
//   ... the child gets out.writer() ...
//   out.CloseWriter();
//   while (...) { poll out.reader(); out.ReadOnce(); }
//   out.Drain();                                   // when every writer is dead
//
// Threads: one owner. Allocates.
#ifndef LASTACK_HARNESS_RUN_OUTPUT_H_
#define LASTACK_HARNESS_RUN_OUTPUT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace lastack {

class Output {
 public:
  explicit Output(uint64_t limit) : limit_(limit) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output();

  [[nodiscard]] absl::Status Open();
  void CloseWriter();

  int writer() const { return writer_; }  // -1 when closed
  int reader() const { return reader_; }  // -1 when the end has been read: poll(2) then ignores it

  // Reads what is there, at most one buffer full.
  void ReadOnce();

  // Reads what is in the pipe now, and no more: somebody who still holds the other end cannot keep us.
  void Drain();

  uint64_t bytes() const { return bytes_; }
  std::string TakeKept() { return std::move(kept_); }

 private:
  bool ReadSome(uint64_t* size);

  uint64_t limit_;
  uint64_t bytes_ = 0;
  std::string kept_;
  std::string buffer_;
  int reader_ = -1;
  int writer_ = -1;
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_RUN_OUTPUT_H_
