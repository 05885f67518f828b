#pragma once

#include <utility>

#include "base/text.h"
#include "os/event_loop.h"
#include "probe/prober.h"

namespace systemcheck {

/// One question under way, whatever it is asked with: its deadline, and its one verdict.
class Question : public Watch::Registration {
 public:
  Question(EventLoop& loop, const Probe& probe, OnVerdict on_verdict)
      : loop_(loop), probe_(probe), on_verdict_(std::move(on_verdict)), asked_at_(loop.now()) {
    deadline_ = loop_.at(asked_at_ + probe_.timeout,
                         [this] { give({.result = ProbeClass::timeout, .detail = what_is_missing()}); });
  }

 protected:
  [[nodiscard]] virtual std::string what_is_missing() const {
    return "no answer within " + duration_text(probe_.timeout);
  }
  /// Gives back what the question holds: descriptors, children.
  virtual void let_go() = 0;

  /// May destroy this question.
  void give(Verdict verdict) {
    if (!on_verdict_) return;
    verdict.took = loop_.now() - asked_at_;
    verdict.detail = printable(verdict.detail);
    if (verdict.result == ProbeClass::ok && probe_.slow && verdict.took > *probe_.slow) {
      verdict.result = ProbeClass::slow;
      verdict.detail = "slow: " + duration_words(verdict.took) + "; " + verdict.detail;
    }
    deadline_.cancel();
    let_go();
    std::exchange(on_verdict_, {})(verdict);
  }
  /// The same, but not now: for what is known while it is being asked.
  void give_later(Verdict verdict) {
    deadline_ = loop_.at(loop_.now(), [this, verdict = std::move(verdict)] { give(verdict); });
  }
  [[nodiscard]] const Probe& probe() const { return probe_; }
  [[nodiscard]] EventLoop& loop() const { return loop_; }

 private:
  EventLoop& loop_;
  const Probe probe_;
  OnVerdict on_verdict_;
  const Instant asked_at_;
  Watch deadline_{};
};

}  // namespace systemcheck
