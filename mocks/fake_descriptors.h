// A process's descriptors of fakes, and where their numbers come from.
#ifndef LASTACK_MOCKS_FAKE_DESCRIPTORS_H_
#define LASTACK_MOCKS_FAKE_DESCRIPTORS_H_

#include <cstddef>
#include <vector>

#include "mocks/fake_file.h"

namespace lastack {

// Gives the numbers. By default they are the lowest that are free from 3 on, in a space of the fake's own; whoever
// mixes fake and real descriptors in one process reserves real numbers instead, so that none is given twice:
//
//   class Reserved : public FakeNumbers {
//     int Take(int at_least) override { ... an eventfd, moved up by F_DUPFD to `at_least` ... }
//     bool TakeExactly(int fd) override { ... dup2 of an eventfd onto it ... }
//     void Give(int fd) override { ... the real close ... }
//   };
class FakeNumbers {
 public:
  virtual ~FakeNumbers() = default;
  virtual int Take(int at_least) = 0;    // -1: none is left (EMFILE)
  virtual bool TakeExactly(int fd) = 0;  // for dup2; the fake itself does not hold it
  virtual void Give(int fd) = 0;         // it is free again
};

class FakeDescriptors {
 public:
  struct Entry {
    FakeFile* file = nullptr;
    bool close_on_exec = false;
  };

  // `numbers` may be null: the default. Not owned.
  FakeDescriptors(int limit, FakeNumbers* numbers) : limit_(limit), numbers_(numbers) {}

  FakeFile* Find(int fd) const {
    return static_cast<size_t>(fd) < entries_.size() ? entries_[static_cast<size_t>(fd)].file : nullptr;
  }
  Entry& At(int fd) { return entries_[static_cast<size_t>(fd)]; }
  int limit() const { return limit_; }
  int end() const { return static_cast<int>(entries_.size()); }
  void SetNumbers(FakeNumbers* numbers) { numbers_ = numbers; }

  // Counts a reference. -1: no number is left.
  int Add(FakeFile& file, bool close_on_exec, int at_least = 0) {
    const int fd = numbers_ != nullptr ? numbers_->Take(at_least) : LowestFree(at_least);
    if (fd >= 0) Put(fd, file, close_on_exec);
    return fd;
  }
  bool AddAt(int fd, FakeFile& file, bool close_on_exec) {
    if (numbers_ != nullptr && !numbers_->TakeExactly(fd)) return false;
    Put(fd, file, close_on_exec);
    return true;
  }
  void Remove(int fd) {
    At(fd) = Entry();
    if (fd < lowest_) lowest_ = fd;
    if (numbers_ != nullptr) numbers_->Give(fd);
  }

 private:
  static constexpr int kFirst = 3;  // after stdin, stdout, stderr

  int LowestFree(int at_least) {
    int fd = at_least > lowest_ ? at_least : lowest_;
    while (fd < end() && At(fd).file != nullptr) ++fd;
    if (at_least <= lowest_) lowest_ = fd;
    return fd < limit_ ? fd : -1;
  }
  void Put(int fd, FakeFile& file, bool close_on_exec) {
    if (fd >= end()) entries_.resize(static_cast<size_t>(fd) + 1);
    At(fd) = {&file, close_on_exec};
    ++file.references;
  }

  const int limit_;
  FakeNumbers* numbers_;
  std::vector<Entry> entries_;
  int lowest_ = kFirst;  // none below is free
};

}  // namespace lastack

#endif  // LASTACK_MOCKS_FAKE_DESCRIPTORS_H_
