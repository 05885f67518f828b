#pragma once

#include "publish/snmp_answers.h"

namespace systemcheck {

/// Has net-snmp ask `answers`, which outlives its agent, for whatever stands below scObjects. Between
/// init_agent(3) and init_snmp(3), on the agent's thread.
bool register_module(Answers& answers);

}  // namespace systemcheck
