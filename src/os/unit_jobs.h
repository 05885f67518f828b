#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "os/bus.h"
#include "os/job_ledger.h"
#include "os/units.h"

namespace systemcheck {

/// The jobs that we have asked systemd for, until they end. For one presence of systemd on the bus: when
/// it is destroyed, who still waits hears that nobody knows. Nothing is called back inside a call, but
/// from the destructor. Main thread.
class UnitJobs {
 public:
  /// `on_decided` is called when systemd has told which job is ours: the ledger may know more by then.
  UnitJobs(Bus& bus, JobLedger& ledger, Callback on_decided)
      : bus_(bus), ledger_(ledger), on_decided_(std::move(on_decided)) {}
  UnitJobs(const UnitJobs&) = delete;
  UnitJobs& operator=(const UnitJobs&) = delete;
  ~UnitJobs();

  /// An error if it could not even be asked for; on_done is not called then.
  Status run(const std::string& unit, const std::string& verb, OnDone on_done);
  Status adopt(pid_t process, const std::string& scope, OnDone on_done);
  void note_removed(const std::string& path, const std::string& result);

 private:
  struct Pending {
    std::string unit{};
    std::string verb{};
    OnDone on_done{};
    std::string path{};       ///< empty: systemd has not answered yet
    bool is_of_unit = false;  ///< not a scope of ours
  };
  std::uint64_t add(std::string unit, std::string verb, OnDone on_done);
  [[nodiscard]] OnReply while_alive(OnReply on_reply) const;
  void note_answer(std::uint64_t id, const Result<BusMessage>& answer, const std::string& path);
  void finish(std::uint64_t id, const Status& status);
  [[nodiscard]] bool is_answer_missing() const;

  Bus& bus_;
  JobLedger& ledger_;
  Callback on_decided_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, Pending> pending_{};
  /// Results of jobs that may be ours, heard before the answer that would say so.
  std::map<std::string, std::string> early_{};
  /// The bus may outlive us, and answer then.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace systemcheck
