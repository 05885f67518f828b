#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "decide/shedding.h"

namespace systemcheck::test {

/// A machine of a hundred percent of memory, under the decision that turns services off and on again. It
/// behaves: what is told to stop is gone after a while and gives its memory back, what is told to start is up
/// at once.
class ShedWorld {
 public:
  static constexpr double total_bytes = 1000.0 * (1 << 20);
  static constexpr Instant noon{std::chrono::hours{12}};

  ShedWorld() { rules.mode = Mode::act; }

  static constexpr double percent(double share) { return share / 100 * total_bytes; }

  /// A service that runs for a long time already, and uses `size` percent.
  ShedCandidate& add(const std::string& name, double size, std::uint32_t priority = 10) {
    ShedCandidate service;
    service.name = name;
    service.unit = name + ".service";
    service.priority = priority;
    service.mode = Mode::act;
    service.presence = ShedPresence::up;
    service.instance = name + " 1";
    service.anonymous_bytes = percent(size);
    services.push_back(service);
    sizes.push_back(size);
    return services.back();
  }
  ShedCandidate& service(const std::string& name) {
    return *std::ranges::find(services, name, &ShedCandidate::name);
  }

  /// In percent.
  [[nodiscard]] double usable() const {
    double used = others;
    for (const auto& it : services) {
      const double own = it.anonymous_bytes.value_or(0) / percent(1);
      if (it.presence != ShedPresence::down && std::isfinite(own)) used += own;
    }
    return 100 - used;
  }
  /// What others use, so that this is usable.
  void set_usable(double share) { others += usable() - share; }

  [[nodiscard]] MemorySight sight() const {
    MemorySight sight;
    sight.taken = now;
    sight.total_bytes = total_bytes;
    sight.usable_bytes = percent(usable());
    sight.anonymous_bytes = percent(90 - usable());
    sight.swap_total_bytes = swap_free ? percent(100) : 0;
    sight.swap_free_bytes = percent(swap_free.value_or(0));
    sight.waiting_seconds = waited;
    sight.oom_kills = oom_kills;
    return sight;
  }

  /// One look, and what follows from it.
  const ShedChoice& look() { return look(Result<MemorySight>(sight())); }
  const ShedChoice& look(const Result<MemorySight>& at) {
    choice = decide_shedding(rules, std::move(memo), at, services, now);
    memo = choice.memo;
    for (const auto& action : choice.actions)
      follow(action);
    for (const auto& it : choice.news)
      news.push_back(std::string(word(it.kind)) + (it.service.empty() ? "" : " " + it.service));
    return choice;
  }
  /// A look each second, and more often if so told.
  const ShedChoice& pass(Duration duration, Duration step = std::chrono::seconds{1}) {
    for (const auto end = now + duration; now < end;) {
      now += step;
      end_stops();
      look();
    }
    return choice;
  }
  /// Until so much was done, three hours at most: with a mistake in what is tested it may never be.
  void pass_until_done(std::size_t count) {
    constexpr int seconds_max = 3 * 3600;
    for (int i = 0; i < seconds_max && done.size() < count; ++i)
      pass(std::chrono::seconds{1});
  }
  /// Time passes and nobody looks.
  void wait(Duration duration) {
    now += duration;
    end_stops();
  }

  /// Does as an administrator or the machine would.
  void stop(const std::string& name) { service(name).presence = ShedPresence::down; }
  void start(const std::string& name) {
    auto& it = service(name);
    it.presence = ShedPresence::up;
    it.instance = name + " " + std::to_string(++starts_);
    it.up_since = now;
    it.anonymous_bytes = percent(sizes[static_cast<std::size_t>(&it - services.data())]);
  }

  [[nodiscard]] const ShedServiceMemo& memo_of(const std::string& name) const {
    return *std::ranges::find(memo.services, name, &ShedServiceMemo::name);
  }
  [[nodiscard]] ShedPhase phase(const std::string& name) const { return memo_of(name).phase; }
  [[nodiscard]] const ShedStanding& standing(const std::string& name) {
    return choice.standings[static_cast<std::size_t>(&service(name) - services.data())];
  }
  [[nodiscard]] bool has_news(const std::string& text) const {
    return std::ranges::find(news, text) != news.end();
  }

  MemoryRules rules{};
  std::vector<ShedCandidate> services{};
  std::vector<double> sizes{};  ///< percent, after a start
  double others = 0;            ///< percent
  std::optional<double> swap_free{};
  std::optional<double> waited{};
  std::uint64_t oom_kills = 0;
  Duration stop_takes = std::chrono::seconds{3};
  bool is_deaf = false;      ///< nothing stops
  bool is_immortal = false;  ///< nothing can be killed, either
  Instant now = noon;
  ShedMemo memo{};
  ShedChoice choice{};
  std::vector<std::string> done{};  ///< "stop a", "kill a", "start a"
  std::vector<Instant> done_at{};
  std::vector<std::string> news{};

 private:
  void follow(const ShedAction& action) {
    done.push_back(std::string(word(action.verb)) + " " + action.service);
    done_at.push_back(now);
    if (action.is_rehearsed) return;
    if (action.verb == ShedVerb::stop && !is_deaf) ends_.emplace_back(action.service, now + stop_takes);
    if (action.verb == ShedVerb::kill && !is_immortal) ends_.emplace_back(action.service, now);
    if (action.verb == ShedVerb::start) start(action.service);
  }
  void end_stops() {
    std::erase_if(ends_, [this](const auto& it) {
      if (it.second > now) return false;
      stop(it.first);
      return true;
    });
  }

  std::vector<std::pair<std::string, Instant>> ends_{};
  int starts_ = 1;
};

}  // namespace systemcheck::test
