#include <algorithm>
#include <cmath>

#include "publish/oids_leaves.h"
#include "publish/oids_syntax.h"
#include "publish/oids_values.h"

// What is done for want of memory. Numbers 3 and 4 are kept for all that was ever turned off and freed.

namespace systemcheck {
namespace {

using namespace syntax;

// Each is called only where its instances exist.
const ShedRow& shedding(const Sight& it) { return *it.view.shedding; }
const ShedServiceRow& service(const Sight& it) { return shedding(it).services[it.row]; }

/// Where memory is not watched nothing is done for want of it: that is what the mode says.
SnmpValue shed_mode(const Sight& it) {
  return label_value(it.view.shedding ? it.view.shedding->mode : Mode::disabled, mode);
}

SnmpValue services_off(const Sight& it) {
  const auto& services = shedding(it).services;
  return gauge(
      static_cast<std::uint64_t>(std::ranges::count(services, ShedPhase::shed, &ShedServiceRow::phase)));
}

std::vector<Leaf> machine_leaves() {
  return {
      {{"scShedMode", {7, 1}, mode, "", false, true}, Instances::always, shed_mode},
      {{"scShedState", {7, 2}, shed_state, "", false},
       Instances::shedding,
       [](const Sight& it) { return label_value(shedding(it).state, shed_state); }},
      {{"scShedText", {7, 5}, admin_string, "", false},
       Instances::shedding,
       [](const Sight& it) { return text_value(shedding(it).words); }},
      {{"scShedShortage", {7, 6}, shortage, "", false},
       Instances::shed_memory,
       [](const Sight& it) { return label_value(shedding(it).shortage, shortage); }},
      {{"scShedTotal", {7, 7}, gauge32, "kibibytes", false},
       Instances::shed_memory,
       [](const Sight& it) { return kib_gauge(shedding(it).total_bytes); }},
      {{"scShedUsable", {7, 8}, gauge32, "kibibytes", false},
       Instances::shed_memory,
       [](const Sight& it) { return kib_gauge(shedding(it).usable_bytes); }},
      {{"scShedPending", {7, 9}, gauge32, "kibibytes", false},
       Instances::shedding,
       [](const Sight& it) { return kib_gauge(shedding(it).pending_bytes); }},
      {{"scShedToCritical", {7, 10}, gauge32, "seconds", false},
       Instances::shed_forecast,
       [](const Sight& it) { return rounded_gauge(std::floor(in_seconds(*shedding(it).to_critical))); }},
      {{"scShedRelieved", {7, 11}, counter32, "episodes", false},
       Instances::shedding,
       [](const Sight& it) { return counter(shedding(it).relieved_total); }},
      {{"scShedStuck", {7, 12}, counter32, "episodes", false},
       Instances::shedding,
       [](const Sight& it) { return counter(shedding(it).stuck_total); }},
      {{"scShedAlarms", {7, 13}, counter32, "alarms", false},
       Instances::shedding,
       [](const Sight& it) { return counter(shedding(it).alarms_total); }},
      {{"scShedServicesOff", {7, 14}, gauge32, "services", false}, Instances::shedding, services_off},
  };
}

std::vector<Leaf> standing_leaves() {
  return {
      {{"scShedServiceLabel", {7, 20, 1, 2}, admin_string, "", true},
       Instances::shed_services,
       [](const Sight& it) { return text_value(service(it).name); }},
      {{"scShedServicePriority", {7, 20, 1, 3}, unsigned32, "", true},
       Instances::shed_services,
       [](const Sight& it) { return gauge(service(it).priority, SnmpType::unsigned32); }},
      {{"scShedServicePhase", {7, 20, 1, 4}, shed_phase, "", true},
       Instances::shed_services,
       [](const Sight& it) { return label_value(service(it).phase, shed_phase); }},
      {{"scShedServiceRehearsed", {7, 20, 1, 5}, truth, "", true},
       Instances::shed_services,
       [](const Sight& it) { return truth_value(service(it).is_rehearsed); }},
      {{"scShedServiceObstacle", {7, 20, 1, 6}, shed_obstacle, "", true},
       Instances::shed_services,
       [](const Sight& it) { return label_value(service(it).obstacle, shed_obstacle); }},
      {{"scShedServiceText", {7, 20, 1, 7}, admin_string, "", true},
       Instances::shed_services,
       [](const Sight& it) { return text_value(service(it).words); }},
      {{"scShedServiceMemory", {7, 20, 1, 8}, gauge32, "kibibytes", true},
       Instances::shed_services,
       [](const Sight& it) { return kib_gauge(service(it).bytes); }},
  };
}

std::vector<Leaf> account_leaves() {
  return {
      {{"scShedServiceSheds", {7, 20, 1, 9}, counter32, "sheds", true},
       Instances::shed_services,
       [](const Sight& it) { return counter(sum(service(it).sheds_total)); }},
      {{"scShedServiceRestores", {7, 20, 1, 10}, counter32, "restores", true},
       Instances::shed_services,
       [](const Sight& it) { return counter(service(it).restores_total); }},
      {{"scShedServiceRestoreFailures", {7, 20, 1, 11}, counter32, "restores", true},
       Instances::shed_services,
       [](const Sight& it) { return counter(service(it).failed_restores_total); }},
      {{"scShedServicePredicted", {7, 20, 1, 12}, gauge32, "kibibytes", true},
       Instances::shed_services,
       [](const Sight& it) { return kib_gauge(service(it).predicted_bytes); }},
      {{"scShedServiceReturned", {7, 20, 1, 13}, gauge32, "kibibytes", true},
       Instances::shed_services,
       [](const Sight& it) { return kib_gauge(service(it).returned_bytes); }},
      {{"scShedServiceOffTime", {7, 20, 1, 14}, counter32, "seconds", true},
       Instances::shed_services,
       [](const Sight& it) { return counter(static_cast<std::uint64_t>(service(it).off_seconds_total)); }},
      {{"scShedServiceRetryIn", {7, 20, 1, 15}, gauge32, "seconds", true},
       Instances::shed_services,
       [](const Sight& it) { return rounded_gauge(std::ceil(in_seconds(service(it).backoff))); }},
  };
}

}  // namespace

std::vector<Leaf> shedding_leaves() {
  std::vector<Leaf> all = machine_leaves();
  for (const auto& group : {standing_leaves(), account_leaves()})
    all.insert(all.end(), group.begin(), group.end());
  return all;
}

}  // namespace systemcheck
