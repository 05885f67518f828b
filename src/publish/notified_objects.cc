#include "publish/notified_objects.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>

#include "base/severity.h"
#include "publish/oids_syntax.h"
#include "publish/oids_values.h"
#include "publish/view_words.h"

namespace systemcheck {
namespace {

using Kind = NotificationKind;
using Objects = std::vector<NotifiedObject>;

const LeafInfo& leaf_named(std::string_view name) {
  for (const auto all : {leaves(), notify_leaves()}) {
    const auto found = std::ranges::find(all, name, &LeafInfo::name);
    if (found != all.end()) return *found;
  }
  assert(false);  // A test makes each of them.
  return leaves().front();
}

NotifiedObject instance(std::string_view name, const Oid& index, SnmpValue value) {
  Oid oid = leaf_named(name).oid;
  oid.insert(oid.end(), index.begin(), index.end());
  return {.oid = std::move(oid), .value = std::move(value)};
}

NotifiedObject scalar(std::string_view name, SnmpValue value) {
  return instance(name, {0}, std::move(value));
}

NotifiedObject status_of(std::string_view name, const Condition& condition) {
  return scalar(name, label_value(condition.status, syntax::check_status));
}

Objects service_objects(const Condition& condition) {
  const auto index = index_of(row_name(condition.key.second));
  const auto state = static_cast<ServiceState>(condition.state);
  return {instance("scServiceLabel", index, text_value(condition.label)),
          instance("scServiceState", index, label_value(state, syntax::service_state)),
          instance("scServiceStatus", index, label_value(condition.status, syntax::check_status)),
          instance("scServiceReason", index, text_value(condition.text))};
}

Objects disk_objects(const Condition& condition) {
  const auto index = index_of(condition.key.second);
  return {instance("scDiskPath", index, text_value(condition.label)),
          instance("scDiskStatus", index, label_value(condition.status, syntax::check_status))};
}

Objects own_objects(const Condition& condition, const View& view, const SnmpMoment& moment) {
  switch (condition.key.first) {
    case Kind::service_state:
      return service_objects(condition);
    case Kind::disk_status:
      return disk_objects(condition);
    case Kind::load_status:
      return {status_of("scLoadStatus", condition)};
    case Kind::memory_status:
      return {status_of("scMemStatus", condition)};
    case Kind::relay_status:
      return {status_of("scRelayStatus", condition)};
    case Kind::shed_state:
      return {
          scalar("scShedState", label_value(static_cast<ShedState>(condition.state), syntax::shed_state))};
    case Kind::sample_stale:
      return {scalar("scSampleAge", gauge(static_cast<std::uint64_t>(in_seconds(sample_age(view, moment)))))};
    case Kind::service_restarted:
    case Kind::shed_action:
    case Kind::heartbeat:
    case Kind::suppressed:
      break;
  }
  return {};
}

/// Who is meant, where that is not in the text already.
std::string subject_words(const Condition& condition) {
  switch (condition.key.first) {
    case Kind::load_status:
      return "load";
    case Kind::memory_status:
      return "memory";
    case Kind::relay_status:
      return "relay";
    default:
      return condition.label;
  }
}

}  // namespace

Objects condition_objects(const Condition& condition, const View& view, const SnmpMoment& moment) {
  auto objects = own_objects(condition, view, moment);
  objects.push_back(scalar("scNotifyActive", truth_value(is_bad(condition.status))));
  return objects;
}

Objects action_objects(const EventRow& event) {
  const Oid number{static_cast<std::uint32_t>(event.number)};
  return {instance("scServiceLabel", index_of(row_name(event.subject)), text_value(event.subject)),
          instance("scEventWhat", number, text_value(event.what)),
          instance("scEventResult", number, label_value(event.result, syntax::action_result))};
}

Objects suppressed_objects(std::uint64_t left_out) {
  return {scalar("scNotifyLeftOut", gauge(left_out, SnmpType::unsigned32))};
}

Objects heartbeat_objects(CheckStatus status) {
  return {scalar("scStatus", label_value(status, syntax::check_status))};
}

Objects common_objects(const std::string& text, std::uint64_t number) {
  return {scalar("scNotifyText", text_value(text)), scalar("scNotifyNumber", counter(number))};
}

std::string condition_words(const Condition& condition) {
  const auto kind = condition.key.first;
  if (kind == Kind::sample_stale) return condition.text;
  if (kind == Kind::shed_state)
    return fmt::format("shedding: {}: {}", word(static_cast<ShedState>(condition.state)), condition.text);
  const auto how =
      kind == Kind::service_state ? word(static_cast<ServiceState>(condition.state)) : word(condition.status);
  return fmt::format("{}: {}: {}", subject_words(condition), how, condition.text);
}

std::span<const LeafInfo> notify_leaves() {
  using namespace syntax;
  static const std::vector<LeafInfo> all{{"scNotifyText", {9, 1}, admin_string, "", false},
                                         {"scNotifyNumber", {9, 2}, counter32, "notifications", false},
                                         {"scNotifyActive", {9, 3}, truth, "", false},
                                         {"scNotifyLeftOut", {9, 4}, unsigned32, "notifications", false}};
  return all;
}

std::span<const NotificationInfo> notification_infos() {
  static const std::vector<NotificationInfo> all{
      {Kind::service_state,
       "scServiceStateChange",
       {"scServiceLabel", "scServiceState", "scServiceStatus", "scServiceReason", "scNotifyActive",
        "scNotifyText", "scNotifyNumber"}},
      {Kind::service_restarted,
       "scServiceRestarted",
       {"scServiceLabel", "scEventWhat", "scEventResult", "scNotifyText", "scNotifyNumber"}},
      {Kind::disk_status,
       "scDiskStatusChange",
       {"scDiskPath", "scDiskStatus", "scNotifyActive", "scNotifyText", "scNotifyNumber"}},
      {Kind::load_status,
       "scLoadStatusChange",
       {"scLoadStatus", "scNotifyActive", "scNotifyText", "scNotifyNumber"}},
      {Kind::memory_status,
       "scMemStatusChange",
       {"scMemStatus", "scNotifyActive", "scNotifyText", "scNotifyNumber"}},
      {Kind::shed_action,
       "scShedAction",
       {"scServiceLabel", "scEventWhat", "scEventResult", "scNotifyText", "scNotifyNumber"}},
      {Kind::shed_state,
       "scShedStateChange",
       {"scShedState", "scNotifyActive", "scNotifyText", "scNotifyNumber"}},
      {Kind::relay_status,
       "scRelayStatusChange",
       {"scRelayStatus", "scNotifyActive", "scNotifyText", "scNotifyNumber"}},
      {Kind::sample_stale,
       "scSampleStale",
       {"scSampleAge", "scNotifyActive", "scNotifyText", "scNotifyNumber"}},
      {Kind::heartbeat, "scHeartbeat", {"scStatus", "scNotifyText", "scNotifyNumber"}},
      {Kind::suppressed, "scNotificationsSuppressed", {"scNotifyLeftOut", "scNotifyText", "scNotifyNumber"}}};
  return all;
}

}  // namespace systemcheck
