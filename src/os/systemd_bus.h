#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "os/bus.h"
#include "os/bus_name.h"
#include "os/job_ledger.h"
#include "os/sd_event_loop.h"
#include "os/system_state.h"
#include "os/unit_jobs.h"
#include "os/units.h"

namespace systemcheck {

/// systemd's view over the system bus. A unit is read anew, whole, whenever something of it changes: what
/// it reports was true at one moment, not pieced together.
///
/// Without a bus every watch hears so once (not_found), and the bus is tried again, at last every 30 s.
/// A Manager that was stopping stays so without one: buses are stopped too. Main thread.
class SystemdBus final : public Units {
 public:
  static constexpr const char* system_bus = "unix:path=/run/dbus/system_bus_socket";
  static constexpr Duration first_retry = std::chrono::seconds{1};
  static constexpr Duration last_retry = std::chrono::seconds{30};

  /// Does not wait for the bus. The loop outlives it.
  static std::unique_ptr<SystemdBus> make(SdEventLoop& loop, const std::string& address = system_bus);
  SystemdBus(const SystemdBus&) = delete;
  SystemdBus& operator=(const SystemdBus&) = delete;
  ~SystemdBus() override;

  Watch watch(std::span<const std::string> names, OnUnit on_unit) override;
  void refresh(const std::string& name) override;
  [[nodiscard]] Manager manager() const override { return manager_; }
  Watch on_manager(std::function<void(Manager)> callback) override;
  void run_job(const std::string& unit, const std::string& verb, OnDone on_done) override;
  void kill(const std::string& unit, OnDone on_done) override;
  void reset_failed(const std::string& unit, OnDone on_done) override;
  void adopt(pid_t process, const std::string& scope, OnDone on_done) override;

 private:
  struct Watcher {
    std::set<std::string> names{};
    OnUnit on_unit{};
  };
  using Watchers = std::map<std::uint64_t, Watcher>;
  using ManagerWatchers = std::map<std::uint64_t, std::function<void(Manager)>>;

  struct Unit {
    std::string id{};    ///< its own name; the one asked for may be an alias
    std::string path{};  ///< empty: not loaded yet
    Watch changed{};
    Watch retry{};
    bool is_asking = false;
    bool asks_again = false;
    bool reported_error = false;
    bool reported_stop = false;
    bool is_held_back = false;  ///< until its jobs are understood
  };

  /// What lives as long as one connection.
  struct Connection {
    std::unique_ptr<Bus> bus{};
    std::unique_ptr<BusName> systemd{};
    std::unique_ptr<SystemState> state{};
    std::unique_ptr<UnitJobs> jobs{};
    std::vector<Watch> signals{};
  };

  SystemdBus(SdEventLoop& loop, std::string address);

  void request(const BusCall& call, OnDone on_done);
  void connect();
  void listen(const std::string& member, OnBusSignal callback);
  void drop_connection();
  void note_owner(const std::string& owner);
  void note_absent(const Error& error);
  void note_manager(Manager state);

  void forget_unwatched();
  void load(const std::string& name);
  void note_path(const std::string& name, const Result<BusMessage>& reply);
  void ask(const std::string& name);
  void ask_all();
  void ask_what_is_decided();
  void note_properties(const std::string& name, const Result<BusMessage>& reply);
  void note_unit_error(const std::string& name, const Error& error);
  void report_absence_later(const std::string& name);
  void report(const std::string& name, const Result<UnitStatus>& status);

  void note_job_new(const BusMessage& signal);
  void note_job_removed(const BusMessage& signal);
  [[nodiscard]] std::string unit_called(const std::string& id) const;
  /// Whether systemd is on the bus.
  [[nodiscard]] bool is_present() const { return connection_.jobs != nullptr; }
  void later(Callback callback);

  SdEventLoop& loop_;
  const std::string address_;
  Connection connection_{};
  std::uint64_t generation_ = 0;  ///< of systemd's presence: older answers are not listened to
  Error absence_{Error::Kind::not_found, "no bus to systemd yet"};
  Duration retry_ = first_retry;
  Watch reconnect_{};
  Manager manager_ = Manager::absent;
  JobLedger ledger_{};
  std::map<std::string, Unit> units_{};
  std::shared_ptr<Watchers> watchers_ = std::make_shared<Watchers>();
  std::shared_ptr<ManagerWatchers> manager_watchers_ = std::make_shared<ManagerWatchers>();
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, Watch> later_{};
};

}  // namespace systemcheck
