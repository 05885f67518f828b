#include "daemon/surroundings.h"

#include <utility>

#include "collect/runlevel.h"

namespace systemcheck {

void Surroundings::note(const Result<PackageTransaction>& packages, const Result<KillSwitch>& kill_switch,
                        Instant taken) {
  if (is_going_down_) look_at_runlevel();  // Nothing is begun now, before which it would be asked.
  if (taken < known_at_) return;
  known_at_ = taken;
  take(packages, kill_switch ? *kill_switch : kill_switch_);
}

bool Surroundings::look() {
  if (world_.own_host == nullptr) return false;
  const auto upgrade_before = upgrade();
  const auto switch_before = kill_switch_;
  known_at_ = world_.loop.now();
  const bool has_turned = look_at_runlevel();
  take(read_package_transaction(*world_.own_host), read_kill_switch(*world_.own_host, config_->kill_switch));
  return has_turned || upgrade() != upgrade_before || kill_switch_ != switch_before;
}

bool Surroundings::look_at_runlevel() {
  if (world_.own_host == nullptr) return false;
  const bool before = is_going_down_;
  if (world_.units.manager() != Manager::absent) {
    is_going_down_ = false;  // That tells by itself.
  } else if (const auto runlevel = read_runlevel(*world_.own_host)) {
    is_going_down_ = is_for_stopping(*runlevel);
  }  // Else nothing is said, and what was said last still holds.
  if (is_going_down_ == before) return false;
  world_.journal.write(Severity::notice, is_going_down_
                                             ? "the machine is going down; nothing is started any more"
                                             : "the machine is no longer going down");
  return true;
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
