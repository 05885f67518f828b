#include <cmath>

#include "publish/oids_leaves.h"
#include "publish/oids_syntax.h"
#include "publish/oids_values.h"

// Who may send because he has fetched his mail: how many, and who only below relay_clients_oid. Numbers 2 and
// 3 are kept for what all logs have in common.

namespace systemcheck {
namespace {

using namespace syntax;

// Each is called only where its instances exist.
const RelayRow& relay(const Sight& it) { return *it.view.relay; }
const RelayLogRow& log(const Sight& it) { return relay(it).logs[it.row]; }
const RelayPublisher::Socket& socket(const Sight& it) { return relay(it).sockets[it.row]; }
const MapWriter::State& map(const Sight& it) { return relay(it).files[it.row]; }
const RelayClientRow& client(const Sight& it) { return (*relay(it).clients)[it.row]; }

SnmpValue relay_status(const Sight& it) {
  return label_value(it.view.relay ? it.view.relay->status : CheckStatus::unknown, check_status);
}

std::vector<Leaf> grant_leaves() {
  return {
      {{"scRelayAddresses", {8, 1}, gauge32, "addresses", false},
       Instances::relay,
       [](const Sight& it) { return gauge(relay(it).grants); }},
      {{"scRelayRefused", {8, 4}, counter32, "logins", false},
       Instances::relay,
       [](const Sight& it) { return counter(sum(relay(it).counts.refused)); }},
      {{"scRelayStatus", {8, 5}, check_status, "", false}, Instances::always, relay_status},
      {{"scRelayStatusText", {8, 6}, admin_string, "", false},
       Instances::relay,
       [](const Sight& it) { return text_value(relay(it).words); }},
      {{"scRelayReady", {8, 7}, truth, "", false},
       Instances::relay,
       [](const Sight& it) { return truth_value(relay(it).is_ready); }},
      {{"scRelayAddressesLimit", {8, 8}, unsigned32, "addresses", false},
       Instances::relay,
       [](const Sight& it) { return gauge(relay(it).grants_max, SnmpType::unsigned32); }},
      {{"scRelayUsers", {8, 9}, gauge32, "users", false},
       Instances::relay,
       [](const Sight& it) { return gauge(relay(it).users); }},
  };
}

std::vector<Leaf> client_leaves() {
  return {
      {{"scRelayClientLabel", {8, 10, 1, 2}, admin_string, "", true},
       Instances::relay_clients,
       [](const Sight& it) { return text_value(client(it).network); }},
      {{"scRelayClientUser", {8, 10, 1, 3}, admin_string, "", true},
       Instances::relay_clients,
       [](const Sight& it) { return text_value(client(it).user); }},
      {{"scRelayClientLeft", {8, 10, 1, 4}, gauge32, "seconds", true},
       Instances::relay_clients,
       [](const Sight& it) { return rounded_gauge(std::ceil(in_seconds(client(it).ends - it.moment.now))); }},
      {{"scRelayClientLogins", {8, 10, 1, 5}, gauge32, "logins", true},
       Instances::relay_clients,
       [](const Sight& it) { return gauge(client(it).logins); }},
  };
}

std::vector<Leaf> change_leaves() {
  return {
      {{"scRelaySharedAddresses", {8, 11}, gauge32, "addresses", false},
       Instances::relay,
       [](const Sight& it) { return gauge(relay(it).shared_addresses); }},
      {{"scRelayGranted", {8, 12}, counter32, "logins", false},
       Instances::relay,
       [](const Sight& it) { return counter(relay(it).counts.granted); }},
      {{"scRelayRefreshed", {8, 13}, counter32, "logins", false},
       Instances::relay,
       [](const Sight& it) { return counter(relay(it).counts.refreshed); }},
      {{"scRelayExpired", {8, 14}, counter32, "addresses", false},
       Instances::relay,
       [](const Sight& it) { return counter(relay(it).counts.expired); }},
      {{"scRelayRemoved", {8, 15}, counter32, "addresses", false},
       Instances::relay,
       [](const Sight& it) { return counter(relay(it).counts.removed); }},
  };
}

std::vector<Leaf> log_leaves() {
  return {
      {{"scRelayLogLabel", {8, 20, 1, 2}, admin_string, "", true},
       Instances::relay_logs,
       [](const Sight& it) { return text_value(log(it).name); }},
      {{"scRelayLogKind", {8, 20, 1, 3}, log_kind, "", true},
       Instances::relay_logs,
       [](const Sight& it) { return label_value(log(it).kind, log_kind); }},
      {{"scRelayLogTrusted", {8, 20, 1, 4}, truth, "", true},
       Instances::relay_logs,
       [](const Sight& it) { return truth_value(log(it).is_trusted); }},
      {{"scRelayLogState", {8, 20, 1, 5}, log_state, "", true},
       Instances::relay_logs,
       [](const Sight& it) { return label_value(log(it).source.state, log_state); }},
      {{"scRelayLogReason", {8, 20, 1, 6}, admin_string, "", true},
       Instances::relay_logs,
       [](const Sight& it) { return text_value(log(it).source.reason); }},
      {{"scRelayLogLines", {8, 20, 1, 7}, counter32, "lines", true},
       Instances::relay_logs,
       [](const Sight& it) { return counter(log(it).source.lines); }},
      {{"scRelayLogLogins", {8, 20, 1, 8}, counter32, "lines", true},
       Instances::relay_logs,
       [](const Sight& it) {
         return counter(log(it).lines.at(static_cast<std::size_t>(LineVerdict::login)));
       }},
      {{"scRelayLogLag", {8, 20, 1, 9}, gauge32, "bytes", true},
       Instances::relay_logs,
       [](const Sight& it) { return gauge(log(it).source.lag_bytes); }},
      {{"scRelayLogDeletions", {8, 20, 1, 10}, counter32, "deletions", true},
       Instances::relay_logs,
       [](const Sight& it) { return counter(log(it).source.deleted); }},
      {{"scRelayLogGaps", {8, 20, 1, 11}, counter32, "gaps", true},
       Instances::relay_logs,
       [](const Sight& it) { return counter(log(it).source.gaps); }},
  };
}

std::vector<Leaf> socket_leaves() {
  return {
      {{"scRelaySocketLabel", {8, 21, 1, 2}, admin_string, "", true},
       Instances::relay_sockets,
       [](const Sight& it) { return text_value(socket(it).place); }},
      {{"scRelaySocketUp", {8, 21, 1, 3}, truth, "", true},
       Instances::relay_sockets,
       [](const Sight& it) { return truth_value(socket(it).error.empty()); }},
      {{"scRelaySocketError", {8, 21, 1, 4}, admin_string, "", true},
       Instances::relay_sockets,
       [](const Sight& it) { return text_value(socket(it).error); }},
      {{"scRelaySocketClients", {8, 21, 1, 5}, gauge32, "connections", true},
       Instances::relay_sockets,
       [](const Sight& it) { return gauge(socket(it).counts.clients); }},
      {{"scRelaySocketFound", {8, 21, 1, 6}, counter32, "lookups", true},
       Instances::relay_sockets,
       [](const Sight& it) { return counter(socket(it).counts.found); }},
      {{"scRelaySocketNotFound", {8, 21, 1, 7}, counter32, "lookups", true},
       Instances::relay_sockets,
       [](const Sight& it) { return counter(socket(it).counts.not_found); }},
      {{"scRelaySocketTemporary", {8, 21, 1, 8}, counter32, "lookups", true},
       Instances::relay_sockets,
       [](const Sight& it) { return counter(socket(it).counts.temporary); }},
      {{"scRelaySocketMalformed", {8, 21, 1, 9}, counter32, "lookups", true},
       Instances::relay_sockets,
       [](const Sight& it) { return counter(socket(it).counts.malformed); }},
  };
}

std::vector<Leaf> map_leaves() {
  return {
      {{"scRelayMapLabel", {8, 22, 1, 2}, admin_string, "", true},
       Instances::relay_maps,
       [](const Sight& it) { return text_value(map(it).path); }},
      {{"scRelayMapOk", {8, 22, 1, 3}, truth, "", true},
       Instances::relay_maps,
       [](const Sight& it) { return truth_value(map(it).error.empty()); }},
      {{"scRelayMapError", {8, 22, 1, 4}, admin_string, "", true},
       Instances::relay_maps,
       [](const Sight& it) { return text_value(map(it).error); }},
      {{"scRelayMapEntries", {8, 22, 1, 5}, gauge32, "addresses", true},
       Instances::relay_maps,
       [](const Sight& it) { return gauge(map(it).entries); }},
      {{"scRelayMapWaiting", {8, 22, 1, 6}, gauge32, "changes", true},
       Instances::relay_maps,
       [](const Sight& it) { return gauge(map(it).waiting); }},
      {{"scRelayMapUpdates", {8, 22, 1, 7}, counter32, "updates", true},
       Instances::relay_maps,
       [](const Sight& it) { return counter(map(it).updates); }},
      {{"scRelayMapFailures", {8, 22, 1, 8}, counter32, "updates", true},
       Instances::relay_maps,
       [](const Sight& it) { return counter(map(it).failures); }},
      {{"scRelayMapUpdated", {8, 22, 1, 9}, date, "", true},
       Instances::relay_maps,
       [](const Sight& it) { return date_value(map(it).last_update); }},
  };
}

}  // namespace

std::vector<Leaf> relay_leaves() {
  std::vector<Leaf> all = grant_leaves();
  for (const auto& group : {client_leaves(), change_leaves(), log_leaves(), socket_leaves(), map_leaves()})
    all.insert(all.end(), group.begin(), group.end());
  return all;
}

}  // namespace systemcheck
