#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "ctl/command_text.h"
#include "menu/entries.h"
#include "menu/machine.h"
#include "menu/screen.h"
#include "menu/undertaking.h"

// What can be on the screen. A page is opened over the one before it, which stands as it was when one comes
// back.

namespace systemcheck {

/// What a page asks the daemon, again and again while it is shown.
struct Inquiry {
  std::string line{};  ///< empty: nothing
  std::optional<std::uint64_t> asked{};
  std::string answer{};
  std::string trouble{};  ///< why there is none
};

struct ListPage {
  enum class Kind { home, services, restart, maintenance, orders };
  Kind kind = Kind::home;
  std::string selected{};  ///< by name; `index` where that is not there any more
  std::size_t index = 0;
  std::size_t top = 0;
  std::string typed{};  ///< of a number that may go on
};

struct TextPage {
  enum class Subject { status, service, memory, relay, history, help };
  Subject subject = Subject::help;
  std::string service{};  ///< of service and history; empty: all of them
  Inquiry inquiry{};
  std::size_t top = 0;
};

/// An order that is not given yet.
struct ConfirmPage {
  CommandWords words{};
};

/// For how long, and why, something is to be left alone.
struct FormPage {
  CommandWords words{};
  bool is_at_reason = false;
};

/// An order that was given.
struct OrderPage {
  std::uint64_t id = 0;
  Inquiry inquiry{};  ///< why it went wrong
  std::size_t top = 0;
};

using Page = std::variant<ListPage, TextPage, ConfirmPage, FormPage, OrderPage>;

/// What pages are made of; `document` is the daemon's last status.
struct Seen {
  Machine machine{};
  std::string document{};
  std::vector<Undertaking> undertakings{};
};

TextPage text_page(TextPage::Subject subject, std::string service = {});
std::vector<MenuEntry> entries_of(const ListPage& page, const Seen& seen);
/// Where the selection stands among them.
std::size_t place_of(const ListPage& page, const std::vector<MenuEntry>& entries);
const Undertaking* undertaking_of(const OrderPage& page, const Seen& seen);

}  // namespace systemcheck
