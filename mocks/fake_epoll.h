// An epoll set over fakes: who is watched, and who has something to say, in the order in which epoll_wait tells it.
//
// As in Linux: a watched file is queued when something happens to it that the watcher asked for (a wakeup with those
// bits, or with none, which means any); epoll_wait asks each queued file what is true now, and forgets those with
// nothing. A level-triggered one goes back to the end of the queue, an edge-triggered one waits for the next wakeup.
#ifndef LASTACK_MOCKS_FAKE_EPOLL_H_
#define LASTACK_MOCKS_FAKE_EPOLL_H_

#include <sys/epoll.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "mocks/fake_file.h"

namespace lastack {

class FakeEpoll;

struct FakeWatch {
  FakeEpoll* set = nullptr;
  FakeFile* file = nullptr;
  int fd = -1;  // a file is watched once for each descriptor that was given
  uint32_t events = 0;
  epoll_data_t data{};
  bool queued = false;
  bool disarmed = false;  // EPOLLONESHOT, and it was told
};

class FakeEpoll : public FakeFile {
 public:
  FakeEpoll() : FakeFile(Kind::kEpoll) {}
  ~FakeEpoll();

  FakeWatch* Find(const FakeFile& file, int fd);
  FakeWatch& Add(FakeFile& file, int fd, const epoll_event& event);
  void Remove(FakeWatch& watch);

  void Enqueue(FakeWatch& watch);

  std::vector<std::unique_ptr<FakeWatch>> watches_;
  std::deque<FakeWatch*> queue_;
};

// Something happened to the file: `events` as poll bits, 0 for any.
void Wake(FakeFile& file, uint32_t events);
// The file is gone: out of all sets.
void Unwatch(FakeFile& file);

}  // namespace lastack

#endif  // LASTACK_MOCKS_FAKE_EPOLL_H_
