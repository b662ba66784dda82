// What a driver is asked to do with one connection, as data. The words on the wire are in cases/drivers/PORTING.md.
//
//   DriverScript ordinary = {{DriverStep::kConnect}, {DriverStep::kSend, "question"}, {DriverStep::kFinish},
//                            {DriverStep::kReceiveAll}, {DriverStep::kClose}};
//
// `hello` comes before a script and `quit` after it, when the driver has had time to close. Once connect has failed nothing more of the script is asked; once
// send or recv has, only what ends the connection.
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
    kFinish,       // the end of what is sent: FIN
    kReceiveSome,  // once
    kReceiveAll,   // again and again, to the end of what the peer sends
    kClose,
    kAbort,
    kQuit,  // at once; the last step, if it is one
  };
  Kind kind;
  std::string text;
};

using DriverScript = std::vector<DriverStep>;

}  // namespace lastack

#endif  // LASTACK_HARNESS_RUN_DRIVER_SCRIPT_H_
