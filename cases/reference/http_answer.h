// What has come of an HTTP/1.1 answer, and whether it is whole (RFC 9112 sections 6.3 and 8).
//
// Without a Content-Length the end of the connection ends the body: a client then takes a reset for what it is, an
// error, or it cannot tell a whole answer from half of one. With one it also knows when a FIN came too early.
//
// Threads: safe. Pure.
#ifndef LASTACK_CASES_REFERENCE_HTTP_ANSWER_H_
#define LASTACK_CASES_REFERENCE_HTTP_ANSWER_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace lastack {

struct HttpAnswer {
  bool has_head = false;                   // the empty line after the head has come
  std::string_view problem;                // why the head cannot be used; empty if it can
  std::optional<uint64_t> promised_bytes;  // the body's Content-Length
  std::string_view body;                   // what has come of it, never more than was promised

  // All that was promised has come: what happens to the connection now takes nothing away from it.
  bool complete() const { return promised_bytes.has_value() && body.size() == *promised_bytes; }
};

// `received` is all that has come so far; the answer refers to it.
[[nodiscard]] HttpAnswer ParseAnswer(std::string_view received);

}  // namespace lastack

#endif  // LASTACK_CASES_REFERENCE_HTTP_ANSWER_H_
