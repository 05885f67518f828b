#pragma once

#include <memory>
#include <optional>
#include <string>

#include "collect/kill_switch.h"
#include "collect/package_transaction.h"
#include "config/config.h"
#include "daemon/world.h"
#include "decide/upgrade.h"

namespace systemcheck {

/// What forbids to touch anything on this machine, or anything that is gone: the kill switch, packages that
/// are being changed, and where there is no systemd to tell, that the machine is going down. Comes with each
/// look, and is asked anew right before each act. Main thread.
class Surroundings {
 public:
  /// `on_end` is called when a package transaction has ended. The world outlives it.
  Surroundings(World& world, Callback on_end) : world_(world), on_end_(std::move(on_end)) {}
  Surroundings(const Surroundings&) = delete;
  Surroundings& operator=(const Surroundings&) = delete;

  void use(std::shared_ptr<const Config> config) { config_ = std::move(config); }
  /// What a look has found. Dropped if something newer is known.
  void note(const Result<PackageTransaction>& packages, const Result<KillSwitch>& kill_switch, Instant taken);
  /// Asks now. Returns whether anything is different from what was known.
  bool look();
  /// The same of the runlevel alone: one small file.
  bool look_at_runlevel();

  /// Why services that are gone are left alone, in words; nullopt: they are not, or no longer.
  [[nodiscard]] std::optional<std::string> upgrade() const;
  [[nodiscard]] bool has_upgrade_hold_expired() const;
  /// The machine is going down, by the word of an init that is not systemd. So it stays until that says
  /// something else: a shutdown that is called off begins another runlevel.
  [[nodiscard]] bool is_going_down() const { return is_going_down_; }
  /// Why nothing may be touched, in words; empty: it may.
  [[nodiscard]] const std::string& kill_switch() const { return kill_switch_.reason; }

 private:
  void take(const Result<PackageTransaction>& packages, const KillSwitch& kill_switch);
  void take_packages(const PackageTransaction& packages);
  void take_kill_switch(const KillSwitch& kill_switch);
  void watch_holder();

  World& world_;
  Callback on_end_;
  std::shared_ptr<const Config> config_ = std::make_shared<const Config>();
  Instant known_at_{};
  UpgradeMemo memo_{};
  PackageTransaction packages_{};
  KillSwitch kill_switch_{};
  bool is_going_down_ = false;
  Watch holder_gone_{};
};

}  // namespace systemcheck
