// An http URL, split into what a client needs.
//
//   ParseUrl("http://127.0.0.2:8080/answer")   {"127.0.0.2", "8080", "/answer"}
//   ParseUrl("http://localhost")               {"localhost", "80", "/"}
//   ParseUrl("https://localhost/")             nothing: there is no TLS here
//
// Threads: safe. Allocates.
#ifndef LASTACK_CASES_REFERENCE_URL_H_
#define LASTACK_CASES_REFERENCE_URL_H_

#include <optional>
#include <string>
#include <string_view>

namespace lastack {

struct Url {
  std::string host;
  std::string port;
  std::string path;  // begins with "/"
};

[[nodiscard]] std::optional<Url> ParseUrl(std::string_view text);

}  // namespace lastack

#endif  // LASTACK_CASES_REFERENCE_URL_H_
