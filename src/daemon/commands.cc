#include "daemon/commands.h"

#include <algorithm>
#include <utility>

namespace systemcheck {
namespace {

/// More people than may wait for an answer cannot have a round of their own.
constexpr std::size_t rounds_max = 32;

std::optional<Demand> demand_of(CommandVerb verb) {
  switch (verb) {
    case CommandVerb::start:
      return Demand::start;
    case CommandVerb::stop:
      return Demand::stop;
    case CommandVerb::restart:
      return Demand::restart;
    case CommandVerb::maintenance:
    case CommandVerb::release:
    case CommandVerb::clear:
      break;
  }
  return std::nullopt;
}

bool comes_after(const Config& config, const std::string& name, const std::string& other) {
  const auto found = std::ranges::find(config.services, name, &Service::name);
  return found != config.services.end() && std::ranges::find(found->after, other) != found->after.end();
}

/// One of those before it that did not end as wanted, and that this one depends on in this order of things;
/// empty: none.
std::string find_hindrance(const Config& config, Demand demand, const std::vector<ServiceAnswer>& before,
                           const std::string& name) {
  for (const auto& other : before) {
    if (other.status != CheckStatus::critical) continue;
    const bool depends = demand == Demand::stop ? comes_after(config, other.name, name)
                                                : comes_after(config, name, other.name);
    if (depends) return other.name;
  }
  return {};
}

}  // namespace

bool Commands::answer(std::string_view request, const Peer& peer, const Reply& reply) {
  if (!is_command(request)) return false;
  if (!peer.is_trusted) {
    reply(refusal_json("only root and the group systemcheck may give orders"));
    return true;
  }
  const auto parsed = parse_command_request(request);
  if (parsed) {
    obey(*parsed, peer_words(peer), reply);
  } else {
    reply(refusal_json(parsed.error().message));
  }
  return true;
}

void Commands::obey(const CommandRequest& request, const std::string& asked_by, const Reply& reply) {
  auto names = find_targets(request, *config_, supervision_.names_in_order());
  if (!names) return reply(refusal_json(names.error().message));
  CommandAnswer answer{
      .command = std::string(word(request.verb)), .target = request.target, .asked_by = asked_by};
  const auto demand = demand_of(request.verb);
  if (!demand) return change_claims(request, *names, std::move(answer), reply);
  if (*demand == Demand::stop) std::ranges::reverse(*names);
  carry_out({.demand = *demand,
             .command = std::move(answer.command),
             .target = std::move(answer.target),
             .asked_by = asked_by,
             .names = *std::move(names),
             .wants_progress = request.wants_progress},
            reply);
}

void Commands::carry_out(Wish wish, const Reply& reply) {
  if (rounds_.size() >= rounds_max) return reply(refusal_json("too many orders are under way"));
  CommandAnswer answer{.command = wish.command, .target = wish.target, .asked_by = wish.asked_by};
  if (wish.wants_progress) reply.tell(plan_line(answer, wish.names));
  const auto id = ++last_id_;
  rounds_[id] = {.wish = std::move(wish), .config = config_, .answer = std::move(answer), .reply = reply};
  take_next(id);
}

void Commands::change_claims(const CommandRequest& request, const std::vector<std::string>& names,
                             CommandAnswer answer, const Reply& reply) {
  for (const auto& name : names) {
    if (names.size() > 1 && supervision_.is_hidden(name)) continue;  // A preset that is not here.
    if (request.verb == CommandVerb::maintenance)
      answer.services.push_back(begin_maintenance(request, name, answer.asked_by));
    if (request.verb == CommandVerb::release) answer.services.push_back(give_back(name, answer.asked_by));
    if (request.verb == CommandVerb::clear) answer.services.push_back(clear(name, answer.asked_by));
  }
  world_.ledger->settle([answer = std::move(answer), reply](bool is_written) mutable {
    for (auto& one : answer.services) {
      if (is_written) continue;
      one.status = std::max(one.status, CheckStatus::warning);
      one.detail += "; it could not be written down yet: should the daemon end now, it forgets it";
    }
    reply(command_json(answer));
  });
}

ServiceAnswer Commands::begin_maintenance(const CommandRequest& request, const std::string& name,
                                          const std::string& asked_by) {
  const Claim claim{.owner = Owner::maintenance,
                    .reason = request.reason,
                    .asked_by = asked_by,
                    .since = world_.loop.now(),
                    .until = world_.loop.now() + request.length,
                    .ends_at = world_.loop.wall_now() + request.length};
  (void)supervision_.claim(name, claim);  // It is one of its own names.
  auto answer = answer_of(name, "in force");
  answer.detail = claim_words(claim);
  answer.until = claim.ends_at;
  return answer;
}

ServiceAnswer Commands::give_back(const std::string& name, const std::string& asked_by) {
  const auto owners = supervision_.give_back(name, asked_by);
  const bool was_held = owners && !owners->empty();
  auto answer = answer_of(name, was_held ? "given back" : "not held");
  if (was_held) {
    for (const auto owner : *owners)
      answer.detail += (answer.detail.empty() ? "" : " and ") + std::string(word(owner));
    answer.detail += " is over";
  } else {
    answer.detail = "nobody has taken it over by command";
  }
  const auto row = supervision_.row_of(name);
  if (!row || row->owner == Owner::systemcheck) return answer;
  answer.status = CheckStatus::warning;
  answer.detail += "; it is still held: " + row->reason;
  return answer;
}

ServiceAnswer Commands::clear(const std::string& name, const std::string& asked_by) {
  (void)supervision_.clear(name, asked_by);  // It is one of its own names.
  auto answer = answer_of(name, "cleared");
  answer.detail = "pauses and deaths are forgotten";
  return answer;
}

ServiceAnswer Commands::answer_of(const std::string& name, std::string result) const {
  ServiceAnswer answer{.name = name, .result = std::move(result)};
  if (const auto row = supervision_.row_of(name)) answer.state = row->state;
  return answer;
}

/// Also past what cannot be tried: a loop, so that many of those need no deep stack.
void Commands::take_next(RoundId id) {
  auto& round = rounds_.at(id);
  while (round.answer.services.size() < round.wish.names.size()) {
    const auto& name = round.wish.names[round.answer.services.size()];
    round.began = world_.loop.now();
    auto untried = try_one(id, round, name);
    if (!untried) return;
    add(round, *std::move(untried));
  }
  const auto done = std::move(rounds_.extract(id).mapped());
  done.reply(command_json(done.answer));
}

void Commands::add(Round& round, ServiceAnswer answer) {
  if (round.wish.wants_progress) round.reply.tell(end_line(answer));
  round.answer.services.push_back(std::move(answer));
}

/// Without a value: it was ordered, and its end comes later.
std::optional<ServiceAnswer> Commands::try_one(RoundId id, const Round& round, const std::string& name) {
  if (round.wish.names.size() > 1 && supervision_.is_hidden(name)) return answer_of(name, "absent");
  if (const auto refusal = round.wish.refusals.find(name); refusal != round.wish.refusals.end())
    return refused(name, refusal->second);
  const auto hindrance = find_hindrance(*round.config, round.wish.demand, round.answer.services, name);
  if (!hindrance.empty()) {
    auto skipped = answer_of(name, "skipped");
    skipped.status = CheckStatus::critical;
    skipped.detail = "not tried, because of " + hindrance;
    return skipped;
  }
  const auto tell = [reply = round.reply, name](DemandStep step) { reply.tell(step_line(name, step)); };
  const auto given = supervision_.order(
      name, round.wish.demand, round.wish.asked_by,
      [this, id, name](const DemandEnd& end) { note_end(id, name, end); },
      round.wish.wants_progress ? Supervision::OnDemandStep(tell) : Supervision::OnDemandStep());
  if (given) return std::nullopt;
  return refused(name, given.error().message);
}

ServiceAnswer Commands::refused(const std::string& name, const std::string& why) const {
  auto answer = answer_of(name, std::string(word(DemandEnd::Kind::refused)));
  answer.status = CheckStatus::critical;
  answer.detail = why;
  return answer;
}

void Commands::note_end(RoundId id, const std::string& name, const DemandEnd& end) {
  auto& round = rounds_.at(id);
  auto answer = answer_of(name, std::string(word(end.kind)));
  answer.status = status_of(end.kind);
  answer.detail = end.detail;
  answer.took = world_.loop.now() - round.began;
  add(round, std::move(answer));
  take_next(id);
}

}  // namespace systemcheck
