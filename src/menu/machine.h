#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/vocabulary.h"

namespace systemcheck {

struct SeenService {
  std::string name{};
  std::string state{};
  std::string mode{};
  std::string reason{};
  std::string holds{};  ///< who has taken it over, empty: nobody
  CheckStatus status = CheckStatus::unknown;
  std::uint64_t pid = 0;  ///< of its main process, 0: none
};

struct SeenGroup {
  std::string name{};
  std::vector<std::string> services{};  ///< in the order in which they are started
};

/// What the menu shows of the daemon's status document.
struct Machine {
  std::string mode{};
  std::string status_text{};
  CheckStatus status = CheckStatus::unknown;
  std::vector<SeenService> services{};
  std::vector<SeenGroup> groups{};
};

Result<Machine> parse_machine(std::string_view document);

const SeenService* service_called(const Machine& machine, std::string_view name);
const SeenGroup* group_called(const Machine& machine, std::string_view name);
/// Those that an order for this name concerns, in the order in which they are started.
std::vector<std::string> services_meant(const Machine& machine, std::string_view name);

}  // namespace systemcheck
