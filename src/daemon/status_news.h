#pragma once

#include <vector>

#include "publish/view.h"
#include "store/records.h"

namespace systemcheck {

/// What has become better or worse of load, memory and disks since the view before. That something is well
/// which was not known yet is no news. Pure.
std::vector<Event> status_news(const View& before, const View& now);

}  // namespace systemcheck
