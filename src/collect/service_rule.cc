#include "collect/service_rule.h"

#include <algorithm>

namespace systemcheck {

ServiceRule::ServiceRule(const Service& service)
    : service_(service), cmdline_(service.match.cmdline), main_cmdline_(service.match.main_cmdline) {}

bool ServiceRule::has_looks() const { return !match().executables.empty() || !cmdline_.is_empty(); }

bool ServiceRule::has_looks_of(const ProcessText& text) const { return has_looks() && may_look_like(text); }

bool ServiceRule::may_look_like(const ProcessText& text) const {
  const auto& executables = match().executables;
  const bool is_executable =
      executables.empty() || std::ranges::find(executables, text.executable) != executables.end();
  return is_executable && cmdline_.fits(text.cmdline);
}

bool ServiceRule::fits_main(const Process& process, const Processes& table) const {
  const auto& user = match().user;
  return (user.empty() || table.user_name(process.user) == user) && main_cmdline_.fits(process.text->cmdline);
}

bool ServiceRule::lists_unit(std::string_view unit) const {
  return unit == installed_unit_ || std::ranges::find(match().units, unit) != match().units.end();
}

bool ServiceRule::is_session(const Process& process) const {
  return process.is_session_leader() && !main_cmdline_.is_empty() &&
         !main_cmdline_.fits(process.text->cmdline);
}

}  // namespace systemcheck
