#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json_text.h"
#include "base/text.h"
#include "daemon/configuration.h"
#include "daemon/daemon.h"
#include "publish/status_json.h"

// What people ask of the daemon as a whole: a cycle now, its configuration anew, shedding otherwise.

namespace systemcheck {
namespace {

using Json = nlohmann::ordered_json;

/// Nobody can keep the daemon busy by asking.
constexpr Duration check_gap = std::chrono::seconds{3};
/// More people cannot wait for an answer.
constexpr std::size_t waiting_max = 32;

std::string reload_json(std::string_view result, CheckStatus status, const Json& more) {
  Json json{{"schema", 1}, {"command", "reload"}, {"result", result}, {"status", word(status)}};
  json["problems"] = Json::array();
  json["changed"] = Json::array();
  json["needs_restart"] = Json::array();
  json.update(more);
  return json_document(json);
}

bool is_off(const ShedServiceRow& row) {
  return !row.is_rehearsed && (row.phase == ShedPhase::settling || row.phase == ShedPhase::shed);
}

/// What was turned off last, as the most important, first: there may not be room for all.
std::vector<ShedServiceRow> rows_off(const ShedRow& shedding) {
  std::vector<ShedServiceRow> off;
  std::ranges::copy_if(shedding.services, std::back_inserter(off), is_off);
  std::ranges::stable_sort(off, std::greater{}, &ShedServiceRow::priority);
  return off;
}

/// Why memory does not allow it, if `usable` is what others leave; empty: it does. By the reading alone: a
/// person need not wait until a shortage has been over for long enough.
std::string lack_of_room(const ShedRow& shedding, const MemoryRules& rules, const ShedServiceRow& row,
                         double usable) {
  const auto words = [](double bytes) {
    return bytes_words(static_cast<std::uint64_t>(std::max(bytes, 0.0)));
  };
  if (shedding.state == ShedState::blind) return "memory cannot be read";
  const auto wanted = rules.restore_above.bytes_of(shedding.total_bytes);
  if (usable - row.bytes >= wanted) return {};
  return fmt::format("{} of memory are usable and it needs {}: less than {} would be left", words(usable),
                     words(row.bytes), words(wanted));
}

}  // namespace

bool Daemon::answer(std::string_view request, const Peer& peer, const Reply& reply) {
  const auto what = take_word(request);
  if (what != "check" && what != "reload" && what != "shed") return false;
  if (!peer.is_trusted) {
    reply(refusal_json("only root and the group systemcheck may give orders"));
  } else if (what == "shed") {
    answer_shed(request, peer_words(peer), reply);
  } else if (!take_word(request).empty()) {
    reply(refusal_json(std::string(what) + " takes no name"));
  } else if (what == "check") {
    answer_check(reply);
  } else {
    answer_reload(peer_words(peer), reply);
  }
  return true;
}

/// The one that may be under way now looked before he asked: he waits for the next.
void Daemon::answer_check(const Reply& reply) {
  const auto now = world_.loop.now();
  if (checked_at_ && now - *checked_at_ < check_gap)
    return reply(refusal_json("somebody has asked for a cycle within the last " + duration_words(check_gap)));
  checked_at_ = now;
  checks_.push_back(reply);
  if (!is_cycle_running_) restart_beat();
}

void Daemon::end_checks() {
  if (checks_.empty()) return;
  if (snapshot_->taken < *checked_at_) return restart_beat();
  for (const auto& reply : std::exchange(checks_, {}))
    after_post_.push_back([this, reply] { reply(status_json(*board_.newest())); });
}

void Daemon::answer_reload(const std::string& asked_by, const Reply& reply) {
  if (!read_anew_) return reply(refusal_json("this daemon does not read its configuration anew"));
  if (reloads_.size() >= waiting_max) return reply(refusal_json("too many wait for it already"));
  reloads_.push_back(reply);
  world_.journal.write(Severity::notice, "reload: asked for by " + asked_by);
  note_own_event("reload", "asked for by " + asked_by);
  read_anew_();
}

void Daemon::end_refused_reload(const std::string& problems) {
  auto lines = Json::array();
  auto rest = std::string_view(problems);
  while (!rest.empty())
    lines.push_back(printable(take_line(rest), 1024));
  answer_reloads(reload_json("refused", CheckStatus::critical, {{"problems", std::move(lines)}}));
}

void Daemon::end_reload(const Config& before) {
  if (reloads_.empty()) return;
  const auto changes = config_changes(before, *config_);
  const auto fixed = changes_at_start_only(before, *config_);
  auto listed = Json::array();
  for (const auto& change : changes)
    listed.push_back({{"name", printable(change.name)}, {"change", word(change.kind)}});
  answer_reloads(reload_json(changes.empty() ? "unchanged" : "in force",
                             fixed.empty() ? CheckStatus::ok : CheckStatus::warning,
                             {{"changed", std::move(listed)}, {"needs_restart", fixed}}));
}

void Daemon::answer_reloads(const std::string& text) {
  for (const auto& reply : std::exchange(reloads_, {}))
    reply_after_post(reply, text);
}

void Daemon::answer_shed(std::string_view words, const std::string& asked_by, const Reply& reply) {
  const auto shedding = shedding_.row();
  if (!shedding) return reply(refusal_json("the daemon does not watch memory"));
  const auto verb = take_word(words);
  if (verb == "mode") return answer_shed_mode(words, shedding->mode, asked_by, reply);
  if (verb == "restore") return answer_shed_restore(words, *shedding, asked_by, reply);
  reply(refusal_json("shed mode disabled|observe|act, or shed restore [NAME] [--force]"));
}

/// Never further than the configuration goes, as by SNMP.
void Daemon::answer_shed_mode(std::string_view words, Mode now, const std::string& asked_by,
                              const Reply& reply) {
  const auto wanted = from_word<Mode>(take_word(words));
  if (!wanted || !take_word(words).empty()) return reply(refusal_json("shed mode disabled|observe|act"));
  const auto configured = config_->memory.mode;
  if (*wanted > configured)
    return reply(refusal_json(fmt::format(
        "it may go no further than the configuration: memory.shed.mode is {}", word(configured))));
  const Json json{{"schema", 1},
                  {"command", "shed mode"},
                  {"asked_by", asked_by},
                  {"result", *wanted == now ? "needless" : "in force"},
                  {"status", word(CheckStatus::ok)},
                  {"mode", word(*wanted)}};
  if (*wanted != now) set_shed_mode(*wanted, asked_by);
  reply_after_post(reply, json_document(json));
}

/// A person may be quicker than the policy, which waits for a while in between; not than memory allows.
void Daemon::answer_shed_restore(std::string_view words, const ShedRow& shedding, const std::string& asked_by,
                                 const Reply& reply) {
  std::string target;
  bool is_forced = false;
  bool wants_progress = false;
  for (auto word = take_word(words); !word.empty(); word = take_word(words)) {
    if (word == "--force") {
      is_forced = true;
    } else if (word == "--progress") {
      wants_progress = true;
    } else if (target.empty() && !word.starts_with('-')) {
      target = word;
    } else {
      return reply(refusal_json("shed restore [NAME] [--force] [--progress]"));
    }
  }
  auto off = rows_off(shedding);
  if (!target.empty()) std::erase_if(off, [&](const ShedServiceRow& row) { return row.name != target; });
  if (off.empty() && !target.empty())
    return reply(refusal_json("'" + printable(target, 64) + "' is not turned off for want of memory"));
  Commands::Wish wish{.demand = Demand::start,
                      .command = "shed restore",
                      .target = target.empty() ? std::string("all") : target,
                      .asked_by = asked_by,
                      .wants_progress = wants_progress};
  auto usable = shedding.usable_bytes;
  for (const auto& row : off) {
    const auto lack = is_forced ? std::string() : lack_of_room(shedding, config_->memory, row, usable);
    if (lack.empty()) usable -= row.bytes;
    if (!lack.empty()) wish.refusals.emplace(row.name, lack + "; --force starts it all the same");
    wish.names.push_back(row.name);
  }
  commands_.carry_out(std::move(wish), after_post(reply));
}

}  // namespace systemcheck
