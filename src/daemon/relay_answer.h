#pragma once

#include <memory>
#include <string>

#include "daemon/control.h"
#include "daemon/ledger.h"
#include "daemon/relay_tracker.h"

namespace systemcheck {

/// What the control socket answers to "relay …": who may send mail is for root and the group systemcheck
/// only, and so is changing it.
///   relay list [--limit N]
///   relay add NETWORK --for DURATION [--comment TEXT]    the comment is the rest of the line
///   relay remove NETWORK
///   relay flush
///   relay why ADDRESS
///   relay history [NETWORK] [--limit N]
/// The tracker outlives it. Without a ledger there is no history.
Inquiry relay_inquiry(RelayTracker& tracker, EventLoop& loop, std::shared_ptr<StoreLedger> ledger);

}  // namespace systemcheck
