#include "mocks/fake_epoll.h"

#include <algorithm>

namespace lastack {

FakeEpoll::~FakeEpoll() {
  while (!watches_.empty()) Remove(*watches_.back());
}

FakeWatch* FakeEpoll::Find(const FakeFile& file, int fd) {
  for (const auto& watch : watches_) {
    if (watch->file == &file && watch->fd == fd) return watch.get();
  }
  return nullptr;
}

FakeWatch& FakeEpoll::Add(FakeFile& file, int fd, const epoll_event& event) {
  watches_.push_back(std::make_unique<FakeWatch>());
  FakeWatch& watch = *watches_.back();
  watch.set = this;
  watch.file = &file;
  watch.fd = fd;
  watch.events = event.events;
  watch.data = event.data;
  file.watches.push_back(&watch);
  return watch;
}

void FakeEpoll::Remove(FakeWatch& watch) {
  auto& of_file = watch.file->watches;
  of_file.erase(std::remove(of_file.begin(), of_file.end(), &watch), of_file.end());
  queue_.erase(std::remove(queue_.begin(), queue_.end(), &watch), queue_.end());
  watches_.erase(std::find_if(watches_.begin(), watches_.end(), [&](const auto& own) { return own.get() == &watch; }));
}

void FakeEpoll::Enqueue(FakeWatch& watch) {
  if (watch.queued || watch.disarmed) return;
  watch.queued = true;
  queue_.push_back(&watch);
  Wake(*this, EPOLLIN);  // a set can be in another set
}

void Wake(FakeFile& file, uint32_t events) {
  ++file.generation;
  for (FakeWatch* watch : file.watches) {
    const uint32_t wanted = watch->events | EPOLLERR | EPOLLHUP;
    if (events == 0 || (events & wanted) != 0) watch->set->Enqueue(*watch);
  }
}

void Unwatch(FakeFile& file) {
  while (!file.watches.empty()) file.watches.back()->set->Remove(*file.watches.back());
}

}  // namespace lastack
