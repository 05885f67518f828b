#include "daemon/surroundings.h"

#include <utility>

namespace systemcheck {

void Surroundings::note(const Result<PackageTransaction>& packages, const Result<KillSwitch>& kill_switch,
                        Instant taken) {
  if (taken < known_at_) return;
  known_at_ = taken;
  take(packages, kill_switch ? *kill_switch : kill_switch_);
}

bool Surroundings::look() {
  if (world_.own_host == nullptr) return false;
  const auto upgrade_before = upgrade();
  const auto switch_before = kill_switch_;
  known_at_ = world_.loop.now();
  take(read_package_transaction(*world_.own_host), read_kill_switch(*world_.own_host, config_->kill_switch));
  return upgrade() != upgrade_before || kill_switch_ != switch_before;
}

std::optional<std::string> Surroundings::upgrade() const {
  if (decide_upgrade_hold(memo_, world_.loop.now()) != UpgradeHold::holds) return std::nullopt;
  return memo_.is_under_way ? describe_holder(packages_) : "packages were being changed a moment ago";
}

bool Surroundings::has_upgrade_hold_expired() const {
  return decide_upgrade_hold(memo_, world_.loop.now()) == UpgradeHold::expired;
}

/// Locks that cannot be read are taken for free: the daemon is then not root, or the machine has no package
/// tool as we know them, and its services would never come back. The collector's success says so.
void Surroundings::take(const Result<PackageTransaction>& packages, const KillSwitch& kill_switch) {
  take_packages(packages ? *packages : PackageTransaction{});
  take_kill_switch(kill_switch);
}

void Surroundings::take_packages(const PackageTransaction& packages) {
  const bool is_same = packages == packages_;
  memo_ = note_packages(memo_, packages, world_.loop.now());
  packages_ = packages;
  if (is_same) return;
  watch_holder();
  world_.journal.write(Severity::notice, packages.is_under_way
                                             ? describe_holder(packages) + "; what is gone is left alone"
                                             : "packages are no longer being changed");
}

void Surroundings::take_kill_switch(const KillSwitch& kill_switch) {
  if (kill_switch == kill_switch_) return;
  kill_switch_ = kill_switch;
  const bool is_set = !kill_switch.reason.empty();
  world_.journal.write(is_set ? Severity::warning : Severity::notice,
                       is_set ? "kill switch: nothing is touched: " + kill_switch.reason
                              : "kill switch: taken away; actions are no longer disabled");
  world_.ledger->put(
      Event{.at = world_.loop.wall_now(),
            .from = is_set ? "enabled" : "disabled",
            .to = is_set ? "disabled" : "enabled",
            .reason = is_set ? "kill switch: " + kill_switch.reason : "the kill switch is gone",
            .kind = EventKind::daemon});
}

/// Most transactions end with their process. The others are seen to end by looking again and again.
void Surroundings::watch_holder() {
  holder_gone_.cancel();
  if (!world_.is_this_machine || !packages_.holder) return;
  auto watch = world_.loop.when_gone(*packages_.holder, [this] { on_end_(); });
  if (watch) holder_gone_ = *std::move(watch);
}

}  // namespace systemcheck
