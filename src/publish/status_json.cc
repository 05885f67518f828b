#include "publish/status_json.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "base/json_text.h"
#include "config/order.h"
#include "publish/hold_json.h"
#include "publish/relay_json.h"
#include "publish/service_json.h"
#include "publish/shed_json.h"
#include "publish/view_words.h"

// Keys keep the order in which they are written here, so that a person can read the document too.
// Times are RFC 3339 in UTC, durations seconds, sizes bytes, shares 0 to 1; what is not known is null.

namespace systemcheck {
namespace {

using Json = nlohmann::ordered_json;

constexpr int schema = 1;

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json time_or_null(const std::optional<WallTime>& time) {
  return time ? Json(wall_time_text(*time)) : Json(nullptr);
}

/// Since the epoch, as WallTime{} stands for "never" where a time is not optional.
Json time_unless_never(WallTime time) {
  return time == WallTime{} ? Json(nullptr) : Json(wall_time_text(time));
}

/// What every fact says of itself besides its numbers: how it was judged, or why it could not be read.
template <typename Fact>
Json judged(CheckStatus status, const Result<Fact>& fact) {
  Json json;
  json["status"] = word(status);
  json["error"] = fact ? Json(nullptr) : Json(published_text(fact.error().message));
  return json;
}

Json load_json(const View& view) {
  const auto& load = view.snapshot->facts.of<Load>();
  auto json = judged(view.load_status, load);
  json["1"] = load ? Json(load->one_minute) : Json(nullptr);
  json["5"] = load ? Json(load->five_minutes) : Json(nullptr);
  json["15"] = load ? Json(load->fifteen_minutes) : Json(nullptr);
  json["per_cpu"] = or_null(load_per_cpu(view.snapshot->facts));
  return json;
}

Json memory_json(const View& view) {
  const auto& memory = view.snapshot->facts.of<Memory>();
  auto json = judged(view.memory_status, memory);
  const auto bytes = [&](std::uint64_t Memory::*member) {
    return memory ? Json((*memory).*member) : Json(nullptr);
  };
  json["total_bytes"] = bytes(&Memory::total_bytes);
  json["available_bytes"] = bytes(&Memory::available_bytes);
  json["usable_ratio"] = memory ? Json(memory->usable_ratio()) : Json(nullptr);
  json["free_bytes"] = bytes(&Memory::free_bytes);
  json["buffers_bytes"] = bytes(&Memory::buffers_bytes);
  json["cached_bytes"] = bytes(&Memory::cached_bytes);
  json["swap_total_bytes"] = bytes(&Memory::swap_total_bytes);
  json["swap_free_bytes"] = bytes(&Memory::swap_free_bytes);
  json["oom_kills_total"] = bytes(&Memory::oom_kills);
  return json;
}

Json totals_json(const PressureTotals& totals) {
  Json json;
  json["waiting_ratio"] = totals.waiting_ratio;
  json["waiting_seconds_total"] = totals.waiting_seconds;
  json["stalled_seconds_total"] = totals.stalled_seconds;
  return json;
}

/// null where the kernel has none.
Json pressure_json(const View& view) {
  const auto& pressure = view.snapshot->facts.of<Pressure>();
  if (!pressure || !pressure->is_available) return nullptr;
  Json json;
  json["cpu"] = totals_json(pressure->cpu);
  json["memory"] = totals_json(pressure->memory);
  json["io"] = totals_json(pressure->io);
  return json;
}

/// Only for what the snapshot does not know, which the daemon does not post.
const FileSystem& no_file_system() {
  static const FileSystem none{};
  return none;
}

void add_usage(Json& json, const FileSystem& file_system) {
  const auto& usage = file_system.usage;
  const auto number = [&](std::uint64_t FileSystemUsage::*member) {
    return usage ? Json((*usage).*member) : Json(nullptr);
  };
  json["device"] = published_text(file_system.device);
  json["type"] = published_text(file_system.type);
  json["is_read_only"] = file_system.is_read_only;
  json["size_bytes"] = number(&FileSystemUsage::size_bytes);
  json["available_bytes"] = number(&FileSystemUsage::available_bytes);
  json["used_ratio"] = usage ? Json(file_system.used_ratio()) : Json(nullptr);
  json["files"] = number(&FileSystemUsage::files);
  json["files_free"] = number(&FileSystemUsage::files_free);
  json["error"] = usage ? Json(nullptr) : Json(published_text(usage.error().message));
}

Json file_systems_json(const View& view) {
  auto json = Json::array();
  const auto& disks = view.snapshot->facts.of<Disks>();
  for (const auto& row : view.file_systems) {
    const bool is_known = disks && row.index < disks->file_systems.size();
    Json one;
    one["name"] = published_text(row.name);
    one["status"] = word(row.status);
    add_usage(one, is_known ? disks->file_systems[row.index] : no_file_system());
    json.push_back(std::move(one));
  }
  return json;
}

Json processes_json(const View& view) {
  const auto& table = view.snapshot->facts.of<Processes>();
  if (!table) return nullptr;
  Json json;
  json["total"] = table->all.size();
  for (const auto& [state, count] : count_states(*table))
    json["by_state"][std::string(state)] = count;
  return json;
}

Json last_restart_json(const ServiceRow& row) {
  if (!row.last_restart) return nullptr;
  Json json;
  json["time"] = wall_time_text(*row.last_restart);
  json["duration_seconds"] = in_seconds(row.last_restart_duration);
  json["outcome"] = row.last_outcome ? Json(outcome_word(*row.last_outcome)) : Json(nullptr);
  json["exit_code"] = row.last_outcome ? Json(row.last_exit) : Json(nullptr);
  return json;
}

/// Only what was ever counted: thirteen reasons, nearly all of them 0, hide the one that matters.
Json suppressed_json(const ServiceRow& row) {
  auto json = Json::object();
  for (std::size_t i = 0; i < row.suppressed_total.size(); ++i) {
    if (row.suppressed_total.at(i) != 0)
      json[std::string(Words<Suppressed>::all.at(i))] = row.suppressed_total.at(i);
  }
  return json;
}

Json holds_json(const ServiceRow& row) {
  auto json = Json::array();
  for (const auto& hold : row.holds)
    json.push_back(hold_json(hold));
  return json;
}

void add_state(Json& json, const ServiceRow& row) {
  json["name"] = published_text(row.name);
  json["state"] = word(row.state);
  json["since"] = time_unless_never(row.state_since);
  json["reason"] = published_text(row.reason);
  json["mode"] = word(row.mode);
  json["owner"] = word(row.owner);
  json["status"] = word(row.status);
  json["holds"] = holds_json(row);
  json["manager"] = published_text(row.manager);
  json["unit"] = published_text(row.unit);
  json["user"] = published_text(row.user);
}

void add_processes(Json& json, const ServiceRow& row) {
  json["processes"] = row.processes;
  json["processes_min"] = row.processes_min;
  json["processes_max"] = or_null(row.processes_max);
  json["main_pid"] = row.main ? Json(row.main->pid) : Json(nullptr);
  json["oldest_start"] = time_or_null(row.oldest_start);
  json["threads"] = row.threads;
  json["resident_bytes"] = row.resident_bytes;
  json["swap_bytes"] = row.swap_bytes;
  json["cpu_ratio"] = row.cpu_ratio;
}

void add_history(Json& json, const ServiceRow& row) {
  json["last_up"] = time_or_null(row.last_up);
  json["restarts_total"] = row.restarts_total;
  json["restart_failures_total"] = row.restart_failures_total;
  json["suppressed_total"] = suppressed_json(row);
  json["last_restart"] = last_restart_json(row);
  json["backoff_seconds"] = in_seconds(row.backoff_remaining);
  json["is_at_cap"] = row.is_at_cap;
}

/// Their members in the order in which they are started; those that are not here are left out.
Json groups_json(const View& view) {
  auto json = Json::array();
  const auto order = ordered(view.config->services);
  for (const auto& group : view.config->groups) {
    auto members = Json::array();
    for (const auto place : order) {
      const auto& name = view.config->services[place].name;
      const bool is_member = std::ranges::find(group.services, name) != group.services.end();
      const bool is_here = std::ranges::find(view.services, name, &ServiceRow::name) != view.services.end();
      if (is_member && is_here) members.push_back(name);
    }
    json.push_back({{"name", group.name}, {"services", std::move(members)}});
  }
  return json;
}

}  // namespace

Json service_json(const ServiceRow& row) {
  Json json;
  add_state(json, row);
  add_processes(json, row);
  add_history(json, row);
  return json;
}

Json services_json(const View& view) {
  auto json = Json::array();
  for (const auto& row : view.services)
    json.push_back(service_json(row));
  return json;
}

std::string status_json(const View& view) {
  Json json;
  json["schema"] = schema;
  json["version"] = published_text(view.daemon.version);
  json["time"] = time_unless_never(view.posted_at);
  json["sequence"] = view.sequence;
  json["cycle"] = view.snapshot->cycle;
  json["collected"] = time_unless_never(view.snapshot->taken_at);
  json["cycle_interval_seconds"] = in_seconds(view.daemon.cycle_interval);
  json["status"] = word(view.status);
  json["status_text"] = published_text(view.status_text);
  json["mode"] = word(view.daemon.mode);
  json["load"] = load_json(view);
  json["memory"] = memory_json(view);
  json["shedding"] = view.shedding ? shed_json(*view.shedding) : Json(nullptr);
  json["relay"] = view.relay ? relay_json(*view.relay) : Json(nullptr);
  json["pressure"] = pressure_json(view);
  json["file_systems"] = file_systems_json(view);
  json["processes"] = processes_json(view);
  json["services"] = services_json(view);
  json["groups"] = groups_json(view);
  // All strings are valid UTF-8 by now; should one not be, a replaced letter beats no answer.
  return json_document(json);
}

}  // namespace systemcheck
