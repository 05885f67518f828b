#include "collect/kill_switch.h"

#include "collect/facts.h"

namespace systemcheck {

Result<KillSwitch> KillSwitch::collect(Look& look) {
  return read_kill_switch(look.host, look.config.kill_switch);
}

KillSwitch read_kill_switch(Host& host, const std::vector<std::string>& paths) {
  for (const auto& path : paths) {
    const auto status = host.status(path.c_str());
    if (status) return {.reason = path + " exists"};
    if (status.error().kind != Error::Kind::not_found) return {.reason = status.error().message};
  }
  return {};
}

}  // namespace systemcheck
