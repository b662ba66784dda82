#include "harness/run/output_pump.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

namespace lastack {

OutputPump::OutputPump(std::vector<Output*> outputs)
    : outputs_(std::move(outputs)), stop_(eventfd(0, EFD_CLOEXEC)), thread_([this] { Run(); }) {}

OutputPump::~OutputPump() {
  eventfd_write(stop_, 1);
  thread_.join();
  close(stop_);
}

void OutputPump::Run() {
  std::vector<pollfd> entries;
  do {
    entries = {{stop_, POLLIN, 0}};
    for (const Output* output : outputs_) entries.push_back({output->reader(), POLLIN, 0});
    if (poll(entries.data(), entries.size(), -1) < 0) continue;
    for (size_t i = 0; i < outputs_.size(); ++i) {
      if (entries[i + 1].revents != 0) outputs_[i]->ReadOnce();
    }
  } while (entries[0].revents == 0);
}

}  // namespace lastack
