#pragma once

#include "base/metrics.h"
#include "publish/prometheus.h"
#include "publish/view.h"

// The parts of describe_view(), in the order of the page. All pure.

namespace systemcheck {

/// What is known of each service: one series a service and label value, from the first view on.
void describe_services(const View& view, Metrics& metrics);
void describe_probes(const View& view, Metrics& metrics);

/// The shortage of memory and what is done about it: only where memory is watched.
void describe_shedding(const ShedRow& row, Metrics& metrics);

/// Who may send mail because he has fetched his: only where the relay is on.
void describe_relay(const RelayRow& row, Metrics& metrics);

/// The thresholds of the configuration, so that alert rules compare with them and repeat nothing.
void describe_thresholds(const View& view, Metrics& metrics);

/// The daemon itself: its build, its cycles, its configuration.
void describe_daemon(const View& view, Metrics& metrics);

/// The history: only where one is kept.
void describe_history(const HistoryStatus& history, Metrics& metrics);

/// How well the kernel tells how processes end: only where it is asked.
void describe_ends(const ProcessEndsStatus& ends, Metrics& metrics);

/// HTTP requests; every page has its usual codes from the start, at 0.
void describe_requests(const RequestCounts& requests, Metrics& metrics);

}  // namespace systemcheck
