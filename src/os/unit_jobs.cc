#include "os/unit_jobs.h"

#include <cstddef>
#include <utility>
#include <vector>

#include "os/systemd_names.h"
#include "os/unit_words.h"

namespace systemcheck {
namespace {

// EnqueueUnitJob answers (job id, job path, unit, unit path, type) and the jobs that come along with it,
// each as (id, path, unit, type, unit path).
constexpr std::size_t answered_path = 1;
constexpr std::size_t path_in_row = 1;
constexpr std::size_t early_max = 256;

std::vector<std::string> all_paths(const BusMessage& answer) {
  std::vector<std::string> paths{answer.text(answered_path)};
  for (const auto& row : answer.rows) {
    const auto* path = row.size() > path_in_row ? std::get_if<std::string>(&row[path_in_row]) : nullptr;
    if (path != nullptr) paths.push_back(*path);
  }
  return paths;
}

Error lost_error(const std::string& job) {
  return {Error::Kind::not_found, job + ": the bus to systemd went away; it may or may not have happened"};
}

/// systemd's refusal, in the terms of Units::run_job().
Error request_error(const std::string& job, Error error) {
  if (error.kind == Error::Kind::timed_out) return lost_error(job);
  if (error.kind == Error::Kind::not_found) error.kind = Error::Kind::failed;
  return std::move(error).within(job);
}

std::string in_words(const std::string& verb, const std::string& unit) {
  return "systemctl " + verb + " " + unit;
}

}  // namespace

UnitJobs::~UnitJobs() {
  for (const auto& [id, job] : std::exchange(pending_, {})) {
    job.on_done(lost_error(in_words(job.verb, job.unit)));
  }
}

Status UnitJobs::run(const std::string& unit, const std::string& verb, OnDone on_done) {
  const auto id = add(unit, verb, std::move(on_done));
  pending_.at(id).is_of_unit = true;
  ledger_.note_request();
  auto sent = bus_.call(systemd_call("EnqueueUnitJob", {unit, verb, "replace"}),
                        while_alive([this, id](const Result<BusMessage>& answer) {
                          ledger_.note_answer(answer ? all_paths(*answer) : std::vector<std::string>{});
                          on_decided_();
                          note_answer(id, answer, answer ? answer->text(answered_path) : std::string());
                        }));
  if (sent) return sent;
  ledger_.note_answer({});
  pending_.erase(id);
  return sent;
}

Status UnitJobs::adopt(pid_t process, const std::string& scope, OnDone on_done) {
  const auto id = add(scope, "start", std::move(on_done));
  auto sent = bus_.start_scope(scope, process, while_alive([this, id](const Result<BusMessage>& answer) {
                                 note_answer(id, answer, answer ? answer->text(0) : std::string());
                               }));
  if (!sent) pending_.erase(id);
  return sent;
}

void UnitJobs::note_removed(const std::string& path, const std::string& result) {
  for (const auto& [id, job] : pending_) {
    if (job.path != path) continue;
    return finish(id, parse_job_result(job.unit, job.verb, result));
  }
  if (is_answer_missing() && early_.size() < early_max) early_[path] = result;
}

std::uint64_t UnitJobs::add(std::string unit, std::string verb, OnDone on_done) {
  pending_[++last_id_] =
      Pending{.unit = std::move(unit), .verb = std::move(verb), .on_done = std::move(on_done), .path = {}};
  return last_id_;
}

OnReply UnitJobs::while_alive(OnReply on_reply) const {
  return [alive = std::weak_ptr(alive_), on_reply = std::move(on_reply)](const Result<BusMessage>& reply) {
    if (!alive.expired()) on_reply(reply);
  };
}

void UnitJobs::note_answer(std::uint64_t id, const Result<BusMessage>& answer, const std::string& path) {
  auto& job = pending_.at(id);
  if (!answer) return finish(id, request_error(in_words(job.verb, job.unit), answer.error()));
  job.path = path;
  const auto early = early_.find(path);
  const auto result = early == early_.end() ? std::string() : early->second;
  if (!is_answer_missing()) early_.clear();
  if (!result.empty()) finish(id, parse_job_result(job.unit, job.verb, result));
}

void UnitJobs::finish(std::uint64_t id, const Status& status) {
  const auto job = std::move(pending_.extract(id).mapped());
  // See SystemdBus::reset_failed(). If it was not held on to there is nothing to let go.
  if (job.is_of_unit) (void)bus_.call(systemd_call("UnrefUnit", {job.unit}), ignore_answer);
  job.on_done(status);
}

bool UnitJobs::is_answer_missing() const {
  for (const auto& [id, job] : pending_) {
    if (job.path.empty()) return true;
  }
  return false;
}

}  // namespace systemcheck
