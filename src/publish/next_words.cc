#include "publish/next_words.h"

#include <fmt/format.h>

namespace systemcheck {
namespace {

bool is_gone(const ServiceRow& row) {
  return row.state == ServiceState::down || row.state == ServiceState::waiting ||
         row.state == ServiceState::flapping;
}

std::string held_words(const ServiceRow& row) {
  if (row.holds.empty()) return fmt::format("Nothing while {} owns it.", word(row.owner));
  const auto& hold = row.holds.front();
  if (hold.until)
    return fmt::format("It is left alone until {}; then it is watched over as before.",
                       wall_time_text(*hold.until));
  return "It is left alone until it is given back.";
}

std::string gone_words(const View& view, const ServiceRow& row) {
  if (row.manager == "none") return "Nothing can be started here: put right what is said above.";
  const auto due = next_attempt(view, row);
  auto when = due ? fmt::format("It is tried to be started again at {}.", wall_time_text(*due))
                  : std::string("It is started again as soon as nothing stands against it.");
  if (!row.is_at_cap) return when;
  return fmt::format("{} From now on it is tried each {}, for as long as it takes.", when,
                     duration_words(view.config->restart_policy.backoff_max));
}

std::string quiet_words(ServiceState state) {
  switch (state) {
    case ServiceState::up:
      return "It is looked at again in the next cycle.";
    case ServiceState::degraded:
      return "It goes on running; it is looked at again in the next cycle.";
    case ServiceState::overloaded:
      return "It is not restarted while the machine has too much to do.";
    case ServiceState::suspect:
      return "It is looked at once more before anything is done.";
    case ServiceState::restarting:
      return "A restart is under way; then it is looked whether it is up and stays so.";
    case ServiceState::absent:
      return "Nothing: it is not installed here.";
    default:
      return "Nothing until it can be read again.";
  }
}

}  // namespace

std::optional<WallTime> next_attempt(const View& view, const ServiceRow& row) {
  const bool is_planned = is_gone(row) && row.mode == Mode::act && row.backoff_remaining > Duration::zero();
  if (!is_planned) return std::nullopt;
  return view.posted_at + row.backoff_remaining;
}

std::string next_words(const View& view, const ServiceRow& row) {
  if (row.state == ServiceState::absent) return quiet_words(row.state);
  if (row.mode == Mode::disabled) return "Nothing: its mode is disabled.";
  if (row.state == ServiceState::held) return held_words(row);
  if (view.daemon.are_actions_disabled && row.status != CheckStatus::ok)
    return "Nothing while the kill switch is set.";
  if (is_gone(row) && row.mode == Mode::observe)
    return "Nothing is done: in mode observe it is only told what would be.";
  return is_gone(row) ? gone_words(view, row) : quiet_words(row.state);
}

std::string policy_words(const RestartPolicy& policy) {
  return fmt::format(
      "The first attempt {}, the next after {}, doubling to {}; begun anew after {} of health.",
      policy.first == Duration::zero() ? "at once" : "after " + duration_words(policy.first),
      duration_words(policy.backoff), duration_words(policy.backoff_max), duration_words(policy.reset_after));
}

}  // namespace systemcheck
