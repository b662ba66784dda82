// Runs a subject of ours under the tracer, for tests.
#ifndef LASTACK_HARNESS_TRACER_TRACED_RUN_H_
#define LASTACK_HARNESS_TRACER_TRACED_RUN_H_

#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "harness/plan/parse.h"
#include "harness/run/launcher.h"
#include "harness/testing/runfile.h"
#include "harness/trace/ledger.h"
#include "harness/trace/trace.h"
#include "harness/tracer/tracer.h"

namespace lastack {

struct TracedRun {
  SubjectExit exit;
  Trace trace;
  Ledger ledger;
};

enum class Under { kTracer, kAgent };

inline TracedRun RunUnder(Under backend, const std::vector<std::string>& command,
                          const std::vector<std::string>& faults = {}, absl::Duration timeout = absl::Seconds(20),
                          bool pins = true) {
  TracedRun run;
  absl::StatusOr<Plan> plan = ParsePlan(faults);
  EXPECT_TRUE(plan.ok()) << plan.status();
  std::string directory = absl::StrCat(getenv("TEST_TMPDIR"), "/trace.XXXXXX");
  EXPECT_NE(mkdtemp(directory.data()), nullptr);
  absl::StatusOr<TraceFile> file = TraceFile::Create(directory, *plan, 8192);
  EXPECT_TRUE(file.ok()) << file.status();
  Tracer tracer(file->header(), pins);
  LaunchOptions options;
  options.argv = command;
  options.timeout = timeout;
  if (backend == Under::kTracer) {
    options.tracer = &tracer;
  } else {
    options.environment = {{"LD_PRELOAD", Runfile("harness/agent/liblastack_agent.so")},
                           {kTraceVariable, file->path()}};
  }
  absl::StatusOr<SubjectExit> exit = Launch(options);
  EXPECT_TRUE(exit.ok()) << exit.status();
  if (exit.ok()) run.exit = *exit;
  run.trace = file->Read();
  run.ledger = Ledger::Of(run.trace);
  return run;
}

}  // namespace lastack

#endif  // LASTACK_HARNESS_TRACER_TRACED_RUN_H_
