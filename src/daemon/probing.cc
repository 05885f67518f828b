#include "daemon/probing.h"

#include <algorithm>
#include <utility>

#include "probe/count.h"

namespace systemcheck {

struct Probing::Asked {
  Probe probe{};
  ProbeRow row{};
  bool has_succeeded = false;  ///< since the start
  Instant next_at{};
  Watch question{};
  Watch next{};
};

Probing::Probing(EventLoop& loop, Prober& prober, const Service& service, Duration cycle,
                 std::function<void()> on_change)
    : loop_(loop),
      prober_(prober),
      cycle_(cycle),
      start_timeout_(service.start_timeout),
      on_change_(std::move(on_change)) {
  for (const auto& probe : service.probes) {
    asked_.push_back(std::make_unique<Asked>());
    asked_.back()->probe = probe;
  }
  begin_anew();
}

Probing::~Probing() = default;

void Probing::continue_from(const Probing& before) {
  main_ = before.main_;
  started_at_ = before.started_at_;
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    auto& asked = *asked_[i];
    auto next = first_turn(i);
    const auto known =
        std::ranges::find_if(before.asked_, [&](const auto& it) { return it->probe == asked.probe; });
    if (known != before.asked_.end()) {
      asked.row = (*known)->row;
      asked.has_succeeded = (*known)->has_succeeded;
      // A question that was under way is asked again; a shorter cycle is kept from now on.
      next = std::clamp((*known)->next_at, loop_.now(), loop_.now() + pace(asked));
    }
    if (main_) plan(i, next);
  }
}

void Probing::note_process(const std::optional<ProcessIdentity>& main) {
  if (main == main_) return;
  main_ = main;
  stop();
  if (!main_) return;
  begin_anew();
  start();
}

void Probing::begin_anew() {
  started_at_ = loop_.now();
  for (auto& asked : asked_) {
    asked->has_succeeded = false;
    asked->row.state = {.name = probe_name(asked->probe), .is_fatal = asked->probe.is_fatal};
  }
}

/// Spread over the interval, so that they do not all knock in the same moment, cycle after cycle.
Instant Probing::first_turn(std::size_t index) const {
  const auto place = static_cast<std::int64_t>(index);
  return loop_.now() + place * pace(*asked_[index]) / static_cast<std::int64_t>(asked_.size());
}

void Probing::start() {
  for (std::size_t i = 0; i < asked_.size(); ++i)
    plan(i, first_turn(i));
}

/// Whether it has come up is asked more often than whether it still is.
Duration Probing::pace(const Asked& asked) const {
  const auto every = asked.probe.every.value_or(cycle_);
  const bool is_starting = !asked.has_succeeded && loop_.now() - started_at_ < start_timeout_;
  return is_starting ? std::min(every, pace_while_starting) : every;
}

void Probing::stop() {
  for (auto& asked : asked_) {
    asked->question.cancel();
    asked->next.cancel();
  }
}

void Probing::plan(std::size_t index, Instant when) {
  asked_[index]->next_at = when;
  asked_[index]->next = loop_.at(when, [this, index] { ask(index); });
}

void Probing::ask(std::size_t index) {
  auto& asked = *asked_[index];
  asked.question = prober_.ask(asked.probe, [this, index](const Verdict& verdict) { note(index, verdict); });
}

void Probing::note(std::size_t index, const Verdict& verdict) {
  auto& asked = *asked_[index];
  asked.has_succeeded = asked.has_succeeded || is_success(verdict.result);
  const bool counts = asked.has_succeeded || loop_.now() - started_at_ >= start_timeout_;
  asked.row.state = count_verdict(asked.probe, std::move(asked.row.state), verdict,
                                  counts ? Counting::yes : Counting::not_yet, loop_.wall_now());
  count_row(asked.row, verdict.result, verdict.took);
  // From the end of one question to the next: a slow service is not asked faster than it answers.
  plan(index, loop_.now() + pace(asked));
  on_change_();
}

std::vector<ProbeState> Probing::states() const {
  std::vector<ProbeState> states;
  for (const auto& asked : asked_)
    states.push_back(asked->row.state);
  return states;
}

std::vector<ProbeRow> Probing::rows() const {
  std::vector<ProbeRow> rows;
  for (const auto& asked : asked_)
    rows.push_back(asked->row);
  return rows;
}

}  // namespace systemcheck
