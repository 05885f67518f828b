#pragma once

#include "os/inbox.h"
#include "publish/snmp_answers.h"
#include "publish/snmp_orders.h"

namespace systemcheck {

/// What requests are answered with, on the agent's thread.
struct Requests {
  Answers& answers;
  Inbox<SnmpOrder>& orders;  ///< to the main thread
};

/// Has net-snmp ask `requests`, which outlives its agent, for whatever stands below scObjects. Between
/// init_agent(3) and init_snmp(3), on the agent's thread.
bool register_module(Requests& requests, bool is_writable);

}  // namespace systemcheck
