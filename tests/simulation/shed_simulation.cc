// Hours of a machine on which memory runs short, in virtual time, under the decision that turns services off
// and on again. What must always hold is looked at with each step; the same machine is simulated without it
// (a look a minute, the lowest priority off below 10 %, all on above) for comparison.
//
//   shed_simulation [--first-seed N] [--count M] [--disturbance spike|leak|wave|noise|step] [--forks N]
//   [--jobs N]
//
// The same seed is the same story. Prints JSON; exit code 1, the seeds and the first story's end where
// something did not hold, or where it comes out worse than it did once.

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/text.h"
#include "simulation/shed_run.h"

namespace systemcheck::test {
namespace {

using Json = nlohmann::json;

constexpr double hours_of_a_run = 2;
/// All are back in so much time when nothing disturbs any more: the longest backoff, what there must have
/// been for that long, and of each service the gap and the time in which it grows to its size.
constexpr double back_seconds = 3600 + 120 + 13 * (60 + 61 + 30);

struct Options {
  std::uint64_t first_seed = 1;
  std::uint64_t count = 100;
  std::uint64_t forks = 25;  ///< of so many seeds one is also crashed, reversed, shifted, rehearsed
  std::uint64_t jobs = std::max(1U, std::thread::hardware_concurrency());
  Disturbance disturbance = Disturbance::spike;
};

constexpr std::array<std::string_view, 5> disturbances{"spike", "leak", "wave", "noise", "step"};
constexpr std::uint64_t jobs_max = 64;
constexpr std::uint64_t seeds_max = 1'000'000;

struct Failure {
  std::string what{};
  std::vector<std::string> story{};
};

/// What a seed comes to.
struct Tally {
  ShedTotals naive{};
  ShedTotals rules{};
  ShedTotals faulty{};
  std::uint64_t runs = 0;
  std::uint64_t forks = 0;
  std::uint64_t rehearsals = 0;
  std::optional<Failure> failure{};  ///< the first
};

/// What a table of an earlier simulation of these rules says; no worse may come out.
struct Limits {
  double ooms = 0;
  double low_percent = 0;
  double flaps = 0;
  double down_percent = 0;
};
Limits limits_of(Disturbance disturbance) {
  switch (disturbance) {
    case Disturbance::spike:
      return {0.53, 1.4, 0.60, 9.2};
    case Disturbance::leak:
      return {0, 0.12, 0.10, 5.0};
    default:
      return {0, 0.6, 1.6, 7.7};
  }
}

/// All that is tried with one seed.
class Trial {
 public:
  Trial(const Options& options, std::uint64_t seed) : options_(options), seed_(seed) {}

  Tally run() {
    auto naive = setup();
    naive.policy = Policy::naive;
    ShedRun as_naive(naive);
    as_naive.run();
    tally_.naive = as_naive.totals();

    ShedRun plain(setup());
    plain.run();
    tally_.rules = plain.totals();
    expect_all_back(plain, "plain");

    ShedRun faulty(faulty_setup());
    faulty.run();
    tally_.faulty = faulty.totals();
    expect_all_back(faulty, "faulty");
    if (options_.forks == 0 || seed_ % options_.forks != 0) return tally_;
    crash_everywhere(setup(), "plain");
    crash_everywhere(faulty_setup(), "faulty");
    expect_same_otherwise();
    expect_same_rehearsal();
    return tally_;
  }

 private:
  [[nodiscard]] RunSetup setup() const { return {.disturbance = options_.disturbance, .seed = seed_}; }
  [[nodiscard]] RunSetup faulty_setup() const {
    auto faulty = setup();
    faulty.has_faults = true;
    return faulty;
  }

  void fail(const ShedRun& run, const std::string& what) {
    if (tally_.failure) return;
    tally_.failure =
        Failure{fmt::format("seed {}, {} s: {}", seed_, static_cast<int>(run.now()), what), run.story()};
  }

  /// P3: when the disturbance is over, all come back.
  void expect_all_back(ShedRun& run, const std::string& kind) {
    ++tally_.runs;
    run.end_faults();
    run.run_until_all_are_back(back_seconds);
    if (!run.is_sound()) return fail(run, kind + ": " + run.violation());
    if (!run.is_all_back()) fail(run, kind + ": P3: not all are back: " + run.service_set());
  }

  /// P7: whenever the daemon ends, and wherever in a step, the same services run in the end.
  void crash_everywhere(const RunSetup& setup_of_run, const std::string& kind) {
    ShedRun run(setup_of_run);
    constexpr int sample = 400;  // Also where nothing is done.
    for (int i = 0; run.now() < setup_of_run.seconds && !tally_.failure; ++i) {
      auto before = run;
      run.step();
      if (!run.has_just_acted() && i % sample != 0) continue;
      for (const auto point :
           {CrashPoint::before_intention, CrashPoint::before_action, CrashPoint::after_action}) {
        auto fork = before;
        fork.step(point);
        fork.run();
        ++tally_.forks;
        expect_all_back(fork, fmt::format("P7: {} crashed at {} s", kind, run.now()));
      }
    }
  }

  /// P10 and P11: neither the order of the services nor the time of the clock matters.
  void expect_same_otherwise() {
    ShedRun plain(setup());
    plain.run();
    auto changed = setup();
    changed.is_reversed = true;
    ShedRun reversed(changed);
    reversed.run();
    changed.is_reversed = false;
    changed.began = Instant{std::chrono::hours{24 * 400}};
    ShedRun shifted(changed);
    shifted.run();
    if (plain.decisions() != reversed.decisions()) fail(reversed, "P10: the order of services matters");
    if (plain.decisions() != shifted.decisions()) fail(shifted, "P11: the time of the clock matters");
  }

  /// P12: a rehearsal decides the same, on a machine where what is assumed in it is true.
  void expect_same_rehearsal() {
    auto ideal = setup();
    ideal.is_ideal = true;
    ShedRun acting(ideal);
    acting.run();
    ideal.mode = Mode::observe;
    ShedRun observing(ideal);
    observing.run();
    if (observing.service_set().find('-') != std::string::npos) fail(observing, "P12: something was touched");
    // Where the kernel killed something the machines are not the same any more.
    if (observing.totals().ooms > 0 || acting.totals().ooms > 0) return;
    ++tally_.rehearsals;
    if (acting.decisions() != observing.decisions()) fail(observing, "P12: a rehearsal decides otherwise");
  }

  const Options& options_;
  std::uint64_t seed_;
  Tally tally_{};
};

class Simulation {
 public:
  explicit Simulation(const Options& options) : options_(options), tallies_(options.count) {}

  int run() {
    try_all_seeds();
    for (const auto& it : tallies_)
      add(it);
    if (!failures_.empty()) tell_failures();
    const bool is_comparable = options_.count >= 100 && options_.disturbance <= Disturbance::wave;
    const bool is_as_good = !is_comparable || is_no_worse();
    print();
    return failures_.empty() && is_as_good ? EXIT_SUCCESS : EXIT_FAILURE;
  }

 private:
  /// Seeds have nothing to do with each other.
  void try_all_seeds() {
    std::atomic<std::uint64_t> next{0};
    std::vector<std::jthread> workers;
    for (std::uint64_t i = 0; i < options_.jobs; ++i)
      workers.emplace_back([&] {
        for (auto index = next++; index < tallies_.size(); index = next++)
          tallies_[index] = Trial(options_, options_.first_seed + index).run();
      });
  }

  void add(const Tally& tally) {
    sum_.naive += tally.naive;
    sum_.rules += tally.rules;
    sum_.faulty += tally.faulty;
    sum_.runs += tally.runs;
    sum_.forks += tally.forks;
    sum_.rehearsals += tally.rehearsals;
    if (tally.failure) failures_.push_back(*tally.failure);
  }

  [[nodiscard]] Json json_of(const ShedTotals& totals) const {
    const auto runs = static_cast<double>(options_.count);
    return {{"ooms_per_run", totals.ooms / runs},
            {"low_percent", totals.seconds_low / runs / 72},
            {"sheds_per_run", totals.sheds / runs},
            {"restores_per_run", totals.restores / runs},
            {"flaps_per_run", totals.flaps / runs},
            {"down_percent", 100 * totals.down_seconds / totals.service_seconds},
            {"down_seconds_per_hour", totals.down_seconds / runs / hours_of_a_run}};
  }

  bool is_no_worse() {
    const auto limits = limits_of(options_.disturbance);
    const auto runs = static_cast<double>(options_.count);
    const auto& rules = sum_.rules;
    const bool is_so = rules.ooms / runs <= limits.ooms &&
                       rules.seconds_low / runs / 72 <= limits.low_percent &&
                       rules.flaps / runs <= limits.flaps && rules.ooms <= sum_.naive.ooms &&
                       100 * rules.down_seconds / rules.service_seconds <= limits.down_percent;
    if (!is_so) fmt::print(stderr, "worse than it was once\n");
    return is_so;
  }

  /// All that failed, and the end of the first's story.
  void tell_failures() const {
    for (const auto& it : failures_)
      fmt::print(stderr, "{}\n", it.what);
    fmt::print(stderr, "of the first:\n");
    for (const auto& line : failures_.front().story)
      fmt::print(stderr, "  {}\n", line);
  }

  void print() const {
    auto violations = Json::array();
    for (const auto& it : failures_)
      violations.push_back(it.what);
    const Json json{{"disturbance", disturbances.at(static_cast<std::size_t>(options_.disturbance))},
                    {"first_seed", options_.first_seed},
                    {"last_seed", options_.first_seed + options_.count - 1},
                    {"seeds", options_.count},
                    {"hours_of_a_run", hours_of_a_run},
                    {"runs", sum_.runs},
                    {"crashes", sum_.forks},
                    {"rehearsals_compared", sum_.rehearsals},
                    {"violations", violations},
                    {"rules", json_of(sum_.rules)},
                    {"naive", json_of(sum_.naive)},
                    {"with_faults", json_of(sum_.faulty)}};
    fmt::print("{}\n", json.dump(2));
  }

  Options options_;
  std::vector<Tally> tallies_;  ///< of each seed, in their order
  Tally sum_{};
  std::vector<Failure> failures_{};
};

bool read_number(std::string_view text, std::uint64_t& into) {
  const auto number = parse_number<std::uint64_t>(text);
  if (number) into = *number;
  return number.has_value();
}

bool read_option(std::string_view name, std::string_view value, Options& options) {
  if (name == "--first-seed") return read_number(value, options.first_seed);
  if (name == "--count")
    return read_number(value, options.count) && options.count > 0 && options.count <= seeds_max;
  if (name == "--forks") return read_number(value, options.forks);
  if (name == "--jobs")
    return read_number(value, options.jobs) && options.jobs > 0 && options.jobs <= jobs_max;
  const auto found = std::ranges::find(disturbances, value);
  if (name != "--disturbance" || found == disturbances.end()) return false;
  options.disturbance = static_cast<Disturbance>(found - disturbances.begin());
  return true;
}

}  // namespace
}  // namespace systemcheck::test

int main(int argc, char** argv) {
  using namespace systemcheck::test;
  Options options;
  bool is_right = argc % 2 == 1;
  for (int i = 1; i + 1 < argc; i += 2)
    is_right = is_right && read_option(argv[i], argv[i + 1], options);
  if (is_right) return Simulation(options).run();
  fmt::print(stderr,
             "usage: shed_simulation [--first-seed N] [--count M] [--disturbance spike|leak|wave|noise|step]"
             " [--forks N] [--jobs N]\n");
  return 2;
}
