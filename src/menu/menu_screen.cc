#include <fmt/core.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "ctl/history_text.h"
#include "ctl/relay_text.h"
#include "ctl/shed_text.h"
#include "ctl/status_table.h"
#include "menu/menu.h"

// What is on the screen.

namespace systemcheck {

struct Menu::Content {
  std::string title{};
  std::vector<Line> head{};  ///< stays where it is
  std::vector<Line> body{};  ///< is scrolled
  std::optional<std::size_t> selected{};
  std::string keys{};
};

namespace {

constexpr std::size_t history_limit = 200;
constexpr std::string_view home_keys = "number, arrows+Enter: choose  ?: help  q: leave";
constexpr std::string_view list_keys = "number, arrows+Enter: choose  Esc: back  ?: help  q: leave";
constexpr std::string_view text_keys = "arrows, Page Up/Down: scroll  Esc: back  ?: help  q: leave";

constexpr std::string_view help_text =
    "What this is\n"
    "  The states of this machine's services, and what can be done about them. "
    "What is shown is asked for again every two seconds.\n\n"
    "Keys\n"
    "  A number chooses the line that it stands before; "
    "where another number begins with it, Enter says that it is complete. "
    "The arrows, Page Up, Page Down, Home and End move, Enter chooses.\n"
    "  Esc, the left arrow or 0 go back to the page before. q leaves.\n\n"
    "To restart all mail services\n"
    "  3 in the main menu, 8 in the restart menu, and y when you are asked whether it is meant.\n\n"
    "What is ordered\n"
    "  Nothing is done before you have answered y. "
    "Then each service is told of until its result has been seen. Whoever leaves meanwhile undoes nothing. "
    "Only root and the group systemcheck may order anything, "
    "and only where the mode of the service is act.\n\n"
    "The same on the command line\n"
    "  systemcheckctl status, explain NAME, restart NAME, maintenance NAME, history: "
    "see systemcheckctl(1).\n";

std::string list_title(ListPage::Kind kind) {
  switch (kind) {
    case ListPage::Kind::home:
      break;
    case ListPage::Kind::services:
      return "Services";
    case ListPage::Kind::restart:
      return "Restart menu";
    case ListPage::Kind::maintenance:
      return "Maintenance";
    case ListPage::Kind::orders:
      return "What was ordered";
  }
  return "Main menu";
}

std::string list_question(ListPage::Kind kind) {
  switch (kind) {
    case ListPage::Kind::home:
      break;
    case ListPage::Kind::services:
      return "Which service?";
    case ListPage::Kind::restart:
      return "What is to be restarted? You are asked once more before it is.";
    case ListPage::Kind::maintenance:
      return "What is to be left alone? e: end that of the selected one.";
    case ListPage::Kind::orders:
      return "From this menu, the newest first:";
  }
  return {};
}

Line line_of(const MenuEntry& entry, bool is_selected) {
  const auto number = entry.number ? std::to_string(*entry.number) : std::string();
  return {.text = fmt::format("{} {:>3}  {}", is_selected ? ">" : " ", number, entry.text),
          .look = is_selected ? Accent::selected : entry.look};
}

std::string text_title(const TextPage& page) {
  switch (page.subject) {
    case TextPage::Subject::status:
      return "Status";
    case TextPage::Subject::service:
      return "Service " + page.service;
    case TextPage::Subject::memory:
      return "Memory";
    case TextPage::Subject::relay:
      return "Mail relay";
    case TextPage::Subject::history:
      return page.service.empty() ? "History" : "History of " + page.service;
    case TextPage::Subject::help:
      break;
  }
  return "Help";
}

void add_text(std::vector<Line>& lines, std::string_view text, std::size_t columns) {
  for (auto& line : wrapped(text, columns))
    lines.push_back({.text = std::move(line)});
}

/// The places of mail servers and logs are everybody's to see, those who may send are not.
Result<std::string> relay_text(const std::string& document, const Inquiry& inquiry) {
  auto stats = relay_stats(document);
  if (!stats) return stats.error();
  if (!inquiry.trouble.empty()) return stats->text + "\n" + inquiry.trouble;
  if (inquiry.answer.empty()) return std::move(stats->text);
  const auto list = relay_list(inquiry.answer);
  return stats->text + "\n" + (list ? *list : list.error().message);
}

Result<std::string> explained(const std::string& answer) {
  const auto text = explanation(answer);
  if (!text) return text.error();
  return text->text;
}

std::vector<Line> field_lines(const FormPage& page) {
  const auto field = [](std::string_view title, const std::string& value, bool is_here) {
    return Line{.text = fmt::format("{} {:<8} {}{}", is_here ? ">" : " ", title, value, is_here ? "_" : ""),
                .look = is_here ? Accent::selected : Accent::plain};
  };
  return {{.text = "Leave " + page.words.target + " alone: what dies meanwhile is not brought back."},
          {},
          field("For", page.words.length, !page.is_at_reason),
          field("Because", page.words.reason, page.is_at_reason),
          {},
          {.text = "How long: 90s, 30m, 2h, 7d at most. It ends by itself."}};
}

Screen too_small(Size size) {
  Screen screen{{.text = fmt::format("This terminal is {} x {}.", size.columns, size.rows)},
                {.text = fmt::format("The menu takes {} x {}.", smallest_size.columns, smallest_size.rows)},
                {.text = "q: leave"}};
  screen.resize(size.rows);
  for (auto& line : screen)
    line.text = fitted(line.text, size.columns);
  return screen;
}

}  // namespace

Menu::Content Menu::content_of(const ListPage& page) const {
  const auto entries = entries_of(page, seen_);
  const bool is_home = page.kind == ListPage::Kind::home;
  Content content{.title = list_title(page.kind), .keys = std::string(is_home ? home_keys : list_keys)};
  content.head = {{.text = is_home ? "status: " + seen_.machine.status_text : list_question(page.kind)}, {}};
  const bool is_known = page.kind == ListPage::Kind::orders || !seen_.document.empty();
  if (!entries.empty()) content.selected = place_of(page, entries);
  for (std::size_t i = 0; i < entries.size(); ++i)
    content.body.push_back(line_of(entries[i], i == content.selected));
  if (entries.empty()) content.body.push_back({.text = is_known ? "nothing" : "not known yet"});
  if (!page.typed.empty()) content.head.back() = {.text = "number " + page.typed + "_  (Enter chooses it)"};
  if (!is_home) return content;
  for (const auto& service : seen_.machine.services) {
    if (service.status <= CheckStatus::ok) continue;
    content.body.push_back({});
    content.body.push_back({.text = fmt::format("{}: {}: {}", service.name, service.state, service.reason),
                            .look = look_of(service.status)});
  }
  return content;
}

Result<std::string> Menu::text_of(const TextPage& page, std::size_t columns, WallTime now) const {
  if (page.subject == TextPage::Subject::help) return std::string(help_text);
  if (page.inquiry.line.empty() && seen_.document.empty()) return std::string("not known yet");
  if (page.subject == TextPage::Subject::relay) return relay_text(seen_.document, page.inquiry);
  if (page.subject == TextPage::Subject::status) {
    const auto table = status_table(seen_.document, {.width = columns}, now);
    if (!table) return table.error();
    return table->text;
  }
  if (page.subject == TextPage::Subject::memory) {
    const auto plan = shed_plan(seen_.document);
    if (!plan) return plan.error();
    return plan->text;
  }
  if (page.inquiry.answer.empty()) return std::string("not known yet");
  if (page.subject == TextPage::Subject::history) return history_text(page.inquiry.answer, history_limit);
  return explained(page.inquiry.answer);
}

Menu::Content Menu::content_of(const TextPage& page, std::size_t columns, WallTime now) const {
  Content content{.title = text_title(page), .keys = std::string(text_keys)};
  const auto text = text_of(page, columns, now);
  if (!page.inquiry.trouble.empty())
    content.head = {{.text = "This is old: " + page.inquiry.trouble, .look = Accent::warning}};
  add_text(content.body, text ? *text : text.error().message, columns);
  if (page.subject == TextPage::Subject::service)
    content.keys =
        "r: restart  s: start  t: stop  c: clear pauses  m: maintenance  e: end it  h: history  Esc: back  "
        "?: help";
  return content;
}

Menu::Content Menu::content_of(const ConfirmPage& page) const {
  return {.title = "Really " + title_of(page.words) + "?",
          .body = plan_lines(page.words, seen_.machine),
          .keys = "y: yes, do it  n, Esc: no, back"};
}

Menu::Content Menu::content_of(const FormPage& page) {
  return {.title = "Maintenance of " + page.words.target,
          .body = field_lines(page),
          .keys = page.is_at_reason ? "Enter: from now on  Tab: the other field  Esc: back"
                                    : "Enter, Tab: the other field  Esc: back"};
}

Menu::Content Menu::content_of(const OrderPage& page, std::size_t columns) const {
  Content content{.title = "What was ordered", .keys = std::string(text_keys)};
  const auto* undertaking = undertaking_of(page, seen_);
  if (undertaking == nullptr) {
    content.body = {{.text = "That is forgotten; the history has it."}};
    return content;
  }
  content.title = title_of(undertaking->words);
  for (const auto& line : lines_of(*undertaking)) {
    for (auto& piece : wrapped(line.text, columns))
      content.body.push_back({.text = std::move(piece), .look = line.look});
    if (line.text.empty()) content.body.push_back({});
  }
  content.body.push_back({});
  if (!undertaking->has_ended) content.body.push_back({.text = "Leaving this page undoes nothing."});
  const auto failed = failed_service(*undertaking);
  if (failed.empty() || page.inquiry.answer.empty()) return content;
  const auto why = explained(page.inquiry.answer);
  add_text(content.body, why ? *why : why.error().message, columns);
  content.keys = "w: more of " + failed + "  " + content.keys;
  return content;
}

Menu::Content Menu::content(std::size_t columns, WallTime now) const {
  const auto& page = pages_.back();
  if (const auto* text = std::get_if<TextPage>(&page)) return content_of(*text, columns, now);
  if (const auto* order = std::get_if<OrderPage>(&page)) return content_of(*order, columns);
  if (const auto* confirm = std::get_if<ConfirmPage>(&page)) return content_of(*confirm);
  if (const auto* form = std::get_if<FormPage>(&page)) return content_of(*form);
  return content_of(std::get<ListPage>(page));
}

std::string Menu::head_text(const std::string& title, std::size_t columns) const {
  const auto stand = !trouble_.empty() ? "no daemon"
                     : !seen_.document.empty()
                         ? std::string(word(seen_.machine.status)) + ", mode " + seen_.machine.mode
                         : "asking";
  const auto right = " " + stand + " ";
  const auto left =
      padded(" systemcheck on " + host_ + ": " + title, columns - std::min(columns, columns_of(right)));
  return fitted(left + right, columns);
}

/// The first line of the body that is shown; what is selected stays in sight.
std::size_t Menu::scrolled(const Content& content) {
  auto& page = pages_.back();
  std::size_t nowhere = 0;
  auto* list = std::get_if<ListPage>(&page);
  auto* text = std::get_if<TextPage>(&page);
  auto* order = std::get_if<OrderPage>(&page);
  auto& top = list != nullptr    ? list->top
              : text != nullptr  ? text->top
              : order != nullptr ? order->top
                                 : nowhere;
  top = std::min(top, content.body.size() - std::min(content.body.size(), height_));
  if (!content.selected) return top;
  top = std::min(top, *content.selected);
  if (*content.selected >= top + height_) top = *content.selected - height_ + 1;
  return top;
}

Screen Menu::screen(Size size, WallTime now) {
  is_too_small_ = size.rows < smallest_size.rows || size.columns < smallest_size.columns;
  if (is_too_small_) return too_small(size);
  const auto content = this->content(size.columns, now);
  const auto keys = wrapped(content.keys, size.columns);
  const auto frame = 3 + content.head.size() + keys.size();
  height_ = size.rows - std::min(size.rows - 1, frame);
  const auto top = scrolled(content);
  const auto bottom = std::min(content.body.size(), top + height_);

  Screen screen{{.text = head_text(content.title, size.columns), .look = Accent::title},
                {.text = trouble_, .look = Accent::bad}};
  screen.insert(screen.end(), content.head.begin(), content.head.end());
  screen.insert(screen.end(), content.body.begin() + static_cast<std::ptrdiff_t>(top),
                content.body.begin() + static_cast<std::ptrdiff_t>(bottom));
  screen.resize(size.rows - keys.size() - 1);
  const bool is_more = bottom < content.body.size();
  screen.push_back(notice_.text.empty() && is_more ? Line{.text = "… more below", .look = Accent::faint}
                                                   : notice_);
  for (const auto& line : keys)
    screen.push_back({.text = padded(line, size.columns), .look = Accent::title});
  for (auto& line : screen)
    line.text = fitted(line.text, size.columns);
  return screen;
}

}  // namespace systemcheck
