// Weeks of a machine on which services die, starts fail, administrators and packages come and go and the
// clock steps, in virtual time, under the real supervision. What must always hold is looked at with each
// order.
//
//   restart_simulation [--first-seed N] [--count M] [--weeks W]
//
// The same seed is the same story. Exit code 1 and the story's end where something did not hold.

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "support/fake_ledger.h"
#include "support/plant.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t story_lines = 40;
constexpr Duration death_to_sight = 1s;  // What has died since is not known of yet.
constexpr std::array owners{Owner::maintenance, Owner::upgrade, Owner::shed, Owner::admin};
constexpr Duration forbidden_for = 65s;  // What a policy forbids is held as long, and that is seen.

class Story {
 public:
  explicit Story(std::uint64_t seed) : seed_(seed), random_(seed) {
    ledger_->keeps_only_memos = true;
    plant_.world.ledger = ledger_;
    plant_.world.boot_id = "boot";
    const auto services = 4 + below(9);
    for (std::size_t i = 0; i < services; ++i)
      add_service(i);
    plant_.config.restart_policy.host_limit = {.restarts = static_cast<std::uint32_t>(2 + below(8)),
                                               .per = 5min,
                                               .share = below(2) == 0 ? 0.5 : 1.0};
    if (chance(50)) plant_.world.ends = &plant_.ends;
    plant_.on_order = [this](const Order& order) { check_order(order); };
  }

  /// Whether all held.
  bool run(Duration length) {
    plant_.start();
    const auto end = now() + length;
    while (now() < end && broken_.empty()) {
      plant_.run_for(pause());
      something_happens();
      check_rows();
    }
    if (broken_.empty()) check_that_all_come_back();
    if (broken_.empty()) return true;
    fmt::print("seed {}: {}\n", seed_, broken_);
    for (const auto& line : story_)
      fmt::print("  {}\n", line);
    return false;
  }

  [[nodiscard]] std::size_t orders() const { return orders_.size(); }
  [[nodiscard]] std::size_t events() const { return events_; }
  [[nodiscard]] std::size_t daemons() const { return daemons_; }

 private:
  struct Known {
    std::string name{};
    std::string unit{};
    Mode mode = Mode::act;
    std::optional<Instant> dead_since{};  ///< a service that came up unseen is dead for all that can be known
    std::optional<Instant> forbidden_at{};  ///< policy-rc.d was asked last
    bool is_stopped_by_admin = false;
    Claims claims{};
  };

  Instant now() { return plant_.loop.now(); }
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  bool chance(unsigned percent) { return below(100) < percent; }
  Duration pause() { return Duration(below(static_cast<std::uint64_t>(Duration(20min).count()))); }

  void add_service(std::size_t index) {
    Known known;
    known.mode = chance(80) ? Mode::act : Mode::observe;
    known.name = fmt::format("s{}", index);
    const bool is_unit = chance(50);
    if (is_unit) known.unit = known.name + ".service";
    const auto place = is_unit ? plant_.add_unit_service(known.unit, known.mode)
                               : plant_.add_command_service(known.name, known.mode);
    for (std::size_t other = 0; other < index; ++other) {
      if (chance(15)) plant_.config.services[place].after.push_back(known_[other].name);
    }
    known_.push_back(std::move(known));
  }

  void tell(const std::string& line) {
    ++events_;
    story_.push_back(fmt::format("{:>12} {}", duration_words(now() - FakeLoop::first_instant), line));
    if (story_.size() > story_lines) story_.pop_front();
  }
  void break_off(const std::string& what) {
    if (broken_.empty()) broken_ = what;
  }

  // What happens.

  void something_happens() {
    const auto index = below(known_.size());
    switch (below(14)) {
      case 0:
      case 1:
      case 2:
        return kill(index);
      case 3:
        return kill_many();
      case 4:
      case 5:
        return change_behaviour(index);
      case 6:
        return visit_of_an_administrator(index);
      case 7:
        return put_claim(index);
      case 8:
        return release_claims(index);
      case 9:
        plant_.is_readable = !plant_.is_readable;
        return tell(plant_.is_readable ? "the process table can be read"
                                       : "the process table cannot be read");
      case 10:
        plant_.loop.jump_wall_clock((chance(50) ? 1 : -1) * Duration(365 * 24h));
        return tell("the clock steps by a year");
      case 11:
        plant_.ends.lose();
        return tell("the kernel had too much to tell");
      case 12:
        return restart_daemon();
      default:
        return reload();
    }
  }

  [[nodiscard]] bool is_up(std::size_t index) const { return plant_.processes[index].has_value(); }

  [[nodiscard]] bool is_forbidden(std::size_t index) {
    const auto& it = plant_.actuator().service(index);
    return it.refusal == Outcome::Refusal::policy && !it.hangs;
  }

  void kill(std::size_t index) {
    if (!is_up(index)) return;
    tell(known_[index].name + " dies");
    if (!known_[index].dead_since) known_[index].dead_since = now();
    plant_.end(index, {.exit_code = static_cast<int>(below(2)), .signal = static_cast<int>(below(16))});
  }
  void kill_many() {
    for (std::size_t i = 0; i < known_.size(); ++i) {
      if (chance(70)) kill(i);
    }
  }
  void change_behaviour(std::size_t index) {
    auto& it = plant_.actuator().service(index);
    it.answer = chance(30) ? Outcome::Kind::failed : Outcome::Kind::succeeded;
    it.hangs = chance(20);
    it.never_comes_up = chance(20);
    it.comes_up_after = chance(30) ? Duration(20s) : Duration(200ms);
    it.refusal = chance(10) ? Outcome::Refusal::policy : Outcome::Refusal::none;
    it.detail = is_forbidden(index) ? "policy-rc.d forbids to start it" : "";
    if (is_forbidden(index)) it.answer = Outcome::Kind::refused;
    tell(fmt::format("{}: starts of it {}{}{}{}{}", known_[index].name,
                     it.answer == Outcome::Kind::failed ? "fail " : "", it.hangs ? "hang " : "",
                     is_forbidden(index) ? "are forbidden " : "", it.never_comes_up ? "lie " : "",
                     it.comes_up_after > 1s ? "are slow" : ""));
  }
  void visit_of_an_administrator(std::size_t index) {
    auto& known = known_[index];
    if (known.unit.empty() || plant_.actuator().is_settling(index)) return;
    known.is_stopped_by_admin = !known.is_stopped_by_admin;
    tell("an administrator " + std::string(known.is_stopped_by_admin ? "stops " : "starts ") + known.name);
    if (known.is_stopped_by_admin) {
      if (!known.dead_since) known.dead_since = now();
      plant_.actuator().service(index).is_up = false;
      plant_.units.stop_by_admin(known.unit);
    } else {
      known.claims.release(Owner::admin);  // Whoever starts it again no longer wants it stopped.
      plant_.actuator().service(index).is_up = true;
      plant_.units.start_by_admin(known.unit);
    }
  }
  void put_claim(std::size_t index) {
    Claim claim{.owner = owners.at(below(owners.size())), .reason = "of the story", .since = now()};
    if (claim.owner != Owner::shed) claim.until = now() + Duration(below(100)) * 60'000'000'000;
    tell(fmt::format("{} claims {}", word(claim.owner), known_[index].name));
    known_[index].claims.put(claim);
    if (!plant_.supervision.claim(known_[index].name, claim)) break_off("a claim was refused");
  }
  void release_claims(std::size_t index) {
    for (const auto owner : owners) {
      known_[index].claims.release(owner);
      (void)plant_.supervision.release(known_[index].name, owner);
    }
    tell("all give back " + known_[index].name);
  }
  void reload() {
    if (plant_.supervision.has_order_in_flight()) return;
    tell("the configuration is read anew");
    plant_.supervision.take_over(std::make_shared<const Config>(plant_.config));
  }

  /// What is under way would be lost. What is written down must be enough for the rest: whatever this one has
  /// brought back has used up its share of the limit of the machine.
  void restart_daemon() {
    if (chance(50)) kill_many();
    for (std::size_t tries = 0; tries < 10 && is_anything_settling(); ++tries)
      plant_.run_for(15s);
    if (is_anything_settling()) return;
    tell("another daemon takes over");
    plant_.restart_daemon();
    ++daemons_;
    taken_over_at_ = now();
    for (auto& known : known_)
      claim_anew(known);
    plant_.run_for(1s);
    if (chance(50)) kill_many();
  }
  /// Some of those who claim remember that themselves, and a clock that has stepped ends what is remembered.
  void claim_anew(Known& known) {
    for (const auto owner : owners)
      (void)plant_.supervision.release(known.name, owner);
    known.claims.expire(now());
    for (const auto& claim : known.claims.all())
      (void)plant_.supervision.claim(known.name, claim);
  }
  [[nodiscard]] bool is_anything_settling() {
    for (std::size_t i = 0; i < known_.size(); ++i) {
      if (plant_.actuator().is_settling(i)) return true;
    }
    return false;
  }

  // What must hold.

  void check_order(const Order& order) {
    const auto index = order.service;
    auto& known = known_[index];
    tell("order for " + known.name);
    if (is_forbidden(index) && order.asks_policy) {
      known.forbidden_at = now();
    } else {
      orders_.push_back(now());  // Of what is forbidden nothing is done.
    }
    known.claims.expire(now());
    const auto& limit = plant_.config.restart_policy.host_limit;
    const auto in_window = std::ranges::count_if(orders_, [&](Instant at) { return now() - at < limit.per; });
    if (in_window > limit.restarts) break_off("more restarts than the limit of the machine");
    if (known.mode != Mode::act) break_off(known.name + " is only observed");
    if (known.claims.standing(now()) != nullptr) break_off(known.name + " belongs to somebody else");
    if (known.is_stopped_by_admin)
      break_off(known.name + " was stopped by an administrator: " + plant_.row(index).reason);
    if (is_up(index)) break_off(known.name + " is up");
    if (known.unit.empty() && !plant_.was_readable()) break_off("an action on a failed reading");
    check_dependencies(index);
  }

  void check_dependencies(std::size_t index) {
    const auto& after = plant_.config.services[index].after;
    for (std::size_t other = 0; other < known_.size(); ++other) {
      if (std::ranges::find(after, known_[other].name) == after.end()) continue;
      if (!is_ours_to_bring_back(other)) continue;
      const auto waited = now() - known_[index].dead_since.value_or(now());
      if (waited >= dependency_wait_max) continue;
      const auto row = plant_.row(other);
      break_off(fmt::format("{} (gone for {}) is restarted before {}, which is {} (gone for {}): {}",
                            known_[index].name, duration_words(waited), known_[other].name, word(row.state),
                            duration_words(now() - *known_[other].dead_since), row.reason));
    }
  }
  bool is_ours_to_bring_back(std::size_t index) {
    auto& known = known_[index];
    known.claims.expire(now());
    const auto since = std::max(known.dead_since.value_or(now()), taken_over_at_);
    const bool is_known_dead = !is_up(index) && known.dead_since && now() - since > death_to_sight;
    const bool is_forbidden = known.forbidden_at && now() - *known.forbidden_at < forbidden_for;
    const bool can_be_seen = plant_.is_readable || !known.unit.empty();
    return is_known_dead && !is_forbidden && can_be_seen && known.mode == Mode::act &&
           !known.is_stopped_by_admin && known.claims.standing(now()) == nullptr;
  }

  void check_rows() {
    for (std::size_t i = 0; i < known_.size(); ++i) {
      const auto row = plant_.row(i);
      const bool is_seen_up = row.state == ServiceState::up || row.state == ServiceState::flapping;
      if (is_up(i) && is_seen_up) known_[i].dead_since.reset();
      if (row.reason.empty()) break_off(known_[i].name + " has a state without a reason");
      const bool is_withheld = row.state == ServiceState::waiting || row.state == ServiceState::held;
      std::uint64_t suppressed = 0;
      for (const auto count : row.suppressed_total)
        suppressed += count;
      if (is_withheld && suppressed == 0) break_off(known_[i].name + " waits and nothing says why");
    }
  }

  /// There is no giving up.
  void check_that_all_come_back() {
    plant_.run_for(1s);  // What has happened last is told of a turn of the loop later.
    plant_.is_readable = true;
    for (std::size_t i = 0; i < known_.size(); ++i) {
      release_claims(i);
      plant_.actuator().service(i) = {.is_up = is_up(i)};
    }
    tell("all is well from now on");
    plant_.run_for(3h);
    for (std::size_t i = 0; i < known_.size(); ++i) {
      const auto& known = known_[i];
      if (known.mode == Mode::act && !known.is_stopped_by_admin && !is_up(i))
        break_off(fmt::format("{} never came back: {}: {}", known.name, word(plant_.row(i).state),
                              plant_.row(i).reason));
    }
  }

  const std::uint64_t seed_;
  std::mt19937_64 random_;
  Plant plant_{};
  std::shared_ptr<FakeLedger> ledger_ = std::make_shared<FakeLedger>(plant_.loop);
  std::vector<Known> known_{};
  std::vector<Instant> orders_{};
  std::deque<std::string> story_{};
  std::size_t events_ = 0;
  std::size_t daemons_ = 1;
  Instant taken_over_at_{};  ///< by the daemon that runs
  std::string broken_{};
};

struct Options {
  std::uint64_t first_seed = 1;
  std::uint64_t count = 20;
  std::uint64_t weeks = 1;
};

bool read_options(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    auto* into = name == "--first-seed" ? &options.first_seed
                 : name == "--count"    ? &options.count
                 : name == "--weeks"    ? &options.weeks
                                        : nullptr;
    const auto value = i + 1 < argc ? parse_number<std::uint64_t>(argv[i + 1]) : std::nullopt;
    if (into == nullptr || !value) return false;
    *into = *value;
  }
  return true;
}

int simulate(const Options& options) {
  std::size_t orders = 0;
  std::size_t events = 0;
  std::size_t daemons = 0;
  for (auto seed = options.first_seed; seed < options.first_seed + options.count; ++seed) {
    Story story(seed);
    if (!story.run(options.weeks * Duration(7 * 24h))) return EXIT_FAILURE;
    orders += story.orders();
    events += story.events();
    daemons += story.daemons();
  }
  fmt::print("{} seeds, {} weeks each: {} events, {} daemons, {} restarts, all held\n", options.count,
             options.weeks, events, daemons, orders);
  return orders == 0 || daemons <= options.count ? EXIT_FAILURE : EXIT_SUCCESS;
}

}  // namespace
}  // namespace systemcheck::test

int main(int argc, char** argv) {
  systemcheck::test::Options options;
  if (systemcheck::test::read_options(argc, argv, options)) return systemcheck::test::simulate(options);
  fmt::print(stderr, "usage: restart_simulation [--first-seed N] [--count M] [--weeks W]\n");
  return 2;
}
