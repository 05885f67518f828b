#include "daemon/supervision.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "daemon/supervised.h"

namespace systemcheck {
namespace {

/// A sight may be this many cycles old before it counts as no reading at all.
constexpr int cycles_until_stale = 2;

std::string outcome_words(const Outcome& outcome) {
  switch (outcome.kind) {
    case Outcome::Kind::succeeded:
      return "done";
    case Outcome::Kind::failed:
      return outcome.exit_code < 0 ? fmt::format("ended by signal {}", -outcome.exit_code)
                                   : fmt::format("exit code {}", outcome.exit_code);
    case Outcome::Kind::timed_out:
      return "timed out";
    case Outcome::Kind::refused:
      return "refused";
    case Outcome::Kind::lost:
      break;
  }
  return "lost";
}

std::string main_words(const ServiceRow& row) {
  return row.main ? fmt::format("process {}", row.main->pid) : std::string("its process");
}

}  // namespace

Supervision::Supervision(World& world, Hooks hooks)
    : world_(world), hooks_(std::move(hooks)), surroundings_(world, [this] { hooks_.look_wanted(); }) {
  manager_watch_ = world_.units.on_manager([this](Manager) { note_time(); });
}

Supervision::~Supervision() = default;

void Supervision::take_over(std::shared_ptr<const Config> config) {
  config_ = std::move(config);
  std::vector<std::unique_ptr<Supervised>> before = std::exchange(services_, {});
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
    // Callbacks know a service by its place, and places may have changed.
    next->gone_watch.cancel();
    next->wake.cancel();
    next->watched.reset();
    update_row_facts(next->row, rules, next->sight);
    services_.push_back(std::move(next));
  }
  actuator_.reset();
  surroundings_.use(config_);
  watch_units();
  for (std::size_t i = 0; i < services_.size(); ++i)
    watch_main(i);
}

bool Supervision::has_order_in_flight() const {
  return std::any_of(services_.begin(), services_.end(),
                     [](const auto& it) { return it->memo.is_in_flight; });
}

void Supervision::see(const std::vector<ServiceProcesses>& sight, Instant taken) {
  if (sight.size() != services_.size()) return;  // Of a configuration that is no more.
  for (std::size_t i = 0; i < services_.size(); ++i) {
    auto& service = *services_[i];
    service.sight = sight[i];
    service.sight_at = taken;
    service.is_new_sight = true;
    if (service.sight.main) service.last_main = service.sight.main;
    if (service.died_at && taken > *service.died_at) service.died_at.reset();
    update_row_facts(service.row, service.rules, service.sight);
    service.row.user_seconds_total = service.user_seconds_before + service.sight.user_seconds_total;
    service.row.system_seconds_total = service.system_seconds_before + service.sight.system_seconds_total;
    service.row.process_starts_total = service.starts_before + service.sight.process_starts_total;
  }
  watch_units();
  for (std::size_t i = 0; i < services_.size(); ++i) {
    watch_main(i);
    reconsider(i);
  }
}

void Supervision::see_surroundings(const Result<PackageTransaction>& packages,
                                   const Result<KillSwitch>& kill_switch, Instant taken) {
  surroundings_.note(packages, kill_switch, taken);
}

void Supervision::note_time() {
  for (std::size_t i = 0; i < services_.size(); ++i)
    reconsider(i);
}

void Supervision::close_cycle(Duration since_last) {
  for (auto& service : services_) {
    auto& row = service->row;
    const double used = row.user_seconds_total + row.system_seconds_total;
    row.cpu_ratio = since_last > Duration{}
                        ? std::max(0.0, used - service->cpu_seconds_at_cycle) / in_seconds(since_last)
                        : 0;
    service->cpu_seconds_at_cycle = used;
    const bool is_failing = row.state == ServiceState::down || row.state == ServiceState::waiting ||
                            row.state == ServiceState::suspect || row.state == ServiceState::restarting;
    row.consecutive_failures = is_failing ? row.consecutive_failures + 1 : 0;
    if (is_failing) ++row.check_failures_total;
  }
}

std::vector<ServiceRow> Supervision::rows() const {
  std::vector<ServiceRow> rows;
  const auto now = world_.loop.now();
  for (const auto& service : services_) {
    const bool is_here = service->sight.is_installed || service->sight.main;
    if (service->rules.is_discovered && !is_here) continue;
    rows.push_back(service->row);
    const auto& next = service->memo.next_attempt;
    const bool is_waiting = service->row.state == ServiceState::waiting;
    rows.back().backoff_remaining = is_waiting && next && *next > now ? *next - now : Duration{};
  }
  return rows;
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
  auto watch = world_.loop.when_gone(*service.sight.main, [this, index] { note_end(index); });
  if (watch) {
    service.gone_watch = std::move(*watch);
    service.watched = service.sight.main;
    return;
  }
  if (watch.error().kind == Error::Kind::not_found) note_end(index);
  // Otherwise (no pidfd, no right to it) the cycle finds what happens.
}

void Supervision::note_end(std::size_t index) {
  auto& service = *services_[index];
  world_.journal.write(Severity::notice,
                       fmt::format("{}: {} has ended", service.rules.name, main_words(service.row)));
  service.watched.reset();
  service.died_at = world_.loop.now();
  service.is_new_sight = true;
  service.is_death_uncounted = true;
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

RestartSituation Supervision::situation_of(const Supervised& service) const {
  RestartSituation situation;
  const auto now = world_.loop.now();
  situation.evidence.finding = check_service(service.rules, service.sight);
  const bool was_never_seen = service.sight_at == Instant{};
  situation.evidence.is_stale =
      was_never_seen || now - service.sight_at > cycles_until_stale * config_->cycle;
  if (was_never_seen) situation.evidence.finding = {Presence::unknown, "not looked at yet"};
  situation.evidence.main_died = service.died_at.has_value();
  situation.evidence.manager = world_.units.manager();
  const bool is_systemd_there = situation.evidence.manager != Manager::absent;
  situation.evidence.has_unit = is_systemd_there && !service.row.unit.empty();
  if (is_systemd_there) situation.evidence.unit = service.unit;
  situation.evidence.unit_file_state_when_up = service.unit_file_state_when_up;
  situation.sight_at = service.sight_at;
  situation.is_new_sight = service.is_new_sight;
  situation.has_way = is_started_by_hand(service.rules, service.sight.init_script) ||
                      (situation.evidence.unit && situation.evidence.unit->load_state == "loaded");
  situation.uptime = now.time_since_epoch();  // CLOCK_MONOTONIC counts from boot, clock_gettime(2).
  situation.jitter = world_.draw_jitter();
  situation.evidence.upgrade = surroundings_.upgrade();
  if (!situation.evidence.upgrade) situation.evidence.upgrade = upgrade_by_policy(service.policy, now);
  situation.kill_switch = surroundings_.kill_switch();
  return situation;
}

RestartChoice Supervision::decide(const Supervised& service) const {
  return decide_restart(service.rules, config_->restart_policy, service.memo, situation_of(service),
                        world_.loop.now());
}

void Supervision::reconsider(std::size_t index) {
  auto& service = *services_[index];
  auto choice = decide(service);
  // Before anything is touched it is asked once more what forbids it: a package that is being upgraded
  // kills its daemon within the same millisecond in which it is seen dead.
  const bool would_act = choice.step == RestartStep::restart;
  if (would_act && surroundings_.look()) choice = decide(service);
  service.is_new_sight = false;
  service.memo = choice.memo;
  carry_out(index, choice);
}

void Supervision::carry_out(std::size_t index, const RestartChoice& choice) {
  auto& service = *services_[index];
  auto& row = service.row;
  const bool has_settled = choice.state != ServiceState::suspect && choice.state != ServiceState::unknown;
  if (service.is_death_uncounted && has_settled) {
    ++row.deaths_total.at(static_cast<std::size_t>(death_cause(service.unit)));
    service.is_death_uncounted = false;
  }
  if (choice.attempt_failed) ++row.restart_failures_total;
  if (choice.newly_suppressed) ++row.suppressed_total.at(static_cast<std::size_t>(*choice.newly_suppressed));
  const bool has_come_up = choice.state == ServiceState::up && row.state != ServiceState::up;
  if (choice.state != row.state) note_state(service, choice);
  row.owner = choice.owner;
  row.reason = printable(choice.reason);
  row.status = severity_of(choice.state);
  row.is_at_cap = is_at_cap(config_->restart_policy, service.memo);
  if (choice.state == ServiceState::up) {
    row.last_up = world_.loop.wall_now();
    service.unit_file_state_when_up =
        note_unit_file_state(std::move(service.unit_file_state_when_up), service.unit, has_come_up);
  }
  service.wake.cancel();
  if (choice.wake_at) {
    service.wake = world_.loop.at(*choice.wake_at, [this, index, step = choice.step] {
      if (step == RestartStep::look_again) hooks_.look_wanted();
      reconsider(index);
    });
  }
  hooks_.row_changed();
  if (choice.step == RestartStep::look_now) hooks_.look_wanted();
  if (choice.step == RestartStep::restart) restart(index);
}

void Supervision::note_state(Supervised& service, const RestartChoice& choice) {
  auto& row = service.row;
  const auto now = world_.loop.now();
  const bool is_bad = severity_of(choice.state) == CheckStatus::critical;
  const bool is_back = choice.state == ServiceState::up && service.restarted_at.has_value();
  auto line = fmt::format("{}: {}: {}", row.name, word(choice.state), choice.reason);
  if (is_back)
    line += fmt::format("; {} after it was found dead", duration_words(now - *service.restarted_at));
  if (choice.newly_suppressed == Suppressed::observe) line += "; would restart it, but only observes";
  // A preset that is not here is no news, and of a restart its own line tells more.
  const bool is_no_news = service.rules.is_discovered && choice.state == ServiceState::absent;
  const bool is_worth_saying = !is_no_news && choice.step != RestartStep::restart;
  if (is_worth_saying) world_.journal.write(is_bad ? Severity::warning : Severity::notice, line);
  if (choice.state == ServiceState::up) {
    if (is_back) row.last_restart_duration = now - *service.restarted_at;
    service.restarted_at.reset();
  }
  row.state = choice.state;
  row.state_since = world_.loop.wall_now();
  row.state_since_instant = now;
}

void Supervision::restart(std::size_t index) {
  auto& service = *services_[index];
  const auto now = world_.loop.now();
  const bool is_by_hand = is_started_by_hand(service.rules, service.sight.init_script);
  const bool has_only_restart = service.rules.start.empty() && !service.rules.restart.empty();
  // Workers that outlived their main process; sessions of its users are not among the members.
  Order order{.ticket = ++last_ticket_,
              .service = index,
              .verb = is_by_hand && !has_only_restart ? Verb::start : Verb::restart,
              .leftovers = is_by_hand ? service.sight.members : std::vector<ProcessIdentity>{},
              .dead_main = service.sight.main ? std::nullopt : service.last_main,
              .deadline = service.rules.stop_timeout + service.rules.start_timeout,
              .still_runs = service.sight.main.has_value() && !service.died_at,
              .asks_policy = !service.policy || now - service.policy->since < upgrade_hold_max};
  service.memo_before_order = service.memo;
  service.memo = note_attempt(std::move(service.memo), now);
  service.restarted_at = service.died_at ? *service.died_at : now;
  service.row.last_restart = world_.loop.wall_now();
  ++service.row.restarts_total;
  world_.journal.write(Severity::warning, fmt::format("{}: restarting it, attempt {}: {}", service.rules.name,
                                                      service.memo.attempts, service.row.reason));
  actuator_->begin(order, [this, index](const Outcome& outcome) { note_outcome_of(index, outcome); });
}

/// Nothing was tried, so nothing counts: it is as if packages were being changed. Asked again after a while.
void Supervision::note_policy_refusal(Supervised& service, const Outcome& outcome) {
  const auto now = world_.loop.now();
  const bool is_news = !service.policy;
  service.policy = {.reason = outcome.detail,
                    .since = service.policy ? service.policy->since : now,
                    .until = now + policy_asked_again_after};
  service.memo = service.memo_before_order;
  service.restarted_at.reset();
  --service.row.restarts_total;
  service.row.last_outcome = outcome.kind;
  service.row.last_exit = outcome.exit_code;
  if (is_news) world_.journal.write(Severity::warning, service.rules.name + ": " + outcome.detail);
  hooks_.look_wanted();
  note_time();
}

void Supervision::note_outcome_of(std::size_t index, const Outcome& outcome) {
  auto& service = *services_[index];
  if (outcome.refusal == Outcome::Refusal::policy) return note_policy_refusal(service, outcome);
  const bool has_succeeded = outcome.kind == Outcome::Kind::succeeded;
  if (has_succeeded) service.policy.reset();
  const auto now = world_.loop.now();
  service.memo = note_outcome(std::move(service.memo), service.rules, config_->restart_policy,
                              {.has_succeeded = has_succeeded, .jitter = world_.draw_jitter(), .at = now});
  service.row.last_outcome = outcome.kind;
  service.row.last_exit = outcome.exit_code;
  if (!has_succeeded) {
    ++service.row.restart_failures_total;
    world_.journal.write(Severity::error,
                         fmt::format("{}: the restart did not succeed ({}): {}", service.rules.name,
                                     outcome_words(outcome), outcome.detail));
  }
  hooks_.look_wanted();
  reconsider(index);
}

}  // namespace systemcheck
