#include "os/worker.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <deque>
#include <mutex>
#include <utility>

#include "os/descriptor.h"

namespace systemcheck {

/// Owned by both sides: whoever leaves last takes it along.
struct Worker::Shared {
  std::mutex mutex{};
  std::condition_variable changed{};
  std::deque<std::function<void()>> jobs{};
  bool is_ending = false;
  /// Readable once the thread has nothing more to do. Not the condition variable: waiting there for a
  /// while needs a clock that ThreadSanitizer does not know (pthread_cond_clockwait).
  Descriptor has_ended{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};

  /// Empty when it is time to end.
  std::function<void()> take_job() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return is_ending || !jobs.empty(); });
    if (is_ending) return {};
    auto job = std::move(jobs.front());
    jobs.pop_front();
    return job;
  }
};

namespace {

/// A new thread inherits its creator's mask: without this one a signal could land in it before it has
/// blocked anything.
std::thread start_without_signals(std::function<void()> body) {
  sigset_t all{};
  sigset_t before{};
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(body));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

bool becomes_readable(const Descriptor& descriptor, Duration patience) {
  pollfd event{.fd = descriptor.number(), .events = POLLIN, .revents = 0};
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(patience).count();
  return ::poll(&event, 1, static_cast<int>(wait)) == 1;
}

}  // namespace

Worker::Worker(std::size_t limit, Duration patience)
    : limit_(limit),
      patience_(patience),
      shared_(std::make_shared<Shared>()),
      thread_(start_without_signals([shared = shared_] { work(shared); })) {}

Worker::~Worker() {
  std::deque<std::function<void()>> dropped;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->is_ending = true;
    dropped.swap(shared_->jobs);
  }
  shared_->changed.notify_one();
  if (becomes_readable(shared_->has_ended, patience_)) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

bool Worker::put(std::function<void()> job) {
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->jobs.size() >= limit_) return false;
    shared_->jobs.push_back(std::move(job));
  }
  shared_->changed.notify_one();
  return true;
}

void Worker::work(const std::shared_ptr<Shared>& shared) {
  while (auto job = shared->take_job())
    job();
  const std::uint64_t one = 1;
  (void)!::write(shared->has_ended.number(), &one, sizeof one);  // Cannot fail: written once.
}

}  // namespace systemcheck
