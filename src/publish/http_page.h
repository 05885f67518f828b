#pragma once

#include <string>

#include "publish/view.h"

namespace systemcheck {

enum class Freshness { fresh, stale };

/// The machine at a glance, then each service, the last day and what has happened, as one HTML document that
/// is whole without /script.js. Pure. Carries no command lines, no users of the relay and no log lines:
/// everybody on the machine may read it.
std::string html_page(const View& view, Freshness freshness);

}  // namespace systemcheck
