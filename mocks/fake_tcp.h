// TCP's rules (RFC 9293, as Linux applies them): what the calls do to a connection, and what arriving segments do.
//
//   ESTABLISHED --close/SHUT_WR--> FIN_WAIT1 --ACK--> FIN_WAIT2 --FIN--> TIME_WAIT
//   ESTABLISHED --FIN arrives----> CLOSE_WAIT --close--> LAST_ACK --ACK--> (gone)
//   FIN_WAIT1   --FIN arrives----> CLOSING --ACK--> TIME_WAIT             (both closed at once)
//
// Arguments have been checked and waiting is done by the caller (fake_process.h): a call that must wait returns EAGAIN.
#ifndef LASTACK_MOCKS_FAKE_TCP_H_
#define LASTACK_MOCKS_FAKE_TCP_H_

#include "harness/sys/sys_api.h"
#include "mocks/fake_socket.h"

namespace lastack {

class FakeStack;

class FakeTcp {
 public:
  explicit FakeTcp(FakeStack& stack) : stack_(stack) {}

  // --- The calls.
  void Connect(FakeSocket& end, const FakeAddress& to);  // sends SYN; watch `state`
  SysResult Send(FakeSocket& end, const void* data, size_t size);
  SysResult Receive(FakeSocket& end, void* data, size_t size, int flags);
  int Shutdown(FakeSocket& end, int directions);  // an errno, or 0
  // The last descriptor is gone. The socket may live on without, or be released by this call.
  void Close(FakeSocket& end);
  void Adjudge(FakeSocket& end);  // the end of a close, after lingering
  void LingerIsOver(FakeSocket& end);
  static bool Lingers(const FakeSocket& end);  // whether a lingering close has still to wait
  void Abort(FakeSocket& end);                 // RST, whatever is pending
  uint32_t Poll(const FakeSocket& end) const;
  // The pending error, which is thereby told.
  static int TakeError(FakeSocket& end);

  // --- The wire.
  void Arrive(FakeSocket& end, const FakeSegment& segment);
  void RetrySyn(FakeSocket& end);
  void FinWait2IsOver(FakeSocket& end);

 private:
  void ArriveAtListener(FakeSocket& client, const FakeSegment& segment);
  void OnSynAck(FakeSocket& end, const FakeSegment& segment);
  void OnAck(FakeSocket& end, const FakeSegment& segment);
  bool OnData(FakeSocket& end, const FakeSegment& segment);  // false: the connection was reset
  void OnFin(FakeSocket& end);
  void OnReset(FakeSocket& end);
  void Done(FakeSocket& end);  // no connection any more
  void EnterTimeWait(FakeSocket& end);
  void SendReset(FakeSocket& end);
  void SendAck(FakeSocket& end);
  void SendSyn(FakeSocket& end);
  void QueueFin(FakeSocket& end);  // and moves to the state after it
  void Push(FakeSocket& end);      // what the peer's window allows
  void Establish(FakeSocket& end);
  uint64_t WindowEnd(const FakeSocket& end) const;

  FakeStack& stack_;
};

}  // namespace lastack

#endif  // LASTACK_MOCKS_FAKE_TCP_H_
