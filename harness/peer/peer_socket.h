// Our end of one TCP connection: a non-blocking socket and the truthful record of what happened on it.
//
// A pending RST is reported by the kernel once, by whichever call comes first, and what follows looks like an end of
// file. So every call on the socket is made here, and each one says what it has learnt: FIN is noted from a receive
// that returns 0 with no RST before it or from the state CLOSE_WAIT, RST from ECONNRESET, and RST after FIN from EPIPE.
//
// Threads: one owner. Allocates. Sources: tcp(7), recv(2), RFC 9293 sections 3.10.4 and 3.10.7.4; Linux's tcp_reset().
#ifndef LASTACK_HARNESS_PEER_PEER_SOCKET_H_
#define LASTACK_HARNESS_PEER_PEER_SOCKET_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "harness/peer/connection_record.h"
#include "harness/peer/socket_row.h"

namespace lastack {

class PeerSocket {
 public:
  // Takes the accepted, non-blocking `socket`. `keep_left` bounds what the records of all connections keep together.
  PeerSocket(int socket, uint64_t start_ns, std::atomic<int64_t>* keep_left);
  PeerSocket(const PeerSocket&) = delete;
  PeerSocket& operator=(const PeerSocket&) = delete;
  ~PeerSocket();

  int descriptor() const { return socket_; }  // -1 when it is closed
  bool fin() const { return fin_; }
  bool reset() const { return reset_; }
  // Nothing more can come: RST, both FINs, or an error.
  bool over() const { return reset_ || !error_.empty() || (fin_ && record_.our_fin_ns != 0); }

  enum class Got : uint8_t { kBytes, kNothingYet, kEnd };

  // Takes at most `limit` bytes, at most one buffer full. received() are the bytes.
  Got Receive(size_t limit);
  // Looks at what has come and leaves it; received() are the bytes.
  Got Peek();
  absl::string_view received() const { return absl::string_view(buffer_.data(), received_); }

  // How many bytes our kernel took; 0 if it takes none now, or if the connection is broken: then false. Not after
  // SendFin.
  bool Send(absl::string_view bytes, size_t* sent);

  // From now on the kernel holds back what does not fill a segment, until FIN goes.
  void HoldBack();

  // Takes as much at a time as the kernel gives, on a narrow connection, too.
  void Widen();
  // How many bytes have come and are not taken.
  uint32_t Untaken() const;

  // Sends FIN, once. False if the connection is over.
  bool SendFin();
  // Sends RST and closes. False, and nothing is done, if the connection is over: no RST would go.
  bool SendReset();
  // Closes as any program would: FIN, or RST if there is data that was not read.
  void Close();

  // Notes, without reading, FIN and RST that have come. Returns our side's state; kClose: it is over, or in TIME_WAIT.
  TcpState LookForEnd();
  // Bytes, and FIN, that were sent and are not acknowledged.
  uint32_t Unacknowledged() const;

  // Why the connection ended, for a sentence: "the subject sent FIN".
  std::string WhyEnded() const;

  // What was seen so far. The owner adds what it knows.
  ConnectionRecord& record() { return record_; }

 private:
  uint64_t Now() const;
  Got Note(ssize_t result, int error);
  void NoteFin();
  void NoteReset();
  void NoteError(int error);
  TcpState State() const;
  void Keep();
  void SetEnding();
  void Release();

  int socket_;
  uint64_t start_ns_;
  std::atomic<int64_t>* keep_left_;
  std::vector<char> buffer_;
  size_t received_ = 0;
  bool full_ = false;  // nothing more is kept
  bool fin_ = false;
  bool reset_ = false;
  std::string error_;  // an error that is neither
  ConnectionRecord record_;
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_PEER_PEER_SOCKET_H_
