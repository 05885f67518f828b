#include <algorithm>
#include <utility>

#include "base/text.h"
#include "menu/menu.h"

// What each key does.

namespace systemcheck {
namespace {

using Kind = Key::Kind;

constexpr std::size_t digits_max = 4;
constexpr std::size_t field_bytes_max = 256;

bool is_letter(const Key& key, char letter) {
  return key.kind == Kind::character && key.text == std::string(1, letter);
}

bool is_digit(const Key& key) {
  return key.kind == Kind::character && key.text.size() == 1 && key.text[0] >= '0' && key.text[0] <= '9';
}

bool means_back(const Key& key) {
  return key.kind == Kind::escape || key.kind == Kind::left || is_letter(key, '0');
}

void erase_character(std::string& text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80)
    text.pop_back();
  if (!text.empty()) text.pop_back();
}

/// Where this key moves from `place` among `count`, a page being `height` long; nothing: it does not.
std::optional<std::size_t> moved(std::size_t place, std::size_t count, std::size_t height, Kind kind) {
  const auto last = count == 0 ? 0 : count - 1;
  if (kind == Kind::up) return place == 0 ? 0 : place - 1;
  if (kind == Kind::down) return std::min(place + 1, last);
  if (kind == Kind::page_up) return place < height ? 0 : place - height;
  if (kind == Kind::page_down) return std::min(place + height, last);
  if (kind == Kind::home) return 0;
  if (kind == Kind::end) return last;
  return std::nullopt;
}

}  // namespace

void Menu::press(const Key& key) {
  if (key.kind == Kind::other) return;
  const bool is_typing = std::holds_alternative<FormPage>(pages_.back()) && !is_too_small_;
  if (is_letter(key, 'q') && !is_typing) return leave();
  is_leaving_ = false;
  if (is_too_small_) return;  // Nobody sees what he would do.
  notice_ = {};
  if (is_letter(key, '?') && !is_typing) return open(text_page(TextPage::Subject::help));
  std::visit([this, &key](auto& page) { press_on(page, key); }, pages_.back());
}

void Menu::leave() {
  has_left_ = is_leaving_ || !is_busy();
  is_leaving_ = true;
  say("What was ordered is under way: leaving undoes nothing. q leaves.", Accent::warning);
}

bool Menu::move(ListPage& page, Kind kind) {
  const auto entries = entries_of(page, seen_);
  const auto place = moved(place_of(page, entries), entries.size(), height_, kind);
  if (!place || entries.empty()) return false;
  page.index = *place;
  page.selected = entries[*place].name;
  page.typed.clear();
  return true;
}

void Menu::press_on(ListPage& page, const Key& key) {
  if (move(page, key.kind)) return;
  if (is_digit(key)) return type_digit(page, key.text[0]);
  if (key.kind == Kind::erase) return erase_character(page.typed);
  const bool is_home = page.kind == ListPage::Kind::home;
  if (key.kind == Kind::escape || key.kind == Kind::left) {
    if (!page.typed.empty()) return page.typed.clear();
    return is_home ? say("This is the main menu. q leaves.") : back();
  }
  const auto entries = entries_of(page, seen_);
  if (key.kind == Kind::enter || key.kind == Kind::right) {
    if (!page.typed.empty()) return choose_number(page);
    return choose(page, entries, place_of(page, entries));
  }
  if (is_letter(key, 'e') && page.kind == ListPage::Kind::maintenance && !entries.empty())
    open(ConfirmPage{.words = {.command = "release", .target = entries[place_of(page, entries)].name}});
}

void Menu::type_digit(ListPage& page, char digit) {
  const bool is_leave = page.typed.empty() && digit == '0';
  if (is_leave) return page.kind == ListPage::Kind::home ? leave() : back();
  page.typed += digit;
  const bool is_complete =
      page.typed.size() >= digits_max || !is_ambiguous(entries_of(page, seen_), page.typed);
  if (is_complete) choose_number(page);
}

void Menu::choose_number(ListPage& page) {
  const auto typed = std::exchange(page.typed, {});
  const auto entries = entries_of(page, seen_);
  const auto place = place_numbered(entries, parse_number<std::size_t>(typed).value_or(0));
  if (!place) return say("There is no number " + typed + " here.", Accent::warning);
  choose(page, entries, *place);
}

void Menu::choose(ListPage& page, const std::vector<MenuEntry>& entries, std::size_t place) {
  if (entries.empty()) return;
  const auto& name = entries[place].name;
  page.selected = name;
  page.index = place;
  switch (page.kind) {
    case ListPage::Kind::home:
      return open_from_home(name);
    case ListPage::Kind::services:
      return open(text_page(TextPage::Subject::service, name));
    case ListPage::Kind::restart:
      if (name.empty()) return say("There is no mail service here: nothing is done.", Accent::warning);
      return open(ConfirmPage{.words = {.command = "restart", .target = name}});
    case ListPage::Kind::maintenance:
      return open_form(name);
    case ListPage::Kind::orders:
      return open(OrderPage{.id = parse_number<std::uint64_t>(name).value_or(0)});
  }
}

void Menu::open_form(const std::string& target) {
  open(FormPage{.words = {.command = "maintenance",
                          .target = target,
                          .length = "2h",
                          .reason = "work on it, from the menu"}});
}

void Menu::open_from_home(const std::string& name) {
  using Subject = TextPage::Subject;
  if (name == "status") return open(text_page(Subject::status));
  if (name == "services") return open(ListPage{.kind = ListPage::Kind::services});
  if (name == "restart") return open(ListPage{.kind = ListPage::Kind::restart});
  if (name == "maintenance") return open(ListPage{.kind = ListPage::Kind::maintenance});
  if (name == "memory") return open(text_page(Subject::memory));
  if (name == "relay") return open(text_page(Subject::relay));
  if (name == "history") return open(text_page(Subject::history));
  if (name == "orders") return open(ListPage{.kind = ListPage::Kind::orders});
  leave();
}

bool Menu::scroll(std::size_t& top, Kind kind) const {
  constexpr std::size_t lines_max = 100'000;  // What is drawn ends where the text does.
  const auto place = moved(top, lines_max, height_, kind);
  top = place.value_or(top);
  return place.has_value();
}

void Menu::press_on(TextPage& page, const Key& key) {
  if (scroll(page.top, key.kind)) return;
  if (means_back(key)) return back();
  if (page.subject == TextPage::Subject::service) press_letter(page, key);
}

void Menu::press_letter(const TextPage& page, const Key& key) {
  const auto confirm = [&](const char* command) {
    open(ConfirmPage{.words = {.command = command, .target = page.service}});
  };
  if (is_letter(key, 'r')) return confirm("restart");
  if (is_letter(key, 's')) return confirm("start");
  if (is_letter(key, 't')) return confirm("stop");
  if (is_letter(key, 'c')) return confirm("clear");
  if (is_letter(key, 'e')) return confirm("release");
  if (is_letter(key, 'h')) return open(text_page(TextPage::Subject::history, page.service));
  if (is_letter(key, 'm')) open_form(page.service);
}

/// Enter is not enough: it may have been meant for the page before.
void Menu::press_on(ConfirmPage& page, const Key& key) {
  if (is_letter(key, 'y') || is_letter(key, 'Y')) return give_order(page.words);
  const bool is_no = means_back(key) || is_letter(key, 'n') || is_letter(key, 'N');
  if (!is_no) return say("y does it, n leaves it as it is.");
  say("Nothing was done.");
  back();
}

void Menu::press_on(FormPage& page, const Key& key) {
  auto& field = page.is_at_reason ? page.words.reason : page.words.length;
  if (key.kind == Kind::escape) {
    say("Nothing was done.");
    return back();
  }
  if (key.kind == Kind::tab || key.kind == Kind::up || key.kind == Kind::down) {
    page.is_at_reason = !page.is_at_reason;
  } else if (key.kind == Kind::erase) {
    erase_character(field);
  } else if (key.kind == Kind::character) {
    if (printable(key.text) == key.text && field.size() + key.text.size() <= field_bytes_max)
      field += key.text;
  } else if (key.kind == Kind::enter && !page.is_at_reason) {
    page.is_at_reason = true;
  } else if (key.kind == Kind::enter) {
    if (page.words.reason.find_first_not_of(' ') == std::string::npos)
      return say("Say why: others will want to know.", Accent::warning);
    if (page.words.length.empty()) return say("Say for how long: 90s, 30m, 2h, 7d at most.", Accent::warning);
    give_order(page.words);
  }
}

void Menu::press_on(OrderPage& page, const Key& key) {
  if (scroll(page.top, key.kind)) return;
  const auto* undertaking = undertaking_of(page, seen_);
  const auto failed = undertaking == nullptr ? std::string() : failed_service(*undertaking);
  if (is_letter(key, 'w') && !failed.empty()) return open(text_page(TextPage::Subject::service, failed));
  if (!means_back(key) && key.kind != Kind::enter) return;
  if (undertaking != nullptr && !undertaking->has_ended)
    say("It goes on; 8 in the main menu shows how it stands.");
  back();
}

}  // namespace systemcheck
