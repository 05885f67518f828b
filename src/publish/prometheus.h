#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/metrics.h"
#include "publish/view.h"

namespace systemcheck {

/// Requests answered since the start, by handler ("/metrics", … or "other") and status code.
using RequestCounts = std::map<std::pair<std::string, int>, std::uint64_t>;

/// Every family of one view, as data. Pure. Every configured service has all its series, whether
/// it was ever seen or not; counters that were never touched are 0.
Metrics describe_view(const View& view, const RequestCounts& requests);

/// Text exposition format 0.0.4, written by prometheus-cpp. Pure.
std::string exposition(const Metrics& metrics);

}  // namespace systemcheck
