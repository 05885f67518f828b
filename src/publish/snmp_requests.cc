#include "publish/snmp_requests.h"

// This order matters to net-snmp.
#include <net-snmp/net-snmp-config.h>
//
#include <net-snmp/net-snmp-includes.h>
//
#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "base/text.h"
#include "os/clock.h"
#include "publish/snmp_varbind.h"

namespace systemcheck {
namespace {

static_assert(std::is_same_v<oid, unsigned long>);

std::vector<oid> netsnmp_name(OidSpan name) { return {name.begin(), name.end()}; }

void write_instance(netsnmp_variable_list* varbind, const Answers& answers, OidTable::Place place) {
  static std::array<oid, MAX_OID_LEN> name{};  // There is one agent, and one thread that answers.
  snmp_set_var_objid(varbind, name.data(), answers.write_name(place, name));
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

SnmpValue value_of(const netsnmp_variable_list& varbind) {
  switch (varbind.type) {
    case ASN_INTEGER:
      return {.type = SnmpType::integer, .number = *varbind.val.integer};
    case ASN_OCTET_STR: {
      const auto* octets = reinterpret_cast<const char*>(varbind.val.string);
      return {.type = SnmpType::octets, .octets = std::string(octets, varbind.val_len)};
    }
    default:
      return {.type = SnmpType::time_ticks};  // A type that nothing has which can be set.
  }
}

int error_of(SetProblem problem) {
  switch (problem) {
    case SetProblem::not_writable:
      return SNMP_ERR_NOTWRITABLE;
    case SetProblem::no_creation:
      return SNMP_ERR_NOCREATION;
    case SetProblem::wrong_type:
      return SNMP_ERR_WRONGTYPE;
    case SetProblem::wrong_length:
      return SNMP_ERR_WRONGLENGTH;
    case SetProblem::wrong_value:
      return SNMP_ERR_WRONGVALUE;
    case SetProblem::inconsistent:
      break;
  }
  return SNMP_ERR_INCONSISTENTVALUE;
}

SetVerdict judge(const Answers& answers, const netsnmp_request_info& request) {
  const auto found = answers.at(name_of(*request.requestvb));
  if (const auto* missing = std::get_if<OidTable::Missing>(&found))
    return *missing == OidTable::Missing::object ? SetProblem::not_writable : SetProblem::no_creation;
  return answers.judge(std::get<OidTable::Place>(found), value_of(*request.requestvb), wall_now());
}

/// Of a user of ours his name and address; what an snmpd above does not tell is who asked it.
std::string who_asks(const netsnmp_agent_request_info& info) {
  const auto& pdu = *info.asp->pdu;
  if (pdu.securityName == nullptr || pdu.securityNameLen == 0) return "snmpd";
  const std::string name(pdu.securityName, pdu.securityNameLen);
  auto* transport = snmp_sess_transport(snmp_sess_pointer(info.asp->session));
  if (transport == nullptr || transport->f_fmtaddr == nullptr) return printable(name);
  const std::unique_ptr<char, decltype(&std::free)> address(
      transport->f_fmtaddr(transport, pdu.transport_data, pdu.transport_data_length), &std::free);
  return printable(name + (address ? " from " + std::string(address.get()) : ""));
}

/// The phases of a SET (RFC 2741, 7.2.4): all varbinds are good before anything is done, and then nothing can
/// fail: there was room for the orders, and this thread alone sends some.
class Setting {
 public:
  Setting(Requests& own, netsnmp_agent_request_info* info, netsnmp_request_info* requests)
      : own_(own), info_(info), requests_(requests) {}

  void check() const {
    std::size_t orders = 0;
    for_each([&](auto* request, const SetVerdict& verdict) {
      if (const auto* problem = std::get_if<SetProblem>(&verdict)) return refuse(request, error_of(*problem));
      if (std::holds_alternative<SnmpOrder>(verdict) && ++orders > own_.orders.room())
        refuse(request, SNMP_ERR_RESOURCEUNAVAILABLE);
    });
  }

  void check_lock() const {
    for_each([&](auto* request, const SetVerdict& verdict) {
      const auto* lock = std::get_if<LockTest>(&verdict);
      if (lock != nullptr && lock->expected != own_.answers.set_lock())
        refuse(request, SNMP_ERR_INCONSISTENTVALUE);
    });
  }

  void carry_out() const {
    bool was_locked = false;
    for_each([&](auto* request, const SetVerdict& verdict) {
      was_locked = was_locked || std::holds_alternative<LockTest>(verdict);
      const auto* order = std::get_if<SnmpOrder>(&verdict);
      if (order == nullptr) return;
      auto sent = *order;
      sent.asked_by = who_asks(*info_);
      if (!own_.orders.put(std::move(sent))) refuse(request, SNMP_ERR_COMMITFAILED);
    });
    if (was_locked) own_.answers.advance_lock();
  }

 private:
  template <typename Act>
  void for_each(Act act) const {
    for (auto* request = requests_; request != nullptr; request = request->next)
      if (request->processed == 0) act(request, judge(own_.answers, *request));
  }
  void refuse(netsnmp_request_info* request, int error) const {
    netsnmp_set_request_error(info_, request, error);
  }

  Requests& own_;
  netsnmp_agent_request_info* info_;
  netsnmp_request_info* requests_;
};

/// No exception (no memory) may cross net-snmp's frames: it ends the program here.
// NOLINTNEXTLINE(bugprone-exception-escape)
int answer(netsnmp_mib_handler* self, netsnmp_handler_registration*, netsnmp_agent_request_info* info,
           netsnmp_request_info* requests) noexcept {
  auto& own = *static_cast<Requests*>(self->myvoid);
  const auto& answers = own.answers;
  if (info->mode == MODE_SET_RESERVE1) Setting(own, info, requests).check();
  if (info->mode == MODE_SET_ACTION) Setting(own, info, requests).check_lock();
  if (info->mode == MODE_SET_COMMIT) Setting(own, info, requests).carry_out();
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

bool register_module(Requests& requests, bool is_writable) {
  auto root = netsnmp_name(requests.answers.root().objects);
  const int modes = (is_writable ? HANDLER_CAN_RWRITE : HANDLER_CAN_RONLY) | HANDLER_CAN_GETBULK;
  auto* registration =
      netsnmp_create_handler_registration("systemCheckMIB", answer, root.data(), root.size(), modes);
  if (registration == nullptr) return false;
  registration->handler->myvoid = &requests;
  return netsnmp_register_handler(registration) == MIB_REGISTERED_OK;
}

}  // namespace systemcheck
