// Whether a TCP socket that has ended ever sent any data. If not, what SIOCOUTQ counts for it is no data, but what is
// left of its attempts to connect: 1 or 3 "bytes" after a refusal.
//
// Pure; of any thread. Not together with <netinet/tcp.h>, whose tcp_info is older.
#ifndef LASTACK_HARNESS_SYS_NEVER_SENT_H_
#define LASTACK_HARNESS_SYS_NEVER_SENT_H_

#include <linux/tcp.h>
#include <stddef.h>

namespace lastack {

inline constexpr int kTcpClosed = 7;  // TCP_CLOSE of <netinet/tcp.h>

// Of what getsockopt(TCP_INFO) gave, `size` bytes. False before Linux 4.6, which does not count segments of data.
inline bool NeverSent(const tcp_info& info, size_t size) {
  const bool counted = size >= offsetof(tcp_info, tcpi_data_segs_out) + sizeof(info.tcpi_data_segs_out);
  return counted && info.tcpi_state == kTcpClosed && info.tcpi_data_segs_out == 0;
}

}  // namespace lastack

#endif  // LASTACK_HARNESS_SYS_NEVER_SENT_H_
