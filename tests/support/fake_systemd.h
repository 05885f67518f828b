#pragma once

#include <systemd/sd-bus.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "os/sd_event_loop.h"

namespace systemcheck::test {

/// org.freedesktop.systemd1 (and login1) as far as it is used: units that start, stop, crash and are
/// restarted by it, with the jobs and signals that the real one makes of that, in its order. On a bus
/// and on the loop of the test.
class FakeSystemd {
 public:
  struct Unit {
    std::string id{};
    std::string load_state = "loaded";
    std::string active_state = "inactive";
    std::string sub_state = "dead";
    std::string unit_file_state = "enabled";
    std::string result = "success";
    std::uint32_t main_pid = 0;
    std::string control_group{};
    std::uint64_t active_enter_us = 0;
    std::string trigger = "on-demand.socket";
    std::string requirer = "front.service";
    // How it behaves.
    std::string job_result = "done";
    bool jobs_hang = false;
    bool is_transient = false;  ///< made by systemd-run: forgotten once it is not failed any more
    int references = 0;
  };
  /// Between a job's announcement and its end. The type of one without any cannot be asked for any more.
  static constexpr Duration job_takes = std::chrono::milliseconds{5};

  FakeSystemd(SdEventLoop& loop, const std::string& address) : loop_(loop) {
    must(sd_bus_new(&bus_));
    must(sd_bus_set_address(bus_, address.c_str()));
    must(sd_bus_set_bus_client(bus_, 1));
    must(sd_bus_start(bus_));
    must(sd_bus_add_filter(bus_, nullptr, on_message, this));
    must(sd_bus_attach_event(bus_, loop.event(), 0));
    must(sd_bus_request_name(bus_, "org.freedesktop.login1", 0));
    appear();
  }
  FakeSystemd(const FakeSystemd&) = delete;
  FakeSystemd& operator=(const FakeSystemd&) = delete;
  ~FakeSystemd() {
    for (auto* message : waiting_)
      sd_bus_message_unref(message);
    sd_bus_detach_event(bus_);
    sd_bus_flush(bus_);
    sd_bus_close_unref(bus_);
  }

  // systemd itself.

  void appear() { must(sd_bus_request_name(bus_, "org.freedesktop.systemd1", 0)); }
  void disappear() { must(sd_bus_release_name(bus_, "org.freedesktop.systemd1")); }
  /// As when it boots: SystemState changes without a word, and then StartupFinished comes.
  void finish_startup() {
    system_state = "running";
    emit("StartupFinished", "tttttt", std::uint64_t{0}, std::uint64_t{0}, std::uint64_t{0}, std::uint64_t{0},
         std::uint64_t{0}, std::uint64_t{0});
  }
  /// `systemctl reboot`
  void begin_shutdown() {
    system_state = "stopping";
    begin_job("shutdown.target", "start", loop_.now() + std::chrono::hours{1});
  }
  void prepare_for_shutdown(bool begins) {
    is_preparing_ = begins;
    must(sd_bus_emit_signal(bus_, "/org/freedesktop/login1", "org.freedesktop.login1.Manager",
                            "PrepareForShutdown", "b", begins ? 1 : 0));
  }
  std::string system_state = "running";

  // Units.

  Unit& install(const std::string& name) {
    auto& unit = units_[name];
    unit.id = name;
    bring_up(unit);
    return unit;
  }
  Unit& unit(const std::string& name) { return units_[alias(name)]; }
  void add_alias(const std::string& name, const std::string& target) { aliases_[name] = target; }
  void crash(const std::string& name) { settle(unit(name), "failed", "failed", "signal"); }
  void end_by_itself(const std::string& name) { settle(unit(name), "inactive", "dead", "success"); }
  void auto_restart(const std::string& name) { settle(unit(name), "activating", "auto-restart", "signal"); }
  void finish_auto_restart(const std::string& name) { bring_up(unit(name)); }
  /// `systemctl stop|start|restart`, by a person. Returns when the signals are on their way.
  std::string admin(const std::string& type, const std::string& name) {
    return begin_job(alias(name), type, loop_.now() + job_takes);
  }
  /// The same by a job that is over before anybody can ask what it was.
  void admin_at_once(const std::string& type, const std::string& name) {
    end_job(begin_job(alias(name), type, loop_.now() + std::chrono::hours{1}));
  }
  /// `systemctl disable`: no property of the unit changes visibly, but UnitFilesChanged comes.
  void disable(const std::string& name) {
    unit(name).unit_file_state = "disabled";
    emit("UnitFilesChanged", "");
  }

  std::vector<std::string> calls{};   ///< "EnqueueUnitJob restart apache2.service replace", in order
  std::vector<std::string> client{};  ///< unique names of those who subscribed
  bool denies = false;                ///< jobs are refused, as by polkit
  bool hesitates = false;             ///< who asks for a job waits, as for polkit, until decide()
  void decide() {
    hesitates = false;
    for (auto* message : std::exchange(waiting_, {})) {
      sd_bus_message_rewind(message, 1);
      answer_job(message, read_strings(message));
      sd_bus_message_unref(message);
    }
  }

 private:
  struct Job {
    std::uint32_t id = 0;
    std::string unit{};
    std::string type{};
    Watch end{};
  };

  static void must(int result) {
    if (result < 0) std::abort();
  }
  [[nodiscard]] std::string alias(const std::string& name) const {
    const auto found = aliases_.find(name);
    return found == aliases_.end() ? name : found->second;
  }
  static std::string path_of(const std::string& prefix, const std::string& name) {
    char* path = nullptr;
    must(sd_bus_path_encode(prefix.c_str(), name.c_str(), &path));
    std::string text = path;
    std::free(path);
    return text;
  }
  static std::string unit_path(const std::string& name) {
    return path_of("/org/freedesktop/systemd1/unit", name);
  }
  static std::string job_path(std::uint32_t id) {
    return "/org/freedesktop/systemd1/job/" + std::to_string(id);
  }

  template <typename... Arguments>
  void emit(const char* member, const char* types, Arguments... arguments) {
    must(sd_bus_emit_signal(bus_, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", member,
                            types, arguments...));
  }

  // ---- units

  void bring_up(Unit& unit) {
    unit.main_pid = ++last_pid_;
    unit.control_group = "/system.slice/" + unit.id;
    unit.active_enter_us += 1'000'000;
    become(unit, "active", "running", "success");
  }
  void settle(Unit& unit, const char* active, const char* sub, const char* result) {
    unit.main_pid = 0;
    unit.control_group.clear();
    become(unit, active, sub, result);
  }
  void become(Unit& unit, const char* active, const char* sub, const char* result) {
    unit.active_state = active;
    unit.sub_state = sub;
    unit.result = result;
    must(sd_bus_emit_signal(bus_, unit_path(unit.id).c_str(), "org.freedesktop.DBus.Properties",
                            "PropertiesChanged", "sa{sv}as", "org.freedesktop.systemd1.Unit", 1,
                            "ActiveState", "s", active, 0));
  }

  // ---- jobs

  std::string begin_job(const std::string& name, const std::string& type, Instant end) {
    const auto id = ++last_job_;
    const auto path = job_path(id);
    auto& job = jobs_[path];
    job.id = id;
    job.unit = name;
    job.type = type;
    emit("JobNew", "uos", id, path.c_str(), name.c_str());
    if (!units_[name].jobs_hang) job.end = loop_.at(end, [this, path] { end_job(path); });
    if (type != "start" && units_.contains(name))
      become(units_[name], "deactivating", "stop-sigterm", "success");
    return path;
  }
  void end_job(const std::string& path) {
    const auto job = std::move(jobs_.extract(path).mapped());
    auto& unit = units_[job.unit];
    const auto result = unit.job_result;
    if (result != "done") settle(unit, "failed", "failed", "exit-code");
    if (result == "done" && job.type == "stop") settle(unit, "inactive", "dead", "success");
    if (result == "done" && job.type != "stop" && !unit.id.empty()) bring_up(unit);
    emit("JobRemoved", "uoss", job.id, path.c_str(), job.unit.c_str(), result.c_str());
  }

  // ---- methods

  static int on_message(sd_bus_message* message, void* self, sd_bus_error*) {
    std::uint8_t type = 0;
    must(sd_bus_message_get_type(message, &type));
    if (type != SD_BUS_MESSAGE_METHOD_CALL) return 0;
    static_cast<FakeSystemd*>(self)->answer(message, sd_bus_message_get_member(message));
    return 1;
  }
  static std::vector<std::string> read_strings(sd_bus_message* message) {
    std::vector<std::string> strings;
    const char* text = nullptr;
    while (sd_bus_message_read_basic(message, 's', &text) > 0)
      strings.emplace_back(text);
    return strings;
  }
  void answer(sd_bus_message* message, const std::string& member) {
    const auto arguments = read_strings(message);
    auto line = member;
    for (const auto& argument : arguments)
      line += " " + argument;
    calls.push_back(line);
    if (member == "Subscribe") return answer_subscribe(message);
    if (member == "LoadUnit") return answer_path(message, unit_path(alias(arguments.at(0))));
    if (member == "EnqueueUnitJob") return answer_job(message, arguments);
    if (member == "StartTransientUnit") return answer_path(message, admin("start", arguments.at(0)));
    if (member == "RefUnit") return answer_reference(message, arguments.at(0), 1);
    if (member == "UnrefUnit") return answer_reference(message, arguments.at(0), -1);
    if (member == "ResetFailedUnit") return answer_reset(message, arguments.at(0));
    if (member == "KillUnit") return answer_kill(message, arguments.at(0));
    if (member == "Get") return answer_property(message, arguments.at(1));
    if (member == "GetAll") return answer_properties(message);
    must(sd_bus_reply_method_errorf(message, SD_BUS_ERROR_UNKNOWN_METHOD, "no %s", member.c_str()));
  }
  void answer_subscribe(sd_bus_message* message) {
    client.emplace_back(sd_bus_message_get_sender(message));
    must(sd_bus_reply_method_return(message, ""));
  }
  static void answer_path(sd_bus_message* message, const std::string& path) {
    must(sd_bus_reply_method_return(message, "o", path.c_str()));
  }
  void answer_reset(sd_bus_message* message, const std::string& name) {
    if (unit(name).active_state == "failed") settle(unit(name), "inactive", "dead", "success");
    if (unit(name).is_transient && unit(name).references == 0) units_.erase(alias(name));
    must(sd_bus_reply_method_return(message, ""));
  }
  void answer_kill(sd_bus_message* message, const std::string& name) {
    std::int32_t signal = 0;
    must(sd_bus_message_read_basic(message, 'i', &signal));
    calls.back() += " " + std::to_string(signal);
    settle(unit(name), "failed", "failed", "signal");
    must(sd_bus_reply_method_return(message, ""));
  }
  void answer_reference(sd_bus_message* message, const std::string& name, int change) {
    if (units_.contains(alias(name))) unit(name).references += change;
    must(sd_bus_reply_method_return(message, ""));
  }
  /// As the real one: the job is announced before the answer.
  void answer_job(sd_bus_message* message, const std::vector<std::string>& arguments) {
    const auto name = alias(arguments.at(0));
    if (hesitates) return waiting_.push_back(sd_bus_message_ref(message));
    if (denies) {
      must(sd_bus_reply_method_errorf(message, SD_BUS_ERROR_ACCESS_DENIED, "Permission denied"));
      return;
    }
    if (!units_.contains(name)) {
      must(sd_bus_reply_method_errorf(message, "org.freedesktop.systemd1.NoSuchUnit", "Unit %s not found.",
                                      name.c_str()));
      return;
    }
    const auto path = begin_job(name, arguments.at(1), loop_.now() + job_takes);
    must(sd_bus_reply_method_return(message, "uososa(uosos)", jobs_[path].id, path.c_str(), name.c_str(),
                                    unit_path(name).c_str(), arguments.at(1).c_str(), 0));
  }
  void answer_property(sd_bus_message* message, const std::string& name) {
    if (name == "SystemState") return answer_text(message, system_state);
    if (name == "PreparingForShutdown") {
      must(sd_bus_reply_method_return(message, "v", "b", is_preparing_ ? 1 : 0));
      return;
    }
    const auto job = jobs_.find(sd_bus_message_get_path(message));
    if (job != jobs_.end()) return answer_text(message, job->second.type);
    must(sd_bus_reply_method_errorf(message, SD_BUS_ERROR_UNKNOWN_OBJECT, "Unknown object"));
  }
  static void answer_text(sd_bus_message* message, const std::string& text) {
    must(sd_bus_reply_method_return(message, "v", "s", text.c_str()));
  }
  /// With some properties of types that nobody asked for, as the real one has a hundred of.
  void answer_properties(sd_bus_message* message) {
    const auto unit = unit_at(sd_bus_message_get_path(message));
    must(sd_bus_reply_method_return(
        message, "a{sv}", 16, "Id", "s", unit.id.c_str(), "LoadState", "s", unit.load_state.c_str(),
        "ActiveState", "s", unit.active_state.c_str(), "SubState", "s", unit.sub_state.c_str(),
        "UnitFileState", "s", unit.unit_file_state.c_str(), "Result", "s", unit.result.c_str(), "MainPID",
        "u", unit.main_pid, "ControlGroup", "s", unit.control_group.c_str(), "ActiveEnterTimestamp", "t",
        unit.active_enter_us, "InvocationID", "ay", 2, 0x5C, static_cast<int>(unit.main_pid % 256),
        "TriggeredBy", "as", 1, unit.trigger.c_str(), "RequiredBy", "as", 2, unit.requirer.c_str(),
        "multi-user.target", "BoundBy", "as", 1, unit.requirer.c_str(), "Names", "as", 1, unit.id.c_str(),
        "CPUWeight", "d", 1.5, "Job", "(uo)", 7, "/"));
  }
  [[nodiscard]] Unit unit_at(const std::string& path) const {
    for (const auto& [name, unit] : units_) {
      if (unit_path(name) == path) return unit;
    }
    Unit missing{};
    missing.load_state = "not-found";
    missing.unit_file_state.clear();
    return missing;
  }

  SdEventLoop& loop_;
  sd_bus* bus_ = nullptr;
  bool is_preparing_ = false;
  std::map<std::string, Unit> units_{};
  std::map<std::string, std::string> aliases_{};
  std::map<std::string, Job> jobs_{};
  std::vector<sd_bus_message*> waiting_{};
  std::uint32_t last_job_ = 0;
  std::uint32_t last_pid_ = 700;
};

}  // namespace systemcheck::test
