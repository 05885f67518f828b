#include "daemon/event_ring.h"

#include <fmt/core.h>

#include <variant>

#include "base/text.h"

namespace systemcheck {
namespace {

/// What is told of the past is as long as a line, whatever a command has said.
constexpr std::size_t text_limit_bytes = 512;
constexpr std::string_view observed_mode = "observe";

EventRow row_of(const Intention& intention) {
  return {.at = intention.at,
          .kind = EventKind::action,
          .subject = intention.service,
          .what = intention.verb,
          .owner = from_word<Owner>(intention.owner).value_or(Owner::systemcheck),
          .actor = intention.asked_by,
          .result = intention.mode == observed_mode ? ActionResult::observed : ActionResult::running,
          .text = printable(intention.reason, text_limit_bytes)};
}

/// What a command has said is for administrators, and not repeated here.
std::string end_words(const ActionEnd& end) {
  const auto status = end.exit_status == 0 ? "" : fmt::format(", exit status {}", end.exit_status);
  if (end.kind == "failed")
    return fmt::format("the order failed after {}{}", duration_words(end.took), status);
  if (end.kind == "timed_out")
    return fmt::format("the order was not carried out within {}", duration_words(end.took));
  return fmt::format("the order was {}", end.kind);
}

ActionResult verdict_of(const std::string& verb, bool is_verified) {
  if (verb == "stop") return is_verified ? ActionResult::gone : ActionResult::not_gone;
  return is_verified ? ActionResult::up : ActionResult::not_up;
}

}  // namespace

void EventRing::note(const Event& event) {
  add({.at = event.at,
       .kind = event.kind,
       .subject = event.service,
       .what = event.to,
       .owner = from_word<Owner>(event.owner).value_or(Owner::systemcheck),
       .actor = "systemcheck",
       .text = printable(event.reason, text_limit_bytes)});
}

void EventRing::note(const Intention& intention) { add(row_of(intention)); }

void EventRing::await_end(ActionNumber number, const Intention& intention) {
  if (intention.mode == observed_mode) return;
  if (open_.size() == open_actions_max) open_.erase(open_.begin());
  open_.insert_or_assign(number, row_of(intention));
}

/// Where it went well, only the verdict tells more than that it was begun.
void EventRing::note(const ActionEnd& end) {
  const auto result = from_word<ActionResult>(end.kind);
  if (!result) return;
  auto row = take_open(end.number);
  if (!row) return;
  row->at = end.at;
  row->result = *result;
  row->text = end_words(end);
  add(*std::move(row));
}

void EventRing::note(const ActionVerdict& verdict) {
  auto row = take_open(verdict.number);
  if (!row) return;
  row->at = verdict.at;
  row->result = verdict_of(row->what, verdict.is_verified);
  row->text = printable(verdict.why, text_limit_bytes);
  add(*std::move(row));
}

std::shared_ptr<const RecentEvents> EventRing::rows() {
  if (std::exchange(is_changed_, false)) rows_ = std::make_shared<const RecentEvents>(newest_);
  return rows_;
}

void EventRing::add(EventRow row) {
  row.number = ++last_;
  if (newest_.size() == recent_events_max) newest_.erase(newest_.begin());
  newest_.push_back(std::make_shared<const EventRow>(std::move(row)));
  is_changed_ = true;
}

std::optional<EventRow> EventRing::take_open(ActionNumber number) {
  auto found = open_.extract(number);
  if (found.empty()) return std::nullopt;
  return std::move(found.mapped());
}

/// Told before it is begun, as it is written down.
ActionNumber WitnessedLedger::intend(Intention intention, Callback begin) {
  ring_.note(intention);
  const auto number = ledger_->intend(intention, std::move(begin));
  ring_.await_end(number, intention);
  return number;
}

void WitnessedLedger::put(Record record) {
  if (const auto* event = std::get_if<Event>(&record)) ring_.note(*event);
  if (const auto* end = std::get_if<ActionEnd>(&record)) ring_.note(*end);
  if (const auto* verdict = std::get_if<ActionVerdict>(&record)) ring_.note(*verdict);
  ledger_->put(std::move(record));
}

}  // namespace systemcheck
