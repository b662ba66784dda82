#include "cases/conversation.h"

#include "cases/profiles/dialogue_servers.h"
#include "cases/profiles/driver.h"
#include "cases/profiles/echo_server.h"
#include "cases/profiles/http_client.h"
#include "cases/profiles/http_server.h"
#include "cases/profiles/line_client.h"

namespace lastack {

const char* ScenarioName(Scenario scenario) {
  switch (scenario) {
    case Scenario::kOrdinary:
      return "ordinary exchange";
    case Scenario::kResetMidAnswer:
      return "reset in the middle of the answer";
    case Scenario::kManyClients:
      return "many clients, one after the other";
    case Scenario::kScarceDescriptors:
      return "more clients than descriptors, one after the other";
    case Scenario::kManyResets:
      return "many clients that reset";
    case Scenario::kFinishedClient:
      return "FIN right behind the request";
    case Scenario::kGoneClient:
      return "FIN behind the request, and RST before the answer";
    case Scenario::kRestartedServer:
      return "stop, and start again at once";
    case Scenario::kAnswerAfterFin:
      return "answer after the subject's FIN";
    case Scenario::kTruncatedAnswer:
      return "FIN before the promised length";
    case Scenario::kSendAfterFinish:
      return "send after the end of what is sent";
    case Scenario::kAbort:
      return "abort within the answer";
    case Scenario::kResetAfterFin:
      return "reset after the subject's FIN";
    case Scenario::kClosesEarly:
      return "close before the peer's FIN";
    case Scenario::kTalkativePeer:
      return "a peer that sends more than it should";
    case Scenario::kSilentPeer:
      return "a peer that falls silent";
    case Scenario::kUnfinishedClient:
      return "a client that never finishes";
    case Scenario::kDeafClient:
      return "a client that does not read, and another one beside it";
    case Scenario::kLateReader:
      return "a peer that reads late";
    case Scenario::kQuitsAtOnce:
      return "a peer that reads late, and the end of the process right after close";
    case Scenario::kShutdownBoth:
      return "both directions ended, and then used";
    case Scenario::kShutdownReceive:
      return "receiving ended when data has come";
    case Scenario::kLinger:
      return "close with a linger of a second while the peer reads nothing";
    case Scenario::kChild:
      return "a program started while a connection is open";
    case Scenario::kConcurrent:
      return "requests while a receive waits";
    case Scenario::kSecondAddress:
      return "ordinary exchange, at the second address";
    case Scenario::kBesideStrangers:
      return "ordinary exchange, beside inherited sockets";
    case Scenario::kRefused:
      return "connection refused";
  }
  return "";
}

const std::vector<Profile>& Profiles() {
  static const auto* profiles = new std::vector<Profile>{HttpClientProfile(), LineClientProfile(), HttpServerProfile(),
                                                         EchoServerProfile(), LineServerProfile(), SinkProfile(), SourceProfile(),
                                                         RedisServerProfile(), MemcachedProfile(), DriverProfile()};
  return *profiles;
}

const Profile* FindProfile(const std::string& name) {
  for (const Profile& profile : Profiles()) {
    if (name == profile.name) return &profile;
  }
  return nullptr;
}

}  // namespace lastack
