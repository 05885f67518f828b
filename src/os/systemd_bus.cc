#include "os/systemd_bus.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "os/systemd_names.h"
#include "os/unit_words.h"

namespace systemcheck {
namespace {

/// A unit that could not be read is tried again, though nothing of it changes.
constexpr Duration read_retry = std::chrono::seconds{5};

// JobNew(id, path, unit), JobRemoved(id, path, unit, result)
constexpr std::size_t job_path = 1;
constexpr std::size_t job_unit = 2;
constexpr std::size_t job_result = 3;

template <typename Map>
struct Registered final : Watch::Registration {
  Registered(std::weak_ptr<Map> map, std::uint64_t number) : entries(std::move(map)), id(number) {}
  ~Registered() override {
    if (const auto alive = entries.lock()) alive->erase(id);
  }
  std::weak_ptr<Map> entries;
  std::uint64_t id;
};

template <typename Map>
Watch registered(const std::shared_ptr<Map>& map, std::uint64_t id) {
  return Watch(std::make_unique<Registered<Map>>(map, id));
}

template <typename Map>
std::vector<typename Map::key_type> keys_of(const Map& map) {
  std::vector<typename Map::key_type> keys;
  keys.reserve(map.size());
  for (const auto& [key, value] : map)
    keys.push_back(key);
  return keys;
}

}  // namespace

std::unique_ptr<SystemdBus> SystemdBus::make(SdEventLoop& loop, const std::string& address) {
  std::unique_ptr<SystemdBus> bus(new SystemdBus(loop, address));
  bus->connect();
  return bus;
}

SystemdBus::SystemdBus(SdEventLoop& loop, std::string address) : loop_(loop), address_(std::move(address)) {}

SystemdBus::~SystemdBus() { drop_connection(); }

// ---- what is asked of us ------------------------------------------------------------------------

Watch SystemdBus::watch(std::span<const std::string> names, OnUnit on_unit) {
  const auto id = ++last_id_;
  forget_unwatched();
  watchers_->emplace(id, Watcher{.names = {names.begin(), names.end()}, .on_unit = std::move(on_unit)});
  for (const auto& name : names) {
    auto& unit = units_[name];
    unit.reported_error = false;  // The new one has not heard it.
    if (is_present()) {
      unit.path.empty() ? load(name) : refresh(name);
    } else {
      report_absence_later(name);
    }
  }
  return registered(watchers_, id);
}

void SystemdBus::refresh(const std::string& name) {
  const auto found = units_.find(name);
  if (found == units_.end() || !is_present()) return;
  // An answer that is on its way may be older than what made somebody ask.
  found->second.asks_again = found->second.is_asking;
  ask(name);
}

Watch SystemdBus::on_manager(std::function<void(Manager)> callback) {
  const auto id = ++last_id_;
  manager_watchers_->emplace(id, std::move(callback));
  return registered(manager_watchers_, id);
}

void SystemdBus::run_job(const std::string& unit, const std::string& verb, OnDone on_done) {
  const Status sent = is_present() ? connection_.jobs->run(unit, verb, on_done) : Status(absence_);
  if (sent) return;
  later([on_done = std::move(on_done), error = Error{Error::Kind::refused, sent.error().message}] {
    on_done(error);
  });
}

void SystemdBus::kill(const std::string& unit, OnDone on_done) {
  auto call = systemd_call("KillUnit", {unit, "all"});
  call.number = SIGKILL;
  request(call, std::move(on_done));
}

void SystemdBus::adopt(pid_t process, const std::string& scope, OnDone on_done) {
  const Status sent = is_present() ? connection_.jobs->adopt(process, scope, on_done) : Status(absence_);
  if (sent) return;
  later([on_done = std::move(on_done), sent] { on_done(sent); });
}

/// systemd forgets a unit that is no longer failed at once, and one that was made by systemd-run is gone with
/// that: it is held on to until the job that follows has ended.
void SystemdBus::reset_failed(const std::string& unit, OnDone on_done) {
  if (is_present()) (void)connection_.bus->call(systemd_call("RefUnit", {unit}), ignore_answer);
  request(systemd_call("ResetFailedUnit", {unit}), std::move(on_done));
}

/// What is answered with nothing but whether it was done.
void SystemdBus::request(const BusCall& call, OnDone on_done) {
  const auto on_reply = [on_done](const Result<BusMessage>& it) {
    on_done(it ? Status(Nothing{}) : it.error());
  };
  const Status sent = is_present() ? connection_.bus->call(call, on_reply) : Status(absence_);
  if (sent) return;
  later([on_done = std::move(on_done), sent] { on_done(sent); });
}

// ---- the bus comes and goes ---------------------------------------------------------------------

void SystemdBus::connect() {
  auto bus = Bus::open(address_, loop_.event(), [this] {
    // Not in here: the bus is still at work.
    reconnect_ = loop_.at(loop_.now(), [this] { note_absent({Error::Kind::not_found, "the bus was lost"}); });
  });
  if (!bus) return note_absent({Error::Kind::not_found, "no bus to systemd: " + bus.error().message});
  connection_.bus = *std::move(bus);
  connection_.systemd = std::make_unique<BusName>(*connection_.bus, systemd_name,
                                                  [this](const std::string& owner) { note_owner(owner); });
  connection_.state = std::make_unique<SystemState>(*connection_.bus, *connection_.systemd,
                                                    [this](Manager state) { note_manager(state); });
  listen("JobNew", [this](const BusMessage& it) { note_job_new(it); });
  listen("JobRemoved", [this](const BusMessage& it) { note_job_removed(it); });
  listen("UnitFilesChanged", [this](const BusMessage&) { ask_all(); });
  listen("Reloading", [this](const BusMessage&) { ask_all(); });
}

void SystemdBus::listen(const std::string& member, OnBusSignal callback) {
  auto watch = connection_.bus->on_signal({.sender = systemd_name,
                                           .path = systemd_path,
                                           .interface = systemd_interface,
                                           .member = member,
                                           .first_argument = {}},
                                          [this, callback = std::move(callback)](const BusMessage& it) {
                                            if (connection_.systemd->has_sent(it)) callback(it);
                                          });
  if (watch) connection_.signals.push_back(*std::move(watch));
}

void SystemdBus::note_owner(const std::string& owner) {
  connection_.jobs.reset();
  for (auto& [name, unit] : units_)
    unit = Unit{.id = unit.id};
  ledger_.forget_jobs();
  ++generation_;
  if (owner.empty()) {
    absence_ = {Error::Kind::not_found, "systemd is not on the bus"};
    note_manager(Manager::absent);
    for (const auto& name : keys_of(units_))
      note_unit_error(name, absence_);
    return;
  }
  retry_ = first_retry;
  connection_.jobs = std::make_unique<UnitJobs>(*connection_.bus, ledger_, [this] { ask_what_is_decided(); });
  // Without it systemd sends no signals at all; it forgets it when we go.
  (void)connection_.bus->call(systemd_call("Subscribe"), [](const Result<BusMessage>&) {});
  connection_.state->read();
  for (const auto& name : keys_of(units_))
    load(name);
}

/// No bus: all of it is given up and tried again later.
void SystemdBus::note_absent(const Error& error) {
  absence_ = error;
  drop_connection();
  reconnect_ = loop_.at(loop_.now() + retry_, [this] { connect(); });
  retry_ = std::min(retry_ * 2, last_retry);
  note_manager(Manager::absent);
  for (const auto& name : keys_of(units_))
    later([this, name] { note_unit_error(name, absence_); });
}

void SystemdBus::drop_connection() {
  ++generation_;
  for (auto& [name, unit] : units_)
    unit = Unit{.id = unit.id, .reported_error = unit.reported_error};
  ledger_.forget_jobs();
  auto dropped = std::exchange(connection_, Connection{});
  dropped.jobs.reset();  // Who waits for a job hears of it now.
  dropped.signals.clear();
}

void SystemdBus::note_manager(Manager state) {
  const bool is_going_down = manager_ == Manager::stopping && state == Manager::absent;
  if (is_going_down || state == manager_) return;
  manager_ = state;
  for (const auto id : keys_of(*manager_watchers_)) {
    const auto found = manager_watchers_->find(id);
    if (found == manager_watchers_->end()) continue;
    const auto callback = found->second;
    callback(state);
  }
}

// ---- units --------------------------------------------------------------------------------------

void SystemdBus::forget_unwatched() {
  std::erase_if(units_, [this](const auto& unit) {
    return std::ranges::none_of(
        *watchers_, [&unit](const auto& watcher) { return watcher.second.names.contains(unit.first); });
  });
}

void SystemdBus::load(const std::string& name) {
  auto& unit = units_[name];
  if (unit.is_asking) return;
  unit.is_asking = true;
  const auto sent = connection_.bus->call(
      systemd_call("LoadUnit", {name}), [this, name, generation = generation_](const Result<BusMessage>& it) {
        if (generation == generation_) note_path(name, it);
      });
  if (sent) return;
  unit.is_asking = false;
  later([this, name, error = sent.error()] { note_unit_error(name, error); });
}

void SystemdBus::note_path(const std::string& name, const Result<BusMessage>& reply) {
  const auto found = units_.find(name);
  if (found == units_.end()) return;
  auto& unit = found->second;
  unit.is_asking = false;
  if (!reply) return note_unit_error(name, reply.error());
  unit.path = reply->text(0);
  auto changed = connection_.bus->on_signal({.sender = systemd_name,
                                             .path = unit.path,
                                             .interface = properties_interface,
                                             .member = "PropertiesChanged",
                                             .first_argument = {}},
                                            [this, name](const BusMessage& it) {
                                              if (connection_.systemd->has_sent(it)) ask(name);
                                            });
  if (changed) unit.changed = *std::move(changed);
  ask(name);
}

/// One question at a time is enough: a signal that comes before the answer was sent before it.
void SystemdBus::ask(const std::string& name) {
  auto& unit = units_[name];
  if (unit.is_asking) return;
  if (unit.path.empty()) return load(name);
  unit.is_asking = true;
  // Of all interfaces at once, that of the unit and that of the service: an empty name says so.
  const BusCall call{.destination = systemd_name,
                     .path = unit.path,
                     .interface = properties_interface,
                     .member = "GetAll",
                     .arguments = {""}};
  const auto sent =
      connection_.bus->call(call, [this, name, generation = generation_](const Result<BusMessage>& it) {
        if (generation == generation_) note_properties(name, it);
      });
  if (!sent) unit.is_asking = false;  // The bus is lost, and will say so.
}

void SystemdBus::ask_all() {
  for (const auto& name : keys_of(units_))
    refresh(name);
}

void SystemdBus::note_properties(const std::string& name, const Result<BusMessage>& reply) {
  const auto found = units_.find(name);
  if (found == units_.end()) return;
  auto& unit = found->second;
  unit.is_asking = false;
  if (!reply) return note_unit_error(name, reply.error());
  auto status = parse_unit_status(name, *reply);
  unit.id = parse_unit_id(name, *reply);
  ledger_.note_state(unit.id, status.active_state);
  if (std::exchange(unit.asks_again, false)) ask(name);
  // A unit that is inactive, and a moment later "by the way, somebody has stopped it", would be taken for
  // one that has ended by itself.
  unit.is_held_back = ledger_.is_undecided(unit.id);
  if (unit.is_held_back) return;
  status.stop_job_seen = unit.reported_stop = ledger_.stop_seen(unit.id);
  unit.reported_error = false;
  report(name, status);
}

void SystemdBus::note_unit_error(const std::string& name, const Error& error) {
  const auto found = units_.find(name);
  if (found == units_.end()) return;
  auto& unit = found->second;
  if (is_present()) unit.retry = loop_.at(loop_.now() + read_retry, [this, name] { refresh(name); });
  if (std::exchange(unit.reported_error, true)) return;
  report(name, Error(error).within(name));
}

void SystemdBus::report_absence_later(const std::string& name) {
  later([this, name] {
    const bool is_finding_out = connection_.bus && !connection_.systemd->is_known();
    if (!is_present() && !is_finding_out) note_unit_error(name, absence_);
  });
}

void SystemdBus::report(const std::string& name, const Result<UnitStatus>& status) {
  for (const auto id : keys_of(*watchers_)) {
    const auto found = watchers_->find(id);
    if (found == watchers_->end() || !found->second.names.contains(name)) continue;
    const auto on_unit = found->second.on_unit;
    on_unit(status);
  }
}

// ---- jobs ---------------------------------------------------------------------------------------

void SystemdBus::note_job_new(const BusMessage& signal) {
  connection_.state->note_job(signal.text(job_unit));
  const auto name = unit_called(signal.text(job_unit));
  if (name.empty()) return;
  const auto path = signal.text(job_path);
  const auto& id = units_[name].id;
  ledger_.note_new(path, id.empty() ? name : id);
  (void)connection_.bus->call(property_call(systemd_name, path, "org.freedesktop.systemd1.Job", "JobType"),
                              [this, path, generation = generation_](const Result<BusMessage>& it) {
                                if (generation != generation_) return;
                                ledger_.note_type(path, it ? it->text(0) : std::string());
                                ask_what_is_decided();
                              });
}

void SystemdBus::note_job_removed(const BusMessage& signal) {
  const auto path = signal.text(job_path);
  const auto result = signal.text(job_result);
  connection_.state->note_job(signal.text(job_unit));
  ledger_.note_removed(path, result);
  if (const auto name = unit_called(signal.text(job_unit)); !name.empty()) refresh(name);
  ask_what_is_decided();
  connection_.jobs->note_removed(path, result);  // Last: who hears of it may do anything.
}

void SystemdBus::ask_what_is_decided() {
  for (const auto& name : keys_of(units_)) {
    const auto& unit = units_[name];
    if (ledger_.is_undecided(unit.id)) continue;
    if (unit.is_held_back || ledger_.stop_seen(unit.id) != unit.reported_stop) refresh(name);
  }
}

/// The name under which we watch it; empty if we do not.
std::string SystemdBus::unit_called(const std::string& id) const {
  for (const auto& [name, unit] : units_) {
    if (unit.id == id || name == id) return name;
  }
  return {};
}

void SystemdBus::later(Callback callback) {
  const auto id = ++last_id_;
  later_[id] = loop_.at(loop_.now(), [this, id, callback = std::move(callback)] {
    const auto own = std::move(later_.extract(id).mapped());
    callback();
  });
}

}  // namespace systemcheck
