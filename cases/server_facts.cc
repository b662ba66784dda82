#include "cases/server_facts.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace lastack {
namespace {

bool IsAlive(const SubjectLife& life, int pid) {
  return std::find(life.alive.begin(), life.alive.end(), pid) != life.alive.end();
}

bool Accepted(const Evidence& run, int pid) {
  return std::any_of(run.exchanges().begin(), run.exchanges().end(),
                     [pid](const Exchange& exchange) { return exchange.socket->descriptors.front().pid == pid; });
}

// What the process gave to the exit that was seen; 0 also if none was.
int ExitStatus(const Evidence& run, int pid) {
  int status = 0;
  for (const TracedEvent& traced : run.run().trace.events) {
    const Event& event = traced.event;
    const bool exits =
        event.kind == EventKind::kCall && event.call != Call::none && FamilyOf(event.call) == CallFamily::exit;
    if (exits && traced.pid == pid) status = static_cast<int>(event.a & 0xff);
  }
  return status;
}

}  // namespace

std::string NeverAccepts(const Evidence& clean) {
  for (const TracedEvent& event : clean.run().trace.events) {
    if (event.event.call != Call::none && FamilyOf(event.event.call) == CallFamily::accept) return "";
  }
  return "the subject never calls accept";
}

std::string NeverServes(const Evidence& clean) { return clean.of_driver() ? "" : NeverAccepts(clean); }

// Who takes data and sends none shows by its FIN that it has taken them.
bool WasServed(const ConnectionRecord& record) {
  return record.script_done && (record.bytes_received > 0 || record.ending == Ending::kFin);
}

std::string WhyLastClientWasNotServed(const Evidence& run) {
  const Profile* profile = FindProfile(run.run().profile);
  size_t wanted = run.run().connections.size();
  for (const Scenario scenario :
       {Scenario::kOrdinary, Scenario::kManyClients, Scenario::kManyResets, Scenario::kManyFinished,
        Scenario::kManyLeaving, Scenario::kGoneClient, Scenario::kFinishedClient, Scenario::kUnfinishedClient}) {
    if (profile != nullptr && run.run().scenario == ScenarioName(scenario)) wanted = profile->scripts(scenario).size();
  }
  if (wanted == 0 || run.run().connections.size() < wanted) return "it never came to the last client";
  const ConnectionRecord& last = run.run().connections.back();
  if (WasServed(last)) return "";
  return last.trouble.empty() ? "the last client got nothing" : last.trouble;
}

std::string HowItDied(const Evidence& run) {
  const SubjectLife& life = run.run().lives.front();
  if (life.stop_ns == 0) return run.EndInWords();
  if (!run.of_driver() && !life.listening) return "did not listen on its port any more";
  for (const ProcessLife& process : run.ledger().processes) {
    if (IsAlive(life, process.pid) || !Accepted(run, process.pid)) continue;
    const std::string who = absl::StrCat("process ", process.pid, ", which accepted connections, ");
    if (!process.said_goodbye) return absl::StrCat(who, "was gone without an exit that was seen");
    // All its clients went with it, whoever is started in its place.
    if (const int status = ExitStatus(run, process.pid); status != 0) {
      return absl::StrCat(who, "exited with status ", status);
    }
  }
  return "";
}

std::vector<std::string> TroublesOf(const Evidence& run) {
  std::vector<std::string> troubles;
  for (const ConnectionRecord& record : run.run().connections) {
    if (!record.trouble.empty() && troubles.size() < 5) {
      troubles.push_back(
          absl::StrCat("client ", record.script + 1, ", from port ", record.near_port, ": ", record.trouble));
    }
  }
  return troubles;
}

Judgement JudgedByLastClient(const Evidence& run, const char* died, const char* unserved,
                             const std::string& after_what) {
  Judgement judgement;
  judgement.expected = absl::StrCat("the server runs on ", after_what, ", and serves the next ordinary client");
  judgement.evidence = TroublesOf(run);
  const std::string death = HowItDied(run);
  const std::string why_not = WhyLastClientWasNotServed(run);
  if (death.empty() && why_not.empty()) {
    judgement.verdict = Verdict::kPass;
    judgement.message = absl::StrCat("ran on ", after_what, " and served the next ordinary client.");
    judgement.observed = judgement.message;
    return judgement;
  }
  judgement.verdict = Verdict::kFail;
  judgement.finding = death.empty() ? unserved : died;
  judgement.message = death.empty()
                          ? absl::StrCat("did not serve the next ordinary client ", after_what, ": ", why_not, ".")
                          : absl::StrCat(after_what, ", the server ", death, ".");
  judgement.observed = judgement.message;
  return judgement;
}

}  // namespace lastack
