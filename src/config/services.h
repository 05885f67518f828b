#pragma once

#include <vector>

#include "config/config.h"
#include "config/section.h"

namespace systemcheck {

/// The services that somebody wrote, with their presets merged in, in the order of the files.
std::vector<Service> read_services(Section section, Mode machine_mode, Problems& problems);

/// Adds the presets that nobody listed. They watch: what nobody asked for never acts.
void append_discovered(Config& config);

/// A preset with a match of the user's own, key by key: what is given replaces what the preset says.
///
/// Who tells the process by his own exe, pidfile or cmdline and names no unit has an instance that is
/// not the distribution's: its units must not be watched, or restarted, in its place. So the preset's
/// units go, and with them the paths that say it is installed.
void merge_match(Service& preset, const Match& own);

}  // namespace systemcheck
