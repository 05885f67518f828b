#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "publish/view.h"
#include "support/event_builder.h"

// Views as the daemon would post them, for everything that publishes.

namespace systemcheck::test {

/// 2026-11-22 18:20:00 UTC: the moment at which the machine of ViewBuilder was looked at.
inline constexpr WallTime view_time{std::chrono::seconds{1'795'371'600}};
/// The same moment on the steady clock, one day after boot.
inline constexpr Instant view_instant{std::chrono::hours{24}};

/// Puts one fact into a snapshot as a collector would have.
template <Fact T>
void set_fact(Snapshot& snapshot, Result<T> value) {
  auto& reading = std::get<Reading<T>>(snapshot.facts.readings);
  reading.value = std::move(value);
  reading.cost = std::chrono::microseconds{700};
}

inline Process make_process(pid_t pid, pid_t parent, char state, const std::string& executable) {
  Process process{};
  process.identity = {.pid = pid, .start_ticks = 1'000 + static_cast<std::uint64_t>(pid)};
  process.parent = parent;
  process.group = pid;
  process.session = pid;
  process.state = state;
  process.threads = 1;
  process.user_ticks = 250;
  process.system_ticks = 50;
  process.virtual_bytes = std::uint64_t{64} << 20;
  process.resident_bytes = std::uint64_t{8} << 20;
  const auto name = executable.substr(executable.rfind('/') + 1);
  process.text = std::make_shared<ProcessText>(ProcessText{.comm = name.substr(0, 15),
                                                           .cmdline = executable,
                                                           .executable = executable,
                                                           .control_group = "/system.slice/" + name});
  return process;
}

inline Processes make_processes() {
  Processes table{};
  table.all = {
      make_process(1, 0, 'S', "/usr/lib/systemd/systemd"), make_process(410, 1, 'S', "/usr/sbin/sshd"),
      make_process(800, 1, 'S', "/usr/sbin/apache2"),      make_process(801, 800, 'S', "/usr/sbin/apache2"),
      make_process(802, 800, 'R', "/usr/sbin/apache2"),    make_process(900, 1, 'Z', "/usr/bin/defunct")};
  for (auto& process : table.all) {
    if (process.parent == 800) process.user = 33;
  }
  table.pids_max = 4'194'304;
  table.races_total = 2;
  table.uptime_seconds = 86'400;
  table.boot_time_seconds = 1'795'285'200;
  table.memory_total_bytes = std::uint64_t{8} << 30;
  table.user_names = {{0, "root"}, {33, "www-data"}};
  return table;
}

/// A root file system with room, a /var at its critical mark, and an NFS mount that does not answer.
inline Disks make_disks() {
  constexpr std::uint64_t gib = std::uint64_t{1} << 30;
  Disks disks{};
  disks.file_systems.resize(3);
  disks.file_systems[0].device = "/dev/vda1";
  disks.file_systems[0].mount_point = "/";
  disks.file_systems[0].type = "ext4";
  disks.file_systems[0].usage = FileSystemUsage{.size_bytes = 100 * gib,
                                                .free_bytes = 60 * gib,
                                                .available_bytes = 55 * gib,
                                                .files = 6'553'600,
                                                .files_free = 6'000'000,
                                                .is_read_only = false};
  disks.file_systems[1].device = "/dev/vdb1";
  disks.file_systems[1].mount_point = "/var";
  disks.file_systems[1].type = "xfs";
  disks.file_systems[1].usage = FileSystemUsage{.size_bytes = 100 * gib,
                                                .free_bytes = 5 * gib,
                                                .available_bytes = 5 * gib,
                                                .files = 52'428'800,
                                                .files_free = 52'000'000,
                                                .is_read_only = false};
  disks.file_systems[2].device = "filer:/export/home";
  disks.file_systems[2].mount_point = "/home";
  disks.file_systems[2].type = "nfs4";
  disks.file_systems[2].usage = Error{Error::Kind::timed_out, "statvfs of /home did not answer in time"};
  disks.devices.resize(1);
  disks.devices[0].name = "vda";
  disks.devices[0].reads = 12'345;
  disks.devices[0].read_bytes = 505'290'752;
  disks.devices[0].writes = 54'321;
  disks.devices[0].written_bytes = 1'112'490'496;
  disks.devices[0].io_seconds = 90.5;
  return disks;
}

/// The facts of a machine with 2 processors and 8 GiB, one day after boot.
inline Snapshot make_snapshot() {
  constexpr std::uint64_t mib = std::uint64_t{1} << 20;
  Snapshot snapshot{};
  snapshot.cycle = 42;
  snapshot.taken_at = view_time;
  snapshot.taken = view_instant;
  snapshot.took = std::chrono::milliseconds{12};
  set_fact<Load>(snapshot, Load{.one_minute = 0.21, .five_minutes = 0.37, .fifteen_minutes = 1.5});
  set_fact<Cpu>(snapshot, Cpu{.seconds = {1'000.5, 2, 300, 160'000, 12, 1, 3, 0},
                              .online = 2,
                              .forks = 70'000,
                              .context_switches = 9'000'000'000,
                              .boot_time_seconds = 1'795'285'200,
                              .running = 1,
                              .blocked = 0});
  set_fact<Memory>(snapshot, Memory{.total_bytes = 8'192 * mib,
                                    .available_bytes = 6'144 * mib,
                                    .free_bytes = 1'024 * mib,
                                    .buffers_bytes = 256 * mib,
                                    .cached_bytes = 4'096 * mib,
                                    .swap_total_bytes = 2'048 * mib,
                                    .swap_free_bytes = 2'000 * mib,
                                    .swapped_in_bytes = 4'096,
                                    .swapped_out_bytes = 8'192,
                                    .oom_kills = 1});
  set_fact<Pressure>(snapshot, Pressure{.is_available = true,
                                        .cpu = {.waiting_seconds = 30.25, .stalled_seconds = 0},
                                        .memory = {.waiting_seconds = 1.5, .stalled_seconds = 0.5},
                                        .io = {.waiting_seconds = 12, .stalled_seconds = 8}});
  set_fact<Disks>(snapshot, make_disks());
  set_fact<Processes>(snapshot, make_processes());
  set_fact<Self>(snapshot, Self{.cpu_seconds = 1.25,
                                .resident_bytes = 14 * mib,
                                .virtual_bytes = 200 * mib,
                                .open_descriptors = 25,
                                .max_descriptors = 1'024,
                                .start_time_seconds = 1'795'285'260});
  return snapshot;
}

/// A service as the daemon first posts it: configured, and nothing known of it.
inline ServiceRow make_row(const std::string& name) {
  ServiceRow row{};
  row.name = name;
  row.manager = "systemd";
  row.unit = name + ".service";
  row.reason = "not looked at yet";
  row.state_since = view_time;
  row.state_since_instant = view_instant;
  return row;
}

/// A healthy service with `processes` processes, the first of them `pid`.
inline ServiceRow make_row_that_is_up(const std::string& name, pid_t pid, std::uint32_t processes) {
  ServiceRow row = make_row(name);
  row.mode = Mode::act;
  row.state = ServiceState::up;
  row.status = CheckStatus::ok;
  row.reason = std::to_string(processes) + " processes";
  row.state_since = view_time - std::chrono::hours{2};
  row.state_since_instant = view_instant - std::chrono::hours{2};
  row.user = "root";
  row.processes = processes;
  row.main = ProcessIdentity{.pid = pid, .start_ticks = 1'000 + static_cast<std::uint64_t>(pid)};
  row.threads = processes;
  row.resident_bytes = processes * (std::uint64_t{8} << 20);
  row.oldest_start = view_time - std::chrono::hours{2};
  row.user_seconds_total = 7.5;
  row.system_seconds_total = 1.5;
  row.cpu_ratio = 0.03;
  row.process_starts_total = 4;
  row.last_up = view_time;
  return row;
}

/// A service that fails to come back: three attempts, two of them failed, now at the cap.
inline ServiceRow make_row_that_flaps(const std::string& name) {
  ServiceRow row = make_row(name);
  row.mode = Mode::act;
  row.state = ServiceState::flapping;
  row.status = CheckStatus::critical;
  row.reason = "no process; next attempt in 5 min";
  row.user = "mail";
  row.check_failures_total = 5;
  row.consecutive_failures = 3;
  row.last_up = view_time - std::chrono::minutes{10};
  row.deaths_total[1] = 2;
  row.restarts_total = 3;
  row.restart_failures_total = 2;
  row.suppressed_total[static_cast<std::size_t>(Suppressed::backoff)] = 7;
  row.last_restart = view_time - std::chrono::minutes{1};
  row.last_restart_duration = std::chrono::milliseconds{1'500};
  row.last_outcome = Outcome::Kind::failed;
  row.last_exit = 1;
  row.backoff_remaining = std::chrono::minutes{5};
  row.is_at_cap = true;
  return row;
}

/// A service of which nothing is installed here.
inline ServiceRow make_row_that_is_absent(const std::string& name) {
  ServiceRow row = make_row(name);
  row.manager = "none";
  row.unit.clear();
  row.state = ServiceState::absent;
  row.status = CheckStatus::ok;
  row.reason = "not installed";
  return row;
}

/// A service that a person has stopped.
inline ServiceRow make_row_that_is_held(const std::string& name, Owner owner) {
  ServiceRow row = make_row(name);
  row.mode = Mode::act;
  row.state = ServiceState::held;
  row.status = CheckStatus::ok;
  row.owner = owner;
  row.reason = "stopped by " + std::string(word(owner));
  row.suppressed_total[static_cast<std::size_t>(Suppressed::admin)] = 1;
  row.holds.push_back({.by = owner,
                       .reason = "new disks",
                       .asked_by = "uid 1000",
                       .since = row.state_since,
                       .until = row.state_since + std::chrono::hours{2},
                       .remaining = std::chrono::minutes{90}});
  return row;
}

/// Memory has been low: cheap is off, and dear would be next.
inline ShedRow make_shedding() {
  constexpr double mib = 1024 * 1024;
  ShedServiceRow dear{.name = "dear", .priority = 20, .obstacle = ShedObstacle::too_often};
  dear.words = "up: turned off too often";
  dear.bytes = 300.5 * mib;
  dear.predicted_bytes = 310 * mib;
  dear.returned_bytes = 290 * mib;
  dear.sheds_total[static_cast<std::size_t>(ShedCause::low)] = 2;
  dear.sheds_total[static_cast<std::size_t>(ShedCause::critical)] = 1;
  dear.restores_total = 2;
  dear.failed_restores_total = 1;
  dear.off_seconds_total = 90.75;
  ShedServiceRow cheap{.name = "cheap", .priority = 10, .phase = ShedPhase::shed, .is_rehearsed = true};
  cheap.words = "off: memory is short";
  cheap.backoff = std::chrono::milliseconds{29'500};
  return {.mode = Mode::act,
          .state = ShedState::hold,
          .shortage = Shortage::low,
          .words = "700 MiB of memory are usable, 1 service is off",
          .total_bytes = 8'192 * mib,
          .usable_bytes = 700 * mib,
          .pending_bytes = 12 * mib,
          .to_critical = std::chrono::milliseconds{4'900},
          .relieved_total = 5,
          .stuck_total = 1,
          .alarms_total = 9,
          .services = {dear, cheap}};
}

/// One log is followed, another cannot be read; mail servers ask at one socket, and a map cannot be written.
inline RelayRow make_relay() {
  RelayLogRow followed{.name = "/var/log/maillog"};
  followed.source = {.state = SourceState::following, .lines = 1'000, .lag_bytes = 17};
  followed.lines[static_cast<std::size_t>(LineVerdict::login)] = 40;
  RelayLogRow unreadable{.name = "/var/log/mail.log", .is_trusted = false};
  unreadable.source = {.state = SourceState::unreadable, .reason = "permission denied"};
  unreadable.source.deleted = 2;
  unreadable.source.gaps = 3;
  RelayRow row{.status = CheckStatus::critical, .words = "/var/lib/relay.txt: the disk is full"};
  row.is_ready = true;
  row.grants = 12;
  row.grants_max = 131'072;
  row.users = 11;
  row.shared_addresses = 1;
  row.counts = {.granted = 20, .refreshed = 300, .expired = 7, .removed = 1};
  row.counts.refused[static_cast<std::size_t>(Refusal::never)] = 4;
  row.counts.refused[static_cast<std::size_t>(Refusal::table_full)] = 5;
  row.logs = {followed, unreadable};
  row.sockets = {{.place = "unix:/run/relay.sock",
                  .counts = {.found = 5, .not_found = 6, .temporary = 7, .malformed = 8, .clients = 2}}};
  row.files = {{.path = "/var/lib/relay.txt",
                .entries = 12,
                .waiting = 1,
                .last_update = view_time,
                .updates = 30,
                .failures = 2,
                .error = "the disk is full"}};
  return row;
}

/// Whom that relay lets send.
inline std::shared_ptr<const std::vector<RelayClientRow>> make_clients() {
  return std::make_shared<const std::vector<RelayClientRow>>(std::vector<RelayClientRow>{
      {.network = "198.51.100.7",
       .user = "alice and 2 others",
       .ends = view_instant + std::chrono::milliseconds{65'500},
       .logins = 12},
      {.network = "2001:db8::/64", .user = "robert", .ends = view_instant, .logins = 1}});
}

/// A whole machine, to be changed where a test needs it otherwise:
///   const View view = ViewBuilder().service(make_row("mine")).build();
class ViewBuilder {
 public:
  ViewBuilder() {
    view_.sequence = 7;
    view_.posted_at = view_time;
    view_.load_status = CheckStatus::ok;
    view_.memory_status = CheckStatus::ok;
    view_.status = CheckStatus::critical;
    view_.status_text = "/var is 95% full";
    view_.file_systems = {{.name = "/", .index = 0, .status = CheckStatus::ok},
                          {.name = "/var", .index = 1, .status = CheckStatus::critical},
                          {.name = "/home", .index = 2, .status = CheckStatus::unknown}};
    view_.daemon.version = "0.1.0";
    view_.daemon.started_at = view_time - std::chrono::minutes{42};
    view_.daemon.started = view_instant - std::chrono::minutes{42};
    view_.daemon.cycles_total = 42;
    view_.daemon.config_loaded_at = view_time - std::chrono::minutes{42};
    view_.daemon.config_hash = 0x1234'5678'9abc;
    view_.daemon.mode = Mode::act;
  }

  /// Adds a service, and the line of the configuration that it would come from.
  ViewBuilder& service(ServiceRow row) {
    Service configured{};
    configured.name = row.name;
    configured.mode = row.mode;
    config_.services.push_back(std::move(configured));
    view_.services.push_back(std::move(row));
    return *this;
  }
  /// web (up), mail (flapping), ssh (observed, up), backup (held by a person), other (absent).
  ViewBuilder& usual_services() {
    service(make_row_that_is_up("web", 800, 3)).service(make_row_that_flaps("mail"));
    auto ssh = make_row_that_is_up("ssh", 410, 1);
    ssh.mode = Mode::observe;
    return service(std::move(ssh))
        .service(make_row_that_is_held("backup", Owner::admin))
        .service(make_row_that_is_absent("other"));
  }
  ViewBuilder& sequence(std::uint64_t number) {
    view_.sequence = number;
    return *this;
  }

  // For anything else: change it in place.
  View& view() { return view_; }
  Snapshot& snapshot() { return snapshot_; }
  Config& config() { return config_; }

  [[nodiscard]] View build() const {
    View built = view_;
    built.snapshot = std::make_shared<const Snapshot>(snapshot_);
    built.config = std::make_shared<const Config>(config_);
    return built;
  }

 private:
  View view_{};
  Snapshot snapshot_ = make_snapshot();
  Config config_{};
};

/// The machine above with its usual services.
inline View make_view() { return ViewBuilder().usual_services().build(); }

/// And with everything else that can be switched on.
inline View make_whole_view() {
  View view = make_view();
  view.shedding = make_shedding();
  view.relay = make_relay();
  view.events = with_event(view.events, {.at = view_time,
                                         .kind = EventKind::action,
                                         .subject = "mail",
                                         .what = "restart",
                                         .actor = "systemcheck",
                                         .result = ActionResult::not_up,
                                         .text = "no process"});
  view.relay->clients = make_clients();
  return view;
}

}  // namespace systemcheck::test
