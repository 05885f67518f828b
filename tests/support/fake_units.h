#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "os/units.h"
#include "support/fake_loop.h"

namespace systemcheck::test {

/// A systemd that behaves, in the virtual time of a FakeLoop: a unit that is started comes up after a
/// while with a new process, one that crashes is `failed` and its process is gone. Reports come one turn
/// of the loop later. Lives no longer than its loop.
class FakeUnits final : public Units {
 public:
  /// How a unit behaves from now on.
  struct Behaviour {
    Duration start_takes = std::chrono::milliseconds{200};
    Duration stop_takes = std::chrono::milliseconds{100};
    std::optional<Error> job_error{};  ///< its jobs end with this, and it is left `failed`
    bool jobs_hang = false;            ///< its jobs never end
    bool dies_after_start = false;     ///< the job succeeds, the process is gone a moment later
  };

  explicit FakeUnits(FakeLoop& loop) : loop_(loop) {}

  Watch watch(std::span<const std::string> names, OnUnit on_unit) override {
    const auto id = ++last_id_;
    watchers_->emplace(id, Watcher{.names = {names.begin(), names.end()}, .on_unit = std::move(on_unit)});
    for (const auto& name : names)
      later([this, id, name] { report_to(id, name); });
    return registered(watchers_, id);
  }
  void refresh(const std::string& name) override { report(name); }
  [[nodiscard]] Manager manager() const override { return manager_; }
  Watch on_manager(std::function<void(Manager)> callback) override {
    const auto id = ++last_id_;
    manager_watchers_->emplace(id, std::move(callback));
    return registered(manager_watchers_, id);
  }
  void run_job(const std::string& unit, const std::string& verb, OnDone on_done) override {
    jobs.push_back(verb + " " + unit);
    if (manager_ == Manager::absent) {
      return answer(std::move(on_done), Error{Error::Kind::refused, no_bus().message});
    }
    if (!units_.contains(unit)) return answer(std::move(on_done), unknown(unit));
    if (units_[unit].behaviour.jobs_hang) return;
    if (verb == "start") return begin_start(unit, std::move(on_done));
    begin_stop(unit, verb, std::move(on_done));
  }
  void kill(const std::string& unit, OnDone on_done) override {
    jobs.push_back("kill " + unit);
    if (manager_ == Manager::absent) return answer(std::move(on_done), no_bus());
    if (!units_.contains(unit)) return answer(std::move(on_done), unknown(unit));
    end_main_process(unit);
    become(unit, "failed", "failed", "signal");
    answer(std::move(on_done), Nothing{});
  }
  void reset_failed(const std::string& unit, OnDone on_done) override {
    resets.push_back(unit);
    if (manager_ == Manager::absent) return answer(std::move(on_done), no_bus());
    auto& status = units_[unit].status;
    if (status.active_state == "failed") become(unit, "inactive", "dead", "success");
    answer(std::move(on_done), Nothing{});
  }
  void adopt(pid_t process, const std::string& scope, OnDone on_done) override {
    adopted.emplace_back(process, scope);
    answer(std::move(on_done), manager_ == Manager::absent ? Status(no_bus()) : Status(Nothing{}));
  }

  // What a test does.

  /// A unit that is enabled and running.
  void install(const std::string& name) {
    install_stopped(name);
    bring_up(name);
  }
  /// A unit that is enabled and was never active.
  void install_stopped(const std::string& name) {
    auto& unit = units_[name];
    unit.status = UnitStatus{};
    unit.status.name = name;
    unit.status.load_state = "loaded";
    unit.status.unit_file_state = "enabled";
    become(name, "inactive", "dead", "success");
  }
  /// Killed by a signal; systemd does nothing about it.
  void crash(const std::string& name) {
    end_main_process(name);
    become(name, "failed", "failed", "signal");
  }
  /// It ended by itself, with success and without a stop job.
  void end_by_itself(const std::string& name) {
    end_main_process(name);
    become(name, "inactive", "dead", "success");
  }
  /// `systemctl stop`, by a person.
  void stop_by_admin(const std::string& name) {
    units_[name].status.stop_job_seen = true;
    end_main_process(name);
    become(name, "inactive", "dead", "success");
  }
  /// `systemctl start`, by a person: up at once.
  void start_by_admin(const std::string& name) { bring_up(name); }
  /// Anything else: change what systemd says, and everybody hears of it.
  void change(const std::string& name, const std::function<void(UnitStatus&)>& change) {
    change(units_[name].status);
    tell(name);
  }
  void manager_becomes(Manager manager) {
    manager_ = manager;
    for (const auto& [id, callback] : *manager_watchers_)
      later([this, id = id] { report_manager_to(id); });
  }
  void lose_bus() {
    manager_becomes(Manager::absent);
    for (const auto& [name, unit] : units_)
      report(name);
  }
  void find_bus() {
    manager_becomes(Manager::running);
    for (const auto& [name, unit] : units_)
      report(name);
  }

  Behaviour& behaviour(const std::string& name) { return units_[name].behaviour; }
  [[nodiscard]] const UnitStatus& status(const std::string& name) { return units_[name].status; }
  /// Its main process; pid 0 while there is none.
  [[nodiscard]] ProcessIdentity process(const std::string& name) {
    const pid_t pid = units_[name].status.main_pid;
    return {.pid = pid, .start_ticks = pid == 0 ? 0 : start_ticks_of(pid)};
  }
  static std::uint64_t start_ticks_of(pid_t pid) { return 1'000 + static_cast<std::uint64_t>(pid); }

  /// Called at each change, before the reports: lets a fake process table follow.
  std::function<void(const UnitStatus&)> on_change{};
  std::vector<std::string> jobs{};    ///< "restart apache2.service", in order
  std::vector<std::string> resets{};  ///< units whose failure was cleared
  std::vector<std::pair<pid_t, std::string>> adopted{};

 private:
  struct Unit {
    UnitStatus status{};
    Behaviour behaviour{};
  };
  struct Watcher {
    std::vector<std::string> names{};
    OnUnit on_unit{};
  };
  template <typename Map>
  struct Registered final : Watch::Registration {
    Registered(std::weak_ptr<Map> map, std::uint64_t number) : entries(std::move(map)), id(number) {}
    ~Registered() override {
      if (const auto alive = entries.lock()) alive->erase(id);
    }
    std::weak_ptr<Map> entries;
    std::uint64_t id;
  };
  using Watchers = std::map<std::uint64_t, Watcher>;
  using ManagerWatchers = std::map<std::uint64_t, std::function<void(Manager)>>;

  static Error no_bus() { return {Error::Kind::not_found, "no bus to systemd"}; }
  static Error unknown(const std::string& unit) {
    return {Error::Kind::failed, "Unit " + unit + " not found."};
  }

  template <typename Map>
  Watch registered(const std::shared_ptr<Map>& map, std::uint64_t id) {
    return Watch(std::make_unique<Registered<Map>>(map, id));
  }
  void in(Duration delay, Callback callback) {
    const auto id = ++last_id_;
    pending_.emplace(id, loop_.at(loop_.now() + delay, [this, id, callback = std::move(callback)] {
      const auto own = std::move(pending_.extract(id).mapped());
      callback();
    }));
  }
  void later(Callback callback) { in(Duration::zero(), std::move(callback)); }
  void answer(OnDone on_done, Status status) {
    later([on_done = std::move(on_done), status = std::move(status)] { on_done(status); });
  }

  void report(const std::string& name) {
    for (const auto& [id, watcher] : *watchers_)
      later([this, id = id, name] { report_to(id, name); });
  }
  void report_to(std::uint64_t id, const std::string& name) {
    const auto found = watchers_->find(id);
    if (found == watchers_->end()) return;
    const auto watcher = found->second;
    if (std::ranges::find(watcher.names, name) == watcher.names.end()) return;
    watcher.on_unit(seen(name));
  }
  Result<UnitStatus> seen(const std::string& name) {
    if (manager_ == Manager::absent) return no_bus().within(name);
    if (const auto unit = units_.find(name); unit != units_.end()) return unit->second.status;
    UnitStatus missing{};
    missing.name = name;
    missing.load_state = "not-found";
    missing.active_state = "inactive";
    missing.sub_state = "dead";
    return missing;
  }
  void report_manager_to(std::uint64_t id) {
    const auto found = manager_watchers_->find(id);
    if (found == manager_watchers_->end()) return;
    const auto callback = found->second;
    callback(manager_);
  }

  void tell(const std::string& name) {
    if (on_change) on_change(units_[name].status);
    report(name);
  }
  void become(const std::string& name, const std::string& active, const std::string& sub,
              const std::string& result) {
    auto& status = units_[name].status;
    status.active_state = active;
    status.sub_state = sub;
    status.result = result;
    tell(name);
  }
  void end_main_process(const std::string& name) {
    const auto ended = process(name);
    units_[name].status.main_pid = 0;
    units_[name].status.control_group.clear();
    if (ended.pid != 0) loop_.end_process(ended);
  }
  void bring_up(const std::string& name) {
    end_main_process(name);
    auto& status = units_[name].status;
    status.main_pid = ++last_pid_;
    status.control_group = "/system.slice/" + name;
    status.active_enter_us = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(loop_.wall_now().time_since_epoch()).count());
    status.stop_job_seen = false;
    become(name, "active", "running", "success");
  }
  void begin_start(const std::string& name, OnDone on_done) {
    if (units_[name].status.active_state == "active") return answer(std::move(on_done), Nothing{});
    become(name, "activating", "start", "success");
    in(units_[name].behaviour.start_takes,
       [this, name, on_done = std::move(on_done)] { finish_start(name, on_done); });
  }
  void finish_start(const std::string& name, const OnDone& on_done) {
    const auto behaviour = units_[name].behaviour;
    if (behaviour.job_error) {
      become(name, "failed", "failed", "exit-code");
      return on_done(*behaviour.job_error);
    }
    bring_up(name);
    if (behaviour.dies_after_start) in(std::chrono::milliseconds{1}, [this, name] { crash(name); });
    on_done(Nothing{});
  }
  void begin_stop(const std::string& name, const std::string& verb, OnDone on_done) {
    become(name, "deactivating", "stop-sigterm", "success");
    in(units_[name].behaviour.stop_takes, [this, name, verb, on_done = std::move(on_done)] {
      end_main_process(name);
      become(name, "inactive", "dead", "success");
      if (verb != "stop") return begin_start(name, on_done);
      on_done(Nothing{});
    });
  }

  FakeLoop& loop_;
  Manager manager_ = Manager::running;
  std::map<std::string, Unit> units_{};
  std::shared_ptr<Watchers> watchers_ = std::make_shared<Watchers>();
  std::shared_ptr<ManagerWatchers> manager_watchers_ = std::make_shared<ManagerWatchers>();
  std::map<std::uint64_t, Watch> pending_{};
  std::uint64_t last_id_ = 0;
  pid_t last_pid_ = 5'000;
};

}  // namespace systemcheck::test
