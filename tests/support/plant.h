#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/supervision.h"
#include "support/collecting_journal.h"
#include "support/fake_actuator.h"
#include "support/fake_loop.h"
#include "support/fake_process_ends.h"
#include "support/fake_units.h"

namespace systemcheck::test {

struct NoHost final : Host {
  Result<std::string> read_file(std::string_view, std::size_t) override { return nothing(); }
  Result<OwnFile> read_own_file(std::string_view, std::size_t) override { return nothing(); }
  Result<std::size_t> read_into(const char*, std::span<char>) override { return nothing(); }
  Result<std::vector<std::string>> list(std::string_view) override { return nothing(); }
  Result<std::vector<std::string>> list_own(std::string_view) override { return nothing(); }
  Result<std::vector<NumberedEntry>> list_numbers(std::string_view) override { return nothing(); }
  Result<FileStatus> status(const char*) override { return nothing(); }
  Result<std::string> read_link(const char*) override { return nothing(); }
  Result<std::optional<pid_t>> lock_holder(const char*) override { return nothing(); }
  Result<FileSystemUsage> file_system_usage(std::string_view) override { return nothing(); }
  std::string user_name(uid_t user) override { return std::to_string(user); }
  HostConstants constants() override { return {}; }
  Instant now() override { return {}; }
  WallTime wall_now() override { return {}; }
  static Error nothing() { return {Error::Kind::not_found, "no machine"}; }
};

/// Services that run, die and are restarted in virtual time, under the real supervision: some by a
/// command, some by a unit. A look takes two milliseconds.
class Plant {
 public:
  Plant() {
    units.on_change = [this](const UnitStatus& status) { follow_unit(status); };
  }

  std::size_t add_command_service(const std::string& name, Mode mode) {
    Service service;
    service.name = name;
    service.mode = mode;
    service.match.executables = {"/opt/" + name};
    service.start = {"/opt/" + name + "-start"};
    return add(std::move(service), new_process());
  }

  std::size_t add_unit_service(const std::string& unit, Mode mode) {
    Service service;
    service.name = unit.substr(0, unit.find('.'));
    service.mode = mode;
    service.match.units = {unit};
    const auto index = add(std::move(service), std::nullopt);
    units.install(unit);
    return index;
  }

  /// A service of a unit that is stopped: with a worker, outside of that.
  void start_by_hand(std::size_t index) {
    processes[index] = new_process();
    outside[index] = {*processes[index], new_process()};
    look_soon();
  }
  /// The main process of one that was started by hand; its workers go on.
  void kill_by_hand(std::size_t index) {
    const auto main = *std::exchange(processes[index], std::nullopt);
    std::erase(outside[index], main);
    loop.end_process(main);
  }

  /// Everything is looked at once.
  void start() {
    supervision.take_over(std::make_shared<const Config>(config));
    begin_cycle();
    loop.run_for(std::chrono::milliseconds{100});
  }

  /// Another daemon takes over; what runs goes on, and an order that was under way is lost.
  void restart_daemon() {
    std::destroy_at(&supervision);
    std::construct_at(&supervision, world, hooks());
    supervision.take_over(std::make_shared<const Config>(config));
    look_soon();
  }

  void kill(std::size_t index) {
    const auto& unit = config.services[index].match.units;
    actuator_->service(index).is_up = false;
    if (!unit.empty()) return units.crash(unit.front());
    loop.end_process(*std::exchange(processes[index], std::nullopt));
  }

  /// The same where the kernel tells how: world.ends is set.
  void end(std::size_t index, ProcessEnd end) {
    ends.tell(*processes[index], end);
    kill(index);
  }

  void run_for(Duration duration) { loop.run_for(duration); }
  [[nodiscard]] ServiceRow row(std::size_t index) const { return supervision.rows().at(index); }
  /// Whether the last look succeeded.
  [[nodiscard]] bool was_readable() const { return was_readable_; }
  [[nodiscard]] std::size_t orders() const { return actuator_->orders.size(); }
  FakeActuator& actuator() { return *actuator_; }

  FakeLoop loop{};
  FakeUnits units{loop};
  CollectingJournal journal{};
  NoHost host{};
  FakeProcessEnds ends{loop};  ///< of the world only where a test says so
  Config config{};
  std::vector<std::optional<ProcessIdentity>> processes{};
  std::map<std::size_t, std::vector<ProcessIdentity>> outside{};  ///< what was started by hand of each
  std::uint16_t port = 80;                               ///< every service has it but where a stranger does
  std::map<std::size_t, PortStranger> port_strangers{};  ///< seen where it is looked for
  bool is_readable = true;
  std::function<void(const Order&)> on_order{};
  std::function<std::string(const std::string&)> start_veto{};
  World world{.loop = loop,
              .units = units,
              .host = host,
              .journal = journal,
              .make_actuator =
                  [this](const std::vector<ServiceControl>&) {
                    auto made = std::make_unique<FakeActuator>(loop, behaviours_);
                    made->on_change = [this](std::size_t index, bool is_up) { follow_command(index, is_up); };
                    made->on_order = [this](const Order& order) {
                      end_outside(order.service);
                      if (on_order) on_order(order);
                    };
                    actuator_ = made.get();
                    return made;
                  },
              .draw_jitter = [] { return 0.0; }};
  Supervision supervision{world, hooks()};

 private:
  Supervision::Hooks hooks() {
    return {.row_changed = [] {},
            .look_wanted = [this] { look_soon(); },
            .start_veto =
                [this](const std::string& name) { return start_veto ? start_veto(name) : std::string(); }};
  }
  std::size_t add(Service service, std::optional<ProcessIdentity> process) {
    config.services.push_back(std::move(service));
    processes.push_back(process);
    return processes.size() - 1;
  }

  ProcessIdentity new_process() {
    return {.pid = ++last_pid_, .start_ticks = static_cast<std::uint64_t>(last_pid_)};
  }

  /// What was started by hand is among the leftovers of an order.
  void end_outside(std::size_t index) {
    const auto ended = outside.extract(index);
    if (ended.empty()) return;
    for (const auto& process : ended.mapped())
      loop.end_process(process);
    processes[index].reset();
  }

  void follow_command(std::size_t index, bool is_up) {
    const auto& unit = config.services[index].match.units;
    if (!unit.empty()) return is_up ? units.start_by_admin(unit.front()) : units.end_by_itself(unit.front());
    if (processes[index]) loop.end_process(*std::exchange(processes[index], std::nullopt));
    if (is_up) processes[index] = new_process();
  }

  void follow_unit(const UnitStatus& status) {
    for (std::size_t i = 0; i < config.services.size(); ++i) {
      const auto& names = config.services[i].match.units;
      if (names.empty() || names.front() != status.name) continue;
      if (status.main_pid == 0 && outside.contains(i)) continue;
      processes[i].reset();
      if (status.main_pid != 0) processes[i] = units.process(status.name);
    }
  }

  std::vector<ServiceProcesses> sight() const {
    std::vector<ServiceProcesses> all;
    for (std::size_t i = 0; i < processes.size(); ++i) {
      ServiceProcesses one;
      one.is_installed = true;
      const auto& names = config.services[i].match.units;
      if (!names.empty()) one.unit = names.front();
      if (!is_readable) one.unreadable = Error{Error::Kind::denied, "/proc: permission denied"};
      if (is_readable) one.main = processes[i];
      if (one.main) one.members = {*one.main};
      if (const auto found = outside.find(i); is_readable && found != outside.end())
        one.members = one.outside = found->second;
      all.push_back(std::move(one));
    }
    for (const auto& question : supervision.port_questions())
      all[question.service].ports = port_sight(question);
    return all;
  }

  PortSight port_sight(const PortQuestion& question) const {
    const auto found = port_strangers.find(question.service);
    if (found == port_strangers.end()) return {.own = {port}};
    const bool has_had_it = std::ranges::find(question.own, port) != question.own.end();
    return has_had_it ? PortSight{.stranger = found->second} : PortSight{};
  }

  void look_now() {
    was_readable_ = is_readable;
    supervision.see(sight(), loop.now());
  }

  void begin_cycle() {
    look_now();
    cycle_ = loop.at(loop.now() + config.cycle, [this] { begin_cycle(); });
  }

  void look_soon() {
    if (look_.is_set()) return;
    look_ = loop.at(loop.now() + std::chrono::milliseconds{2}, [this] {
      look_.cancel();
      look_now();
    });
  }

  FakeActuator* actuator_ = nullptr;
  std::shared_ptr<FakeActuator::Services> behaviours_ = std::make_shared<FakeActuator::Services>();
  bool was_readable_ = true;
  pid_t last_pid_ = 50'000;
  Watch look_{};
  Watch cycle_{};
};

}  // namespace systemcheck::test
