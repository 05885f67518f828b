#include <string>
#include <string_view>

#include "publish/describe.h"

namespace systemcheck {
namespace {

double number(std::uint64_t count) { return static_cast<double>(count); }

Labels of(const ShedServiceRow& row) { return {{"service", row.name}}; }
Labels of(const ShedServiceRow& row, std::string_view label, std::string_view value) {
  return {{"service", row.name}, {std::string(label), std::string(value)}};
}

/// One series a word, 1 for the one that is.
template <typename Enum>
void describe_choice(Metrics& metrics, std::string_view name, std::string_view help, std::string_view label,
                     Enum value) {
  for (const auto word_of_it : Words<Enum>::all)
    metrics.gauge(name, help, word_of_it == word(value) ? 1 : 0,
                  {{std::string(label), std::string(word_of_it)}});
}

void describe_machine(const ShedRow& row, Metrics& metrics) {
  describe_choice(
      metrics, "systemcheck_shed_mode",
      "What may be done for want of memory, 1 for the mode: nothing (disabled), decide and tell (observe), "
      "or turn services off and on (act).",
      "mode", row.mode);
  describe_choice(metrics, "systemcheck_memory_shortage",
                  "How short memory is: 1 for the level that it is at, 0 for all others.", "level",
                  row.shortage);
  describe_choice(
      metrics, "systemcheck_shed_state",
      "What is being done for want of memory: 1 for the state, 0 for all others. stuck: nothing is left "
      "that would help; blind: memory cannot be read, nothing is decided.",
      "state", row.state);
  if (row.to_critical) {
    metrics.gauge(
        "systemcheck_memory_to_critical_seconds",
        "Time until usable memory is critical if it goes on falling like this. Only while it falls.",
        in_seconds(*row.to_critical));
  }
  metrics.gauge("systemcheck_shed_pending_bytes",
                "Memory that services which are being turned off have yet to give back.", row.pending_bytes);
  constexpr std::string_view episodes = "systemcheck_shed_episodes_total";
  constexpr std::string_view episodes_help =
      "Times that memory was so short that services had to be turned off, by how it ended (relieved: there "
      "was enough "
      "again), and how often nothing was left that would help (stuck).";
  metrics.counter(episodes, episodes_help, number(row.relieved_total), {{"result", "relieved"}});
  metrics.counter(episodes, episodes_help, number(row.stuck_total), {{"result", "stuck"}});
  metrics.counter("systemcheck_memory_pressure_alarms_total",
                  "Times that the kernel has told us that tasks wait for memory.", number(row.alarms_total));
}

void describe_lateness(const ShedRow& row, Metrics& metrics) {
  metrics.histogram(
      "systemcheck_loop_lateness_seconds",
      "How much later than it was meant to the daemon came to look at memory: whether it still gets the "
      "processor and its own pages.",
      histogram_of(lateness_buckets, row.late_within, row.looks, row.late_seconds_total));
}

void describe_sheds(const ShedRow& shedding, Metrics& metrics) {
  for (const auto& row : shedding.services) {
    for (std::size_t i = 0; i < Words<ShedCause>::all.size(); ++i) {
      metrics.counter(
          "systemcheck_service_sheds_total",
          "Times the service was turned off for want of memory, by cause; in mode observe, would have been.",
          number(row.sheds_total.at(i)), of(row, "cause", Words<ShedCause>::all.at(i)));
    }
  }
  for (const auto& row : shedding.services) {
    constexpr std::string_view name = "systemcheck_service_restores_total";
    constexpr std::string_view help = "Times the service was turned on again, by result.";
    metrics.counter(name, help, number(row.restores_total), of(row, "result", "succeeded"));
    metrics.counter(name, help, number(row.failed_restores_total), of(row, "result", "failed"));
  }
}

void describe_gains(const ShedRow& shedding, Metrics& metrics) {
  for (const auto& row : shedding.services) {
    constexpr std::string_view name = "systemcheck_service_shed_gain_bytes";
    constexpr std::string_view help =
        "What turning the service off has given back the last time (actual), and what was expected of it "
        "(predicted); 0 "
        "before the first time.";
    metrics.gauge(name, help, row.predicted_bytes, of(row, "kind", "predicted"));
    metrics.gauge(name, help, row.returned_bytes, of(row, "kind", "actual"));
  }
  for (const auto& row : shedding.services) {
    metrics.gauge("systemcheck_service_shed_bytes",
                  "What turning the service off would give back now, or what turning it on would take.",
                  row.bytes, of(row));
  }
}

void describe_phases(const ShedRow& shedding, Metrics& metrics) {
  for (const auto& row : shedding.services) {
    for (const auto phase : Words<ShedPhase>::all) {
      metrics.gauge(
          "systemcheck_service_shed_phase",
          "Where the service stands that may be turned off for want of memory: 1 for the phase, 0 for all "
          "others; in mode observe, would stand.",
          phase == word(row.phase) ? 1 : 0, of(row, "phase", phase));
    }
  }
  for (const auto& row : shedding.services) {
    metrics.counter("systemcheck_service_shed_seconds_total",
                    "Time that the service was off for want of memory; in mode observe, would have been.",
                    row.off_seconds_total, of(row));
  }
  for (const auto& row : shedding.services) {
    metrics.gauge("systemcheck_service_shed_backoff_seconds",
                  "Time until the service may be turned on again at the earliest, as of the last cycle.",
                  in_seconds(row.backoff), of(row));
  }
}

}  // namespace

void describe_shedding(const ShedRow& row, Metrics& metrics) {
  describe_machine(row, metrics);
  describe_lateness(row, metrics);
  describe_phases(row, metrics);
  describe_sheds(row, metrics);
  describe_gains(row, metrics);
}

}  // namespace systemcheck
