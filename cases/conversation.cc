#include "cases/conversation.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cases/profiles/dialogue_servers.h"
#include "cases/profiles/driver.h"
#include "cases/profiles/echo_server.h"
#include "cases/profiles/http_client.h"
#include "cases/profiles/http_server.h"
#include "cases/profiles/line_client.h"

namespace lastack {
namespace {

struct ScenarioRow {
  Scenario scenario;
  const char* word;
  const char* name;
};

constexpr ScenarioRow kScenarios[] = {
    {Scenario::kOrdinary, "ordinary", "ordinary exchange"},
    {Scenario::kResetMidAnswer, "reset-mid-answer", "reset in the middle of the answer"},
    {Scenario::kAnswerAfterFin, "answer-after-fin", "answer after the subject's FIN"},
    {Scenario::kTruncatedAnswer, "truncated-answer", "FIN before the promised length"},
    {Scenario::kRefused, "refused", "connection refused"},
    {Scenario::kResetAfterFin, "reset-after-fin", "reset after the subject's FIN"},
    {Scenario::kClosesEarly, "closes-early", "close before the peer's FIN"},
    {Scenario::kTalkativePeer, "talkative-peer", "a peer that sends more than it should"},
    {Scenario::kSilentPeer, "silent-peer", "a peer that falls silent"},
    {Scenario::kLateReader, "late-reader", "a peer that reads late"},
    {Scenario::kSecondAddress, "second-address", "ordinary exchange, at the second address"},
    {Scenario::kBesideStrangers, "beside-strangers", "ordinary exchange, beside inherited sockets"},
    {Scenario::kManyClients, "many-clients", "many clients, one after the other"},
    {Scenario::kScarceDescriptors, "scarce-descriptors", "more clients than descriptors, one after the other"},
    {Scenario::kManyResets, "many-resets", "many clients that reset"},
    {Scenario::kManyFinished, "many-finished", "many clients whose FIN comes right behind their request"},
    {Scenario::kManyLeaving, "many-leaving", "many clients that leave without a request"},
    {Scenario::kFinishedClient, "finished-client", "FIN right behind the request"},
    {Scenario::kGoneClient, "gone-client", "FIN behind the request, and RST before the answer"},
    {Scenario::kRestartedServer, "restarted-server", "stop, and start again at once"},
    {Scenario::kUnfinishedClient, "unfinished-client", "a client that never finishes"},
    {Scenario::kDeafClient, "deaf-client", "a client that does not read, and another one beside it"},
    {Scenario::kSendAfterFinish, "send-after-finish", "send after the end of what is sent"},
    {Scenario::kAbort, "abort", "abort within the answer"},
    {Scenario::kShutdownBoth, "shutdown-both", "both directions ended, and then used"},
    {Scenario::kShutdownReceive, "shutdown-receive", "receiving ended when data has come"},
    {Scenario::kLinger, "linger", "close with a linger of a second while the peer reads nothing"},
    {Scenario::kChild, "child", "a program started while a connection is open"},
    {Scenario::kConcurrent, "concurrent", "requests while a receive waits"},
    {Scenario::kQuitsAtOnce, "quits-at-once", "a peer that reads late, and the end of the process right after close"},
};

std::deque<Profile>& MutableProfiles() {
  static auto* profiles = new std::deque<Profile>{
      HttpClientProfile(), LineClientProfile(), HttpServerProfile(),  EchoServerProfile(), LineServerProfile(),
      SinkProfile(),       SourceProfile(),     RedisServerProfile(), MemcachedProfile(),  DriverProfile()};
  return *profiles;
}

}  // namespace

const char* ScenarioName(Scenario scenario) {
  const auto is_it = [scenario](const ScenarioRow& row) { return row.scenario == scenario; };
  return std::find_if(std::begin(kScenarios), std::end(kScenarios), is_it)->name;
}

std::optional<Scenario> ScenarioFromWord(absl::string_view word) {
  for (const ScenarioRow& row : kScenarios) {
    if (word == row.word) return row.scenario;
  }
  return std::nullopt;
}

std::vector<std::string> ScenarioWords() {
  std::vector<std::string> words;
  for (const ScenarioRow& row : kScenarios) words.emplace_back(row.word);
  return words;
}

const std::deque<Profile>& Profiles() { return MutableProfiles(); }

const Profile* FindProfile(const std::string& name) {
  for (const Profile& profile : Profiles()) {
    if (name == profile.name) return &profile;
  }
  return nullptr;
}

absl::StatusOr<const Profile*> AddProfile(Profile profile) {
  if (FindProfile(profile.name) != nullptr) {
    return absl::AlreadyExistsError(absl::StrCat("there is a profile ", profile.name, " already"));
  }
  MutableProfiles().push_back(std::move(profile));
  return &MutableProfiles().back();
}

}  // namespace lastack
