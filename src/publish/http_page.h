#pragma once

#include <string>
#include <string_view>

#include "publish/view.h"

namespace systemcheck {

enum class Freshness { fresh, stale };

/// The machine at a glance, as one HTML document that needs nothing else. Pure. Carries no command
/// lines and no log lines.
std::string html_page(const View& view, Freshness freshness);

/// What may stand between tags and in a quoted attribute: made safe to show, then escaped.
std::string html_text(std::string_view text);

}  // namespace systemcheck
