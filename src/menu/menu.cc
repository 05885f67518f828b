#include "menu/menu.h"

#include <algorithm>
#include <utility>

namespace systemcheck {
namespace {

constexpr std::size_t pages_max = 16;
constexpr std::size_t undertakings_max = 32;
/// The daemon lets no more than sixteen people wait, and there may be others.
constexpr std::size_t under_way_max = 4;

bool is_under_way(const Undertaking& undertaking) { return !undertaking.has_ended; }

Result<std::string> document_of(const Result<Conversation::Heard>& heard) {
  if (!heard) return heard.error();
  return heard->text;
}

std::string trouble_words(const Error& error) {
  const bool is_nobody_there = error.kind == Error::Kind::not_found || error.kind == Error::Kind::refused;
  return (is_nobody_there ? "There is no daemon: " : "No answer from the daemon: ") + error.message;
}

}  // namespace

Menu::Menu(std::string host) : host_(std::move(host)) {
  pages_.emplace_back(ListPage{});
  ask_status();
}

void Menu::open(Page page) {
  if (pages_.size() >= pages_max) pages_.erase(pages_.begin() + 1);
  pages_.push_back(std::move(page));
  ask_for_page();
}

void Menu::back() {
  if (pages_.size() > 1) pages_.pop_back();
  ask_for_page();
}

void Menu::say(std::string text, Accent look) { notice_ = {.text = std::move(text), .look = look}; }

std::uint64_t Menu::ask(std::string line, bool takes_time) {
  questions_.push_back({.id = ++last_id_, .line = std::move(line), .takes_time = takes_time});
  return last_id_;
}

void Menu::ask_status() { status_asked_ = ask("status"); }

Inquiry* Menu::inquiry() {
  if (auto* text = std::get_if<TextPage>(&pages_.back())) return &text->inquiry;
  if (auto* order = std::get_if<OrderPage>(&pages_.back())) return &order->inquiry;
  return nullptr;
}

void Menu::ask_for_page() {
  auto* order = std::get_if<OrderPage>(&pages_.back());
  const auto* undertaking = order == nullptr ? nullptr : undertaking_of(*order, seen_);
  const auto failed = undertaking == nullptr ? std::string() : failed_service(*undertaking);
  if (!failed.empty()) order->inquiry.line = "explain " + failed;  // Why is for the daemon to say.
  auto* wanted = inquiry();
  if (wanted != nullptr && !wanted->line.empty() && !wanted->asked) wanted->asked = ask(wanted->line);
}

void Menu::refresh() {
  if (!status_asked_) ask_status();
  ask_for_page();
}

std::vector<Menu::Question> Menu::take_questions() { return std::exchange(questions_, {}); }

void Menu::hear(std::uint64_t id, const Result<Conversation::Heard>& heard) {
  const auto ordered = std::ranges::find(seen_.undertakings, id, &Undertaking::id);
  if (ordered != seen_.undertakings.end()) return hear_order(*ordered, heard);
  if (status_asked_ == id) return hear_status(document_of(heard));
  for (auto& page : pages_) {
    auto* text = std::get_if<TextPage>(&page);
    auto* order = std::get_if<OrderPage>(&page);
    auto* asking = text != nullptr ? &text->inquiry : order != nullptr ? &order->inquiry : nullptr;
    if (asking == nullptr || asking->asked != id) continue;
    asking->asked.reset();
    asking->trouble = heard ? std::string() : heard.error().message;
    if (heard) asking->answer = heard->text;
  }
}

void Menu::hear_status(const Result<std::string>& answer) {
  const auto id = std::exchange(status_asked_, std::nullopt);
  auto machine = answer ? parse_machine(*answer) : Result<Machine>(answer.error());
  trouble_ = machine ? std::string() : trouble_words(machine.error());
  if (!machine) return;
  seen_.machine = *std::move(machine);
  seen_.document = *answer;
  for (auto& undertaking : seen_.undertakings) {
    const bool is_new = undertaking.status_after && id >= undertaking.status_after;
    if (!is_new) continue;
    undertaking.status_after.reset();
    note_processes(undertaking, seen_.machine);
  }
}

void Menu::hear_order(Undertaking& undertaking, const Result<Conversation::Heard>& heard) {
  if (heard && heard->kind == Conversation::Heard::Kind::progress)
    return hear_progress(undertaking, heard->text);
  hear_end(undertaking, document_of(heard));
  ask_status();  // One that was asked for earlier may not know yet.
  undertaking.status_after = status_asked_;
  const auto* shown = std::get_if<OrderPage>(&pages_.back());
  if (shown != nullptr && shown->id == undertaking.id) {
    ask_for_page();
  } else {
    say(summary_of(undertaking), look_of(undertaking.status));
  }
}

void Menu::give_order(CommandWords words) {
  const auto question = question_for(words);
  if (!question) return say(question.error().message, Accent::bad);
  if (std::ranges::count_if(seen_.undertakings, is_under_way) >= static_cast<std::ptrdiff_t>(under_way_max))
    return say("Too much is under way: wait until some of it has ended.", Accent::bad);
  if (seen_.undertakings.size() >= undertakings_max)
    seen_.undertakings.erase(std::ranges::find_if_not(seen_.undertakings, is_under_way));
  const auto id = ask(*question, true);
  seen_.undertakings.push_back(begin_undertaking(id, std::move(words), seen_.machine));
  pages_.pop_back();
  open(OrderPage{.id = id});
}

bool Menu::is_busy() const { return std::ranges::any_of(seen_.undertakings, is_under_way); }

std::string Menu::farewell() const {
  std::string text;
  for (const auto& undertaking : seen_.undertakings) {
    if (is_under_way(undertaking))
      text += title_of(undertaking.words) + " goes on; systemcheckctl history will tell how it ends\n";
  }
  return text;
}

}  // namespace systemcheck
