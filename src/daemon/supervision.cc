#include "daemon/supervision.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/severity.h"
#include "base/text.h"
#include "config/order.h"
#include "daemon/supervised.h"
#include "decide/verification.h"

namespace systemcheck {
namespace {

/// From the loss of its program to the end of a process: a page of its memory may have to be written first.
constexpr Duration end_patience = std::chrono::milliseconds{500};

std::string main_words(const ServiceRow& row) {
  return row.main ? fmt::format("process {}", row.main->pid) : std::string("its process");
}

std::string end_words(const std::optional<MainEnd>& end) {
  return end ? ": " + describe(end->end) : std::string{};
}

/// What we had stopped, or the starter of a daemon, which looks like that for a moment and ends when it has
/// seen it start well.
bool is_of_our_order(const RestartMemo& memo, const std::optional<MainEnd>& end) {
  const bool is_being_verified = memo.verify_until.has_value();
  return memo.is_in_flight || (is_being_verified && (!end || is_clean(end->end)));
}

}  // namespace

Supervision::Supervision(World& world, Hooks hooks)
    : world_(world),
      hooks_(std::move(hooks)),
      surroundings_(world, [this] { hooks_.look_wanted(); }),
      has_systemd_(world.units.manager() != Manager::absent) {
  manager_watch_ = world_.units.on_manager([this](Manager manager) {
    has_systemd_ = has_systemd_ || manager != Manager::absent;
    note_time();
  });
}

Supervision::~Supervision() { record_moment({}, PastTurn{.kind = PastTurn::Kind::ended}, world_.loop.now()); }

void Supervision::take_over(std::shared_ptr<const Config> config) {
  config_ = std::move(config);
  crashes_.clear();  // They name services by their places.
  record_moment({}, PastTurn{.kind = PastTurn::Kind::taken_over}, world_.loop.now());
  if (!std::exchange(has_taken_over_, true)) recall_host_guard();
  std::vector<std::unique_ptr<Supervised>> before = std::exchange(services_, {});
  std::set<std::string> waiting;
  for (const auto& rules : config_->services) {
    const auto found = std::find_if(before.begin(), before.end(),
                                    [&](const auto& it) { return it && it->rules.name == rules.name; });
    auto next = found == before.end() ? std::make_unique<Supervised>() : std::move(*found);
    next->user_seconds_before = next->row.user_seconds_total;
    next->system_seconds_before = next->row.system_seconds_total;
    next->starts_before = next->row.process_starts_total;
    if (found == before.end()) next->row.state_since = world_.loop.wall_now();
    if (found == before.end()) next->row.state_since_instant = world_.loop.now();
    next->rules = rules;
    next->row.name = rules.name;
    next->row.mode = rules.mode;
    next->row.processes_min = rules.processes.min;
    next->row.processes_max = rules.processes.max;
    next->are_ports_known = false;  // Its probes may ask others.
    // Callbacks know a service by its place, and places may have changed.
    next->gone_watch.cancel();
    if (next->wake.is_set()) waiting.insert(rules.name);
    next->wake.cancel();
    next->watched.reset();
    update_row_facts(next->row, rules, next->sight);
    if (found == before.end()) recall(*next);
    if (found == before.end()) recall_claims(*next);
    services_.push_back(std::move(next));
  }
  order_ = ordered(config_->services);
  actuator_.reset();
  surroundings_.use(config_);
  holds_.use(config_);
  watch_units();
  for (std::size_t i = 0; i < services_.size(); ++i) {
    begin_probing(i);
    watch_main(i);
    // Its timer knew it by its old place. Where there is a unit, systemd's word of it comes at once.
    const bool is_reconsidered = !services_[i]->row.unit.empty();
    if (waiting.contains(services_[i]->rules.name) && !is_reconsidered)
      services_[i]->wake = world_.loop.at(world_.loop.now(), [this, i] { reconsider(i); });
  }
}

void Supervision::note_probed(Supervised& service, const std::optional<ProcessIdentity>& main) {
  if (!service.probing) return;
  service.probing->note_process(main);
  service.probes = service.probing->states();
}

void Supervision::begin_probing(std::size_t index) {
  auto& service = *services_[index];
  const auto before = std::exchange(service.probing, nullptr);
  service.probes.clear();
  service.row.probes.clear();
  if (world_.prober == nullptr || !world_.is_this_machine || service.rules.probes.empty()) return;
  if (service.rules.mode == Mode::disabled) return;
  service.probing =
      std::make_unique<Probing>(world_.loop, *world_.prober, service.rules, config_->cycle, [this, index] {
        auto& asked = *services_[index];
        asked.probes = asked.probing->states();
        asked.row.probes = asked.probing->rows();
        reconsider(index);
      });
  if (before) service.probing->continue_from(*before);
  service.row.probes = service.probing->rows();
  note_probed(service, service.died_at ? std::nullopt : service.sight.main);
}

bool Supervision::has_order_in_flight() const {
  return std::any_of(services_.begin(), services_.end(),
                     [](const auto& it) { return it->memo.is_in_flight || it->ordered; });
}

/// A process that ends loses its program and its arguments first: then it looks like a stranger. How it ends
/// the kernel tells in a moment, and that is worth waiting for.
bool Supervision::is_about_to_end(Supervised& service, const ServiceProcesses& sight) {
  const auto now = world_.loop.now();
  const bool is_lost = service.watched && !sight.main && !sight.unreadable;
  if (!is_lost) {
    service.lost_since.reset();
    return false;
  }
  if (!service.lost_since) service.lost_since = now;
  if (now - *service.lost_since >= end_patience) return false;  // It runs another program now, perhaps.
  service.lost_watch = world_.loop.at(*service.lost_since + end_patience, [this] { hooks_.look_wanted(); });
  return true;
}

void Supervision::see(const std::vector<ServiceProcesses>& sight, Instant taken) {
  if (sight.size() != services_.size()) return;  // Of a configuration that is no more.
  for (std::size_t i = 0; i < services_.size(); ++i) {
    auto& service = *services_[i];
    if (is_about_to_end(service, sight[i])) continue;
    service.sight = sight[i];
    if (const auto& ports = service.sight.ports) {
      note_ports(service.own_ports, *ports);
      service.are_ports_known = service.are_ports_known || service.memo.up_since;
    }
    service.sight_at = taken;
    service.is_new_sight = true;
    if (service.sight.main && service.sight.main != service.last_main) {
      service.last_main = service.sight.main;
      service.rule_history.clear();
      service.resources = {};
      const auto wall_now = world_.loop.wall_now();
      const auto started = service.sight.oldest_start.value_or(wall_now);
      service.main_since = world_.loop.now() - std::max<Duration>(wall_now - started, Duration::zero());
      service.is_main_outside = runs_outside(service.sight);
      service.is_stop_older = service.unit && service.unit->stop_job_seen;
    }
    if (service.died_at && taken > *service.died_at) service.died_at.reset();
    const bool is_seen_gone = !service.sight.main && !service.sight.unreadable;
    if (is_seen_gone && service.followed) take_end(service);  // Where there is no pidfd nobody else tells.
    if (service.sight.main && !service.died_at) service.end.reset();
    note_probed(service, service.died_at ? std::nullopt : service.sight.main);
    count_misfit(service.row, service.last_misfit, service.sight.misfit);
    update_row_facts(service.row, service.rules, service.sight);
    service.row.user_seconds_total = service.user_seconds_before + service.sight.user_seconds_total;
    service.row.system_seconds_total = service.system_seconds_before + service.sight.system_seconds_total;
    service.row.process_starts_total = service.starts_before + service.sight.process_starts_total;
  }
  watch_units();
  for (std::size_t i = 0; i < services_.size(); ++i)
    watch_main(i);
  ++rounds_;
  is_in_round_ = true;
  note_deaths_seen(world_.loop.now());
  for (const auto i : order_)
    reconsider(i);
  is_in_round_ = false;
}

void Supervision::see_surroundings(const Result<PackageTransaction>& packages,
                                   const Result<KillSwitch>& kill_switch, Instant taken) {
  surroundings_.note(packages, kill_switch, taken);
}

void Supervision::note_time() {
  for (const auto i : order_)
    reconsider(i);
}

std::vector<PortQuestion> Supervision::port_questions() const {
  std::vector<PortQuestion> questions;
  for (std::size_t i = 0; i < services_.size(); ++i) {
    const auto& service = *services_[i];
    if (service.rules.probes.empty()) continue;
    if (!service.are_ports_known || is_port_looked_for(service.memo))
      questions.push_back({.service = i, .own = service.own_ports});
  }
  return questions;
}

std::size_t Supervision::index_of(std::string_view name) const {
  const auto found =
      std::ranges::find_if(services_, [name](const auto& service) { return service->rules.name == name; });
  return static_cast<std::size_t>(found - services_.begin());
}

void Supervision::close_cycle(Duration since_last) {
  for (auto& service : services_) {
    auto& row = service->row;
    const double used = row.user_seconds_total + row.system_seconds_total;
    row.cpu_ratio = since_last > Duration{}
                        ? std::max(0.0, used - service->cpu_seconds_at_cycle) / in_seconds(since_last)
                        : 0;
    service->cpu_seconds_at_cycle = used;
    note_use(*service);
    const bool is_failing = row.state == ServiceState::down || service->awaits_attempt() ||
                            row.state == ServiceState::suspect || row.state == ServiceState::restarting;
    row.consecutive_failures = is_failing ? row.consecutive_failures + 1 : 0;
    if (is_failing) ++row.check_failures_total;
  }
  note_time();
}

/// Limits are for what runs; a new process begins with a clean slate.
void Supervision::note_use(Supervised& service) {
  const auto& row = service.row;
  if (!row.main || !row.is_readable) return;
  ResourceUse use{.resident_bytes = row.resident_bytes,
                  .processors = row.cpu_ratio,
                  .processes = row.processes,
                  .descriptors = service.sight.descriptors_ratio};
  if (row.oldest_start) use.age = world_.loop.wall_now() - *row.oldest_start;
  service.resources = check_resources(service.rules.rules, use, service.rule_history);
}

std::vector<ServiceRow> Supervision::rows() const {
  std::vector<ServiceRow> rows;
  for (const auto& service : services_) {
    if (is_here(*service)) rows.push_back(shown(*service));
  }
  return rows;
}

bool Supervision::is_here(const Supervised& service) {
  return !service.rules.is_discovered || service.sight.is_installed || service.sight.main;
}

bool Supervision::is_hidden(std::string_view service) const {
  const auto index = index_of(service);
  return index < services_.size() && !is_here(*services_[index]);
}

std::optional<ServiceRow> Supervision::row_of(std::string_view service) const {
  const auto index = index_of(service);
  if (index == services_.size()) return std::nullopt;
  return shown(*services_[index]);
}

/// With what is left of everything that has an end.
ServiceRow Supervision::shown(const Supervised& service) const {
  auto row = service.row;
  const auto now = world_.loop.now();
  const auto& next = service.memo.next_attempt;
  row.backoff_remaining = service.awaits_attempt() && next && *next > now ? *next - now : Duration{};
  if (is_out_of_service(row.state)) row.downtime_total += now - row.state_since_instant;
  row.holds = hold_rows(service.claims, now, world_.loop.wall_now());
  return row;
}

std::vector<std::string> Supervision::names_in_order() const {
  std::vector<std::string> names;
  for (const auto index : order_)
    names.push_back(services_[index]->rules.name);
  return names;
}

/// The units are known only when the first look has found which are installed; then the actuator, which
/// needs their names, is made too.
void Supervision::watch_units() {
  std::vector<std::string> units;
  std::vector<std::string> scripts;
  std::vector<ServiceControl> controls;
  for (const auto& service : services_) {
    units.push_back(service->row.unit);
    scripts.push_back(service->sight.init_script);
    controls.push_back(control_of(service->rules, service->row.unit, service->sight.init_script));
  }
  if (actuator_ && units == watched_units_ && scripts == used_scripts_) return;
  if (actuator_ && has_order_in_flight()) return;  // The next look will find it again.
  watched_units_ = units;
  used_scripts_ = scripts;
  actuator_ = world_.make_actuator(std::move(controls));

  for (std::size_t i = 0; i < services_.size(); ++i) {
    auto& service = *services_[i];
    service.unit_watch.cancel();
    service.unit.reset();
    if (units[i].empty()) continue;
    service.unit_watch =
        world_.units.watch({&units[i], 1}, [this, i](const auto& status) { note_unit(i, status); });
  }
}

void Supervision::watch_main(std::size_t index) {
  if (!world_.is_this_machine) return;
  auto& service = *services_[index];
  if (!service.sight.main || service.sight.main == service.watched) return;
  if (service.died_at) return;  // The sight is older than that death.
  follow_end(service);
  // How another has ended, whose place it has taken, is not how this one has.
  service.gone_watch.cancel();
  service.watched = service.sight.main;
  auto watch = world_.loop.when_gone(*service.watched, [this, index] { note_end(index); });
  if (watch) {
    service.gone_watch = std::move(*watch);
    return;
  }
  // Otherwise (no pidfd, no right to it) the kernel's hint or the next cycle tells.
  if (watch.error().kind != Error::Kind::not_found) return service.watched.reset();
  stop_following(service);  // Whatever was told may be of somebody else.
  note_end(index);
}

void Supervision::note_end(std::size_t index) {
  auto& service = *services_[index];
  const auto main = std::exchange(service.watched, std::nullopt);
  take_end(service);
  if (main) note_crash(index, *main);
  const bool is_death = !is_of_our_order(service.memo, service.end);
  if (is_death)
    world_.journal.write(Severity::notice, fmt::format("{}: {} has ended{}", service.rules.name,
                                                       main_words(service.row), end_words(service.end)));
  if (!is_death) service.end.reset();
  service.died_at = world_.loop.now();
  service.is_new_sight = true;
  // What a person ordered, or was turned off, is no death.
  const bool is_news = is_death && !service.ordered && !service.awaits_gone;
  service.is_death_uncounted = service.is_death_uncounted || is_news;
  note_probed(service, std::nullopt);
  if (!service.row.unit.empty()) world_.units.refresh(service.row.unit);
  hooks_.look_wanted();
  reconsider(index);
}

void Supervision::note_unit(std::size_t index, const Result<UnitStatus>& status) {
  auto& service = *services_[index];
  const auto main_pid = service.unit ? service.unit->main_pid : 0;
  service.unit.reset();
  if (status) service.unit = *status;
  if (status && status->main_pid != 0 && status->main_pid != main_pid) hooks_.look_wanted();
  reconsider(index);
}

}  // namespace systemcheck
