#include "publish/snmp_requests.h"

// This order matters to net-snmp.
#include <net-snmp/net-snmp-config.h>
//
#include <net-snmp/net-snmp-includes.h>
//
#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <algorithm>
#include <type_traits>
#include <vector>

namespace systemcheck {
namespace {

static_assert(std::is_same_v<oid, unsigned long>);

std::vector<oid> netsnmp_name(OidSpan name) { return {name.begin(), name.end()}; }

void write_value(netsnmp_variable_list* varbind, const SnmpValue& value) {
  const auto write_number = [&](u_char type) {
    snmp_set_var_typed_integer(varbind, type, static_cast<long>(value.number));
  };
  switch (value.type) {
    case SnmpType::integer:
      return write_number(ASN_INTEGER);
    case SnmpType::unsigned32:
    case SnmpType::gauge:  // The same on the wire (RFC 2578, 7.1.11).
      return write_number(ASN_GAUGE);
    case SnmpType::counter32:
      return write_number(ASN_COUNTER);
    case SnmpType::time_ticks:
      return write_number(ASN_TIMETICKS);
    case SnmpType::octets:
      snmp_set_var_typed_value(varbind, ASN_OCTET_STR, value.octets.data(), value.octets.size());
  }
}

void write_name(netsnmp_variable_list* varbind, OidSpan whole) {
  std::array<oid, MAX_OID_LEN> name{};
  std::ranges::copy(whole, name.begin());
  snmp_set_var_objid(varbind, name.data(), whole.size());
}

void write_instance(netsnmp_variable_list* varbind, const Answers& answers, OidTable::Place place) {
  write_name(varbind, answers.whole_oid(place));
  write_value(varbind, answers.value(place));
}

WholeName name_of(const netsnmp_variable_list& varbind) { return {varbind.name, varbind.name_length}; }

void answer_get(const Answers& answers, netsnmp_agent_request_info* info, netsnmp_request_info* request) {
  const auto found = answers.at(name_of(*request->requestvb));
  if (const auto* place = std::get_if<OidTable::Place>(&found)) {
    write_value(request->requestvb, answers.value(*place));
    return;
  }
  const bool is_unknown = std::get<OidTable::Missing>(found) == OidTable::Missing::object;
  netsnmp_set_request_error(info, request, is_unknown ? SNMP_NOSUCHOBJECT : SNMP_NOSUCHINSTANCE);
}

/// Nothing: what is asked for stands behind our objects, and the agent finds it there.
std::optional<OidTable::Place> first_place(const Answers& answers, const netsnmp_request_info& request) {
  const auto bound = request.inclusive != 0 ? OidTable::Bound::inclusive : OidTable::Bound::exclusive;
  return answers.after(name_of(*request.requestvb), bound);
}

void answer_next(const Answers& answers, netsnmp_request_info* request) {
  if (const auto place = first_place(answers, *request)) write_instance(request->requestvb, answers, *place);
}

bool wants_more(const netsnmp_request_info& request) {
  const auto& last = *request.requestvb;
  return request.repeat > 0 && last.next_variable != nullptr &&
         snmp_oid_compare(last.name, last.name_length, request.range_end, request.range_end_len) < 0;
}

/// Fills as many repetitions as it may in one go, which is several times as fast as one a pass.
void answer_bulk(const Answers& answers, netsnmp_request_info* request, bool is_all_in_view) {
  for (auto place = first_place(answers, *request); place;) {
    write_instance(request->requestvb, answers, *place);
    if (!wants_more(*request)) return;
    const auto& last = *request->requestvb;
    --request->repeat;
    request->requestvb = last.next_variable;
    if (request->inclusive == 2) request->inclusive = 0;  // It was meant for the varbind before.
    place = is_all_in_view ? answers.next(*place) : std::nullopt;
    if (place) continue;
    snmp_set_var_objid(request->requestvb, last.name, last.name_length);
    request->requestvb->type = ASN_PRIV_RETRY;  // The agent comes back for it, behind this name.
  }
}

/// The agent checks the view of a community for one repetition a pass only: whatever else a handler
/// fills in comes through unchecked. So that is done only for who may see everything.
bool is_all_in_view(const Answers& answers, const netsnmp_agent_request_info& info) {
  auto root = netsnmp_name(answers.root().objects);
  return netsnmp_acm_check_subtree(info.asp->pdu, root.data(), root.size()) == VACM_SUCCESS;
}

/// No exception (no memory) may cross net-snmp's frames: it ends the program here.
// NOLINTNEXTLINE(bugprone-exception-escape)
int answer(netsnmp_mib_handler* self, netsnmp_handler_registration*, netsnmp_agent_request_info* info,
           netsnmp_request_info* requests) noexcept {
  const auto& answers = *static_cast<const Answers*>(self->myvoid);
  const bool is_quick = info->mode == MODE_GETBULK && is_all_in_view(answers, *info);
  for (auto* request = requests; request != nullptr; request = request->next) {
    if (request->processed != 0) continue;
    if (info->mode == MODE_GET) answer_get(answers, info, request);
    if (info->mode == MODE_GETNEXT) answer_next(answers, request);
    if (info->mode == MODE_GETBULK) answer_bulk(answers, request, is_quick);
  }
  return SNMP_ERR_NOERROR;
}

}  // namespace

bool register_module(Answers& answers) {
  auto root = netsnmp_name(answers.root().objects);
  auto* registration = netsnmp_create_handler_registration("systemCheckMIB", answer, root.data(), root.size(),
                                                           HANDLER_CAN_RONLY | HANDLER_CAN_GETBULK);
  if (registration == nullptr) return false;
  registration->handler->myvoid = &answers;
  return netsnmp_register_handler(registration) == MIB_REGISTERED_OK;
}

}  // namespace systemcheck
