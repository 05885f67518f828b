// Hours of a machine on which memory runs short, in virtual time, under the decision that turns services off
// and on again. What must always hold is looked at with each step; the same machine is simulated without it
// (a look a minute, the lowest priority off below 10 %, all on above) for comparison.
//
//   shed_simulation [--first-seed N] [--count M] [--disturbance spike|leak|wave] [--forks N]
//
// The same seed is the same story. Prints JSON; exit code 1 and the story's end where something did not hold,
// or where it comes out worse than it did once.

#include <fmt/core.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
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
  Disturbance disturbance = Disturbance::spike;
};

constexpr std::array<std::string_view, 5> disturbances{"spike", "leak", "wave", "noise", "step"};

struct Failure {
  std::string what{};
  std::vector<std::string> story{};
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

class Simulation {
 public:
  explicit Simulation(const Options& options) : options_(options) {}

  int run() {
    for (auto seed = options_.first_seed; seed < options_.first_seed + options_.count && !failure_; ++seed)
      try_seed(seed);
    if (failure_) tell_failure();
    const bool is_as_good = options_.count < 100 || options_.disturbance > Disturbance::wave || is_no_worse();
    print();
    return failure_ || !is_as_good ? EXIT_FAILURE : EXIT_SUCCESS;
  }

 private:
  RunSetup setup(std::uint64_t seed) const { return {.disturbance = options_.disturbance, .seed = seed}; }

  void try_seed(std::uint64_t seed) {
    auto naive = setup(seed);
    naive.policy = Policy::naive;
    ShedRun as_naive(naive);
    as_naive.run();
    naive_ += as_naive.totals();

    ShedRun plain(setup(seed));
    plain.run();
    rules_ += plain.totals();
    expect_all_back(plain, seed, "plain");

    ShedRun faulty(faulty_setup(seed));
    faulty.run();
    faulty_ += faulty.totals();
    expect_all_back(faulty, seed, "faulty");
    if (options_.forks == 0 || seed % options_.forks != 0) return;
    crash_everywhere(setup(seed), "plain");
    crash_everywhere(faulty_setup(seed), "faulty");
    expect_same_with(seed);
    expect_same_rehearsal(seed);
  }

  /// Noise and steps have their turn here.
  RunSetup faulty_setup(std::uint64_t seed) const {
    auto faulty = setup(seed);
    faulty.has_faults = true;
    if (seed % 4 == 0) faulty.disturbance = Disturbance::noise;
    if (seed % 4 == 1) faulty.disturbance = Disturbance::step;
    return faulty;
  }

  void fail(const ShedRun& run, std::uint64_t seed, const std::string& what) {
    if (failure_) return;
    failure_ =
        Failure{fmt::format("seed {}, {} s: {}", seed, static_cast<int>(run.now()), what), run.story()};
  }

  /// P3: when the disturbance is over, all come back.
  void expect_all_back(ShedRun& run, std::uint64_t seed, const std::string& kind) {
    ++runs_;
    run.end_faults();
    run.run_until_all_are_back(back_seconds);
    if (!run.is_sound()) return fail(run, seed, kind + ": " + run.violation());
    if (!run.is_all_back()) fail(run, seed, kind + ": P3: not all are back: " + run.service_set());
  }

  /// P7: whenever the daemon ends, and wherever in a step, the same services run in the end.
  void crash_everywhere(const RunSetup& setup_of_run, const std::string& kind) {
    ShedRun run(setup_of_run);
    constexpr int sample = 400;  // Also where nothing is done.
    for (int i = 0; run.now() < setup_of_run.seconds && !failure_; ++i) {
      auto before = run;
      run.step();
      if (!run.has_just_acted() && i % sample != 0) continue;
      for (const auto point :
           {CrashPoint::before_intention, CrashPoint::before_action, CrashPoint::after_action}) {
        auto fork = before;
        fork.step(point);
        fork.run();
        ++forks_;
        expect_all_back(fork, setup_of_run.seed, fmt::format("P7: {} crashed at {} s", kind, run.now()));
      }
    }
  }

  /// P10 and P11: neither the order of the services nor the time of the clock matters.
  void expect_same_with(std::uint64_t seed) {
    ShedRun plain(setup(seed));
    plain.run();
    auto changed = setup(seed);
    changed.is_reversed = true;
    ShedRun reversed(changed);
    reversed.run();
    changed.is_reversed = false;
    changed.began = Instant{std::chrono::hours{24 * 400}};
    ShedRun shifted(changed);
    shifted.run();
    if (plain.decisions() != reversed.decisions()) fail(reversed, seed, "P10: the order of services matters");
    if (plain.decisions() != shifted.decisions()) fail(shifted, seed, "P11: the time of the clock matters");
  }

  /// P12: a rehearsal decides the same, on a machine where what is assumed in it is true.
  void expect_same_rehearsal(std::uint64_t seed) {
    auto ideal = setup(seed);
    ideal.is_ideal = true;
    ShedRun acting(ideal);
    acting.run();
    ideal.mode = Mode::observe;
    ShedRun observing(ideal);
    observing.run();
    if (observing.service_set().find('-') != std::string::npos)
      fail(observing, seed, "P12: something was touched");
    // Where the kernel killed something the machines are not the same any more.
    if (observing.totals().ooms > 0 || acting.totals().ooms > 0) return;
    ++rehearsals_;
    if (acting.decisions() != observing.decisions())
      fail(observing, seed, "P12: a rehearsal decides otherwise");
  }

  Json json_of(const ShedTotals& totals) const {
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
    const bool is_so = rules_.ooms / runs <= limits.ooms &&
                       rules_.seconds_low / runs / 72 <= limits.low_percent &&
                       rules_.flaps / runs <= limits.flaps && rules_.ooms <= naive_.ooms &&
                       100 * rules_.down_seconds / rules_.service_seconds <= limits.down_percent;
    if (!is_so) fmt::print(stderr, "worse than it was once\n");
    return is_so;
  }

  void tell_failure() const {
    fmt::print(stderr, "{}\n", failure_->what);
    for (const auto& line : failure_->story)
      fmt::print(stderr, "  {}\n", line);
  }

  void print() const {
    const Json json{{"disturbance", disturbances.at(static_cast<std::size_t>(options_.disturbance))},
                    {"first_seed", options_.first_seed},
                    {"seeds", options_.count},
                    {"runs", runs_},
                    {"crashes", forks_},
                    {"rehearsals_compared", rehearsals_},
                    {"violations", failure_ ? Json::array({failure_->what}) : Json::array()},
                    {"rules", json_of(rules_)},
                    {"naive", json_of(naive_)},
                    {"with_faults", json_of(faulty_)}};
    fmt::print("{}\n", json.dump(2));
  }

  Options options_;
  ShedTotals naive_{};
  ShedTotals rules_{};
  ShedTotals faulty_{};
  std::uint64_t runs_ = 0;
  std::uint64_t forks_ = 0;
  std::uint64_t rehearsals_ = 0;
  std::optional<Failure> failure_{};
};

bool read_number(std::string_view text, std::uint64_t& into) {
  const auto number = parse_number<std::uint64_t>(text);
  if (number) into = *number;
  return number.has_value();
}

bool read_option(std::string_view name, std::string_view value, Options& options) {
  if (name == "--first-seed") return read_number(value, options.first_seed);
  if (name == "--count") return read_number(value, options.count) && options.count > 0;
  if (name == "--forks") return read_number(value, options.forks);
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
             " [--forks N]\n");
  return 2;
}
