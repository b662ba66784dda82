#include "cases/driver_facts.h"

#include <errno.h>
#include <signal.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cases/conversation.h"
#include "harness/sys/errno_names.h"

namespace lastack {
namespace {

absl::string_view VerbOf(const DriverReply& reply) {
  const absl::string_view request = reply.request;
  return request.substr(0, request.find(' '));
}

std::string SaidLast(const SubjectExit& exit) {
  if (exit.err.empty()) return "";
  return absl::StrCat("; the end of its stderr: ",
                      exit.err.substr(exit.err.size() - std::min<size_t>(exit.err.size(), 300)));
}

// How a driver ended that was not told to.
std::string EarlyEnd(const SubjectExit& exit) {
  return absl::StrCat("it ended before it was told to quit, with status ", exit.status, SaidLast(exit));
}

std::string WhyRepliesAreUnusable(const Observation& run) {
  const std::vector<const DriverReply*> made_up = RepliesTo(run, "frobnicate");
  if (!made_up.empty() && made_up.front()->replied_ns != 0 && made_up.front()->reply != "unimplemented") {
    return absl::StrCat("the driver answered a verb that does not exist with '", made_up.front()->reply, "'");
  }
  for (const char* verb : {"connect", "send", "recv", "close"}) {
    if (LacksVerb(run, verb)) return absl::StrCat("the driver does not implement ", verb);
  }
  for (const DriverReply& reply : run.replies) {
    const bool known = reply.replied_ns == 0 || IsOk(reply) || IsError(reply) || reply.reply == "eof" ||
                       reply.reply == "unimplemented";
    if (!known) return absl::StrCat("the driver's reply to ", VerbOf(reply), " makes no sense: '", reply.reply, "'");
  }
  return "";
}

// shutdown on a connection that is gone already says ENOTCONN by itself: not what became of it, nor what was lost.
bool FollowsFromLoss(const Observation& run, const DriverReply& reply) {
  const absl::string_view verb = VerbOf(reply);
  if (reply.reply != "error ENOTCONN" || (verb != "finish" && !absl::StartsWith(verb, "shutdown-"))) return false;
  return std::any_of(run.trace.events.begin(), run.trace.events.end(), [](const TracedEvent& event) {
    return event.event.call == Call::shutdown && event.event.error == ENOTCONN && event.event.fault == kNoFaultIndex;
  });
}

}  // namespace

std::string WhyDriverIsUnusable(const Observation& run) {
  const std::string remedy = ". `lastack driver-check` says more";
  if (!run.noise.empty()) {
    return absl::StrCat("the driver wrote to its standard output what answers no request: '", run.noise.front(), "'",
                        remedy);
  }
  if (run.lives.empty() || run.lives.front().ready_ns == 0) {
    const bool running = run.exit.how == SubjectExit::How::kTimedOut;
    return absl::StrCat("the driver did not answer hello with ok",
                        running ? "" : absl::StrCat(": ", EarlyEnd(run.exit)), remedy);
  }
  if (const std::string why = WhyRepliesAreUnusable(run); !why.empty()) return absl::StrCat(why, remedy);
  const SubjectLife& life = run.lives.front();
  const bool plain = run.faults.empty() && run.scenario == ScenarioName(Scenario::kOrdinary);
  if (plain && run.exit.how == SubjectExit::How::kTimedOut) {
    const DriverReply& last = run.replies.back();
    return absl::StrCat("the driver was still running when the time was up; its reply to '", last.request, "' ",
                        last.replied_ns == 0 ? "never came" : absl::StrCat("was '", last.reply, "'"), remedy);
  }
  const bool died_by_itself = run.exit.how == SubjectExit::How::kExited && DeathOf(run) == 0 &&
                              (life.stop_ns == 0 || RepliesTo(run, "quit").empty());
  if (died_by_itself) return absl::StrCat("the driver is broken: ", EarlyEnd(run.exit), remedy);
  // Elsewhere it may be the library's answer to what was made to fail.
  const bool nothing_failed = plain || (run.faults.empty() && run.scenario == ScenarioName(Scenario::kSecondAddress));
  if (nothing_failed && DeathOf(run) != 0) {
    return absl::StrCat("the driver is broken: it died by ", SignalName(DeathOf(run)), SaidLast(run.exit), remedy);
  }
  return "";
}

std::vector<const DriverReply*> RepliesTo(const Observation& run, absl::string_view verb) {
  std::vector<const DriverReply*> replies;
  for (const DriverReply& reply : run.replies) {
    if (VerbOf(reply) == verb) replies.push_back(&reply);
  }
  return replies;
}

bool IsError(const DriverReply& reply) { return reply.reply == "error" || absl::StartsWith(reply.reply, "error "); }

bool IsOk(const DriverReply& reply) { return reply.reply == "ok" || absl::StartsWith(reply.reply, "ok "); }

bool LacksVerb(const Observation& run, absl::string_view verb) {
  const std::vector<const DriverReply*> replies = RepliesTo(run, verb);
  return std::any_of(replies.begin(), replies.end(),
                     [](const DriverReply* reply) { return reply->reply == "unimplemented"; });
}

bool HasCapability(const Observation& run, absl::string_view capability) {
  const std::vector<const DriverReply*> hello = RepliesTo(run, "hello");
  if (hello.empty()) return false;
  const std::vector<absl::string_view> words = absl::StrSplit(hello.front()->reply, ' ', absl::SkipEmpty());
  return words.size() > 2 && std::find(words.begin() + 2, words.end(), capability) != words.end();
}

uint64_t WhenToldToClose(const Evidence& run) {
  for (const char* verb : {"close", "abort"}) {
    const std::vector<const DriverReply*> replies = RepliesTo(run.run(), verb);
    if (!replies.empty()) return replies.front()->asked_ns;
  }
  return 0;
}

std::string NewErrorReply(const Evidence& clean, const Evidence& run) {
  const auto failed_before = [&](absl::string_view verb) {
    const std::vector<const DriverReply*> replies = RepliesTo(clean.run(), verb);
    return std::any_of(replies.begin(), replies.end(), [](const DriverReply* reply) { return IsError(*reply); });
  };
  for (const DriverReply& reply : run.run().replies) {
    const bool tells = IsError(reply) && !FollowsFromLoss(run.run(), reply);
    if (tells && !failed_before(VerbOf(reply))) return absl::StrCat("its reply to ", VerbOf(reply), ": ", reply.reply);
  }
  return "";
}

std::string Describe(const DriverReply& reply) {
  return absl::StrCat("driver: ", reply.request, ": ", reply.replied_ns == 0 ? "no reply" : reply.reply);
}

}  // namespace lastack
