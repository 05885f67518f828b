#pragma once

#include <sys/types.h>

#include <concepts>
#include <span>
#include <string_view>
#include <tuple>

#include "base/result.h"
#include "base/units.h"
#include "config/config.h"
#include "os/host.h"

namespace systemcheck {

class CpuFloor;
class Metrics;
class ProcessCache;

/// What a collector may use: the machine, the rules, and what it remembers between cycles.
struct Look {
  Host& host;
  const Config& config;
  ProcessCache& process_cache;
  CpuFloor& cpu_floor;
  std::span<const pid_t> concerned{};  ///< whose state matters now, ascending
};

/// One subject gathered each cycle: how to read it, and how to say it as metrics. load.h is the smallest.
template <typename T>
concept Fact = requires(const T& fact, Look& look, Metrics& metrics) {
  { T::name } -> std::convertible_to<std::string_view>;
  { T::collect(look) } -> std::same_as<Result<T>>;
  { fact.describe(metrics) } -> std::same_as<void>;
};

/// One fact as it came out of one cycle.
template <Fact T>
struct Reading {
  Result<T> value = Error{Error::Kind::failed, "not collected yet"};
  Duration cost{};
};

template <Fact... Ts>
struct Facts {
  std::tuple<Reading<Ts>...> readings{};

  template <Fact T>
  [[nodiscard]] const Result<T>& of() const {
    return std::get<Reading<T>>(readings).value;
  }
  template <typename Visit>
  void for_each(Visit visit) const {
    (visit(std::get<Reading<Ts>>(readings)), ...);
  }
  template <typename Visit>
  void for_each(Visit visit) {
    (visit(std::get<Reading<Ts>>(readings)), ...);
  }
};

}  // namespace systemcheck
