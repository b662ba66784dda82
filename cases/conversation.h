// What the peer says to a subject of some profile, in each scenario that the cases use.
//
// A case names a scenario; a profile says which steps that is in its protocol. So a case is written once for all
// profiles.
#ifndef LASTACK_CASES_CONVERSATION_H_
#define LASTACK_CASES_CONVERSATION_H_

#include <signal.h>

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "harness/peer/peer.h"
#include "harness/run/driver_script.h"

namespace lastack {

// Where a first connection is spoken of, later ones are ordinary.
enum class Scenario : uint8_t {
  kOrdinary,         // a complete exchange that the peer ends with FIN
  kResetMidAnswer,   // the first connection is reset within an answer of unknown length
  kAnswerAfterFin,   // on the first connection the peer answers only after the subject's FIN
  kTruncatedAnswer,  // on the first connection the peer finishes before the length that it has told
  kRefused,          // the peer refuses all connections
  kResetAfterFin,    // the first connection is reset when the subject's FIN has come and it has read all
  // An ordinary exchange; a driver or a server closes before the peer has finished, if it does not wait for that.
  kClosesEarly,
  // On the first connection the peer sends more than it was asked for, or than it was told it may.
  kTalkativePeer,
  kSilentPeer,     // on the first connection the peer says nothing more in the middle, and does not end
  kLateReader,     // the peer reads nothing until the subject can send no more, or has ended its side
  kSecondAddress,  // an ordinary exchange with a host of two addresses, of which the first refuses
  // An ordinary exchange of a subject that inherits sockets which are not its own (harness/run/strangers.h).
  kBesideStrangers,
  // Of servers, each ended by an ordinary exchange:
  kManyClients,  // many ordinary exchanges
  // Ordinary exchanges, twice as many as the server may have descriptors, up to the first that fails.
  kScarceDescriptors,
  kManyResets,        // many clients that reset: at once, within the request, after it
  kManyFinished,      // many clients that send FIN right behind their request
  kManyLeaving,       // many clients that finish without a request, or within it
  kFinishedClient,    // a client that sends FIN right behind its request, and reads on
  kGoneClient,        // the same, and it resets when the server's agent orders it
  kRestartedServer,   // the server is stopped after ordinary exchanges and started again at once
  kUnfinishedClient,  // a client that never sends its FIN, while others come and go
  kDeafClient,        // a client that has finished and does not read the end of its answer, and another beside it
  // Of drivers:
  kSendAfterFinish,  // data is to be sent after the end of what is sent
  kAbort,            // the connection is to be aborted within the answer
  // Both directions are to be ended, and then used: the one on a first connection, the other on a second.
  kShutdownBoth,
  kShutdownReceive,  // the receiving side is to be ended when data has come
  kLinger,           // a close with SO_LINGER {on, 1} while the peer reads nothing
  kChild,            // a program is to be started while a connection is open, and lives on when it is closed
  kConcurrent,       // requests are made while a receive waits
  kQuitsAtOnce,      // as kLateReader, and the process is to end right behind its close; a client's does so by itself
};

// In words, and as the one word of a profile's file: "reset-mid-answer".
[[nodiscard]] const char* ScenarioName(Scenario scenario);
[[nodiscard]] std::optional<Scenario> ScenarioFromWord(absl::string_view word);
[[nodiscard]] std::vector<std::string> ScenarioWords();

struct Profile {
  std::string name;  // "http-client"
  std::string role;  // client, server or library
  // What its command must contain one of, for messages: "{url}, or {host} and {port}"; empty: of nothing.
  std::string placeholder;
  std::string answer;  // what a subject is told in an ordinary exchange, as it may show it in its output
  // Empty: there is no such conversation in this profile.
  std::function<std::vector<Script>(Scenario scenario)> scripts;
  int stop_signal = SIGTERM;                                   // what a server is told to end by
  DriverScript (*driver_script)(Scenario scenario) = nullptr;  // what a driver is asked; null: the subject is no driver
  std::string file = "";                                       // where it came from; empty: it is shipped
};

// The shipped profiles, and those that were added. Pointers to them stay valid.
[[nodiscard]] const std::deque<Profile>& Profiles();
[[nodiscard]] const Profile* FindProfile(const std::string& name);
// Before any run. AlreadyExistsError: there is one of this name.
[[nodiscard]] absl::StatusOr<const Profile*> AddProfile(Profile profile);

}  // namespace lastack

#endif  // LASTACK_CASES_CONVERSATION_H_
