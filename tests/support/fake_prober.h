#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "os/event_loop.h"
#include "probe/prober.h"

namespace systemcheck::test {

/// Services that answer as the test says, by the name of the probe; without a word of it: ok.
class FakeProber final : public Prober {
 public:
  explicit FakeProber(EventLoop& loop) : loop_(loop) {}

  Watch ask(const Probe& probe, OnVerdict on_verdict) override {
    ++asked_;
    const auto known = answers_.find(probe_name(probe));
    Verdict verdict{.result = known == answers_.end() ? ProbeClass::ok : known->second, .took = delay};
    const auto wait = verdict.result == ProbeClass::timeout ? probe.timeout : delay;
    return loop_.at(loop_.now() + wait, [verdict, told = std::move(on_verdict)] { told(verdict); });
  }

  void answer(const std::string& name, ProbeClass result) { answers_[name] = result; }
  [[nodiscard]] std::size_t asked() const { return asked_; }

  static constexpr Duration delay = std::chrono::milliseconds{2};

 private:
  EventLoop& loop_;
  std::map<std::string, ProbeClass> answers_{};
  std::size_t asked_ = 0;
};

}  // namespace systemcheck::test
