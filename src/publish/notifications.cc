#include "publish/notifications.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "base/severity.h"
#include "publish/conditions.h"
#include "publish/notified_objects.h"
#include "publish/oids_values.h"

namespace systemcheck {
namespace {

using Kind = NotificationKind;

constexpr Duration limit_window = std::chrono::minutes{1};
constexpr std::string_view verb_stop = "stop";

bool is_final(ActionResult result) { return result != ActionResult::none && result != ActionResult::running; }

/// What one look comes to.
class Telling {
 public:
  Telling(const NotifyRules& rules, NotifyMemo memo, const View& view, const SnmpMoment& moment)
      : rules_(rules), memo_(std::move(memo)), view_(view), moment_(moment) {}

  NotifyChoice decide() && {
    count_missed_events();
    begin_minute();
    tell_events();
    const auto conditions = conditions_of(view_, moment_);
    for (const auto& condition : conditions)
      consider(condition);
    end_what_is_gone(conditions);
    for (const auto& condition : conditions)
      repeat(condition);
    tell_heartbeat();
    memo_.late = std::move(late_);
    memo_.has_looked = true;
    return {.notifications = std::move(notifications_), .memo = std::move(memo_)};
  }

 private:
  /// Who looks for the first time has missed nothing: it is before his time.
  void count_missed_events() {
    if (view_.events->empty() || !memo_.has_looked) return;
    const auto oldest = view_.events->front()->number;
    if (oldest > memo_.last_event + 1) memo_.left_out += oldest - memo_.last_event - 1;
  }

  void begin_minute() {
    if (memo_.minute_began && moment_.now - *memo_.minute_began < limit_window) return;
    memo_.minute_began.reset();
    memo_.told_in_minute = 0;
    if (memo_.left_out == 0) return;
    memo_.minute_began = moment_.now;
    tell({Kind::suppressed, suppressed_objects(memo_.left_out)},
         fmt::format("{} more were left out or come late; what is still wrong is told", memo_.left_out));
    memo_.left_out = 0;
  }

  /// Whether one more may be told in this minute.
  bool claim_room() {
    if (memo_.told_in_minute >= rules_.per_minute) return false;
    if (!memo_.minute_began) memo_.minute_began = moment_.now;
    ++memo_.told_in_minute;
    return true;
  }

  void tell_events() {
    for (const auto& event : *view_.events) {
      if (event->number <= memo_.last_event) continue;
      memo_.last_event = event->number;
      if (event->kind == EventKind::action) tell_action(*event);
      if (event->kind == EventKind::state) follow_service(*event);
    }
  }

  /// A service can be down and up again between two looks.
  void follow_service(const EventRow& event) {
    const auto state = from_word<ServiceState>(event.what);
    if (state) consider(service_condition(event.subject, *state, event.text));
  }

  void tell_action(const EventRow& event) {
    const bool is_shed = event.owner == Owner::shed;
    const bool is_news = is_shed || (event.result != ActionResult::observed && event.what != verb_stop);
    if (!is_final(event.result) || !is_news) return;
    if (!claim_room()) {
      ++memo_.left_out;
      return;
    }
    const auto text =
        fmt::format("{}: {}: {}: {}", event.subject, event.what, word(event.result), event.text);
    tell({is_shed ? Kind::shed_action : Kind::service_restarted, action_objects(event)}, text);
  }

  void consider(const Condition& condition) {
    if (condition.status == CheckStatus::unknown) return;
    const auto told = memo_.active.find(condition.key);
    const bool is_told = told != memo_.active.end();
    const bool is_news =
        is_bad(condition.status) ? !is_told || is_worth_telling(told->second, condition) : is_told;
    late_.erase(condition.key);
    if (!is_news) return;
    if (claim_room()) return tell_condition(condition);
    late_.insert(condition.key);
    if (!memo_.late.contains(condition.key)) ++memo_.left_out;
    memo_.late.insert(condition.key);
  }

  void tell_condition(const Condition& condition) {
    tell({condition.key.first, condition_objects(condition, view_, moment_)}, condition_words(condition));
    if (!is_bad(condition.status)) {
      memo_.active.erase(condition.key);
      return;
    }
    auto& told = memo_.active[condition.key];
    const bool may_fall = condition.key.first != Kind::service_state;
    told = {.status = may_fall ? condition.status : std::max(condition.status, told.status),
            .state = condition.state,
            .label = condition.label,
            .told_at = moment_.now};
  }

  void end_what_is_gone(const std::vector<Condition>& conditions) {
    const auto active = memo_.active;
    for (const auto& [key, told] : active) {
      const bool is_there = std::ranges::find(conditions, key, &Condition::key) != conditions.end();
      const auto over = is_there ? std::nullopt : gone_condition(key, told, view_);
      if (over) consider(*over);
    }
  }

  /// What is still wrong, for who has lost it or forgotten. Never instead of news, so it takes what room is
  /// left.
  void repeat(const Condition& condition) {
    if (rules_.resend == Duration{} || !is_bad(condition.status)) return;
    const auto told = memo_.active.find(condition.key);
    const bool is_due = told != memo_.active.end() && moment_.now - told->second.told_at >= rules_.resend;
    if (is_due && claim_room()) tell_condition(condition);
  }

  void tell_heartbeat() {
    if (rules_.heartbeat == Duration{} || view_.snapshot->cycle == 0) return;
    if (memo_.last_heartbeat && moment_.now - *memo_.last_heartbeat < rules_.heartbeat) return;
    memo_.last_heartbeat = moment_.now;
    const bool is_old = is_stale(view_, moment_);
    const auto status = is_old ? CheckStatus::critical : view_.status;
    const auto text = is_old ? stale_words(view_, moment_) : view_.status_text;
    tell({Kind::heartbeat, heartbeat_objects(status)}, text.empty() ? std::string(word(status)) : text);
  }

  void tell(Notification notification, const std::string& text) {
    const auto common = common_objects(text, ++memo_.told);
    auto& objects = notification.objects;
    objects.insert(objects.end(), common.begin(), common.end());
    notifications_.push_back(std::move(notification));
  }

  const NotifyRules& rules_;
  NotifyMemo memo_;
  const View& view_;
  const SnmpMoment& moment_;
  std::set<ConditionKey> late_{};
  std::vector<Notification> notifications_{};
};

}  // namespace

NotifyChoice decide_notifications(const NotifyRules& rules, NotifyMemo memo, const View& view,
                                  const SnmpMoment& moment) {
  return Telling(rules, std::move(memo), view, moment).decide();
}

}  // namespace systemcheck
