#include "cases/reference/url.h"

#include <charconv>
#include <cstdint>

namespace lastack {
namespace {

bool IsPort(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port != 0;
}

}  // namespace

std::optional<Url> ParseUrl(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  if (!text.starts_with(kScheme)) return std::nullopt;
  text.remove_prefix(kScheme.size());

  const size_t slash = text.find('/');
  const std::string_view authority = text.substr(0, slash);
  const size_t colon = authority.find(':');
  const std::string_view host = authority.substr(0, colon);
  const std::string_view port = colon == authority.npos ? "80" : authority.substr(colon + 1);
  if (host.empty() || !IsPort(port) || text.find_first_of(" \r\n") != text.npos) return std::nullopt;
  return Url{std::string(host), std::string(port), std::string(slash == text.npos ? "/" : text.substr(slash))};
}

}  // namespace lastack
