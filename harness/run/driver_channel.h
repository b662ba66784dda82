// The two pipes to a driver: requests, a line each, go to its standard input, and its replies come from its standard
// output.
//
//   DriverChannel channel;
//   if (absl::Status opened = channel.Open(); !opened.ok()) return opened;
//   launch.in = channel.request_reader();
//   launch.out = channel.reply_writer();
//   launch.on_started = [&] { channel.CloseDriverEnds(); ... };
//   const int connecting = channel.Post("connect a 127.0.0.2 4711");
//   optional<std::string> reply = channel.Await(connecting, deadline);   // "ok"
//
// A request is `TAG WORDS`, its reply `TAG WORDS` with the same tag. Several may be waiting for their replies, which
// may come in any order; whether a driver can do with that is its own affair. Whatever else the driver writes is noise,
// and kept.
//
// Threads: one owner; SIGPIPE is blocked or ignored in the thread that asks. Allocates.
#ifndef LASTACK_HARNESS_RUN_DRIVER_CHANNEL_H_
#define LASTACK_HARNESS_RUN_DRIVER_CHANNEL_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "harness/peer/deadline.h"

namespace lastack {

class DriverChannel {
 public:
  DriverChannel() = default;
  DriverChannel(const DriverChannel&) = delete;
  DriverChannel& operator=(const DriverChannel&) = delete;
  ~DriverChannel();

  [[nodiscard]] absl::Status Open();
  int request_reader() const { return request_reader_; }
  int reply_writer() const { return reply_writer_; }
  // When the driver has them: so that its end shows.
  void CloseDriverEnds();

  // Sends a request, from the next Await on; the tag by which its reply is had.
  int Post(absl::string_view request);

  // The reply without its tag. Nothing: the driver has closed its output, or ended, or does not answer before
  // `deadline`; it can then be awaited again.
  [[nodiscard]] absl::optional<std::string> Await(int tag, const Deadline& deadline);

  // What the driver wrote that answers no request, at most a few lines.
  const std::vector<std::string>& noise() const { return noise_; }

 private:
  bool Exchange(const Deadline& deadline);
  bool WriteSome();
  bool ReadSome();
  void SortLines();
  void SortLine(absl::string_view line);
  absl::optional<std::string> TakeReply(int tag);

  int request_reader_ = -1;
  int request_writer_ = -1;
  int reply_reader_ = -1;
  int reply_writer_ = -1;
  int last_tag_ = 0;
  std::string unsent_;                                  // of the requests
  std::string unread_;                                  // of the replies: what follows the last whole line
  std::map<int, absl::optional<std::string>> replies_;  // by tag, of all requests whose reply was not taken
  std::vector<std::string> noise_;
};

}  // namespace lastack

#endif  // LASTACK_HARNESS_RUN_DRIVER_CHANNEL_H_
