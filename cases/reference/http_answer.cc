#include "cases/reference/http_answer.h"

#include <strings.h>

#include <charconv>

namespace lastack {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

bool SameIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

void ReadHeaderLine(std::string_view line, HttpAnswer& answer) {
  const size_t colon = line.find(':');
  if (colon == line.npos) return;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = Trimmed(line.substr(colon + 1));
  if (SameIgnoringCase(name, "Transfer-Encoding")) answer.problem = "the answer has a transfer encoding";
  if (!SameIgnoringCase(name, "Content-Length")) return;
  uint64_t length = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
  if (error != std::errc() || end != value.data() + value.size()) answer.problem = "the Content-Length is no number";
  answer.promised_bytes = length;
}

}  // namespace

HttpAnswer ParseAnswer(std::string_view received) {
  HttpAnswer answer;
  constexpr std::string_view kVersion = "HTTP/1.";
  if (!kVersion.starts_with(received.substr(0, kVersion.size()))) answer.problem = "the answer is not HTTP/1";
  const size_t head_end = received.find("\r\n\r\n");
  if (head_end == received.npos) return answer;

  answer.has_head = true;
  for (size_t line = received.find(kLineEnd); line < head_end;) {
    line += kLineEnd.size();
    const size_t next = received.find(kLineEnd, line);
    ReadHeaderLine(received.substr(line, next - line), answer);
    line = next;
  }
  answer.body = received.substr(head_end + 2 * kLineEnd.size());
  if (answer.promised_bytes.has_value()) answer.body = answer.body.substr(0, *answer.promised_bytes);
  return answer;
}

}  // namespace lastack
