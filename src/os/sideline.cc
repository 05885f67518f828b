#include "os/sideline.h"

#include <cstdint>
#include <set>
#include <utility>

#include "os/inbox.h"
#include "os/worker.h"

namespace systemcheck {
namespace {

struct Done {
  std::uint64_t id = 0;
  Callback result{};
};
/// Those whose Watch still stands.
using Wanted = std::set<std::uint64_t>;
struct Registered final : Watch::Registration {
  Registered(std::weak_ptr<Wanted> all, std::uint64_t number) : wanted(std::move(all)), id(number) {}
  ~Registered() override {
    if (const auto alive = wanted.lock()) alive->erase(id);
  }
  std::weak_ptr<Wanted> wanted;
  std::uint64_t id;
};

}  // namespace

struct Sideline::Core {
  explicit Core(std::size_t jobs_max)
      : limit(jobs_max), inbox(std::make_shared<Inbox<Done>>(jobs_max)), worker(jobs_max) {}

  const std::size_t limit;
  // Never full: no more than `limit` jobs are under way. Shared, because a job that hangs at the end puts its
  // result when nobody listens any more.
  std::shared_ptr<Inbox<Done>> inbox;
  std::shared_ptr<Wanted> wanted = std::make_shared<Wanted>();
  std::uint64_t last_id = 0;
  std::size_t under_way = 0;
  Watch results{};
  Worker worker;

  void take_results() {
    for (auto& done : inbox->take_all()) {
      --under_way;
      if (wanted->erase(done.id) > 0 && done.result) done.result();
    }
  }
};

Sideline::Sideline() = default;
Sideline::~Sideline() = default;

Result<std::unique_ptr<Sideline>> Sideline::make(EventLoop& loop, std::size_t limit) {
  std::unique_ptr<Sideline> made(new Sideline());
  made->core_ = std::make_unique<Core>(limit);
  auto results = loop.when_ready(made->core_->inbox->descriptor(), Ready::readable, Priority::normal,
                                 [core = made->core_.get()] { core->take_results(); });
  if (!results) return results.error();
  made->core_->results = std::move(*results);
  return made;
}

Result<Watch> Sideline::put(Job job) {
  const Error full{Error::Kind::refused, "the worker has too much to do"};
  if (core_->under_way >= core_->limit) return full;
  const auto id = ++core_->last_id;
  const bool is_queued = core_->worker.put([inbox = core_->inbox, id, job = std::move(job)] {
    (void)inbox->put({.id = id, .result = job()});  // Never full, see there.
  });
  if (!is_queued) return full;
  ++core_->under_way;
  core_->wanted->insert(id);
  return Watch(std::make_unique<Registered>(core_->wanted, id));
}

}  // namespace systemcheck
