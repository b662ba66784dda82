#include "harness/peer/reset_orders.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <climits>
#include <utility>

namespace lastack {
namespace {

// Bounds each wait: the end of the run may be announced just before a wait begins.
constexpr timespec kLongestWait = {0, 20'000'000};

uint32_t Load(const uint32_t* word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }

void Wake(uint32_t* word) { syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0); }

}  // namespace

ResetOrders::ResetOrders(ResetOrder* order, Reset reset)
    : order_(order), reset_(std::move(reset)), thread_([this] { Run(); }) {}

ResetOrders::~ResetOrders() {
  stop_ = true;
  Wake(&order_->state);
  thread_.join();
}

// An order that was withdrawn meanwhile is not answered: the word may already belong to the next one.
void ResetOrders::Answer(bool done) {
  uint32_t requested = ResetOrder::kRequested;
  const uint32_t answer = done ? ResetOrder::kDone : ResetOrder::kRefused;
  __atomic_compare_exchange_n(&order_->state, &requested, answer, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
  Wake(&order_->state);
}

void ResetOrders::Run() {
  while (!stop_) {
    const uint32_t state = Load(&order_->state);
    if (state == ResetOrder::kRequested) {
      Answer(reset_(static_cast<uint16_t>(Load(&order_->port)), static_cast<uint16_t>(Load(&order_->peer_port))));
    } else {
      syscall(SYS_futex, &order_->state, FUTEX_WAIT, state, &kLongestWait, nullptr, 0);
    }
  }
}

}  // namespace lastack
