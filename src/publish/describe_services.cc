#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <string>
#include <string_view>

#include "publish/describe.h"

namespace systemcheck {
namespace {

using Kind = Family::Kind;

/// A family with exactly one series a service.
struct PlainFamily {
  std::string_view name{};
  Kind kind = Kind::gauge;
  std::string_view help{};
  double (*value)(const ServiceRow&) = nullptr;
};

double number(std::uint64_t count) { return static_cast<double>(count); }
double yes(bool is_so) { return is_so ? 1 : 0; }
double time_or_never(const std::optional<WallTime>& time) { return time ? epoch_seconds(*time) : 0; }

/// Processes and probes are as configured: whatever else there is to complain about.
bool is_up(const ServiceRow& row) {
  return row.state == ServiceState::up || row.state == ServiceState::degraded ||
         row.state == ServiceState::overloaded;
}

constexpr std::array plain_families{
    PlainFamily{"systemcheck_service_up", Kind::gauge,
                "Whether the service runs as configured: 1 in the states up, degraded and overloaded. "
                "Exported for every configured service, also for one that was never seen.",
                [](const ServiceRow& row) { return yes(is_up(row)); }},
    PlainFamily{"systemcheck_service_processes", Kind::gauge,
                "Processes that belonged to the service in the last cycle.",
                [](const ServiceRow& row) { return number(row.processes); }},
    PlainFamily{"systemcheck_service_processes_min", Kind::gauge,
                "Configured lowest number of processes: fewer mean that the service is down.",
                [](const ServiceRow& row) { return number(row.processes_min); }},
    PlainFamily{"systemcheck_service_processes_max", Kind::gauge,
                "Configured highest number of processes, +Inf if there is no limit.",
                [](const ServiceRow& row) {
                  return row.processes_max ? number(*row.processes_max)
                                           : std::numeric_limits<double>::infinity();
                }},
    PlainFamily{"systemcheck_service_threads", Kind::gauge, "Threads of all processes of the service.",
                [](const ServiceRow& row) { return number(row.threads); }},
    PlainFamily{"systemcheck_service_resident_memory_bytes", Kind::gauge,
                "Sum of the resident set sizes of the processes of the service. "
                "A page shared by several of them counts once for each.",
                [](const ServiceRow& row) { return number(row.resident_bytes); }},
    PlainFamily{"systemcheck_service_swap_bytes", Kind::gauge,
                "Sum of the swapped-out memory of the processes of the service.",
                [](const ServiceRow& row) { return number(row.swap_bytes); }},
    PlainFamily{"systemcheck_service_oldest_start_time_seconds", Kind::gauge,
                "Start of the oldest process of the service in seconds since the epoch, 0 without a process.",
                [](const ServiceRow& row) { return time_or_never(row.oldest_start); }},
    PlainFamily{"systemcheck_service_process_starts_total", Kind::counter,
                "Processes of the service that appeared since the daemon began to look: "
                "its rate shows crash loops and fork storms.",
                [](const ServiceRow& row) { return number(row.process_starts_total); }},
    PlainFamily{
        "systemcheck_service_stale_binary", Kind::gauge,
        "Whether the program that the main process runs was replaced or removed since it started (1 = yes), "
        "as after an upgrade: the service runs, but not what is installed.",
        [](const ServiceRow& row) { return yes(row.is_binary_stale); }},
    PlainFamily{"systemcheck_service_consecutive_failures", Kind::gauge,
                "Cycles in a row in which the check of the processes failed, 0 while it succeeds.",
                [](const ServiceRow& row) { return number(row.consecutive_failures); }},
    PlainFamily{"systemcheck_service_last_up_timestamp_seconds", Kind::gauge,
                "When the service was last seen up, in seconds since the epoch, 0 if never.",
                [](const ServiceRow& row) { return time_or_never(row.last_up); }},
    PlainFamily{"systemcheck_service_restart_failures_total", Kind::counter,
                "Attempts to restart the service that failed, timed out or left it down. "
                "Divide by systemcheck_service_restarts_total for the share.",
                [](const ServiceRow& row) { return number(row.restart_failures_total); }},
    PlainFamily{"systemcheck_service_last_restart_timestamp_seconds", Kind::gauge,
                "When the daemon last tried to restart the service, in seconds since the epoch, 0 if never.",
                [](const ServiceRow& row) { return time_or_never(row.last_restart); }},
    PlainFamily{"systemcheck_service_last_restart_duration_seconds", Kind::gauge,
                "How long the last attempt to restart the service took, 0 if there was none.",
                [](const ServiceRow& row) { return in_seconds(row.last_restart_duration); }},
    PlainFamily{"systemcheck_service_downtime_seconds_total", Kind::counter,
                "Time in which the service was down, restarting, waiting or flapping. Held is not counted.",
                [](const ServiceRow& row) { return in_seconds(row.downtime_total); }},
    PlainFamily{"systemcheck_service_restart_backoff_seconds", Kind::gauge,
                "Time until the daemon may try to restart the service again, as of the last cycle.",
                [](const ServiceRow& row) { return in_seconds(row.backoff_remaining); }},
    PlainFamily{"systemcheck_service_at_cap", Kind::gauge,
                "Whether restarts of the service have slowed down to the longest pause (1 = yes). "
                "The daemon keeps trying; somebody should look.",
                [](const ServiceRow& row) { return yes(row.is_at_cap); }},
};

Labels of_service(const ServiceRow& row) { return {{"service", row.name}}; }

Labels of_service(const ServiceRow& row, std::string_view label, std::string_view value) {
  return {{"service", row.name}, {std::string(label), std::string(value)}};
}

void describe_plainly(const View& view, Metrics& metrics) {
  for (const auto& family : plain_families) {
    const auto add = family.kind == Kind::counter ? &Metrics::counter : &Metrics::gauge;
    for (const auto& row : view.services)
      (metrics.*add)(family.name, family.help, family.value(row), of_service(row));
  }
}

void describe_info(const View& view, Metrics& metrics) {
  for (const auto& row : view.services) {
    metrics.gauge(
        "systemcheck_service_info",
        "Constant 1. How the service is restarted (manager: systemd, command or none), as which unit, "
        "as which user it runs, and what the daemon may do (mode: disabled, observe or act).",
        1,
        {{"service", row.name},
         {"manager", row.manager},
         {"unit", row.unit},
         {"user", row.user},
         {"mode", std::string(word(row.mode))}});
  }
}

void describe_states(const View& view, Metrics& metrics) {
  for (const auto& row : view.services) {
    for (const auto state : Words<ServiceState>::all) {
      metrics.gauge("systemcheck_service_state",
                    "State of the service: 1 for the one it is in, 0 for all others.",
                    yes(state == word(row.state)), of_service(row, "state", state));
    }
  }
}

/// Nobody holds what the daemon owns itself, so that owner has no series.
void describe_holds(const View& view, Metrics& metrics) {
  for (const auto& row : view.services) {
    for (const auto owner : Words<Owner>::all) {
      if (owner == word(Owner::systemcheck)) continue;
      metrics.gauge(
          "systemcheck_service_held",
          "Who keeps the daemon from restarting the service (1 = this one): the shutdown of the machine, a "
          "person (admin), maintenance, a package upgrade, memory shedding, or systemd itself.",
          yes(owner == word(row.owner)), of_service(row, "by", owner));
    }
  }
}

/// Several of one owner have one series: it is held until the last one ends.
void describe_hold_ends(const View& view, Metrics& metrics) {
  for (const auto& row : view.services) {
    std::map<Owner, Duration> remaining;
    for (const auto& hold : row.holds) {
      if (hold.until) remaining[hold.by] = std::max(remaining[hold.by], hold.remaining);
    }
    for (const auto& [owner, left] : remaining) {
      metrics.gauge(
          "systemcheck_service_hold_remaining_seconds",
          "Time until a hold of the service ends by itself, as of the last cycle, by who holds it. Only "
          "while it is held and that has an end.",
          in_seconds(left), of_service(row, "by", word(owner)));
    }
  }
}

void describe_cpu(const View& view, Metrics& metrics) {
  constexpr std::string_view name = "systemcheck_service_cpu_seconds_total";
  constexpr std::string_view help =
      "Processor time used by the processes of the service since the daemon began to look, those that have "
      "ended "
      "included. Never decreases while the daemon runs.";
  for (const auto& row : view.services) {
    metrics.counter(name, help, row.user_seconds_total, of_service(row, "mode", "user"));
    metrics.counter(name, help, row.system_seconds_total, of_service(row, "mode", "system"));
  }
}

void describe_deaths(const View& view, Metrics& metrics) {
  for (const auto& row : view.services) {
    for (std::size_t i = 0; i < Words<DeathCause>::all.size(); ++i) {
      metrics.counter("systemcheck_service_deaths_total",
                      "Times the service went away without being asked to, by what ended its main process: "
                      "it left by itself (exit), a signal, the kernel for want of memory (oom: certain where "
                      "systemd says so, else probable), or unknown.",
                      number(row.deaths_total.at(i)), of_service(row, "cause", Words<DeathCause>::all.at(i)));
    }
  }
}

void describe_misfits(const View& view, Metrics& metrics) {
  for (const auto& row : view.services) {
    for (std::size_t i = 0; i < Words<Misfit>::all.size(); ++i) {
      metrics.counter(
          "systemcheck_service_identity_mismatch_total",
          "Times the pid file of the service was found to name a process that does not fit, by what is "
          "wrong with that: there is none (dead), it is younger than the file (reused), another program "
          "(stranger), or not the main process (not_main).",
          number(row.misfits_total.at(i)), of_service(row, "kind", Words<Misfit>::all.at(i)));
    }
  }
}

void describe_check_failures(const View& view, Metrics& metrics) {
  for (const auto& row : view.services) {
    metrics.counter("systemcheck_service_check_failures_total",
                    "Checks of the service that failed, by kind of check (processes: their number).",
                    number(row.check_failures_total), of_service(row, "check", "processes"));
  }
}

void describe_restarts(const View& view, Metrics& metrics) {
  constexpr std::string_view name = "systemcheck_service_restarts_total";
  constexpr std::string_view help =
      "Starts and restarts of the service, by reason (down: it was not running, or of no use; ordered: "
      "somebody "
      "asked for it).";
  for (const auto& row : view.services) {
    metrics.counter(name, help, number(row.restarts_total), of_service(row, "reason", "down"));
    metrics.counter(name, help, number(row.ordered_restarts_total), of_service(row, "reason", "ordered"));
  }
}

void describe_suppressions(const View& view, Metrics& metrics) {
  for (const auto& row : view.services) {
    for (std::size_t i = 0; i < Words<Suppressed>::all.size(); ++i) {
      metrics.counter("systemcheck_restarts_suppressed_total",
                      "Restarts that were due and did not happen, by what stood in the way.",
                      number(row.suppressed_total.at(i)),
                      of_service(row, "reason", Words<Suppressed>::all.at(i)));
    }
  }
}

}  // namespace

void describe_services(const View& view, Metrics& metrics) {
  describe_info(view, metrics);
  describe_states(view, metrics);
  describe_plainly(view, metrics);
  describe_holds(view, metrics);
  describe_hold_ends(view, metrics);
  describe_cpu(view, metrics);
  describe_check_failures(view, metrics);
  describe_deaths(view, metrics);
  describe_misfits(view, metrics);
  describe_restarts(view, metrics);
  describe_suppressions(view, metrics);
}

}  // namespace systemcheck
