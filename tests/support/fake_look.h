#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "collect/cpu.h"
#include "collect/facts.h"
#include "collect/process_cache.h"
#include "support/fake_host.h"

namespace systemcheck::test {

/// A Look at a FakeHost, with all that it refers to.
struct FakeLook {
  FakeHost host{};
  Config config{};
  ProcessCache cache{};
  CpuFloor floor{};
  Look look{.host = host, .config = config, .process_cache = cache, .cpu_floor = floor};
};

inline const Family* find_family(const Metrics& metrics, std::string_view name) {
  const auto found = std::ranges::find(metrics.families(), name, &Family::name);
  return found != metrics.families().end() ? &*found : nullptr;
}

/// The value of the sample with exactly these labels; nothing where there is none.
inline std::optional<double> value_of(const Metrics& metrics, std::string_view name,
                                      const Labels& labels = {}) {
  const auto* family = find_family(metrics, name);
  if (family == nullptr) return std::nullopt;
  const auto found = std::ranges::find(family->samples, labels, &Sample::labels);
  if (found == family->samples.end()) return std::nullopt;
  return found->value;
}

}  // namespace systemcheck::test
