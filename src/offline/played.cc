#include "offline/played.h"

namespace systemcheck {
namespace {

/// What belongs to the service itself, from another situation; what is around it stays.
void take_service_part(RestartSituation& into, const RestartSituation& from) {
  into.evidence.finding = from.evidence.finding;
  into.evidence.is_stale = from.evidence.is_stale;
  into.evidence.main_died = from.evidence.main_died;
  into.evidence.end = from.evidence.end;
  into.evidence.unit = from.evidence.unit;
  into.evidence.has_unit = from.evidence.has_unit;
  into.main = from.main;
  into.health = from.health;
}

/// A service of which nothing good is recorded.
void take_for_up(RestartSituation& into) {
  into.evidence.finding = {Presence::present, "taken to run"};
  into.evidence.is_stale = false;
  into.evidence.main_died = false;
  into.evidence.end.reset();
  into.main.reset();
  into.evidence.is_outside = false;
  into.health = {};
  if (!into.evidence.unit) return;
  into.evidence.unit->active_state = "active";
  into.evidence.unit->sub_state = "running";
  into.evidence.unit->result = "success";
  into.evidence.unit->main_pid = 1;
  into.evidence.unit->active_enter_us = 1;
  into.evidence.unit->stop_job_seen = false;
}

void take_reality(RestartSituation& situation, const Played& service) {
  const bool is_read =
      situation.evidence.finding.presence != Presence::unknown && !situation.evidence.is_stale;
  if (!is_read) return;  // What could not be seen then is not seen now either.
  switch (service.reality) {
    case Played::Reality::as_recorded:
      return;
    case Played::Reality::taken_as_before:
      return take_service_part(situation, service.before->situation);
    case Played::Reality::taken_for_up:
      if (service.good != nullptr) return take_service_part(situation, service.good->situation);
      return take_for_up(situation);
  }
}

/// What was found by questions and limits that this configuration does not have is not found.
void drop_what_is_not_asked(RestartSituation& situation, const Service& rules) {
  if (rules.probes.empty() && rules.rules.empty()) situation.health = {};
}

}  // namespace

RestartSituation situation_now(const Played& service, Instant now) {
  auto situation = service.seen->situation;
  take_reality(situation, service);
  drop_what_is_not_asked(situation, *service.rules);
  situation.sight_at = service.sight_at;
  situation.is_new_sight = service.is_new_sight;
  situation.has_way = situation.has_way || !service.rules->start.empty() || !service.rules->restart.empty();
  situation.uptime = now.time_since_epoch();
  situation.jitter = 0;
  if (situation.claim && situation.claim->until && *situation.claim->until <= now) situation.claim.reset();
  const bool is_refused = service.policy_until && now < *service.policy_until;
  if (is_refused && !situation.evidence.upgrade) situation.evidence.upgrade = service.policy;
  return situation;
}

}  // namespace systemcheck
