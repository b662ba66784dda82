#include "cases/reference/server_main.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>

namespace lastack {
namespace {

volatile sig_atomic_t stopped = 0;

void NoteStop(int) { stopped = 1; }

}  // namespace

bool ParseHostAndPort(const char* host, const char* port, ServerOptions* options) {
  in_addr address{};
  char* end = nullptr;
  const unsigned long number = strtoul(port, &end, 10);
  if (inet_pton(AF_INET, host, &address) != 1 || *port == '\0' || *end != '\0' || number > 65535) return false;
  options->address = ntohl(address.s_addr);
  options->port = static_cast<uint16_t>(number);
  return true;
}

int ServeUntilStopped(SysApi& sys, const ServerOptions& options) {
  // Blocked except while the server waits, so that no signal is missed between a look at `stopped` and the wait.
  sigset_t stops, before;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTERM);
  sigaddset(&stops, SIGINT);
  sigprocmask(SIG_BLOCK, &stops, &before);
  struct sigaction note = {};
  note.sa_handler = NoteStop;
  sigaction(SIGTERM, &note, nullptr);
  sigaction(SIGINT, &note, nullptr);
  Server server(sys, options);
  if (!server.Listen()) return 1;
  server.Run(stopped, before);
  return 0;
}

}  // namespace lastack
