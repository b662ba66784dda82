// Servers of small protocols, each known by one dialogue: what the client sends, and how the answer ends.
#ifndef LASTACK_CASES_PROFILES_DIALOGUE_SERVERS_H_
#define LASTACK_CASES_PROFILES_DIALOGUE_SERVERS_H_

#include "cases/conversation.h"

namespace lastack {

// Answers each line by one.
[[nodiscard]] Profile LineServerProfile();
[[nodiscard]] Profile RedisServerProfile();
[[nodiscard]] Profile MemcachedProfile();
// Takes all that comes, and closes when the client has finished.
[[nodiscard]] Profile SinkProfile();
// Sends by itself, and closes.
[[nodiscard]] Profile SourceProfile();

}  // namespace lastack

#endif  // LASTACK_CASES_PROFILES_DIALOGUE_SERVERS_H_
