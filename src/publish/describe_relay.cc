#include <string>
#include <string_view>

#include "publish/describe.h"

namespace systemcheck {
namespace {

double number(std::uint64_t count) { return static_cast<double>(count); }

void describe_grants(const RelayRow& row, Metrics& metrics) {
  metrics.gauge("systemcheck_relay_ready",
                "Whether all logs have been read up to now: 0 while nobody can be told that he may not send.",
                row.is_ready ? 1 : 0);
  metrics.gauge("systemcheck_relay_addresses",
                "Addresses (or networks, where those are authorised) that may send mail because somebody has "
                "fetched his from there.",
                number(row.grants));
  metrics.gauge("systemcheck_relay_addresses_limit", "How many addresses may at most.",
                number(row.grants_max));
  metrics.gauge("systemcheck_relay_users", "Users whose logins those addresses are from.", number(row.users));
  metrics.gauge("systemcheck_relay_shared_addresses",
                "Addresses from which so many users have logged in that they must share it (NAT).",
                number(row.shared_addresses));
  constexpr std::string_view changes = "systemcheck_relay_changes_total";
  constexpr std::string_view changes_help =
      "Logins that authorised an address (granted) or kept it authorised (refreshed), and addresses that may "
      "send no longer because time was up (expired) or somebody has said so (removed).";
  metrics.counter(changes, changes_help, number(row.counts.granted), {{"change", "granted"}});
  metrics.counter(changes, changes_help, number(row.counts.refreshed), {{"change", "refreshed"}});
  metrics.counter(changes, changes_help, number(row.counts.expired), {{"change", "expired"}});
  metrics.counter(changes, changes_help, number(row.counts.removed), {{"change", "removed"}});
  for (std::size_t i = 0; i < row.counts.refused.size(); ++i) {
    metrics.counter("systemcheck_relay_refused_total", "Logins that authorise nobody, by reason.",
                    number(row.counts.refused.at(i)), {{"reason", std::string(Words<Refusal>::all.at(i))}});
  }
}

Labels of(const RelayLogRow& log) { return {{"log", log.name}}; }
Labels of(const RelayLogRow& log, std::string_view label, std::string_view value) {
  return {{"log", log.name}, {std::string(label), std::string(value)}};
}

template <typename Value>
void describe_logs(const RelayRow& row, Metrics& metrics, std::string_view name, std::string_view help,
                   Value&& value) {
  for (const auto& log : row.logs)
    metrics.gauge(name, help, value(log), of(log));
}

template <typename Value>
void count_logs(const RelayRow& row, Metrics& metrics, std::string_view name, std::string_view help,
                Value&& value) {
  for (const auto& log : row.logs)
    metrics.counter(name, help, number(value(log.source)), of(log));
}

void describe_sources(const RelayRow& row, Metrics& metrics) {
  describe_logs(row, metrics, "systemcheck_relay_log_following", "1 if the log is there and is being read.",
                [](const auto& log) { return log.source.state == SourceState::following ? 1.0 : 0.0; });
  describe_logs(row, metrics, "systemcheck_relay_log_trusted",
                "0 if it is not known who wrote the lines of the log: then they authorise nobody.",
                [](const auto& log) { return log.is_trusted ? 1.0 : 0.0; });
  describe_logs(row, metrics, "systemcheck_relay_log_lag_bytes",
                "What is in the log and has not been read yet.",
                [](const auto& log) { return number(log.source.lag_bytes); });
  count_logs(row, metrics, "systemcheck_relay_log_lines_total", "Lines read.",
             [](const auto& source) { return source.lines; });
  count_logs(row, metrics, "systemcheck_relay_log_bytes_total", "Bytes read.",
             [](const auto& source) { return source.bytes; });
  count_logs(row, metrics, "systemcheck_relay_log_long_lines_total", "Lines that were too long to be read.",
             [](const auto& source) { return source.long_lines; });
  count_logs(row, metrics, "systemcheck_relay_log_deletions_total",
             "Times the log was deleted while it was still the log. Logs are rotated, not deleted.",
             [](const auto& source) { return source.deleted; });
  count_logs(row, metrics, "systemcheck_relay_log_gaps_total",
             "Times at which lines are known to be missing, or may be.",
             [](const auto& source) { return source.gaps; });
  count_logs(row, metrics, "systemcheck_relay_log_strangers_total",
             "Lines that were sent to a socket by somebody who may not.",
             [](const auto& source) { return source.strangers; });
  constexpr std::string_view rotations = "systemcheck_relay_log_rotations_total";
  constexpr std::string_view rotations_help =
      "Rotations, by how: another file has the name (renamed), the file was cut short after it was copied "
      "(copied) or "
      "without a copy (cut), or replaced by a copy of itself (replaced).";
  for (const auto& log : row.logs) {
    metrics.counter(rotations, rotations_help, number(log.source.renamed), of(log, "kind", "renamed"));
    metrics.counter(rotations, rotations_help, number(log.source.copied), of(log, "kind", "copied"));
    metrics.counter(rotations, rotations_help, number(log.source.cut), of(log, "kind", "cut"));
    metrics.counter(rotations, rotations_help, number(log.source.replaced), of(log, "kind", "replaced"));
  }
  for (const auto& log : row.logs) {
    for (std::size_t i = 0; i < log.lines.size(); ++i) {
      metrics.counter("systemcheck_relay_log_verdicts_total",
                      "Lines by what became of them: nothing for most, login for those that count.",
                      number(log.lines.at(i)), of(log, "verdict", Words<LineVerdict>::all.at(i)));
    }
  }
}

void describe_sockets(const RelayRow& row, Metrics& metrics) {
  for (const auto& socket : row.sockets) {
    metrics.gauge("systemcheck_relay_socket_up", "1 if mail servers can ask at this socket.",
                  socket.error.empty() ? 1 : 0, {{"socket", socket.place}});
  }
  for (const auto& socket : row.sockets) {
    metrics.gauge("systemcheck_relay_socket_clients", "Connections of mail servers.",
                  number(socket.counts.clients), {{"socket", socket.place}});
  }
  for (const auto& socket : row.sockets) {
    constexpr std::string_view name = "systemcheck_relay_lookups_total";
    constexpr std::string_view help =
        "Questions of mail servers whether an address may send, by answer; malformed ones end their "
        "connection.";
    const auto count = [&](std::string_view answer, std::uint64_t value) {
      metrics.counter(name, help, number(value), {{"socket", socket.place}, {"answer", std::string(answer)}});
    };
    count("found", socket.counts.found);
    count("not_found", socket.counts.not_found);
    count("temporary", socket.counts.temporary);
    count("malformed", socket.counts.malformed);
  }
}

void describe_files(const RelayRow& row, Metrics& metrics) {
  const auto gauge = [&](std::string_view name, std::string_view help, auto&& value) {
    for (const auto& file : row.files)
      metrics.gauge(name, help, value(file), {{"map", file.path}});
  };
  const auto counter = [&](std::string_view name, std::string_view help, auto&& value) {
    for (const auto& file : row.files)
      metrics.counter(name, help, number(value(file)), {{"map", file.path}});
  };
  gauge("systemcheck_relay_map_ok", "1 if the map could be written the last time.",
        [](const auto& file) { return file.error.empty() ? 1.0 : 0.0; });
  gauge("systemcheck_relay_map_entries", "Addresses in the map.",
        [](const auto& file) { return number(file.entries); });
  gauge("systemcheck_relay_map_waiting", "Changes that are not in the map yet.",
        [](const auto& file) { return number(file.waiting); });
  gauge("systemcheck_relay_map_update_seconds", "How long the last update took.",
        [](const auto& file) { return in_seconds(file.last_took); });
  gauge("systemcheck_relay_map_updated_timestamp_seconds", "When the map was updated last; 0: never.",
        [](const auto& file) { return file.last_update ? epoch_seconds(*file.last_update) : 0.0; });
  counter("systemcheck_relay_map_updates_total", "Updates of the map.",
          [](const auto& file) { return file.updates; });
  counter("systemcheck_relay_map_failures_total", "Updates that did not succeed.",
          [](const auto& file) { return file.failures; });
}

}  // namespace

void describe_relay(const RelayRow& row, Metrics& metrics) {
  describe_grants(row, metrics);
  describe_sources(row, metrics);
  describe_sockets(row, metrics);
  describe_files(row, metrics);
}

}  // namespace systemcheck
