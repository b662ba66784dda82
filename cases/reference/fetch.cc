#include "cases/reference/fetch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cases/reference/url.h"

namespace lastack {
namespace {

bool Complain(const std::string& url, const std::string& error) {
  fprintf(stderr, "%s: %s\n", url.c_str(), error.c_str());
  return false;
}

}  // namespace

bool MakeTarget(const std::string& url, Target& target) {
  const std::optional<Url> parsed = ParseUrl(url);
  if (!parsed.has_value()) return Complain(url, "not an http URL");
  std::string error;
  target.url = url;
  target.servers = Resolve(parsed->host, parsed->port, error);
  target.request = "GET " + parsed->path + " HTTP/1.1\r\nHost: " + parsed->host + ":" + parsed->port +
                   "\r\nUser-Agent: lastack-reference\r\nConnection: close\r\n\r\n";
  return !target.servers.empty() || Complain(url, error);
}

bool Fetch(SysApi& sys, const Target& target, const ExchangeOptions& options) {
  Exchange exchange(sys, options);
  exchange.Run(target.servers, target.request);
  return Print(target, exchange);
}

int FetchAll(SysApi& sys, const std::vector<std::string>& urls, const ExchangeOptions& options) {
  int status = 0;
  for (const std::string& url : urls) {
    Target target;
    if (!MakeTarget(url, target) || !Fetch(sys, target, options)) status = 1;
  }
  return status;
}

bool Print(const Target& target, const Exchange& exchange) {
  const size_t written = fwrite(exchange.body().data(), 1, exchange.body().size(), stdout);
  const bool printed = written == exchange.body().size() && fflush(stdout) == 0;
  if (!printed) Complain(target.url, std::string("stdout: ") + strerror(errno));
  for (const std::string& error : exchange.errors()) Complain(target.url, error);
  return printed && exchange.errors().empty();
}

}  // namespace lastack
