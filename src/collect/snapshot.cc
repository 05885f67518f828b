#include "collect/snapshot.h"

#include <string>
#include <utility>

#include "base/metrics.h"
#include "collect/process_cache.h"

namespace systemcheck {
namespace {

template <Fact T>
void take_reading(Reading<T>& reading, Look& look) {
  const auto begun = look.host.now();
  reading.value = T::collect(look);
  reading.cost = look.host.now() - begun;
  if (!reading.value) reading.value = std::move(reading.value).error().within(T::name);
}

template <Fact T>
void describe_reading(const Reading<T>& reading, Metrics& metrics) {
  const Labels labels{{"collector", std::string(T::name)}};
  metrics.gauge("systemcheck_collector_success",
                "Whether the collector succeeded in the last cycle (1 = yes).", reading.value ? 1 : 0,
                labels);
  metrics.gauge("systemcheck_collector_duration_seconds", "How long the collector took in the last cycle.",
                in_seconds(reading.cost), labels);
}

void describe_unmatched(const Snapshot& snapshot, Metrics& metrics) {
  const auto& table = snapshot.facts.of<Processes>();
  if (!table) return;
  std::size_t matched = 0;
  for (const auto& service : snapshot.services)
    matched += service.members.size();
  metrics.gauge("systemcheck_unmatched_processes", "Processes that belong to no configured service.",
                static_cast<double>(table->all.size() - matched));
}

}  // namespace

Collection::Collection(Host& host, std::shared_ptr<const Config> config)
    : host_(host),
      config_(std::move(config)),
      process_cache_(std::make_unique<ProcessCache>()),
      cpu_floor_(std::make_unique<CpuFloor>()),
      matcher_(config_->services) {}

Collection::~Collection() = default;

Snapshot Collection::take(std::uint64_t cycle, std::span<const MainCrash> crashes,
                          std::span<const PortQuestion> ports) {
  Snapshot snapshot;
  snapshot.cycle = cycle;
  snapshot.taken_at = host_.wall_now();
  snapshot.taken = host_.now();
  const auto concerned = matcher_.concerned(host_);
  auto look = look_with(concerned);
  snapshot.facts.for_each([&look](auto& reading) { take_reading(reading, look); });
  host_.finish_looking();
  snapshot.services = matcher_.match(host_, snapshot.facts.of<Processes>(), crashes, ports);
  snapshot.took = host_.now() - snapshot.taken;
  return snapshot;
}

Look Collection::look_with(std::span<const pid_t> concerned) {
  return {.host = host_,
          .config = *config_,
          .process_cache = *process_cache_,
          .cpu_floor = *cpu_floor_,
          .concerned = concerned};
}

ServiceLook Collection::look(std::span<const MainCrash> crashes, std::span<const PortQuestion> ports) {
  ServiceLook seen{.taken = host_.now()};
  const auto concerned = matcher_.concerned(host_);
  auto look = look_with(concerned);
  seen.services = matcher_.match(host_, Processes::collect_changes(look), crashes, ports);
  seen.packages = PackageTransaction::collect(look);
  seen.kill_switch = KillSwitch::collect(look);
  seen.hold_files = HoldFiles::collect(look);
  return seen;
}

void describe(const Snapshot& snapshot, Metrics& metrics) {
  snapshot.facts.for_each([&metrics](const auto& reading) {
    if (reading.value) reading.value->describe(metrics);
  });
  describe_unmatched(snapshot, metrics);
  snapshot.facts.for_each([&metrics](const auto& reading) { describe_reading(reading, metrics); });
}

}  // namespace systemcheck
