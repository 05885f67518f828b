#include "daemon/history_answer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json_text.h"
#include "base/text.h"
#include "publish/hold_json.h"
#include "publish/watch_json.h"

namespace systemcheck {
namespace {

using Json = nlohmann::json;

constexpr std::size_t explained_actions = 5;

std::string shown(std::string_view text) { return printable(text, line_limit); }

/// Line by line: what a command wrote may hold anything.
std::string shown_output(std::string_view output) {
  std::string text;
  while (!output.empty())
    text += printable(take_line(output), output_limit) + "\n";
  return text;
}

void add_end(Json& json, const ActionEnd& end, Audience audience) {
  json["ended"] = wall_time_text(end.at);
  json["outcome"] = end.kind;
  json["exit_status"] = end.exit_status;
  json["took_seconds"] = in_seconds(end.took);
  if (audience != Audience::trusted) return;
  json["detail"] = shown(end.detail);
  json["output"] = shown_output(end.output);
}

void add_verdict(Json& json, const ActionVerdict& verdict) {
  json["verified"] = verdict.is_verified;
  json["verified_at"] = wall_time_text(verdict.at);
  json["why"] = shown(verdict.why);
  json["new_identity"] = verdict.new_identity;
  json["downtime_seconds"] = in_seconds(verdict.downtime);
}

Json action_json(const ActionRow& action, Audience audience) {
  const auto& intention = action.intention;
  Json json{{"time", wall_time_text(intention.at)},
            {"service", shown(intention.service)},
            {"verb", intention.verb},
            {"reason", shown(intention.reason)},
            {"owner", intention.owner},
            {"asked_by", shown(intention.asked_by)},
            {"mode", intention.mode},
            {"attempt", intention.attempt},
            {"old_identity", intention.old_identity},
            {"boot_id", shown(action.boot_id)},
            {"late", action.is_late},
            {"result", result_word(action)}};
  if (audience == Audience::trusted) json["command"] = shown(intention.command);
  if (action.end) add_end(json, *action.end, audience);
  if (action.verdict) add_verdict(json, *action.verdict);
  return json;
}

Json event_json(const Event& event) {
  return {{"time", wall_time_text(event.at)},
          {"service", shown(event.service)},
          {"from", event.from},
          {"to", event.to},
          {"owner", event.owner},
          {"reason", shown(event.reason)}};
}

Json actions_json(const HistoryPage& page, Audience audience) {
  auto all = Json::array();
  for (const auto& action : page.actions)
    all.push_back(action_json(action, audience));
  return all;
}

std::string error_json(std::string_view message) { return Json{{"error", shown(message)}}.dump() + "\n"; }

const ServiceRow* find_row(const View& view, std::string_view name) {
  const auto found = std::ranges::find(view.services, name, &ServiceRow::name);
  return found == view.services.end() ? nullptr : &*found;
}

}  // namespace

Result<HistoryQuery> parse_history_request(std::string_view words, WallTime now) {
  HistoryQuery query;
  const Error wrong{Error::Kind::malformed, "history [SERVICE] [--limit N] [--since SECONDS]"};
  for (auto word = take_word(words); !word.empty(); word = take_word(words)) {
    if (word == "--limit" || word == "--since") {
      const auto number = parse_number<std::uint32_t>(take_word(words));
      if (!number) return wrong;
      if (word == "--limit") query.limit = std::clamp<std::size_t>(*number, 1, page_limit);
      if (word == "--since") query.since = now - std::chrono::seconds{*number};
      continue;
    }
    if (word.starts_with("-") || !query.service.empty()) return wrong;
    query.service = word;
  }
  return query;
}

std::string history_json(const HistoryPage& page, Audience audience) {
  auto events = Json::array();
  for (const auto& event : page.events)
    events.push_back(event_json(event));
  return json_document(
      Json{{"schema", 1}, {"actions", actions_json(page, audience)}, {"events", std::move(events)}});
}

std::string explain_json(const View& view, const ServiceRow& row, const Result<HistoryPage>& page,
                         Audience audience) {
  Json json{{"schema", 1},
            {"name", row.name},
            {"state", word(row.state)},
            {"status", word(row.status)},
            {"since", wall_time_text(row.state_since)},
            {"owner", word(row.owner)},
            {"mode", word(row.mode)},
            {"manager", row.manager},
            {"unit", row.unit},
            {"reason", shown(row.reason)},
            {"processes", row.processes},
            {"at_cap", row.is_at_cap},
            {"restarts_total", row.restarts_total},
            {"restart_failures_total", row.restart_failures_total},
            {"next_attempt_seconds", in_seconds(row.backoff_remaining)}};
  json["next"] = Json(next_json(view, row));
  json["policy"] = Json(policy_json(view.config->restart_policy));
  json["holds"] = Json::array();
  for (const auto& hold : row.holds)
    json["holds"].push_back(Json(hold_json(hold)));
  json["probes"] = Json::array();
  for (const auto& probe : row.probes)
    json["probes"].push_back(Json(probe_json(probe.state)));
  json["processes_min"] = row.processes_min;
  json["main_pid"] = row.main ? Json(row.main->pid) : Json(nullptr);
  json["actions"] = page ? actions_json(*page, audience) : Json::array();
  if (!page) json["history_error"] = shown(page.error().message);
  return json_document(json);
}

namespace {

/// Asks the history, and puts its answers into words.
struct HistoryDesk {
  std::shared_ptr<StoreLedger> ledger{};
  const Board<View>& views;
  EventLoop& loop;

  void answer_history(std::string_view request, Audience audience, const Reply& reply) const {
    const auto query = parse_history_request(request, loop.wall_now());
    if (!query) return reply(error_json(query.error().message));
    ledger->read(*query, [reply, audience](const Result<HistoryPage>& page) {
      reply(page ? history_json(*page, audience) : error_json(page.error().message));
    });
  }
  void explain(std::string_view service, Audience audience, const Reply& reply) const {
    const auto view = views.newest();
    const auto* row = find_row(*view, service);
    if (row == nullptr) return reply(error_json("no such service is watched"));
    ledger->read({.service = row->name, .since = {}, .limit = explained_actions},
                 [reply, audience, view, row](const Result<HistoryPage>& page) {
                   reply(explain_json(*view, *row, page, audience));
                 });
  }
};

}  // namespace

Inquiry history_inquiry(std::shared_ptr<StoreLedger> ledger, const Board<View>& views, EventLoop& loop) {
  const HistoryDesk desk{.ledger = std::move(ledger), .views = views, .loop = loop};
  return [desk](std::string_view request, const Peer& peer, const Reply& reply) {
    const auto audience = peer.is_trusted ? Audience::trusted : Audience::everybody;
    const auto question = take_word(request);
    if (question == "history") desk.answer_history(request, audience, reply);
    if (question == "explain") desk.explain(take_word(request), audience, reply);
    return question == "history" || question == "explain";
  };
}

}  // namespace systemcheck
