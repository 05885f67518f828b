#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "os/event_loop.h"

namespace systemcheck::test {

/// An event loop whose time passes only when the test says so. What is due at the same moment runs in
/// the order in which it was asked for. Like the real one it never calls back inside a call, and its
/// Watches may outlive it.
class FakeLoop final : public EventLoop {
 public:
  /// 2026-11-22 18:20:00 UTC.
  static constexpr WallTime first_wall_time{std::chrono::seconds{1'795'371'600}};
  /// A day after boot: room to look back.
  static constexpr Instant first_instant{std::chrono::hours{24}};
  /// No test needs more callbacks in one go; a loop that feeds itself ends here.
  static constexpr std::size_t steps_max = 1'000'000;

  Instant now() override { return core_->now; }
  WallTime wall_now() override { return first_wall_time + (core_->now - first_instant) + wall_jump_; }

  Watch at(Instant when, Callback callback) override {
    const auto id = core_->add({.kind = Kind::timer, .callback = std::move(callback)});
    core_->schedule(when < core_->now ? core_->now : when, id);
    return watch(id);
  }
  Result<Watch> when_ready(int descriptor, Ready ready, Priority, Callback callback) override {
    return watch(core_->add(
        {.kind = Kind::ready, .number = descriptor, .ready = ready, .callback = std::move(callback)}));
  }
  /// False: a kernel without pidfd_open(2).
  bool has_pidfds = true;
  Result<Watch> when_gone(ProcessIdentity process, Callback callback) override {
    if (!has_pidfds) return Error{Error::Kind::failed, "pidfd_open: Function not implemented"};
    if (core_->gone.contains(process)) return Error{Error::Kind::not_found, "it is gone already"};
    const auto id = core_->add({.kind = Kind::gone, .process = process, .callback = std::move(callback)});
    return Watch(std::make_unique<Registered>(core_, id, process));
  }
  Result<Watch> on_signal(int number, Callback callback) override {
    if (core_->count(Kind::signal, [number](const Entry& it) { return it.number == number; }) > 0) {
      return Error{Error::Kind::refused, "this signal is watched already"};
    }
    return watch(core_->add({.kind = Kind::signal, .number = number, .callback = std::move(callback)}));
  }
  /// The job runs here and now unless hold_aside() was called; its result one turn of the loop later.
  Result<Watch> aside(Job job) override {
    if (held_jobs_.size() >= aside_limit) return Error{Error::Kind::refused, "the worker has too much to do"};
    const auto id = core_->add({.kind = Kind::aside});
    if (holds_aside_) {
      held_jobs_.push_back({.id = id, .job = std::move(job)});
    } else {
      finish_aside(id, job);
    }
    return watch(id);
  }
  /// Until stop(), or until nothing is left that time alone could bring about.
  Status run() override {
    is_stopped_ = false;
    for (std::size_t steps = 0; !is_stopped_ && steps < steps_max && step();)
      ++steps;
    return Nothing{};
  }
  void stop() override { is_stopped_ = true; }

  // What a test does.

  /// Goes to the next thing that is planned and does it; false if there is none.
  bool step() { return step_until(Instant::max()); }
  /// Does all that is due now; no time passes.
  void settle() { run_until(core_->now); }
  void run_for(Duration duration) { run_until(core_->now + duration); }
  void run_until(Instant end) {
    for (std::size_t steps = 0; steps < steps_max && step_until(end);)
      ++steps;
    if (core_->now < end) core_->now = end;
  }
  /// Whether it became true before `limit` was over. Stops at the moment at which it does.
  bool run_until(const std::function<bool()>& is_true, Duration limit) {
    const Instant end = core_->now + limit;
    for (std::size_t steps = 0; !is_true() && steps < steps_max && step_until(end);)
      ++steps;
    return is_true();
  }

  void make_ready(int descriptor, Ready ready = Ready::readable) {
    trigger(Kind::ready, [=](const Entry& it) { return it.number == descriptor && it.ready == ready; });
  }
  /// It is gone from now on: who watches it is told, who asks later gets not_found. Without an `end`: as on
  /// a kernel that does not tell how.
  void end_process(ProcessIdentity process, std::optional<ProcessEnd> end = std::nullopt) {
    core_->gone.emplace(process, end);
    trigger(Kind::gone, [=](const Entry& it) { return it.process == process; });
  }
  void raise_signal(int number) {
    trigger(Kind::signal, [=](const Entry& it) { return it.number == number; });
  }
  void jump_wall_clock(Duration by) { wall_jump_ += by; }

  /// From now on jobs wait, as behind a job that hangs; more than aside_limit of them are refused.
  void hold_aside() { holds_aside_ = true; }
  void release_aside() {
    holds_aside_ = false;
    for (auto& held : std::exchange(held_jobs_, {}))
      finish_aside(held.id, held.job);
  }
  [[nodiscard]] std::size_t held_jobs() const { return held_jobs_.size(); }
  static constexpr std::size_t aside_limit = 16;

  [[nodiscard]] bool is_stopped() const { return is_stopped_; }
  [[nodiscard]] bool is_watching(ProcessIdentity process) const {
    return core_->count(Kind::gone, [=](const Entry& it) { return it.process == process; }) > 0;
  }
  [[nodiscard]] bool is_watching_descriptor(int descriptor) const {
    return core_->count(Kind::ready, [=](const Entry& it) { return it.number == descriptor; }) > 0;
  }

 private:
  enum class Kind { timer, ready, gone, signal, aside };
  struct Entry {
    Kind kind = Kind::timer;
    int number = -1;
    Ready ready = Ready::readable;
    ProcessIdentity process{};
    Callback callback{};
  };
  struct HeldJob {
    std::uint64_t id = 0;
    Job job{};
  };
  struct Core {
    Instant now = first_instant;
    std::uint64_t last_id = 0;
    std::map<std::uint64_t, Entry> entries{};
    std::map<std::pair<Instant, std::uint64_t>, std::uint64_t> planned{};
    std::map<ProcessIdentity, std::optional<ProcessEnd>> gone{};

    std::uint64_t add(Entry entry) {
      entries.emplace(++last_id, std::move(entry));
      return last_id;
    }
    void schedule(Instant when, std::uint64_t id) { planned.emplace(std::pair{when, ++last_id}, id); }
    template <typename Matches>
    [[nodiscard]] std::size_t count(Kind kind, Matches matches) const {
      std::size_t found = 0;
      for (const auto& [id, entry] : entries)
        found += entry.kind == kind && matches(entry) ? 1U : 0U;
      return found;
    }
  };
  struct Registered final : Watch::Registration {
    Registered(std::weak_ptr<Core> owner, std::uint64_t number, ProcessIdentity watched = {})
        : core(std::move(owner)), id(number), process(watched) {}
    ~Registered() override {
      if (const auto alive = core.lock()) alive->entries.erase(id);
    }
    [[nodiscard]] std::optional<ProcessEnd> how_it_ended() const override {
      const auto alive = core.lock();
      if (!alive || !alive->gone.contains(process)) return std::nullopt;
      return alive->gone.at(process);
    }
    std::weak_ptr<Core> core;
    std::uint64_t id;
    ProcessIdentity process;
  };

  Watch watch(std::uint64_t id) { return Watch(std::make_unique<Registered>(core_, id)); }

  void finish_aside(std::uint64_t id, const Job& job) {
    auto result = job();
    const auto entry = core_->entries.find(id);
    if (entry == core_->entries.end()) return;
    entry->second.callback = std::move(result);
    core_->schedule(core_->now, id);
  }
  template <typename Matches>
  void trigger(Kind kind, Matches matches) {
    for (const auto& [id, entry] : core_->entries) {
      if (entry.kind == kind && matches(entry)) core_->schedule(core_->now, id);
    }
  }
  bool step_until(Instant end) {
    const auto next = core_->planned.begin();
    if (next == core_->planned.end() || next->first.first > end) return false;
    const auto id = next->second;
    core_->now = next->first.first;
    core_->planned.erase(next);
    fire(id);
    return true;
  }
  void fire(std::uint64_t id) {
    const auto found = core_->entries.find(id);
    if (found == core_->entries.end()) return;
    const auto callback = found->second.callback;  // Its Watch may be destroyed while it runs.
    const bool fires_once = found->second.kind != Kind::ready && found->second.kind != Kind::signal;
    if (fires_once) core_->entries.erase(found);
    if (callback) callback();
  }

  std::shared_ptr<Core> core_ = std::make_shared<Core>();
  Duration wall_jump_{};
  std::deque<HeldJob> held_jobs_{};
  bool holds_aside_ = false;
  bool is_stopped_ = false;
};

}  // namespace systemcheck::test
