// The names of the constants that socket calls are given, as the C headers and strace(1) write them.
//
//   MessageFlagNames(MSG_NOSIGNAL | MSG_PEEK)      "MSG_PEEK|MSG_NOSIGNAL"
//   OptionName(SOL_SOCKET, SO_LINGER)              "SO_LINGER"
//   OptionName(SOL_SOCKET, 9999)                   "9999": a number stands for what has no name here
//
// Threads: safe. Not async-signal-safe; allocates.
#ifndef LASTACK_HARNESS_TRACE_CONSTANT_NAMES_H_
#define LASTACK_HARNESS_TRACE_CONSTANT_NAMES_H_

#include <cstdint>
#include <string>

namespace lastack {

[[nodiscard]] std::string DomainName(int domain);       // AF_INET
[[nodiscard]] std::string SocketTypeName(int type);     // SOCK_STREAM|SOCK_NONBLOCK
[[nodiscard]] std::string SocketFlagNames(int flags);   // SOCK_NONBLOCK|SOCK_CLOEXEC, of accept4
[[nodiscard]] std::string ShutdownName(int how);        // SHUT_WR
[[nodiscard]] std::string MessageFlagNames(int flags);  // MSG_NOSIGNAL; "0" for none
[[nodiscard]] std::string LevelName(int level);         // SOL_SOCKET
[[nodiscard]] std::string OptionName(int level, int option);
[[nodiscard]] std::string FcntlCommandName(int command);  // F_SETFL
[[nodiscard]] std::string FileStatusNames(int flags);     // O_RDWR|O_NONBLOCK, of F_SETFL
[[nodiscard]] std::string IoctlName(uint64_t request);    // FIONREAD
[[nodiscard]] std::string EpollOperationName(int operation);

}  // namespace lastack

#endif  // LASTACK_HARNESS_TRACE_CONSTANT_NAMES_H_
