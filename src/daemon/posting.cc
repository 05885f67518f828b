#include "daemon/posting.h"

#include <algorithm>
#include <utility>

#include "check/thresholds.h"
#include "publish/view_words.h"

namespace systemcheck {
namespace {

std::vector<FileSystemRow> file_system_rows(const Config& config, const Snapshot& snapshot) {
  std::vector<FileSystemRow> rows;
  const auto& disks = snapshot.facts.of<Disks>();
  if (!disks) return rows;
  for (std::size_t i = 0; i < disks->file_systems.size(); ++i) {
    const auto& file_system = disks->file_systems[i];
    rows.push_back({.name = row_name(file_system.mount_point),
                    .index = i,
                    .status = check_file_system(config.disks, file_system)});
  }
  return rows;
}

std::vector<CheckedItem> checked_items(const View& view) {
  std::vector<CheckedItem> items{{.status = view.load_status, .name = "load", .reason = {}},
                                 {.status = view.memory_status, .name = "memory", .reason = {}}};
  for (const auto& row : view.services)
    items.push_back({.status = row.status, .name = row.name, .reason = row.reason});
  for (const auto& row : view.file_systems)
    items.push_back({.status = row.status, .name = row.name, .reason = {}});
  return items;
}

/// The relay stands among the services: it has no process of its own, and can be as dead as one.
void add_relay_service(const RelayRow& relay, std::vector<ServiceRow>& services) {
  const auto has_name = [](const ServiceRow& row) { return row.name == relay_service_name; };
  if (std::ranges::any_of(services, has_name)) return;
  ServiceRow row{.name = std::string(relay_service_name), .manager = "none", .mode = Mode::act};
  row.state = relay.status == CheckStatus::ok        ? ServiceState::up
              : relay.status == CheckStatus::warning ? ServiceState::degraded
                                                     : ServiceState::down;
  row.status = relay.status;
  row.reason = relay.words;
  row.state_since = relay.status_since;
  row.state_since_instant = relay.status_since_instant;
  row.processes_min = 0;
  services.push_back(std::move(row));
}

}  // namespace

View compose_view(Posting posting, std::uint64_t sequence, Instant now, WallTime wall_now) {
  View view;
  view.sequence = sequence;
  view.posted_at = wall_now;
  view.config = std::move(posting.config);
  view.snapshot = std::move(posting.snapshot);
  view.services = std::move(posting.services);
  view.daemon = std::move(posting.daemon);
  view.shedding = std::move(posting.shedding);
  view.relay = std::move(posting.relay);
  if (view.relay) add_relay_service(*view.relay, view.services);
  const auto& facts = view.snapshot->facts;
  view.file_systems = file_system_rows(*view.config, *view.snapshot);
  view.load_status = check_load(view.config->load, facts.of<Load>(), posting.load_high_since, now);
  view.memory_status = check_memory(view.config->memory, facts.of<Memory>());
  auto overall = check_overall(checked_items(view));
  view.status = overall.status;
  view.status_text = std::move(overall.text);
  return view;
}

}  // namespace systemcheck
