#include <array>
#include <string>
#include <string_view>

#include "publish/describe.h"

// The build may name the commit it was made from.
#ifndef SYSTEMCHECK_REVISION
#define SYSTEMCHECK_REVISION "unknown"
#endif

namespace systemcheck {
namespace {

std::string compiler() {
#ifdef __clang__
  return "clang++ " + std::to_string(__clang_major__) + '.' + std::to_string(__clang_minor__) + '.' +
         std::to_string(__clang_patchlevel__);
#else
  return "g++ " + std::to_string(__GNUC__) + '.' + std::to_string(__GNUC_MINOR__) + '.' +
         std::to_string(__GNUC_PATCHLEVEL__);
#endif
}

void describe_modes(const DaemonRow& daemon, Metrics& metrics) {
  for (const auto mode : Words<Mode>::all) {
    metrics.gauge("systemcheck_mode",
                  "What the daemon may do on this machine, 1 for the mode it is in: nothing (disabled), "
                  "decide and tell (observe), or restart services (act).",
                  mode == word(daemon.mode) ? 1 : 0, {{"mode", std::string(mode)}});
  }
}

void describe_holds(const DaemonRow& daemon, Metrics& metrics) {
  metrics.gauge("systemcheck_actions_disabled",
                "Whether the kill switch is set: nothing is touched while its file exists (1 = yes).",
                daemon.are_actions_disabled ? 1 : 0);
  metrics.gauge(
      "systemcheck_upgrade_hold_expired",
      "Whether packages are being changed for so long (30 minutes) that services are no longer held "
      "back for it (1 = yes). Somebody should look what the package tool waits for.",
      daemon.has_upgrade_hold_expired ? 1 : 0);
}

void describe_cycles(const View& view, Metrics& metrics) {
  const auto& daemon = view.daemon;
  metrics.counter("systemcheck_cycles_total", "Cycles (collect, check, decide, act, publish) completed.",
                  static_cast<double>(daemon.cycles_total));
  metrics.counter("systemcheck_cycle_overruns_total",
                  "Cycles left out because the one before was still under way.",
                  static_cast<double>(daemon.cycle_overruns_total));
  metrics.gauge("systemcheck_cycle_interval_seconds", "Configured time from one cycle to the next.",
                in_seconds(daemon.cycle_interval));
  metrics.gauge("systemcheck_cycle_duration_seconds", "How long the last cycle took to collect its facts.",
                in_seconds(view.snapshot->took));
  metrics.gauge(
      "systemcheck_cycle_last_timestamp_seconds",
      "When the facts on this page were collected, in seconds since the epoch, 0 before the first cycle. "
      "They are those that the daemon decided on, not read for this scrape: alert on their age.",
      epoch_seconds(view.snapshot->taken_at));
}

void describe_configuration(const DaemonRow& daemon, Metrics& metrics) {
  metrics.gauge("systemcheck_config_last_reload_successful",
                "Whether the configuration was accepted when it was last read (1 = yes); "
                "if not, the one before stays in force.",
                daemon.config_reload_ok ? 1 : 0);
  metrics.gauge("systemcheck_config_last_reload_success_timestamp_seconds",
                "When a configuration was last accepted, in seconds since the epoch.",
                epoch_seconds(daemon.config_loaded_at));
  metrics.gauge(
      "systemcheck_config_hash",
      "First 48 bits of the hash of the configuration in force: equal numbers, equal configurations.",
      static_cast<double>(daemon.config_hash));
}

struct UsualAnswer {
  std::string_view handler{};
  int code = 200;
};

/// A counter that first appears with 1 has no increase(): the first failure would raise no alert.
constexpr std::array usual_answers{
    UsualAnswer{"/", 200},        UsualAnswer{"/metrics", 200}, UsualAnswer{"/-/healthy", 200},
    UsualAnswer{"/-/ready", 200}, UsualAnswer{"/-/ready", 503}, UsualAnswer{"other", 404},
    UsualAnswer{"other", 405},
};

}  // namespace

void describe_thresholds(const View& view, Metrics& metrics) {
  const auto& config = *view.config;
  metrics.gauge("systemcheck_load_warn_ratio", "Load for each processor above which the load is too high.",
                config.load.warn_per_cpu);
  metrics.gauge("systemcheck_filesystem_warn_ratio",
                "Used share of a file system at which it is a warning, of its space or its inodes.",
                config.disks.warn);
  metrics.gauge("systemcheck_filesystem_critical_ratio",
                "Used share of a file system at which it is critical.", config.disks.critical);
  constexpr std::string_view name = "systemcheck_shed_threshold_ratio";
  constexpr std::string_view help =
      "Share of usable memory below which each level begins; compare with systemcheck_memory_usable_ratio.";
  const auto& memory = view.snapshot->facts.of<Memory>();
  const double total = memory ? static_cast<double>(memory->total_bytes) : 1;
  const auto share_of = [total](const MemoryThreshold& it) { return it.bytes_of(total) / total; };
  metrics.gauge(name, help, share_of(config.memory.warn), {{"level", "warn"}});
  metrics.gauge(name, help, share_of(config.memory.below), {{"level", "low"}});
  metrics.gauge(name, help, share_of(config.memory.critical), {{"level", "critical"}});
}

void describe_daemon(const View& view, Metrics& metrics) {
  metrics.gauge(
      "systemcheck_build_info", "Constant 1. The build of the daemon.", 1,
      {{"version", view.daemon.version}, {"revision", SYSTEMCHECK_REVISION}, {"compiler", compiler()}});
  describe_modes(view.daemon, metrics);
  describe_holds(view.daemon, metrics);
  describe_cycles(view, metrics);
  describe_configuration(view.daemon, metrics);
  if (view.daemon.history) describe_history(*view.daemon.history, metrics);
  if (view.daemon.ends) describe_ends(*view.daemon.ends, metrics);
}

void describe_requests(const RequestCounts& requests, Metrics& metrics) {
  RequestCounts counts = requests;
  for (const auto& usual : usual_answers)
    counts.try_emplace({std::string(usual.handler), usual.code}, 0);
  for (const auto& [key, count] : counts) {
    metrics.counter(
        "systemcheck_http_requests_total",
        "HTTP requests answered when this page was made, by page (other: there is no such page, or not "
        "with that method) and status code.",
        static_cast<double>(count), {{"handler", key.first}, {"code", std::to_string(key.second)}});
  }
}

}  // namespace systemcheck
