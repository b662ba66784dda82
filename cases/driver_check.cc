#include "cases/driver_check.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "cases/driver_facts.h"
#include "cases/profiles/driver.h"
#include "harness/run/isolate.h"
#include "harness/run/observe.h"

namespace lastack {
namespace {

using Outcome = DriverFinding::Outcome;

constexpr char kAddress[] = "127.0.0.2";
constexpr size_t kErrorsShown = 300;  // bytes of the end of stderr

// What it is told to send.
std::string Question() {
  const DriverScript script = DriverProfile().driver_script(Scenario::kOrdinary);
  return std::find_if(script.begin(), script.end(),
                      [](const DriverStep& step) { return step.kind == DriverStep::kSend; })
      ->text;
}

// What the peer plays, and what the driver is asked.
struct Conversation {
  const char* scenario;
  std::vector<Script> scripts;
  DriverScript asked;
  bool refuses = false;
};

Conversation In(Scenario scenario) {
  const Profile profile = DriverProfile();
  return {ScenarioName(scenario), profile.scripts(scenario), profile.driver_script(scenario),
          scenario == Scenario::kRefused};
}

// The verbs of a connection that no ordinary exchange has, and `spawn`.
Conversation Unusual() {
  Conversation unusual = In(Scenario::kChild);
  unusual.scenario = "the rarer verbs";
  unusual.asked = {
      {DriverStep::kMadeUp, ""},       {DriverStep::kConnect, ""},        {DriverStep::kSetLinger, "", 1},
      {DriverStep::kSend, Question()}, {DriverStep::kReceiveSome, ""},    {DriverStep::kShutdownReceive, ""},
      {DriverStep::kShutdownBoth, ""}, {DriverStep::kSpawn, "sleep 600"}, {DriverStep::kClose, ""}};
  return unusual;
}

absl::StatusOr<Observation> Run(const DriverCheckOptions& check, const Scratch& scratch,
                                const Conversation& conversation) {
  RunOptions options;
  options.command = check.command;
  options.environment = check.environment;
  options.address = kAddress;
  options.role = DriverProfile().role;
  options.scenario = conversation.scenario;
  options.scripts = conversation.scripts;
  options.refuses = conversation.refuses;
  options.driver_script = conversation.asked;
  options.driver_script.insert(options.driver_script.begin() + 1, DriverStep{DriverStep::kWrongHandle, ""});
  options.timeout = check.timeout;
  if (!WhyNotPreload(options).empty()) options.backend = Backend::kTracer;
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
  return absl::StrCat(". The end of its stderr:\n",
                      exit.err.substr(exit.err.size() - std::min(exit.err.size(), kErrorsShown)));
}

// Why the last request had no reply.
std::string WhyNoReply(const Observation& run) {
  const SubjectExit& exit = run.exit;
  if (exit.how == SubjectExit::How::kTimedOut) {
    return absl::StrCat(
        "no reply came in ", absl::FormatDuration(absl::Nanoseconds(static_cast<int64_t>(run.timeout_ns))),
        ". Does it write its output after every line (flush)? Does it read its input line by line?", EndOfErrors(exit));
  }
  if (exit.how == SubjectExit::How::kSignaled) {
    return absl::StrCat("the driver died by signal ", exit.signal, EndOfErrors(exit));
  }
  return absl::StrCat("the driver ended instead, with status ", exit.status,
                      ". An error of the library is to be caught, and replied as `error ERRNO`", EndOfErrors(exit));
}

std::string Reply(const DriverReply& reply) {
  return reply.reply.empty() ? "an empty reply" : absl::StrCat("`", reply.reply, "`");
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
        late ? absl::StrCat("the line '", line,
                            "' answers no request that is waiting: every request wants one reply, with its own tag")
             : absl::StrCat("the line '", line,
                            "' is no reply: what it has to say beside replies belongs on standard error"));
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
      return Add("hello", Outcome::kWrong,
                 absl::StrCat("replied ", Reply(*reply), "; wanted: `ok NAME CAPABILITY...`"));
    }
    const std::vector<std::string> capabilities(words.begin() + 2, words.end());
    for (const std::string& one : capabilities) {
      if (one != "abort" && one != "concurrent") {
        return Add("hello", Outcome::kWrong,
                   absl::StrCat("there is no capability '", one, "'; known: abort, concurrent"));
      }
    }
    Add("hello", Outcome::kRight,
        absl::StrCat(words[1], capabilities.empty() ? ", no capabilities" : ", capabilities: ",
                     absl::StrJoin(capabilities, " ")));
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
        absl::StrCat("replied ", Reply(*reply),
                     IsError(*reply) ? "" : " to `close nobody`, a connection that never was; wanted: `error EBADF`"));
  }

  void CheckExchange() {
    for (const char* verb : {"connect", "send"}) {
      const DriverReply* reply = ReplyTo(verb, verb);
      if (reply == nullptr) return;
      if (!IsOk(*reply)) {
        return Add(verb, Outcome::kWrong,
                   absl::StrCat("replied ", Reply(*reply), " in an ordinary exchange; wanted: `ok`"));
      }
    }
    const std::string sent = run_.connections.empty() ? "" : run_.connections.front().received;
    const std::string question = Question();
    const bool whole =
        sent == question.substr(0, sent.size()) && run_.connections.front().bytes_received == question.size();
    Add("send", whole ? Outcome::kRight : Outcome::kWrong,
        whole ? absl::StrCat("all ", question.size(), " bytes came to the peer, each in its place")
              : absl::StrCat(
                    "what came to the peer is not what was to be sent: the data is two hexadecimal digits a byte"));
    CheckReceived();
  }

  void CheckReceived() {
    const std::vector<const DriverReply*> replies = RepliesTo(run_, "recv");
    if (replies.empty()) return;
    const DriverReply* last = ReplyTo("recv", "recv", replies.size() - 1);
    if (last == nullptr) return;
    const std::string& answer = DriverProfile().answer;
    if (last->reply != "eof") {
      return Add("recv", Outcome::kWrong,
                 absl::StrCat("replied ", Reply(*last), "; wanted: `ok HEX` for data, and `eof` at its end"));
    }
    const bool whole = run_.exit.out == answer;
    Add("recv", whole ? Outcome::kRight : Outcome::kWrong,
        whole ? absl::StrCat("handed over all ", answer.size(), " bytes, each in its place, and then `eof`")
              : absl::StrCat("handed over ", run_.exit.out.size(), " bytes that are not the ", answer.size(),
                             " that the peer sent"));
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
        absl::StrCat("replied ", Reply(*reply),
                     IsError(*reply) ? "" : ", though nobody listens there; wanted: `error ECONNREFUSED`"));
  }

  // Nothing is said of what the library makes of it.
  void CheckListening() {
    if (!IsOffered("listen")) return;
    const std::string trouble = run_.connections.empty() ? "" : run_.connections.front().trouble;
    if (absl::StrContains(trouble, "could not connect")) {
      return Add("listen", Outcome::kWrong,
                 absl::StrCat("replied ", Reply(*RepliesTo(run_, "listen").front()), ", but ", trouble));
    }
    if (!IsOffered("accept")) return;
    const DriverReply* received = ReplyTo("accept", "recv");
    if (received == nullptr) return;
    if (!IsOk(*received)) {
      return Add("accept", Outcome::kWrong,
                 absl::StrCat("replied `ok`, and then to `", received->request, "` ", Reply(*received),
                              "; wanted: the handle names the connection"));
    }
    Add("listen", Outcome::kRight, absl::StrCat("listened on port ", run_.peer_port));
    Add("accept", Outcome::kRight, "the connection that was made goes by its handle");
    CheckOptional("stop", "not implemented: always-close/listener will say `unimplemented`");
  }

  void CheckSpawn() {
    const DriverReply* reply = ReplyTo("spawn", "spawn");
    if (reply == nullptr) return;
    if (reply->reply == "unimplemented") {
      return Add("spawn", Outcome::kNotOffered,
                 "not implemented: always-close/not-inherited/spawned will say `unimplemented`");
    }
    const std::vector<int>& alive = run_.lives.front().alive;
    int pid = 0;
    absl::string_view words = reply->reply;
    const bool is_number = absl::ConsumePrefix(&words, "ok ") && absl::SimpleAtoi(words, &pid);
    if (!is_number) return Add("spawn", Outcome::kWrong, absl::StrCat("replied ", Reply(*reply), "; wanted: `ok PID`"));
    const bool lives = std::find(alive.begin(), alive.end(), pid) != alive.end();
    Add("spawn", lives ? Outcome::kRight : Outcome::kWrong,
        absl::StrCat(
            "replied ", Reply(*reply),
            lives ? "" : ", which was no process of the driver's; wanted: that of the program, which runs on"));
  }

  // While `recv` waits, `send` makes the peer answer; and `close` comes while it waits again.
  void CheckConcurrent() {
    const DriverReply* closed = nullptr;
    for (const char* verb : {"send", "close"}) {
      const std::vector<const DriverReply*> replies = RepliesTo(run_, verb);
      if (replies.empty()) continue;
      if (replies.back()->replied_ns == 0) {
        return Add("concurrent", Outcome::kWrong,
                   absl::StrCat("hello names it, but while `recv` waited there was no reply to `",
                                replies.back()->request, "`: ", WhyNoReply(run_)));
      }
      closed = replies.back();
    }
    const std::vector<const DriverReply*> receives = RepliesTo(run_, "recv");
    const bool received = !receives.empty() && IsOk(*receives.front());
    if (closed == nullptr || !received) {
      return Add("concurrent", Outcome::kWrong,
                 absl::StrCat("a `recv` that was asked before what makes the peer answer had ",
                              receives.empty() || receives.front()->replied_ns == 0
                                  ? "no reply"
                                  : absl::StrCat("the reply ", Reply(*receives.front())),
                              "; wanted: `ok HEX`"));
    }
    Add("concurrent", Outcome::kRight, "answered `send` and `close` while `recv` waited");
  }

  void CheckQuit() {
    if (ReplyTo("quit", "quit") == nullptr) return;
    const bool ended = run_.exit.how == SubjectExit::How::kExited && run_.exit.status == 0;
    if (ended) return Add("quit", Outcome::kRight, "ended with status 0");
    Add("quit", Outcome::kWrong,
        absl::StrCat(run_.exit.how == SubjectExit::How::kTimedOut
                         ? "replied, and did not end"
                         : absl::StrCat("ended with status ", run_.exit.status),
                     "; wanted: an end with status 0", EndOfErrors(run_.exit)));
  }

 private:
  bool IsOffered(const char* verb) {
    const DriverReply* reply = ReplyTo(verb, verb);
    if (reply == nullptr) return false;
    if (reply->reply == "unimplemented") {
      Add(verb, Outcome::kNotOffered, "not implemented: cases that need a library to listen will say `unimplemented`");
    } else if (!IsOk(*reply)) {
      Add(verb, Outcome::kWrong,
          absl::StrCat("replied ", Reply(*reply),
                       verb == absl::string_view("listen") ? "; wanted: `ok PORT`" : "; wanted: `ok`"));
    }
    return IsOk(*reply);
  }

  void Add(std::string what, Outcome outcome, std::string words) {
    findings_.push_back({std::move(what), outcome, std::move(words)});
  }

  const Observation& run_;
  std::vector<DriverFinding> findings_;
};

}  // namespace

absl::StatusOr<std::vector<DriverFinding>> CheckDriver(const DriverCheckOptions& options, const Scratch& scratch) {
  absl::StatusOr<Observation> ordinary = Run(options, scratch, In(Scenario::kOrdinary));
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
                        "never checked in: the driver's program is static, or does not use the C library, so that "
                        "nothing of it is seen"});
  }
  const bool talks = RepliesTo(*ordinary, "quit").size() == 1;
  if (!talks) return findings;

  const auto check = [&](const Conversation& what, void (*look)(Checker&)) -> absl::Status {
    absl::StatusOr<Observation> run = Run(options, scratch, what);
    if (!run.ok()) return run.status();
    Checker checker(*run);
    look(checker);
    for (DriverFinding& finding : checker.Take()) findings.push_back(std::move(finding));
    return absl::OkStatus();
  };
  absl::Status checked = check(In(Scenario::kRefused), [](Checker& checker) { checker.CheckRefused(); });
  if (checked.ok()) {
    checked = check(Unusual(), [](Checker& checker) {
      checker.CheckOptional("set-linger", "not implemented: linger/positive-is-bounded will say `unimplemented`");
      checker.CheckOptional("shutdown-receive",
                            "not implemented: half-close/buffered-after-rd will say `unimplemented`");
      checker.CheckOptional("shutdown-both", "not implemented: half-close/both-directions will say `unimplemented`");
      checker.CheckSpawn();
    });
  }
  if (checked.ok()) checked = check(In(Scenario::kRestartedServer), [](Checker& checker) { checker.CheckListening(); });
  if (!HasCapability(*ordinary, "abort")) {
    findings.push_back(
        {"abort", Outcome::kNotOffered, "hello does not name it: linger/abort-when-asked will not apply"});
  } else if (checked.ok()) {
    checked = check(In(Scenario::kAbort), [](Checker& checker) {
      checker.CheckOptional("abort", "hello names it, but it is not implemented");
    });
  }
  if (!HasCapability(*ordinary, "concurrent")) {
    findings.push_back(
        {"concurrent", Outcome::kNotOffered, "hello does not name it: requests will come one at a time"});
  } else if (checked.ok()) {
    checked = check(In(Scenario::kConcurrent), [](Checker& checker) { checker.CheckConcurrent(); });
  }
  if (!checked.ok()) return checked;
  return findings;
}

}  // namespace lastack
