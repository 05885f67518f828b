#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "decide/shedding.h"

// A machine of 4 GiB with services that use memory, on which something else uses memory too. All in whole
// bytes, so that sums come out the same in whatever order they are made.

namespace systemcheck::test {

inline constexpr double mebibyte = 1 << 20;
inline constexpr double machine_bytes = 4096 * mebibyte;
inline constexpr double oom_bytes = 0.01 * machine_bytes;  // Below this the kernel kills.

enum class Disturbance { spike, leak, wave, noise, step };

/// The same numbers from the same seed with every library.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  double between(double low, double high) { return low + (high - low) * unit(); }
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  bool chance(double share) { return unit() < share; }
  double normal(double deviation) {
    const double radius = std::sqrt(-2 * std::log(1 - unit()));
    return deviation * radius * std::cos(2 * std::numbers::pi * unit());
  }

 private:
  double unit() { return static_cast<double>(random_() >> 11) * 0x1.0p-53; }
  std::mt19937_64 random_;
};

struct PlantService {
  enum class State { up, stopping, down };

  std::string name{};
  std::uint32_t priority = 0;
  double size = 0;            ///< bytes, when it is warm
  double warm_up = 30;        ///< seconds; it begins with 0.4 of its size
  double stop_time = 2;       ///< seconds
  double leak_rate = 0;       ///< bytes per second, since its start
  double misread = 1;         ///< what is believed to be its size, over what it gives back
  bool ignores_stop = false;  ///< and has to be killed
  bool ignores_kill = false;
  bool is_ideal = false;  ///< has its size at once

  State state = State::up;
  double since = -1e9;  ///< of the state
  double used = 0;
  std::uint64_t instance = 1;
  double gone_at = -1;  ///< when a stop, or a kill, takes effect
  bool is_admin_down = false;
  bool is_crashed = false;
};

/// What uses memory besides the services, second by second.
class Load {
 public:
  Load(Disturbance kind, Dice& dice, std::size_t seconds) : bytes_(seconds) {
    const double base = dice.between(700, 1200);
    double drift = 0;
    for (auto& it : bytes_) {
      drift = std::clamp(drift + dice.normal(4), -80.0, 80.0);
      it = base + drift;
    }
    disturb(kind, dice);
  }

  /// After the end it is what it was without a disturbance.
  [[nodiscard]] double at(double seconds) const {
    const auto whole = static_cast<std::size_t>(std::max(0.0, seconds));
    if (whole + 1 >= bytes_.size()) return std::floor(900 * mebibyte);
    const double share = seconds - static_cast<double>(whole);
    return std::floor((bytes_[whole] * (1 - share) + bytes_[whole + 1] * share) * mebibyte);
  }

 private:
  void disturb(Disturbance kind, Dice& dice) {
    switch (kind) {
      case Disturbance::spike:
        return add_spikes(dice);
      case Disturbance::leak:
        return add_leak(dice);
      case Disturbance::wave:
        return add_wave(dice);
      case Disturbance::noise:
        return add_noise(dice);
      case Disturbance::step:
        return add_steps(dice);
    }
  }
  void add(double from, double seconds, double (*shape)(double, double, double), double amount, double rise) {
    const auto begin = static_cast<std::size_t>(from);
    const auto end = std::min(bytes_.size(), static_cast<std::size_t>(from + seconds));
    for (std::size_t i = begin; i < end; ++i)
      bytes_[i] += shape(static_cast<double>(i - begin), amount, rise);
  }
  void add_spikes(Dice& dice) {
    constexpr double rises[] = {2, 10, 60, 300};
    for (int i = 0; i < 4; ++i) {
      const double from = dice.between(300, static_cast<double>(bytes_.size()) - 2000);
      const double amount = dice.between(600, 1500);
      const double rise = rises[dice.below(4)];
      add(
          from, dice.between(60, 1500),
          [](double t, double top, double slope) { return top * std::min(1.0, (t + 1) / slope); }, amount,
          rise);
    }
  }
  void add_leak(Dice& dice) {
    const double from = dice.between(300, 3000);
    const double rate = dice.between(0.2, 20);
    const double cap = dice.between(800, 1600);
    add(
        from, dice.between(600, 5000),
        [](double t, double speed, double top) { return std::min(top, speed * t); }, rate, cap);
  }
  void add_wave(Dice& dice) {
    const double period = dice.between(120, 1800);
    add(
        0, static_cast<double>(bytes_.size()),
        [](double t, double amount, double length) {
          return amount * (1 + std::sin(2 * std::numbers::pi * t / length));
        },
        dice.between(300, 900), period);
  }
  void add_noise(Dice& dice) {
    const double amount = dice.between(100, 800);
    for (auto& it : bytes_)
      it += std::abs(dice.normal(amount));
  }
  void add_steps(Dice& dice) {
    for (int i = 0; i < 6; ++i)
      add(
          dice.between(0, static_cast<double>(bytes_.size())), dice.between(300, 3000),
          [](double, double top, double) { return top; }, dice.between(100, 700), 0);
  }

  std::vector<double> bytes_;
};

/// The machine as it is. What is read of it may be wrong: shed_faults.h.
class ShedPlant {
 public:
  ShedPlant(Disturbance kind, std::uint64_t seed, std::size_t seconds)
      : ShedPlant(kind, Dice(seed), seconds) {}

  void advance(double now) {
    passed_ = now - now_;
    now_ = now;
    for (auto& it : services)
      follow(it);
    kill_when_out_of_memory();
  }

  [[nodiscard]] double used() const {
    double bytes = load_.at(now_) + std::floor(hidden_bytes);
    for (const auto& it : services)
      bytes += it.used;
    return std::min(bytes, machine_bytes);
  }
  [[nodiscard]] double usable() const { return machine_bytes - used(); }
  [[nodiscard]] double passed() const { return passed_; }

  void stop(PlantService& service) {
    if (service.state != PlantService::State::up) return;
    service.state = PlantService::State::stopping;
    service.since = now_;
    // Whoever started it (systemd) loses patience, too.
    service.gone_at = now_ + (service.ignores_kill ? 900 : service.ignores_stop ? 90 : service.stop_time);
  }
  void kill(PlantService& service) {
    if (service.state == PlantService::State::stopping && !service.ignores_kill)
      service.gone_at = std::min(service.gone_at, now_ + 0.1);
  }
  void start(PlantService& service) {
    if (service.state == PlantService::State::up) return;
    service.state = PlantService::State::up;
    service.since = now_;
    service.is_crashed = false;
    ++service.instance;
    follow(service);
  }
  void crash(PlantService& service) {
    if (service.state == PlantService::State::down) return;
    service.is_crashed = service.state == PlantService::State::up;
    end(service);
  }

  std::vector<PlantService> services{};
  std::uint64_t oom_kills = 0;  ///< counted once in half a minute
  std::uint64_t kernel_kills = 0;
  double hidden_bytes = 0;  ///< used by something that is no service

 private:
  ShedPlant(Disturbance kind, Dice dice, std::size_t seconds)
      : services(make_services(dice)), load_(kind, dice, seconds) {
    for (auto& it : services)
      it.used = it.size;
  }

  static PlantService make(std::string_view name, std::uint32_t priority, double size, double warm_up,
                           double stop_time) {
    PlantService service;
    service.name = name;
    service.priority = priority;
    service.size = std::floor(size * mebibyte);
    service.warm_up = warm_up;
    service.stop_time = stop_time;
    return service;
  }
  static std::vector<PlantService> make_services(Dice& dice) {
    return {make("a", 10, dice.between(100, 300), dice.between(10, 60), dice.between(1, 5)),
            make("b", 20, dice.between(150, 400), dice.between(10, 90), dice.between(1, 8)),
            make("c", 20, dice.between(50, 200), 20, 2),
            make("d", 30, dice.between(300, 700), dice.between(30, 180), dice.between(2, 10)),
            make("e", 40, dice.between(100, 300), 30, 3)};
  }

  void follow(PlantService& service) const {
    using State = PlantService::State;
    if (service.state == State::stopping && now_ >= service.gone_at) end(service);
    if (service.state != State::up) return;
    const double age = now_ - service.since;
    const bool is_warm = service.is_ideal || age >= service.warm_up;
    const double share = is_warm ? 1 : 0.4 + 0.6 * age / service.warm_up;
    const double leaked = service.leak_rate * std::min(age, now_);
    service.used = std::floor(service.size * share + leaked);
  }
  void end(PlantService& service) const {
    service.state = PlantService::State::down;
    service.since = now_;
    service.used = 0;
  }
  /// The largest is killed, and is back at once, small.
  void kill_when_out_of_memory() {
    if (usable() >= oom_bytes) return;
    if (now_ - last_oom_ >= 30) ++oom_kills;
    last_oom_ = now_;
    PlantService* largest = nullptr;
    for (auto& it : services) {
      if (it.state == PlantService::State::up && (largest == nullptr || it.used > largest->used))
        largest = &it;
    }
    if (largest == nullptr) return;
    ++kernel_kills;
    largest->since = now_;
    ++largest->instance;
    follow(*largest);
  }

  Load load_;
  double now_ = 0;
  double passed_ = 0;
  double last_oom_ = -99;
};

}  // namespace systemcheck::test
