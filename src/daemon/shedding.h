#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "daemon/footprints.h"
#include "daemon/memory_source.h"
#include "daemon/related_units.h"
#include "daemon/supervision.h"
#include "daemon/world.h"
#include "decide/shedding.h"
#include "os/pressure_trigger.h"
#include "publish/shed_row.h"

namespace systemcheck {

/// Looks at memory, ten times a second when it is short, and has services turned off and on as is decided.
/// Belongs to the main thread; nothing here waits.
class Shedding {
 public:
  /// `on_change`: something that is published has changed. Both outlive it.
  Shedding(World& world, Supervision& supervision, Callback on_change);
  Shedding(const Shedding&) = delete;
  Shedding& operator=(const Shedding&) = delete;
  ~Shedding();

  void take_over(std::shared_ptr<const Config> config);
  /// Why nothing may start this service that is gone; empty: one may. Supervision::Hooks::start_veto.
  [[nodiscard]] std::string start_veto(const std::string& service) const;
  /// The daemon ends: what fits is started again, where the configuration says so. `on_done` is called once,
  /// later.
  void wind_down(Callback on_done);
  /// Until the configuration is read anew.
  void set_mode(Mode mode);
  /// Without a value: memory is not watched here.
  [[nodiscard]] std::optional<ShedRow> row() const;

 private:
  void recall();
  void look();
  [[nodiscard]] bool glance();  ///< false: it takes a close look
  void look_closely();
  void look_at(Instant when);
  void note_lateness();
  void look_at_runlevel();
  void decide(const Result<MemorySight>& sight);
  [[nodiscard]] std::vector<ShedCandidate> candidates(std::span<const MeasuredService> measured) const;
  void note_relations(ShedCandidate& candidate, const MeasuredService& service) const;
  void tell_protections();
  void measure_if_due(std::span<const MeasuredService> measured);
  void put_claims(const ShedChoice& choice);
  void remember(const ShedMemo& memo);
  void count(const ShedMemo& before, const ShedChoice& choice);
  void tell(const ShedChoice& choice);
  void act(const ShedAction& action);
  void end_if_all_is_on();
  void record_rehearsal(const ShedAction& action);
  [[nodiscard]] ShedServiceRow row_of(std::size_t index) const;

  World& world_;
  Supervision& supervision_;
  Callback on_change_;
  std::shared_ptr<const Config> config_ = std::make_shared<const Config>();
  Footprints footprints_;
  std::unique_ptr<MemorySource> source_{};
  std::unique_ptr<PressureTrigger> pressure_{};
  ShedChoice choice_{};                                               ///< the last one
  std::vector<ShedCandidate> seen_{};                                 ///< upon which it was decided
  std::map<std::string, ShedServiceMemo, std::less<>> remembered_{};  ///< as they were written down last
  /// The counters of each service; off_seconds_total without the time that goes on now.
  std::map<std::string, ShedServiceRow, std::less<>> accounts_{};
  std::set<std::string, std::less<>> claimed_{};
  RelatedUnits related_;
  std::map<std::string, std::string, std::less<>> protections_{};  ///< as they were told last
  ShedRow totals_{};                                               ///< the counters of the machine
  Instant due_{};
  Instant looked_closely_{};
  Instant runlevel_asked_{};
  bool is_recalled_ = false;
  bool is_ending_ = false;
  Watch timer_{};
  Watch end_timer_{};
  Callback on_all_on_{};  ///< set while the daemon ends
};

}  // namespace systemcheck
