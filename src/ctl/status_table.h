#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "base/vocabulary.h"
#include "ctl/answer.h"
#include "ctl/table.h"

// The status document (contrib/doc/status-json.md) for people. All pure.

namespace systemcheck {

struct StatusTable {
  CheckStatus status = CheckStatus::unknown;
  std::string text{};
};

/// The machine and its services as a page.
Result<StatusTable> status_table(std::string_view document, const Style& style, WallTime now);
/// Load and memory of the machine, and its status: the head of that page.
std::string machine_lines(const Json& json, const Style& style, WallTime now);

/// The services of this name, or of this group; all of them where it is empty.
Result<std::vector<Json>> services_meant(const Json& status, const std::string& target);
/// These services, a line each, and the worst of them.
Result<StatusTable> services_table(std::span<const Json> services, const Style& style, WallTime now);
std::string services_text(std::span<const Json> services, const Style& style, WallTime now);
/// All that may be named, services and groups, a line each.
std::string service_names(const Json& status);

}  // namespace systemcheck
