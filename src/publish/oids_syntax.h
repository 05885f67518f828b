#pragma once

#include <array>
#include <string_view>

#include "base/event_words.h"
#include "decide/shed_facts.h"
#include "publish/oids.h"
#include "publish/relay_row.h"
#include "publish/snmp_orders.h"

// The types that the leaves of the module have. An enumeration has the words that are used everywhere; only
// where one has an underscore, which SMIv2 does not allow, is it written as "tooOften".

namespace systemcheck::syntax {

inline constexpr std::array<std::string_view, 7> result_labels{"none",     "running", "succeeded", "failed",
                                                               "timedOut", "refused", "lost"};
inline constexpr std::array<std::string_view, 2> truth_labels{"true", "false"};

inline constexpr Syntax gauge32{.name = "Gauge32", .type = SnmpType::gauge};
inline constexpr Syntax permille{.name = "Gauge32 (0..1000)", .type = SnmpType::gauge};
inline constexpr Syntax unsigned32{.name = "Unsigned32", .type = SnmpType::unsigned32};
inline constexpr Syntax counter32{.name = "Counter32", .type = SnmpType::counter32};
inline constexpr Syntax counter64{.name = "Counter64", .type = SnmpType::counter64};
inline constexpr Syntax exit_code{.name = "Integer32 (-255..255)", .type = SnmpType::integer};
inline constexpr Syntax admin_string{.name = "SnmpAdminString", .type = SnmpType::octets};
inline constexpr Syntax date{.name = "DateAndTime", .type = SnmpType::octets};
inline constexpr Syntax time_stamp{.name = "TimeStamp", .type = SnmpType::time_ticks};
inline constexpr Syntax truth{
    .name = "TruthValue", .type = SnmpType::integer, .labels = truth_labels, .first_label = 1};
inline constexpr Syntax check_status{
    .name = "ScCheckStatus", .type = SnmpType::integer, .labels = Words<CheckStatus>::all, .first_label = 0};
inline constexpr Syntax service_state{
    .name = "ScState", .type = SnmpType::integer, .labels = Words<ServiceState>::all, .first_label = 1};
inline constexpr Syntax mode{
    .name = "ScMode", .type = SnmpType::integer, .labels = Words<Mode>::all, .first_label = 1};
inline constexpr Syntax owner{
    .name = "ScOwner", .type = SnmpType::integer, .labels = Words<Owner>::all, .first_label = 1};
inline constexpr Syntax result{
    .name = "ScResult", .type = SnmpType::integer, .labels = result_labels, .first_label = 0};

inline constexpr Syntax test_and_incr{.name = "TestAndIncr", .type = SnmpType::integer};
inline constexpr Syntax service_command{
    .name = "ScOrder", .type = SnmpType::integer, .labels = Words<SnmpCommand>::all, .first_label = 1};

inline constexpr std::array<std::string_view, 21> shed_obstacle_labels{
    "none",     "unneeded",  "unmarked", "observed", "protected", "held",     "notUp",
    "unread",   "small",     "young",    "tooOften", "refused",   "wanted",   "busy",
    "shortage", "uncertain", "gap",      "minDown",  "backoff",   "headroom", "blind"};
static_assert(shed_obstacle_labels.size() == Words<ShedObstacle>::all.size());
inline constexpr Syntax shortage{
    .name = "ScShortage", .type = SnmpType::integer, .labels = Words<Shortage>::all, .first_label = 1};
inline constexpr Syntax shed_state{
    .name = "ScShedding", .type = SnmpType::integer, .labels = Words<ShedState>::all, .first_label = 1};
inline constexpr Syntax shed_phase{
    .name = "ScShedPhase", .type = SnmpType::integer, .labels = Words<ShedPhase>::all, .first_label = 1};
inline constexpr Syntax shed_obstacle{
    .name = "ScShedObstacle", .type = SnmpType::integer, .labels = shed_obstacle_labels, .first_label = 0};

inline constexpr std::array<std::string_view, 11> action_result_labels{
    "none", "running", "observed", "failed", "timedOut", "refused", "lost", "up", "notUp", "gone", "notGone"};
static_assert(action_result_labels.size() == Words<ActionResult>::all.size());
inline constexpr Syntax event_kind{
    .name = "ScTopic", .type = SnmpType::integer, .labels = Words<EventKind>::all, .first_label = 1};
inline constexpr Syntax action_result{
    .name = "ScActionResult", .type = SnmpType::integer, .labels = action_result_labels, .first_label = 0};

inline constexpr Syntax log_kind{
    .name = "ScLogKind", .type = SnmpType::integer, .labels = Words<RelayLog::Kind>::all, .first_label = 1};
inline constexpr Syntax log_state{
    .name = "ScLogState", .type = SnmpType::integer, .labels = Words<SourceState>::all, .first_label = 1};

}  // namespace systemcheck::syntax
