// What a daemon records is decided upon again: with the same configuration every decision must be the same,
// at the same moment. Days of a machine in virtual time, under the real supervision.
//
//   replay_simulation [--first-seed N] [--count M] [--days D]
//
// The same seed is the same story. Exit code 1 where a decision was another one.

#include <fmt/core.h>

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "offline/replay.h"
#include "support/fake_prober.h"
#include "support/plant.h"
#include "support/recorded_history.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

class Story {
 public:
  explicit Story(std::uint64_t seed) : random_(seed) {
    plant_.world.ledger = ledger_;
    plant_.world.boot_id = "boot";
    plant_.world.prober = &prober_;
    plant_.world.draw_jitter = [this] { return static_cast<double>(below(2001)) / 1000 - 1; };
    const auto services = 3 + below(7);
    for (std::size_t i = 0; i < services; ++i)
      add_service(i);
    plant_.config.restart_policy.host_limit = {
        .restarts = static_cast<std::uint32_t>(2 + below(8)), .per = 5min, .share = chance(50) ? 0.5 : 1.0};
    plant_.config.restart_policy.flapping.deaths = static_cast<std::uint32_t>(3 + below(6));
  }

  void run(Duration length) {
    plant_.start();
    const auto end = plant_.loop.now() + length;
    while (plant_.loop.now() < end) {
      plant_.run_for(chance(30) ? short_pause() : long_pause());
      something_happens();
    }
  }
  [[nodiscard]] RecordedHistory recorded() const { return recorded_in(*ledger_); }
  [[nodiscard]] const Config& config() const { return plant_.config; }
  [[nodiscard]] WallTime wall_now() { return plant_.loop.wall_now(); }

 private:
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  bool chance(unsigned percent) { return below(100) < percent; }
  Duration short_pause() { return Duration(below(2'000'000'000)); }
  Duration long_pause() { return Duration(below(static_cast<std::uint64_t>(Duration(20min).count()))); }

  void add_service(std::size_t index) {
    const auto name = fmt::format("s{}", index);
    const auto mode = chance(85) ? Mode::act : Mode::observe;
    const bool is_unit = chance(50);
    const auto place =
        is_unit ? plant_.add_unit_service(name + ".service", mode) : plant_.add_command_service(name, mode);
    auto& service = plant_.config.services[place];
    for (std::size_t other = 0; other < index; ++other) {
      if (chance(20)) service.after.push_back(fmt::format("s{}", other));
    }
    if (chance(50)) return;
    Probe probe;
    probe.target = fmt::format("127.0.0.1:{}", 1000 + index);
    service.probes = {probe};
  }

  void something_happens() {
    const auto index = below(plant_.processes.size());
    switch (below(15)) {
      case 0:
      case 1:
      case 2:
        return kill(index);
      case 3:
        for (std::size_t i = 0; i < plant_.processes.size(); ++i) {
          if (chance(70)) kill(i);
        }
        return;
      case 4:
      case 5:
        return change_behaviour(index);
      case 6:
        return visit_of_an_administrator(index);
      case 7:
        return claim(index);
      case 8:
        return answer(index);
      case 9:
        plant_.is_readable = !plant_.is_readable;
        return;
      case 10:
        plant_.loop.jump_wall_clock((chance(50) ? 1 : -1) * Duration(365 * 24h));
        return;
      case 11:
        return reload();
      case 12:
        return order(index);
      case 13:
        (void)plant_.supervision.clear(plant_.config.services[index].name, "root");
        return;
      default:
        plant_.supervision.note_busy(chance(50));
        if (chance(30)) plant_.restart_daemon();
        return;
    }
  }
  void kill(std::size_t index) {
    if (plant_.processes[index]) plant_.kill(index);
  }
  void change_behaviour(std::size_t index) {
    auto& it = plant_.actuator().service(index);
    it.answer = chance(30) ? Outcome::Kind::failed : Outcome::Kind::succeeded;
    it.refusal = chance(10) ? Outcome::Refusal::policy : Outcome::Refusal::none;
    if (it.refusal == Outcome::Refusal::policy) it.answer = Outcome::Kind::refused;
    it.hangs = chance(20);
    it.never_comes_up = chance(20);
    it.comes_up_after = chance(30) ? Duration(20s) : Duration(200ms);
  }
  void visit_of_an_administrator(std::size_t index) {
    const auto& units = plant_.config.services[index].match.units;
    if (units.empty() || plant_.actuator().is_settling(index)) return;
    const bool is_up = plant_.processes[index].has_value();
    plant_.actuator().service(index).is_up = !is_up;
    if (is_up && chance(30)) return plant_.units.end_by_itself(units.front());
    is_up ? plant_.units.stop_by_admin(units.front()) : plant_.units.start_by_admin(units.front());
  }
  void claim(std::size_t index) {
    constexpr std::array owners{Owner::maintenance, Owner::upgrade, Owner::shed, Owner::admin};
    const auto& name = plant_.config.services[index].name;
    Claim claim{
        .owner = owners.at(below(owners.size())), .reason = "of the story", .since = plant_.loop.now()};
    if (chance(70)) claim.until = plant_.loop.now() + Duration(below(100)) * 60'000'000'000;
    (void)plant_.supervision.claim(name, claim);
    if (chance(50)) (void)plant_.supervision.release(name, claim.owner);
  }
  void answer(std::size_t index) {
    constexpr std::array answers{ProbeClass::ok, ProbeClass::timeout, ProbeClass::refused,
                                 ProbeClass::bad_banner};
    for (const auto& probe : plant_.config.services[index].probes)
      prober_.answer(probe_name(probe), answers.at(below(answers.size())));
  }
  void order(std::size_t index) {
    constexpr std::array demands{Demand::start, Demand::stop, Demand::restart};
    const auto& name = plant_.config.services[index].name;
    (void)plant_.supervision.order(name, demands.at(below(demands.size())), "root", [](const DemandEnd&) {});
  }
  void reload() {
    if (plant_.supervision.has_order_in_flight()) return;
    plant_.supervision.take_over(std::make_shared<const Config>(plant_.config));
  }

  std::mt19937_64 random_;
  Plant plant_{};
  FakeProber prober_{plant_.loop};
  std::shared_ptr<FakeLedger> ledger_ = std::make_shared<FakeLedger>(plant_.loop);
};

std::string words(const std::optional<Said>& said) {
  if (!said) return "nothing";
  const auto since = duration_words(said->instant - FakeLoop::first_instant);
  return fmt::format(
      "{} ({} ns) run {}: {}{}{}: attempts {}: {}", since, said->instant.time_since_epoch().count(),
      said->run, word(said->state), said->is_restart ? ", restart" : "",
      said->withheld ? ", withheld: " + std::string(word(*said->withheld)) : "", said->attempt, said->reason);
}

/// What is recorded of that service around that moment.
void tell_around(const RecordedHistory& history, const ReplayLine& line) {
  const auto at = line.any().instant;
  for (const auto& moment : history.moments) {
    const bool is_near = moment.instant > at - 40s && moment.instant < at + 5s;
    const bool is_of_it = moment.service.empty() || moment.service == line.service;
    if (is_near && is_of_it)
      fmt::print("    {} run {} round {} {}\n", moment.instant.time_since_epoch().count(), moment.run,
                 moment.round, past_text(moment.moment));
  }
}

struct Tally {
  std::size_t moments = 0;
  std::size_t decisions = 0;
  std::size_t restarts = 0;
  std::size_t left_out = 0;
  std::size_t compared = 0;
};

bool is_equal(const ReplayLine& line) {
  if (line.now && line.now->is_after_end) return true;
  return !line.is_different && line.then && line.now && line.then->instant == line.now->instant;
}

/// Tells of the first decision that is another one.
bool check(std::uint64_t seed, Duration length, Tally& tally) {
  Story story(seed);
  story.run(length);
  const auto history = story.recorded();
  const auto played = replay(story.config(), history, {.services = {}, .since = {}, .now = story.wall_now()});
  if (!played || history.damaged != 0) {
    fmt::print("seed {}: {}\n", seed, played ? history.complaints.front() : played.error().message);
    return false;
  }
  tally.moments += history.moments.size();
  tally.decisions += played->lines.size();
  tally.restarts += played->then.restarts;
  tally.left_out += played->left_out;
  if (played->left_out != 0) return true;  // What is not recorded cannot be decided upon again.
  ++tally.compared;
  for (const auto& line : played->lines) {
    if (is_equal(line)) continue;
    fmt::print("seed {}: {}\n  then: {}\n  now:  {}\n", seed, line.service, words(line.then),
               words(line.now));
    tell_around(history, line);
    return false;
  }
  if (played->then.restarts == played->now.restarts && played->then.withheld == played->now.withheld &&
      played->taken == 0)
    return true;
  fmt::print("seed {}: the sums are different\n", seed);
  return false;
}

struct Options {
  std::uint64_t first_seed = 1;
  std::uint64_t count = 20;
  std::uint64_t days = 1;
};

bool read_options(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    auto* into = name == "--first-seed" ? &options.first_seed
                 : name == "--count"    ? &options.count
                 : name == "--days"     ? &options.days
                                        : nullptr;
    const auto value = i + 1 < argc ? parse_number<std::uint64_t>(argv[i + 1]) : std::nullopt;
    if (into == nullptr || !value) return false;
    *into = *value;
  }
  return true;
}

int simulate(const Options& options) {
  Tally tally;
  bool are_equal = true;
  for (auto seed = options.first_seed; seed < options.first_seed + options.count; ++seed)
    are_equal = check(seed, options.days * Duration(24h), tally) && are_equal;
  fmt::print(
      "{} seeds ({} compared), {} days each: {} moments recorded, {} decisions of which {} were restarts, {} "
      "left out\n",
      options.count, tally.compared, options.days, tally.moments, tally.decisions, tally.restarts,
      tally.left_out);
  const bool is_worth_it = tally.restarts > 0 && tally.compared * 2 >= options.count;
  return are_equal && is_worth_it ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace systemcheck::test

int main(int argc, char** argv) {
  systemcheck::test::Options options;
  if (systemcheck::test::read_options(argc, argv, options)) return systemcheck::test::simulate(options);
  fmt::print(stderr, "usage: replay_simulation [--first-seed N] [--count M] [--days D]\n");
  return 2;
}
