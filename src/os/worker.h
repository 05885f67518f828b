#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <thread>

#include "base/units.h"

namespace systemcheck {

/// One thread that does jobs one after the other, for what may block: disks, name services.
/// It takes no signals. Belongs to one thread; the jobs run on its own.
///
/// At destruction what has not begun is dropped. The job that runs is waited for, but not longer than
/// `patience`: a read of a dead NFS server must not keep the daemon from ending. Its thread is then
/// left behind, with nothing of the worker's; what its job refers to must live until the program ends.
class Worker {
 public:
  explicit Worker(std::size_t limit, Duration patience = std::chrono::seconds{2});
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  /// False while `limit` jobs wait already.
  [[nodiscard]] bool put(std::function<void()> job);

 private:
  struct Shared;
  static void work(const std::shared_ptr<Shared>& shared);

  const std::size_t limit_;
  const Duration patience_;
  std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace systemcheck
