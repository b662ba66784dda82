#include "cases/always_close/accept_fails.h"
#include "cases/always_close/accepted.h"
#include "cases/always_close/all_released.h"
#include "cases/always_close/call_fails.h"
#include "cases/always_close/growth_ends.h"
#include "cases/always_close/listener.h"
#include "cases/always_close/losing_attempts.h"
#include "cases/always_close/no_use_after.h"
#include "cases/always_close/not_inherited.h"
#include "cases/always_close/orderly.h"
#include "cases/always_close/parent_copy.h"
#include "cases/always_close/recv_fails.h"
#include "cases/case.h"
#include "cases/check_close/closed_again.h"
#include "cases/check_close/errno_preserved.h"
#include "cases/check_close/error_harmless.h"
#include "cases/check_close/error_noticed.h"
#include "cases/check_close/error_returned.h"
#include "cases/check_close/not_anothers.h"
#include "cases/error_paths.h"
#include "cases/half_close/directions.h"
#include "cases/half_close/drain_is_bounded.h"
#include "cases/half_close/drains_before_close.h"
#include "cases/half_close/finish.h"
#include "cases/half_close/peer_finishes_first.h"
#include "cases/half_close/reads_after_finish.h"
#include "cases/half_close/shutdown_error.h"
#include "cases/half_close/shutdown_is_not_close.h"
#include "cases/interrupted/interruptions.h"
#include "cases/interrupted/would_block.h"
#include "cases/linger/abort_when_asked.h"
#include "cases/linger/event_loop_not_blocked.h"
#include "cases/linger/no_abort_by_default.h"
#include "cases/linger/not_inherited_by_accepted.h"
#include "cases/linger/positive_is_bounded.h"
#include "cases/linger/time_wait_respected.h"
#include "cases/linger/unsent_delivered.h"
#include "cases/patterns.h"
#include "cases/peer_gone/connect_error.h"
#include "cases/peer_gone/no_spin.h"
#include "cases/peer_gone/others_unharmed.h"
#include "cases/peer_gone/reset_during_close.h"
#include "cases/peer_gone/reset_during_drain.h"
#include "cases/peer_gone/reset_during_shutdown.h"
#include "cases/peer_gone/reset_on_recv_reported.h"
#include "cases/peer_gone/send_error.h"
#include "cases/peer_gone/sigpipe_left_alone.h"
#include "cases/peer_gone/sigpipe_survived.h"
#include "cases/peer_gone/silent_peer.h"
#include "cases/peer_gone/truncation_reported.h"

namespace lastack {

const std::vector<Case>& Cases() {
  static const auto* cases = new std::vector<Case>{
      AlwaysCloseOrderly(),
      AlwaysCloseOrderlyAfterTruncation(),
      AlwaysCloseConnectFails(),
      AlwaysCloseLosingAttempts(),
      AlwaysCloseSetupFails(),
      AlwaysCloseSendFails(),
      AlwaysCloseSendFailsByEpipe(),
      AlwaysCloseRecvFails(),
      AlwaysCloseShutdownFails(),
      AlwaysCloseAllReleasedOnError(),
      AlwaysCloseExactlyOnce(),
      AlwaysCloseExactlyOnceEach(),
      AlwaysCloseExactlyOnceAfterReset(),
      AlwaysCloseExactlyOnceAfterTruncation(),
      AlwaysCloseExactlyOnceAfterRefusal(),
      AlwaysCloseNoUseAfter(),
      AlwaysCloseNoUseAfterReset(),
      AlwaysCloseNoUseAfterTruncation(),
      AlwaysCloseNoUseAfterRefusal(),
      AlwaysCloseAccepted(),
      AlwaysCloseAcceptedFinished(),
      AlwaysCloseAcceptedNoRequest(),
      AlwaysCloseAcceptedReset(),
      AlwaysCloseGrowthEndsInEmfile(),
      AlwaysCloseAcceptFails(),
      AlwaysCloseAcceptAborted(),
      AlwaysCloseAcceptSpins(),
      AlwaysCloseListener(),
      AlwaysCloseNotInherited(),
      AlwaysCloseNotInheritedBySpawned(),
      AlwaysCloseParentCopy(),
      CheckCloseEintrNotRetried(),
      CheckCloseEintrNotRetriedEach(),
      CheckCloseEintrNotRetriedAfterReset(),
      CheckCloseEintrHarmless(),
      CheckCloseErrorNoticed(),
      CheckCloseErrorReturned(),
      CheckCloseErrorNotRetried(),
      CheckCloseErrorNotRetriedEach(),
      CheckCloseResetTolerated(),
      CheckCloseErrnoPreserved(),
      CheckCloseErrnoPreservedOnConnect(),
      CheckCloseNotAnothers(),
      HalfCloseFinishSendsFin(),
      HalfCloseReadsAfterFinish(),
      HalfCloseNoSendAfterFinish(),
      HalfCloseShutdownIsNotClose(),
      HalfCloseShutdownInterrupted(),
      HalfCloseShutdownNotConnected(),
      HalfClosePeerFinishesFirst(),
      HalfCloseDrainsBeforeClose(),
      HalfCloseDrainIsBounded(),
      HalfCloseBufferedAfterRd(),
      HalfCloseBothDirections(),
      LingerNoAbortByDefault(),
      LingerNotInheritedByAccepted(),
      LingerUnsentDelivered(),
      LingerExitAfterClose(),
      LingerEventLoopNotBlocked(),
      LingerTimeWaitRespected(),
      LingerAbortWhenAsked(),
      LingerPositiveIsBounded(),
      PeerGoneOthersUnharmed(),
      PeerGoneSigpipeSurvived(),
      PeerGoneSigpipeSurvivedInjected(),
      PeerGoneSigpipeLeftAlone(),
      PeerGoneEpipeReported(),
      PeerGoneResetOnSendReported(),
      PeerGoneResetOnRecvReported(),
      PeerGoneTruncationReported(),
      PeerGoneResetDuringShutdown(),
      PeerGoneResetDuringDrain(),
      PeerGoneResetDuringClose(),
      PeerGoneSilentPeer(),
      PeerGoneNoSpin(),
      PeerGoneNoSpinAfterEnd(),
      PeerGoneConnectErrorReported(),
      InterruptedSend(),
      InterruptedRecv(),
      InterruptedConnect(),
      InterruptedPoll(),
      InterruptedEpoll(),
      InterruptedPartialSend(),
      InterruptedPartialSendThenReset(),
      InterruptedWouldBlock(),
      InterruptedShortRecv(),
  };
  return *cases;
}

std::vector<const Case*> CasesMatching(absl::string_view patterns) {
  std::vector<const Case*> matching;
  for (const Case& one : Cases()) {
    if (MatchesPatterns(patterns, one.id)) matching.push_back(&one);
  }
  return matching;
}

std::string AlwaysApplies(const Evidence&) { return ""; }

}  // namespace lastack
