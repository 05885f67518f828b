#include "publish/oids_leaves.h"
#include "publish/oids_syntax.h"
#include "publish/oids_values.h"

// The last things that were done or have changed. An instance is named by the number of its event, so a
// manager that knows the last one it has seen asks for what comes after it.

namespace systemcheck {
namespace {

using namespace syntax;

// Called only where its instances exist.
const EventRow& event(const Sight& it) { return *(*it.view.events)[it.row]; }

SnmpValue last_number(const Sight& it) {
  const auto& events = *it.view.events;
  return gauge(events.empty() ? 0 : events.back()->number, SnmpType::unsigned32);
}

}  // namespace

std::vector<Leaf> event_leaves() {
  return {
      {{"scEventLast", {10, 1}, unsigned32, "", false}, Instances::always, last_number},
      {{"scEventsKept", {10, 2}, unsigned32, "events", false},
       Instances::always,
       [](const Sight& it) { return gauge(it.view.events->size(), SnmpType::unsigned32); }},
      {{"scEventTime", {10, 10, 1, 2}, date, "", true},
       Instances::events,
       [](const Sight& it) { return date_value(event(it).at); }},
      {{"scEventKind", {10, 10, 1, 3}, event_kind, "", true},
       Instances::events,
       [](const Sight& it) { return label_value(event(it).kind, event_kind); }},
      {{"scEventSubject", {10, 10, 1, 4}, admin_string, "", true},
       Instances::events,
       [](const Sight& it) { return text_value(event(it).subject); }},
      {{"scEventWhat", {10, 10, 1, 5}, admin_string, "", true},
       Instances::events,
       [](const Sight& it) { return text_value(event(it).what); }},
      {{"scEventOwner", {10, 10, 1, 6}, owner, "", true},
       Instances::events,
       [](const Sight& it) { return label_value(event(it).owner, owner); }},
      {{"scEventActor", {10, 10, 1, 7}, admin_string, "", true},
       Instances::events,
       [](const Sight& it) { return text_value(event(it).actor); }},
      {{"scEventResult", {10, 10, 1, 8}, action_result, "", true},
       Instances::events,
       [](const Sight& it) { return label_value(event(it).result, action_result); }},
      {{"scEventText", {10, 10, 1, 9}, admin_string, "", true},
       Instances::events,
       [](const Sight& it) { return text_value(event(it).text); }},
  };
}

}  // namespace systemcheck
