// Reads outputs in a thread of its own, for an owner that has no time to: while the pump exists they are its.
//
// Threads: the owner's, and one more. Allocates.
#ifndef LASTACK_HARNESS_RUN_OUTPUT_PUMP_H_
#define LASTACK_HARNESS_RUN_OUTPUT_PUMP_H_

#include <thread>
#include <vector>

#include "harness/run/output.h"

namespace lastack {

class OutputPump {
 public:
  explicit OutputPump(std::vector<Output*> outputs);
  OutputPump(const OutputPump&) = delete;
  OutputPump& operator=(const OutputPump&) = delete;
  ~OutputPump();

 private:
  void Run();

  const std::vector<Output*> outputs_;
  const int stop_;  // an eventfd
  std::thread thread_;
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_RUN_OUTPUT_PUMP_H_
