#include "cases/driver_check.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cases/driver_facts.h"
#include "cases/profiles/driver.h"
#include "harness/run/isolate.h"
#include "harness/run/observe.h"

namespace lastack {
namespace {

using Outcome = DriverFinding::Outcome;

constexpr char kAddress[] = "127.0.0.2";
constexpr size_t kErrorsShown = 300;  // bytes of the end of stderr

absl::StatusOr<Observation> Run(const DriverCheckOptions& check, const Scratch& scratch, Scenario scenario) {
  const Profile profile = DriverProfile();
  RunOptions options;
  options.command = check.command;
  options.environment = check.environment;
  options.address = kAddress;
  options.role = profile.role;
  options.scenario = ScenarioName(scenario);
  options.scripts = profile.scripts(scenario);
  options.refuses = scenario == Scenario::kRefused;
  options.driver_script = profile.driver_script(scenario);
  options.driver_script.insert(options.driver_script.begin() + 1, DriverStep{DriverStep::kWrongHandle, ""});
  options.timeout = check.timeout;
  absl::StatusOr<Isolated> process = Isolated::Start([&]() -> absl::StatusOr<std::string> {
    absl::StatusOr<Observation> observation = Observe(options, scratch);
    if (!observation.ok()) return observation.status();
    return ObservationToJson(*observation);
  });
  if (!process.ok()) return process.status();
  absl::StatusOr<std::string> text = process->Wait(check.timeout + absl::Seconds(10));
  if (!text.ok()) return text.status();
  return ObservationFromJson(*text);
}

std::string EndOfErrors(const SubjectExit& exit) {
  if (exit.err.empty()) return "";
  return absl::StrCat(". The end of its stderr:\n", exit.err.substr(exit.err.size() - std::min(exit.err.size(), kErrorsShown)));
}

// Why the last request had no reply.
std::string WhyNoReply(const Observation& run) {
  const SubjectExit& exit = run.exit;
  if (exit.how == SubjectExit::How::kTimedOut) {
    return absl::StrCat("no reply came in ", absl::FormatDuration(absl::Nanoseconds(static_cast<int64_t>(run.timeout_ns))),
                        ". Does it write its output after every line (flush)? Does it read its input line by line?", EndOfErrors(exit));
  }
  if (exit.how == SubjectExit::How::kSignaled) return absl::StrCat("the driver died by signal ", exit.signal, EndOfErrors(exit));
  return absl::StrCat("the driver ended instead, with status ", exit.status,
                      ". An error of the library is to be caught, and replied as `error ERRNO`", EndOfErrors(exit));
}

std::string Reply(const DriverReply& reply) { return reply.reply.empty() ? "an empty reply" : absl::StrCat("`", reply.reply, "`"); }

// What it is told to send.
std::string Question() {
  const DriverScript script = DriverProfile().driver_script(Scenario::kOrdinary);
  return std::find_if(script.begin(), script.end(), [](const DriverStep& step) { return step.kind == DriverStep::kSend; })->text;
}

class Checker {
 public:
  explicit Checker(const Observation& run) : run_(run) {}

  std::vector<DriverFinding> Take() { return std::move(findings_); }

  void CheckNoise() {
    if (run_.noise.empty()) return Add("its standard output", Outcome::kRight, "nothing but replies");
    const std::string& line = run_.noise.front();
    const std::string first = line.substr(0, line.find(' '));
    int tag = 0;
    const bool late = absl::SimpleAtoi(first, &tag);
    Add("its standard output", Outcome::kWrong,
        late ? absl::StrCat("the line '", line, "' answers no request that is waiting: every request wants one reply, with its own tag")
             : absl::StrCat("the line '", line, "' is no reply: what it has to say beside replies belongs on standard error"));
  }

  // The first reply to `verb`; null, and a finding, if it was asked and did not answer. `asked` says whether it was.
  const DriverReply* ReplyTo(const char* what, const char* verb, size_t index = 0) {
    const std::vector<const DriverReply*> replies = RepliesTo(run_, verb);
    if (replies.size() <= index) return nullptr;
    if (replies[index]->replied_ns != 0) return replies[index];
    Add(what, Outcome::kWrong, absl::StrCat("to `", replies[index]->request, "` ", WhyNoReply(run_)));
    return nullptr;
  }

  void CheckHello() {
    const DriverReply* reply = ReplyTo("hello", "hello");
    if (reply == nullptr) return;
    const std::vector<std::string> words = absl::StrSplit(reply->reply, ' ', absl::SkipEmpty());
    if (words.size() < 2 || words[0] != "ok") {
      return Add("hello", Outcome::kWrong, absl::StrCat("replied ", Reply(*reply), "; wanted: `ok NAME CAPABILITY...`"));
    }
    const std::vector<std::string> capabilities(words.begin() + 2, words.end());
    for (const std::string& one : capabilities) {
      if (one != "abort") return Add("hello", Outcome::kWrong, absl::StrCat("there is no capability '", one, "'; known: abort"));
    }
    Add("hello", Outcome::kRight, absl::StrCat(words[1], capabilities.empty() ? ", no capabilities" : ", capabilities: ", absl::StrJoin(capabilities, " ")));
  }

  void CheckMadeUp() {
    const DriverReply* reply = ReplyTo("an unknown verb", "frobnicate");
    if (reply == nullptr) return;
    const bool right = reply->reply == "unimplemented";
    Add("an unknown verb", right ? Outcome::kRight : Outcome::kWrong,
        absl::StrCat("replied ", Reply(*reply), right ? "" : " to `frobnicate a`; wanted: `unimplemented`"));
  }

  void CheckWrongHandle() {
    const std::vector<const DriverReply*> closes = RepliesTo(run_, "close");
    const DriverReply* reply = closes.empty() ? nullptr : ReplyTo("a wrong handle", "close");
    if (reply == nullptr) return;
    Add("a wrong handle", IsError(*reply) ? Outcome::kRight : Outcome::kWrong,
        absl::StrCat("replied ", Reply(*reply), IsError(*reply) ? "" : " to `close nobody`, a connection that never was; wanted: `error EBADF`"));
  }

  void CheckExchange() {
    for (const char* verb : {"connect", "send"}) {
      const DriverReply* reply = ReplyTo(verb, verb);
      if (reply == nullptr) return;
      if (!IsOk(*reply)) return Add(verb, Outcome::kWrong, absl::StrCat("replied ", Reply(*reply), " in an ordinary exchange; wanted: `ok`"));
    }
    const std::string sent = run_.connections.empty() ? "" : run_.connections.front().received;
    const std::string question = Question();
    const bool whole = sent == question.substr(0, sent.size()) && run_.connections.front().bytes_received == question.size();
    Add("send", whole ? Outcome::kRight : Outcome::kWrong,
        whole ? absl::StrCat("all ", question.size(), " bytes came to the peer, each in its place")
              : absl::StrCat("what came to the peer is not what was to be sent: the data is two hexadecimal digits a byte"));
    CheckReceived();
  }

  void CheckReceived() {
    const std::vector<const DriverReply*> replies = RepliesTo(run_, "recv");
    if (replies.empty()) return;
    const DriverReply* last = ReplyTo("recv", "recv", replies.size() - 1);
    if (last == nullptr) return;
    const std::string& answer = DriverProfile().answer;
    if (last->reply != "eof") {
      return Add("recv", Outcome::kWrong, absl::StrCat("replied ", Reply(*last), "; wanted: `ok HEX` for data, and `eof` at its end"));
    }
    const bool whole = run_.exit.out == answer;
    Add("recv", whole ? Outcome::kRight : Outcome::kWrong,
        whole ? absl::StrCat("handed over all ", answer.size(), " bytes, each in its place, and then `eof`")
              : absl::StrCat("handed over ", run_.exit.out.size(), " bytes that are not the ", answer.size(), " that the peer sent"));
  }

  void CheckOptional(const char* verb, const char* without) {
    const DriverReply* reply = ReplyTo(verb, verb);
    if (reply == nullptr) return;
    if (reply->reply == "unimplemented") return Add(verb, Outcome::kNotOffered, without);
    Add(verb, IsOk(*reply) ? Outcome::kRight : Outcome::kWrong, absl::StrCat("replied ", Reply(*reply)));
  }

  void CheckClose() {
    const DriverReply* reply = ReplyTo("close", "close", 1);
    if (reply == nullptr) return;
    Add("close", IsOk(*reply) ? Outcome::kRight : Outcome::kWrong, absl::StrCat("replied ", Reply(*reply)));
  }

  void CheckRefused() {
    const DriverReply* reply = ReplyTo("a refused connect", "connect");
    if (reply == nullptr) return;
    Add("a refused connect", IsError(*reply) ? Outcome::kRight : Outcome::kWrong,
        absl::StrCat("replied ", Reply(*reply), IsError(*reply) ? "" : ", though nobody listens there; wanted: `error ECONNREFUSED`"));
  }

  void CheckQuit() {
    if (ReplyTo("quit", "quit") == nullptr) return;
    const bool ended = run_.exit.how == SubjectExit::How::kExited && run_.exit.status == 0;
    if (ended) return Add("quit", Outcome::kRight, "ended with status 0");
    Add("quit", Outcome::kWrong,
        absl::StrCat(run_.exit.how == SubjectExit::How::kTimedOut ? "replied, and did not end" : absl::StrCat("ended with status ", run_.exit.status),
                     "; wanted: an end with status 0", EndOfErrors(run_.exit)));
  }

 private:
  void Add(std::string what, Outcome outcome, std::string words) { findings_.push_back({std::move(what), outcome, std::move(words)}); }

  const Observation& run_;
  std::vector<DriverFinding> findings_;
};

}  // namespace

absl::StatusOr<std::vector<DriverFinding>> CheckDriver(const DriverCheckOptions& options, const Scratch& scratch) {
  absl::StatusOr<Observation> ordinary = Run(options, scratch, Scenario::kOrdinary);
  if (!ordinary.ok()) return ordinary.status();
  Checker exchange(*ordinary);
  exchange.CheckHello();
  exchange.CheckNoise();
  exchange.CheckMadeUp();
  exchange.CheckWrongHandle();
  exchange.CheckExchange();
  exchange.CheckOptional("finish", "not implemented: cases of half-close will say `unimplemented`");
  exchange.CheckClose();
  exchange.CheckQuit();
  std::vector<DriverFinding> findings = exchange.Take();
  if (!ordinary->checked_in()) {
    findings.push_back({"the agent", Outcome::kWrong,
                        "never checked in: the driver's program is static, or does not use the C library, so that nothing of it is seen"});
  }
  const bool talks = RepliesTo(*ordinary, "quit").size() == 1;
  if (!talks) return findings;

  absl::StatusOr<Observation> refused = Run(options, scratch, Scenario::kRefused);
  if (!refused.ok()) return refused.status();
  Checker refusal(*refused);
  refusal.CheckRefused();
  for (DriverFinding& finding : refusal.Take()) findings.push_back(std::move(finding));
  if (!HasCapability(*ordinary, "abort")) {
    findings.push_back({"abort", Outcome::kNotOffered, "hello does not name it: linger/abort-when-asked will not apply"});
    return findings;
  }
  absl::StatusOr<Observation> aborted = Run(options, scratch, Scenario::kAbort);
  if (!aborted.ok()) return aborted.status();
  Checker abort(*aborted);
  abort.CheckOptional("abort", "hello names it, but it is not implemented");
  for (DriverFinding& finding : abort.Take()) findings.push_back(std::move(finding));
  return findings;
}

}  // namespace lastack
