// What a driver is asked to do, as data. The words on the wire are in cases/drivers/PORTING.md.
//
//   DriverScript ordinary = {{DriverStep::kConnect}, {DriverStep::kSend, "question"}, {DriverStep::kFinish},
//                            {DriverStep::kReceiveAll}, {DriverStep::kClose}};
//
// There is one connection at a time: what is done is done on the last one that was made or accepted. `hello` comes
// before a script and `quit` after it, when the driver has had time to close. Once connect or listen has failed nothing
// more of the script is asked; once accept has, nothing on that connection; once send or recv has, only what ends that
// connection.
//
// Threads: values. Allocates.
#ifndef LASTACK_HARNESS_RUN_DRIVER_SCRIPT_H_
#define LASTACK_HARNESS_RUN_DRIVER_SCRIPT_H_

#include <string>
#include <vector>

namespace lastack {

struct DriverStep {
  enum Kind {
    kMadeUp,       // a verb that does not exist: whoever answers it with anything but `unimplemented` answers blindly
    kWrongHandle,  // a close of a connection that was never made, or is closed already: an error
    kConnect,      // to the peer
    kSend,         // `text`, wholly
    kSendRefused,  // the same where an error is expected: after one the script goes on, and success ends it
    kFinish,       // the end of what is sent: FIN
    kShutdownReceive,
    kShutdownBoth,
    kSetLinger,      // {on, `count` seconds}
    kReceiveSome,    // once, at most `count` bytes
    kReceiveAll,     // again and again, to the end of what the peer sends
    kReceiveLater,   // asks for it as kReceiveSome, and goes on
    kAwaitReceived,  // the reply to that
    kClose,
    kAbort,
    kListen,     // at a free port, and the next time at the same
    kCall,       // not asked of the driver: the peer connects to it, and plays its next script
    kCallToEnd,  // the same, and waits until the client is gone
    kAccept,
    kStop,   // the end of listening
    kSpawn,  // `text`, words: a program that lives until we end it, once the script is over
    kQuit,   // at once; the last step, if it is one
  };
  Kind kind;
  std::string text;
  int count = 65536;
};

using DriverScript = std::vector<DriverStep>;

}  // namespace lastack

#endif  // LASTACK_HARNESS_RUN_DRIVER_SCRIPT_H_
