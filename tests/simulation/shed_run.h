#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "decide/shed_memory.h"
#include "simulation/shed_faults.h"
#include "simulation/shed_watch.h"

namespace systemcheck::test {

/// What a run comes to.
struct ShedTotals {
  double ooms = 0;
  double seconds_low = 0;
  double sheds = 0;
  double restores = 0;
  double flaps = 0;         ///< off again within ten minutes of a restore
  double down_seconds = 0;  ///< of all services together
  double service_seconds = 0;
  double steps = 0;

  ShedTotals& operator+=(const ShedTotals& other) {
    ooms += other.ooms;
    seconds_low += other.seconds_low;
    sheds += other.sheds;
    restores += other.restores;
    flaps += other.flaps;
    down_seconds += other.down_seconds;
    service_seconds += other.service_seconds;
    steps += other.steps;
    return *this;
  }
};

enum class Policy { naive, rules };

struct RunSetup {
  Disturbance disturbance = Disturbance::spike;
  std::uint64_t seed = 0;
  double seconds = 7200;
  Policy policy = Policy::rules;
  Mode mode = Mode::act;
  bool has_faults = false;
  bool is_ideal =
      false;  ///< services have their size at once, and end after what is assumed before it is known
  bool is_reversed = false;  ///< the order of services
  Instant began{std::chrono::hours{1}};
};

/// What ends the daemon, and when in a step.
enum class CrashPoint { none, before_intention, before_action, after_action };

/// The plant under a policy. Can be copied: a copy goes on by itself.
class ShedRun {
 public:
  explicit ShedRun(const RunSetup& setup)
      : setup_(setup), plant_(setup.disturbance, setup.seed, length(setup)) {
    Dice dice(setup.seed * 2654435761U + 1);
    if (setup.is_ideal) make_ideal();
    if (setup.has_faults) add_faults(dice);
    rules_.mode = setup.mode;
    make_candidates();
    restored_at_.assign(plant_.services.size(), -1e9);
  }

  /// Until the disturbance is over.
  void run() {
    while (now_ < setup_.seconds && is_sound())
      step();
  }
  /// Until all is back, `seconds` at most.
  void run_until_all_are_back(double seconds) {
    const double end = now_ + seconds;
    while (now_ < end && is_sound() && !is_all_back())
      step();
  }

  void step(CrashPoint crash = CrashPoint::none) {
    now_ += tick_;
    plant_.advance(now_);
    happen();
    count();
    if (setup_.policy == Policy::naive) return be_naive();
    decide(crash);
    restart_what_died();
  }

  [[nodiscard]] double now() const { return now_; }
  [[nodiscard]] bool is_sound() const { return watch_.violation().empty(); }
  [[nodiscard]] const std::string& violation() const { return watch_.violation(); }
  [[nodiscard]] const ShedTotals& totals() const { return totals_; }
  [[nodiscard]] const std::vector<std::string>& story() const { return story_; }
  [[nodiscard]] bool has_just_acted() const { return has_acted_; }
  [[nodiscard]] bool is_all_back() const {
    return std::ranges::all_of(plant_.services, [this](const PlantService& it) { return is_as_wanted(it); });
  }
  /// "a+ b- …": which services are up.
  [[nodiscard]] std::string service_set() const {
    std::string text;
    for (const auto& it : plant_.services)
      text += it.name + (it.state == PlantService::State::up ? "+ " : "- ");
    return text;
  }
  /// Everything that was decided, in order.
  [[nodiscard]] const std::vector<std::string>& decisions() const { return decisions_; }
  /// Everything is as it should be from now on, but what has been done.
  void end_faults() {
    faults_ = Faults();
    for (auto& it : plant_.services) {
      it.leak_rate = 0;
      if (!it.is_admin_down) continue;
      it.is_admin_down = false;
      plant_.start(it);
    }
  }

 private:
  using State = PlantService::State;

  static std::size_t length(const RunSetup& setup) { return static_cast<std::size_t>(setup.seconds) + 2; }

  bool is_as_wanted(const PlantService& it) const {
    // What is thought to be far larger than it is may never seem to fit: people are told of it.
    return (it.state == State::up) != it.is_admin_down || it.misread > 1.5;
  }

  void make_ideal() {
    for (auto& it : plant_.services) {
      it.is_ideal = true;
      it.stop_time = 5;
    }
  }
  void add_faults(Dice& dice) {
    for (auto& it : plant_.services) {
      it.ignores_stop = dice.chance(0.1);
      it.ignores_kill = dice.chance(0.05);
      if (dice.chance(0.1)) it.leak_rate = dice.between(0.01, 2) * mebibyte;
      if (dice.chance(0.1)) it.misread = dice.between(0.2, 5);
    }
    plant_.hidden_bytes = 0;
    faults_ = Faults(dice, setup_.seconds, plant_.services.size());
  }

  void make_candidates() {
    for (const auto& it : plant_.services) {
      ShedCandidate candidate;
      candidate.name = it.name;
      candidate.unit = it.name + ".service";
      candidate.priority = it.priority;
      candidate.mode = Mode::act;
      candidates_.push_back(candidate);
    }
    if (!setup_.has_faults) return reverse_candidates();
    // Nobody may touch these, and all of them tempt.
    ShedCandidate bait;
    bait.priority = 1;
    bait.mode = Mode::act;
    bait.presence = ShedPresence::up;
    bait.anonymous_bytes = 800 * mebibyte;
    bait.instance = "1";
    const auto add = [&](const char* name, auto change) {
      auto one = bait;
      one.name = name;
      change(one);
      candidates_.push_back(one);
    };
    add("0-way-in", [](ShedCandidate& it) { it.unit = "ssh.service"; });
    add("0-parent", [](ShedCandidate& it) { it.protection = "the daemon runs within it"; });
    add("0-listed", [](ShedCandidate& it) { it.unit = "listed.service"; });
    add("0-unmarked", [](ShedCandidate& it) { it.priority.reset(); });
    add("0-observed", [](ShedCandidate& it) { it.mode = Mode::observe; });
    add("0-maintained", [](ShedCandidate& it) { it.held_by = Owner::maintenance; });
    add("0-too-large", [](ShedCandidate& it) { it.anonymous_bytes = 2 * machine_bytes; });
    add("0-unread", [](ShedCandidate& it) { it.anonymous_bytes.reset(); });
    rules_.protect = {"listed.service"};
    reverse_candidates();
  }
  void reverse_candidates() {
    if (setup_.is_reversed) std::ranges::reverse(candidates_);
  }

  ShedCandidate* candidate(const std::string& name) {
    const auto found = std::ranges::find(candidates_, name, &ShedCandidate::name);
    return found == candidates_.end() ? nullptr : &*found;
  }
  PlantService* service(const std::string& name) {
    const auto found = std::ranges::find(plant_.services, name, &PlantService::name);
    return found == plant_.services.end() ? nullptr : &*found;
  }

  [[nodiscard]] Instant instant(double seconds) const {
    return setup_.began + std::chrono::milliseconds{std::llround(seconds * 1000)};
  }

  void tell(const std::string& text) {
    story_.push_back(std::to_string(static_cast<int>(now_)) + "s " +
                     std::to_string(static_cast<int>(plant_.usable() / mebibyte)) + "M " + text);
    if (story_.size() > 60) story_.erase(story_.begin());
  }

  // What happens to services.

  void happen() {
    faults_.begun(now_ - tick_, now_, [this](const FaultWindow& window) {
      auto& it = plant_.services[window.service];
      if (window.kind == Fault::crash) plant_.crash(it);
      if (window.kind == Fault::admin_stop && it.state == State::up) {
        plant_.crash(it);
        it.is_admin_down = true;
        it.is_crashed = false;
      }
      if (window.kind == Fault::admin_start) {
        plant_.start(it);
        it.is_admin_down = false;
      }
      if (window.kind == Fault::daemon_crash) crash_wanted_ = true;
      if (window.kind >= Fault::crash)
        tell("fault " + std::to_string(static_cast<int>(window.kind)) + " " + it.name);
    });
  }

  void restart_what_died() {
    for (auto& it : plant_.services) {
      if (!it.is_crashed || it.state != State::down || it.is_admin_down || now_ - it.since < 2) continue;
      auto& facts = *candidate(it.name);
      if (start_obstacle(rules_, memo_, facts) != ShedObstacle::none) continue;
      tell("restart " + it.name);
      watch_.note_restart(it.name);
      plant_.start(it);
    }
  }

  void refresh_candidates() {
    const auto* unseen = faults_.at(Fault::unseen, now_);
    for (auto& facts : candidates_) {
      const auto* it = service(facts.name);
      if (it == nullptr) continue;
      constexpr ShedPresence presences[] = {ShedPresence::up, ShedPresence::stopping, ShedPresence::down};
      facts.presence = presences[static_cast<std::size_t>(it->state)];
      if (unseen != nullptr && plant_.services[unseen->service].name == facts.name)
        facts.presence = ShedPresence::unknown;
      const auto instance = std::to_string(it->instance);
      if (facts.instance != instance) facts.instance = instance;
      facts.up_since = it->state == State::up ? std::optional{instant(it->since)} : std::nullopt;
      if (it->since < -1) facts.up_since.reset();
      facts.anonymous_bytes = std::floor(it->used * it->misread);
      if (it->state == State::down) facts.anonymous_bytes.reset();
      facts.held_by = it->is_admin_down ? std::optional{Owner::admin} : std::nullopt;
      facts.is_restart_due = it->is_crashed && it->state == State::down && now_ - it->since >= 2;
    }
  }

  // What is decided.

  void decide(CrashPoint crash) {
    refresh_candidates();
    if (crash_wanted_) crash = CrashPoint::after_action;
    crash_wanted_ = false;
    const auto now = instant(now_);
    const auto read = sensor_.read(plant_, faults_, now_, now);
    const Result<MemorySight> sight =
        read ? Result<MemorySight>(*read) : Error{Error::Kind::failed, "no reading"};
    ShedMemo before;
    if (crash == CrashPoint::before_intention) before = memo_;
    auto choice = decide_shedding(rules_, std::move(memo_), sight, candidates_, now);
    ++totals_.steps;
    has_acted_ = !choice.actions.empty();
    if (crash == CrashPoint::before_intention) {
      memo_ = recalled(before, now);
      watch_.note_crash();
      return;
    }
    if (setup_.mode == Mode::act)
      watch_.look({.rules = rules_,
                   .sight = read,
                   .candidates = candidates_,
                   .choice = choice,
                   .has_faults = setup_.has_faults,
                   .now = now});
    memo_ = std::move(choice.memo);
    const bool is_near = choice.shortage != Shortage::normal || choice.state == ShedState::stopping;
    tick_ = is_near ? 0.25 : 1.0;
    for (const auto& news : choice.news)
      tell(std::string(word(news.kind)) + " " + news.service + " " + news.text);
    const bool is_lost = crash == CrashPoint::before_action;
    for (const auto& action : choice.actions)
      is_lost ? watch_.note_lost(action, now) : act(action);
    if (crash == CrashPoint::none) return;
    memo_ = recalled(memo_, now);
    watch_.note_crash();
    tell("daemon crash");
  }

  static ShedMemo recalled(const ShedMemo& memo, Instant now) {
    std::vector<ShedServiceMemo> services;
    for (const auto& it : memo.services) {
      auto recall = recalled_shed_memory(shed_memory_text(it, "boot"), "boot", it.name, now);
      if (recall.memo) services.push_back(*std::move(recall.memo));
    }
    return recalled_shed_memo(std::move(services));
  }

  void act(const ShedAction& action) {
    decisions_.push_back(std::to_string(static_cast<int>(now_ * 4)) + " " + std::string(word(action.verb)) +
                         " " + action.service);
    tell(std::string(word(action.verb)) + " " + action.service + ": " + action.reason);
    auto* it = service(action.service);
    const bool is_shed = action.verb == ShedVerb::stop;
    if (it != nullptr && is_shed) note_shed(*it);
    if (it == nullptr || action.is_rehearsed) return;
    if (action.verb == ShedVerb::stop) plant_.stop(*it);
    if (action.verb == ShedVerb::kill) plant_.kill(*it);
    if (action.verb != ShedVerb::start) return;
    note_restore(*it);
    plant_.start(*it);
  }
  void note_shed(const PlantService& it) {
    const auto index = static_cast<std::size_t>(&it - plant_.services.data());
    ++totals_.sheds;
    if (now_ - restored_at_[index] < 600) ++totals_.flaps;
  }
  void note_restore(const PlantService& it) {
    ++totals_.restores;
    restored_at_[static_cast<std::size_t>(&it - plant_.services.data())] = now_;
  }

  /// Once a minute: below 10 % the lowest priority goes, above it all come back.
  void be_naive() {
    tick_ = 1;
    if (static_cast<std::int64_t>(now_) % 60 != 0) return;
    const bool is_low = plant_.usable() < 0.10 * machine_bytes;
    PlantService* lowest = nullptr;
    for (auto& it : plant_.services) {
      if (it.state == State::up && (lowest == nullptr || it.priority < lowest->priority)) lowest = &it;
      if (it.state != State::down || is_low) continue;
      note_restore(it);
      plant_.start(it);
    }
    if (!is_low || lowest == nullptr) return;
    note_shed(*lowest);
    plant_.stop(*lowest);
  }

  void count() {
    totals_.ooms = static_cast<double>(plant_.oom_kills);
    if (plant_.usable() < 0.10 * machine_bytes) totals_.seconds_low += tick_;
    for (const auto& it : plant_.services) {
      totals_.service_seconds += tick_;
      if (it.state != State::up && !it.is_admin_down) totals_.down_seconds += tick_;
    }
  }

  RunSetup setup_;
  MemoryRules rules_{};
  ShedPlant plant_;
  Faults faults_{};
  Sensor sensor_{};
  std::vector<ShedCandidate> candidates_{};
  ShedMemo memo_{};
  ShedWatch watch_{};
  ShedTotals totals_{};
  std::vector<double> restored_at_{};
  std::vector<std::string> story_{};
  std::vector<std::string> decisions_{};
  double now_ = 0;
  double tick_ = 1;
  bool has_acted_ = false;
  bool crash_wanted_ = false;
};

}  // namespace systemcheck::test
