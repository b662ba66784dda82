// Profiles that users write: what our peer says to a subject whose protocol lastack does not know, as a small JSON
// file.
//
//   {"name": "greeter", "role": "server",
//    "conversations": {"ordinary": [[{"do": "expect-until", "text": "hello"}, {"do": "send", "text": "bye\n"},
//                                    {"do": "expect-end"}, {"do": "finish"}]]}}
//
// The ordinary exchange is enough: what follows from it (many clients, clients that reset within it, a refused
// connection) is made of it. A conversation that the file tells takes the place of what would be made.
// cases/profile.schema.json says what a file may hold.
#ifndef LASTACK_CASES_PROFILE_FILE_H_
#define LASTACK_CASES_PROFILE_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cases/conversation.h"

namespace lastack {

// InvalidArgumentError names the place and what would be legal.
[[nodiscard]] absl::StatusOr<Profile> ParseProfile(absl::string_view text);

// The same, from a file, whose name is in every error.
[[nodiscard]] absl::StatusOr<Profile> ReadProfile(const std::string& path);

}  // namespace lastack

#endif  // LASTACK_CASES_PROFILE_FILE_H_
