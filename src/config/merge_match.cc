#include <algorithm>

#include "config/services.h"

namespace systemcheck {
namespace {

template <typename Value>
bool differs(const Value& own, const Value& preset) {
  return !own.empty() && own != preset;
}

template <typename Value>
void replace(Value& preset, const Value& own) {
  if (!own.empty()) preset = own;
}

bool is_among(const std::vector<std::string>& some, const std::vector<std::string>& all) {
  return std::all_of(some.begin(), some.end(), [&all](const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  });
}

}  // namespace

void merge_match(Service& preset, const Match& own) {
  auto& match = preset.match;
  // A value that equals the preset's counts as not given: so that the effective configuration,
  // written out in full, means the same when it is read back.
  const bool has_own_process = differs(own.executables, match.executables) ||
                               differs(own.pidfile, match.pidfile) || differs(own.cmdline, match.cmdline);
  const bool has_own_unit = !is_among(own.units, match.units);
  if (has_own_unit || (has_own_process && own.units.empty())) {
    match.units.clear();
    preset.evidence.clear();
    preset.init_scripts.clear();
    preset.pre_check.clear();  // It looks at the distribution's files.
  }
  if (has_own_unit || has_own_process) match.cmdline.clear();
  if (differs(own.cmdline, match.cmdline) && has_own_process) match.main_cmdline.clear();
  replace(match.units, own.units);
  replace(match.executables, own.executables);
  replace(match.user, own.user);
  replace(match.pidfile, own.pidfile);
  replace(match.cmdline, own.cmdline);
}

}  // namespace systemcheck
