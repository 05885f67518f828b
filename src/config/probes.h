#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/probe.h"
#include "config/section.h"

namespace systemcheck {

inline constexpr std::size_t probes_max = 16;  ///< of one service

/// The list `probes` of a service.
void read_probes(Section& section, std::vector<Probe>& into);
/// One item of that list, which read_probes() reads back as the same.
std::string probe_yaml(const Probe& probe);

/// "http://127.0.0.1:8080/health", "https://[::1]/": numeric, the port left out is 80 or 443.
Result<HttpUrl> parse_http_url(std::string_view text);

}  // namespace systemcheck
