#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/units.h"
#include "base/vocabulary.h"
#include "publish/view.h"

// Pieces of the status page. All pure.

namespace systemcheck {

/// What may stand between tags and in a quoted attribute: made safe to show, then escaped.
std::string html_text(std::string_view text);
/// The same, of at most so many bytes of the text: nobody reads more, and the page stays small.
std::string html_line(std::string_view text, std::size_t limit = 240);

/// A sign that can be told without its colour; a screen reader hears the words beside it.
std::string html_sign(CheckStatus status);

/// <time>: how long ago, or how long until then, in one unit. The script keeps it so.
std::string html_ago(WallTime then, WallTime now);
std::string html_until(WallTime then, WallTime now);
/// <time>: the time of the day, in UTC.
std::string html_clock(WallTime at);
std::string html_minute(WallTime at);

/// A bar that is full to this share, in the colour of the status; with a mark where it is too much, if that
/// is less than all.
std::string html_bar(double share, CheckStatus status, double mark = 1);

/// What a thing with this name is found by on the page. A name may be any text, an id may not.
std::string html_anchor(std::string_view name);

/// "1 service", "2 services".
std::string counted(std::size_t count, std::string_view noun);

/// The parts of the page, each a section with a heading, in this order.
std::string glance_section(const View& view);
std::string services_section(const View& view);
std::string charts_section(const View& view);
std::string events_section(const View& view);

/// One line of the list of events.
std::string html_event(const EventRow& event);

/// The file systems, the fullest first; those that cannot be read before all others.
std::vector<const FileSystemRow*> fullest_first(const View& view);
/// What is wrong first, then by name.
std::vector<const ServiceRow*> gravest_first(const View& view);

}  // namespace systemcheck
