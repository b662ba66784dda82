// Carries out the orders that a backend in the subject gives through the shared mapping: "reset the connection with
// these ports" (ResetOrder in trace_file.h).
//
// Threads: one owner; runs a thread of its own, which calls `reset`. Allocates. Source: futex(2), shared between
// processes.
#ifndef LASTACK_HARNESS_PEER_RESET_ORDERS_H_
#define LASTACK_HARNESS_PEER_RESET_ORDERS_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>

#include "harness/trace/trace_file.h"

namespace lastack {

class ResetOrders {
 public:
  // Says whether it has reset the connection with these ports: the subject's, and ours, 0 if the subject does not know
  // it.
  using Reset = std::function<bool(uint16_t far_port, uint16_t near_port)>;

  ResetOrders(ResetOrder* order, Reset reset);
  ResetOrders(const ResetOrders&) = delete;
  ResetOrders& operator=(const ResetOrders&) = delete;
  ~ResetOrders();  // ends the thread; later orders are not answered

 private:
  void Run();
  void Answer(bool done);

  ResetOrder* order_;
  Reset reset_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_PEER_RESET_ORDERS_H_
