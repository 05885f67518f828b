#pragma once

#include "base/units.h"

namespace systemcheck {

/// Local time minus UTC at that moment, by the time zone of this machine as it was when this was asked first,
/// localtime_r(3).
Duration utc_offset(WallTime time);

}  // namespace systemcheck
