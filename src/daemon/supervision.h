#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collect/services.h"
#include "config/config.h"
#include "daemon/claim_memory.h"
#include "daemon/holds.h"
#include "daemon/surroundings.h"
#include "daemon/world.h"
#include "decide/demand.h"
#include "decide/on_machine.h"
#include "decide/oom_tally.h"
#include "decide/past.h"
#include "decide/shedding.h"
#include "publish/view.h"

namespace systemcheck {

/// By which it is told what a service would give back, and whether it may be turned off.
struct MeasuredService {
  std::string name{};
  std::string unit{};
  std::string control_group{};
  std::vector<ProcessIdentity> members{};
  std::vector<std::string> stopped_with_it{};
  std::vector<std::string> triggered_by{};
};

/// Watches every configured service and carries out what is decided of it. Belongs to the main
/// thread. Each service has its own memory, watches and timers: none waits for another.
class Supervision {
 public:
  using OnDemandEnd = std::function<void(const DemandEnd&)>;
  using OnDemandStep = std::function<void(DemandStep)>;
  struct Hooks {
    std::function<void()> row_changed{};  ///< something that is published has changed
    std::function<void()> look_wanted{};  ///< the process table should be read now
    /// Why nothing may start this service now that is gone, for want of memory; empty: one may.
    std::function<std::string(const std::string& service)> start_veto{};
  };

  Supervision(World& world, Hooks hooks);
  Supervision(const Supervision&) = delete;
  Supervision& operator=(const Supervision&) = delete;
  ~Supervision();

  /// Starts with these services; those that were there before, by name, keep memory and counters.
  /// Only to be called while no order is in flight.
  void take_over(std::shared_ptr<const Config> config);
  [[nodiscard]] bool has_order_in_flight() const;

  /// A new look at the process table: one entry a service, all of the same moment.
  void see(const std::vector<ServiceProcesses>& sight, Instant taken);
  /// Whether the machine is so busy that a service which answers too late may be sound.
  void note_busy(bool is_machine_busy) { is_machine_busy_ = is_machine_busy; }
  // Somebody takes the desired state of a service over, or gives it back. All of these: an error of kind
  // not_found where there is no such service.
  Status claim(std::string_view service, Claim claim);
  Status release(std::string_view service, Owner owner);
  /// Ends what people have claimed by command, and a maintenance window that is open: whose claims these
  /// were.
  Result<std::vector<Owner>> give_back(std::string_view service, std::string_view asked_by);
  /// Forgets pauses, flapping and being at the cap.
  Status clear(std::string_view service, std::string_view asked_by);
  /// Carries out what a person orders. `on_end` is called once, later, and `on_step` before that at each
  /// step. An error of kind refused while another order is in flight.
  Status order(std::string_view service, Demand demand, std::string asked_by, OnDemandEnd on_end,
               OnDemandStep on_step = {});
  // Turning services off for want of memory, and on again: supervision_shed.cc.
  /// How each one stands, in the order of the configuration. What it uses, why it is protected, and which of
  /// its triggers are active is for others to say.
  [[nodiscard]] std::vector<ShedCandidate> shed_candidates() const;
  /// What its memory is measured by, of each that may be turned off.
  [[nodiscard]] std::vector<MeasuredService> measured_services() const;
  /// An earlier daemon of this boot has turned it off: it was up then.
  void note_turned_off(std::string_view name, bool was_enabled);
  /// Carries it out; its claim is to be put before. `on_end` is called once, later; not at all where
  /// something else is under way: what is seen then decides.
  void shed(const ShedAction& action, std::function<void(const Outcome&)> on_end);
  /// A service, or what starts it on demand, is being turned on again.
  [[nodiscard]] bool is_turning_on() const;
  /// What was told to stop was seen to be gone, or was not.
  void note_shed_verdict(std::string_view service, bool is_gone, const std::string& why);
  /// The same of what forbids to act; to be told before see().
  void see_surroundings(const Result<PackageTransaction>& packages, const Result<KillSwitch>& kill_switch,
                        Instant taken);
  /// The same of what scripts hold.
  void see_hold_files(const Result<HoldFiles>& files, Instant taken) { holds_.note(files, taken); }
  /// Asks whether the machine is going down, where there is no systemd to tell.
  void look_at_runlevel() { (void)surroundings_.look_at_runlevel(); }
  [[nodiscard]] const Surroundings& surroundings() const { return surroundings_; }
  /// Time has passed, whether or not anything was seen: readings that are too old are no readings.
  void note_time();
  /// Main processes that have crashed since this was asked last: the next look at the processes is to know.
  [[nodiscard]] std::vector<MainCrash> take_crashes() { return std::exchange(crashes_, {}); }
  /// Of which services it is to be looked who has their ports.
  [[nodiscard]] std::vector<PortQuestion> port_questions() const;
  /// How many processes the kernel has killed for want of memory, as of this cycle.
  void note_oom_kills(std::uint64_t kills) { oom_tally_.note(kills); }
  /// Ends a cycle: what is measured from cycle to cycle is brought forward.
  void close_cycle(Duration since_last);

  [[nodiscard]] std::vector<ServiceRow> rows() const;
  /// Nullopt where there is no such service; one that is not installed has a row, too.
  [[nodiscard]] std::optional<ServiceRow> row_of(std::string_view service) const;
  /// A preset that is not here and that nobody has listed.
  [[nodiscard]] bool is_hidden(std::string_view service) const;
  /// All of them by name, each behind those that it comes after.
  [[nodiscard]] std::vector<std::string> names_in_order() const;

 private:
  struct Supervised;
  struct Decided {
    RestartSituation situation{};
    RestartChoice choice{};
  };
  struct Ordered;

  [[nodiscard]] std::size_t index_of(std::string_view name) const;
  void note_use(Supervised& service);
  void watch_units();
  void watch_main(std::size_t index);
  void note_end(std::size_t index);
  bool is_about_to_end(Supervised& service, const ServiceProcesses& sight);
  void follow_end(Supervised& service);
  void take_end(Supervised& service);
  void note_crash(std::size_t index, const ProcessIdentity& main);
  static void stop_following(Supervised& service);
  [[nodiscard]] bool is_probably_oom(const ProcessEnd& end);
  void begin_probing(std::size_t index);
  static void note_probed(Supervised& service, const std::optional<ProcessIdentity>& main);
  void note_unit(std::size_t index, const Result<UnitStatus>& status);
  void reconsider(std::size_t index);
  void plan_wake(std::size_t index, const RestartChoice& choice);
  void wake_dependents(const std::string& name);
  [[nodiscard]] Decided decide(Supervised& service, Instant now);
  void note_deaths_seen(Instant now);
  void carry_out(std::size_t index, const RestartChoice& choice);
  void note_state(Supervised& service, const RestartChoice& choice);
  [[nodiscard]] static Instant up_since(const Supervised& service, Instant now);
  void restart(std::size_t index, Rung rung);
  void note_outcome_of(std::size_t index, const Outcome& outcome);
  [[nodiscard]] Order order_for(std::size_t index, Rung rung);
  [[nodiscard]] Intention intention_of(const Supervised& service, const Order& order,
                                       const std::string& reason) const;
  void record_would_have(std::size_t index, const RestartChoice& choice);
  void record_outcome(Supervised& service, const Outcome& outcome);
  void record_verdict(Supervised& service, const RestartChoice& choice);
  void put_verdict(Supervised& service, bool is_verified, const std::string& why);
  void record_state(const Supervised& service, const RestartChoice& choice, Owner owner);
  void record_situation(Supervised& service, const Decided& decided, Instant now);
  void record_moment(const std::string& service, const PastMoment& moment, Instant at);
  void remember(Supervised& service);
  void recall(Supervised& service);
  void remember_host_guard();
  void recall_host_guard();
  [[nodiscard]] bool is_going_down() const;
  [[nodiscard]] RestartSituation situation_of(const Supervised& service) const;
  [[nodiscard]] MachineRules machine_rules(const Supervised& service);
  [[nodiscard]] std::string waits_for(const Supervised& service) const;

  // What people have ordered and claimed: supervision_orders.cc, supervision_claims.cc.
  /// What is being done, in words; empty: nothing that would decide over it now.
  [[nodiscard]] static std::string under_way(const Supervised& service);
  void consider_order(std::size_t index);
  void begin_order(std::size_t index);
  [[nodiscard]] DemandSituation demand_situation(const Supervised& service) const;
  [[nodiscard]] Order order_for_demand(std::size_t index, Demand demand);
  void take_claims_over(Supervised& service);
  void note_demand_end(Supervised& service, Demand demand, const Outcome& outcome);
  void note_order_outcome(std::size_t index, const Outcome& outcome);
  void judge_order(std::size_t index, const RestartChoice& choice);
  void end_order(std::size_t index, DemandEnd end);
  void finish_order(std::size_t index);
  void refresh_claims(Supervised& service);
  void put_or_release(Supervised& service, ClaimOrigin origin, std::optional<Claim> claim);
  bool look_around(Supervised& service);
  void note_stop_seen(Supervised& service, const RestartChoice& choice);
  void record_claims(Supervised& service, const std::string& words);
  void remember_claims(Supervised& service);
  void recall_claims(Supervised& service);
  [[nodiscard]] BootMoment moment() const;
  [[nodiscard]] ServiceRow shown(const Supervised& service) const;
  [[nodiscard]] static bool is_here(const Supervised& service);

  struct ShedOrder;
  [[nodiscard]] std::optional<Owner> held_by(const Supervised& service) const;
  [[nodiscard]] ShedPresence presence_of(const Supervised& service) const;
  [[nodiscard]] ShedCandidate shed_candidate(const Supervised& service) const;
  [[nodiscard]] Order order_for_shed(std::size_t index, const ShedAction& action);
  void begin_shed(std::size_t index, std::unique_ptr<ShedOrder> order);
  void note_shed_outcome(std::size_t index, const Outcome& outcome);
  [[nodiscard]] std::string start_veto(const Supervised& service) const;

  void note_policy_refusal(Supervised& service, const Outcome& outcome);
  void note_failure(Supervised& service, std::string_view how, std::string_view detail);

  World& world_;
  Hooks hooks_;
  std::shared_ptr<const Config> config_ = std::make_shared<const Config>();
  Surroundings surroundings_;
  Holds holds_{world_};
  std::unique_ptr<Actuator> actuator_{};
  std::vector<std::unique_ptr<Supervised>> services_{};
  std::vector<std::size_t> order_{};  ///< of services_: each behind those that it comes after
  HostGuard host_guard_{};
  OomTally oom_tally_{};
  std::vector<MainCrash> crashes_{};  ///< one a service at most
  bool is_machine_busy_ = false;
  bool has_systemd_ = false;  ///< it was there once: when its bus is away it is only not heard
  std::map<std::string, std::string, std::less<>> claim_texts_{};  ///< written down by this daemon
  std::vector<std::string> watched_units_{};
  std::vector<std::string> used_scripts_{};
  Watch manager_watch_{};
  Ticket last_ticket_ = 0;
  std::uint64_t rounds_ = 0;  ///< looks at all services
  bool is_in_round_ = false;
  bool has_taken_over_ = false;
};

}  // namespace systemcheck
