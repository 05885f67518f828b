#include "os/job_ledger.h"

namespace systemcheck {

void JobLedger::note_answer(const std::vector<std::string>& paths) {
  if (requests_ > 0) --requests_;
  for (const auto& path : paths) {
    if (const auto job = jobs_.find(path); job != jobs_.end()) {
      job->second.is_ours = true;
    } else if (ours_early_.size() < jobs_max) {
      ours_early_.insert(path);
    }
  }
  settle();
}

void JobLedger::note_new(const std::string& path, const std::string& unit) {
  if (jobs_.size() >= jobs_max) return;
  const bool is_ours = ours_early_.erase(path) > 0;
  jobs_[path] = Job{.unit = unit, .type = {}, .result = {}, .is_ours = is_ours};
}

void JobLedger::note_type(const std::string& path, std::string_view type) {
  const auto job = jobs_.find(path);
  if (job == jobs_.end()) return;
  job->second.type = std::string(type);
  settle();
}

void JobLedger::note_removed(const std::string& path, std::string_view result) {
  ours_early_.erase(path);
  const auto job = jobs_.find(path);
  if (job == jobs_.end()) return;
  job->second.result = std::string(result);
  settle();
}

void JobLedger::note_state(const std::string& unit, std::string_view active_state) {
  const bool is_active = active_state == "active" || active_state == "reloading";
  if (is_active && !is_stopping(unit)) stopped_.erase(unit);
  // It is started again, whatever the job was that nobody knows.
  if (is_active || active_state == "activating") perhaps_stopped_.erase(unit);
  if (is_active) active_.insert(unit);
  const bool is_at_rest = active_state == "inactive" || active_state == "failed";
  if (is_at_rest) active_.erase(unit);
  const bool was_unheard = (is_active || is_at_rest) && out_of_hearing_.erase(unit) > 0;
  const bool is_explained = active_state == "inactive" && (perhaps_stopped_.erase(unit) > 0 || was_unheard);
  if (is_explained) stopped_.insert(unit);
}

void JobLedger::forget_jobs() {
  requests_ = 0;
  jobs_.clear();
  ours_early_.clear();
  out_of_hearing_.merge(active_);
  active_.clear();
}

bool JobLedger::is_undecided(const std::string& unit) const {
  for (const auto& [path, job] : jobs_) {
    if (job.unit == unit && !job.is_ours && (!job.type || requests_ > 0)) return true;
  }
  return false;
}

/// Draws the conclusions that can be drawn, and forgets what is over.
void JobLedger::settle() {
  if (requests_ > 0) return;
  for (const auto& [path, job] : jobs_)
    settle_job(job);
  std::erase_if(jobs_, [](const auto& entry) { return entry.second.result && entry.second.type; });
}

void JobLedger::settle_job(const Job& job) {
  if (job.is_ours || !job.type) return;
  if (*job.type == "stop") stopped_.insert(job.unit);
  const bool is_unknown_and_done = job.type->empty() && job.result == "done";
  if (is_unknown_and_done) perhaps_stopped_.insert(job.unit);
}

bool JobLedger::is_stopping(const std::string& unit) const {
  for (const auto& [path, job] : jobs_) {
    if (job.unit == unit && job.type == "stop" && !job.is_ours) return true;
  }
  return false;
}

}  // namespace systemcheck
