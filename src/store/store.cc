#include "store/store.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "os/inbox.h"
#include "os/worker.h"

namespace systemcheck {
namespace {

constexpr std::size_t batch_max = 512;
constexpr std::size_t jobs_max = Store::reads_max + 4;
constexpr Duration retry_first = std::chrono::seconds{1};
constexpr Duration retry_max = std::chrono::minutes{1};
/// Old records are forgotten, and a file that is gone is noticed, even where nothing new happens.
constexpr Duration tick_interval = std::chrono::minutes{1};
constexpr int last_wait_milliseconds = 500;
constexpr std::size_t last_batches_max = Store::waiting_max / batch_max + 2;

}  // namespace

/// What the thread needs, also when it is left behind by a daemon that ends.
struct Store::Shared {
  explicit Shared(StoreOpening opening) : backstage(std::move(opening)) {}

  Backstage backstage;
  Inbox<Callback> answers{jobs_max + 1};
};

Store::Store(EventLoop& loop, StoreOpening opening, Hooks hooks)
    : loop_(loop), hooks_(std::move(hooks)), shared_(std::make_shared<Shared>(std::move(opening))) {
  auto memos = shared_->backstage.memos({.wall = loop_.wall_now(), .instant = loop_.now()});
  status_.is_ok = memos.has_value();
  if (memos) {
    memos_ = *std::move(memos);
    relay_ = shared_->backstage.relay();
    samples_ = shared_->backstage.samples(loop_.wall_now());
  } else {
    status_.problem = memos.error().message;
    hooks_.say("history: " + status_.problem + "; it is kept in memory until it can be written");
    has_complained_ = true;
  }
  if (auto notice = shared_->backstage.take_notice(); !notice.empty()) hooks_.say("history: " + notice);
  worker_ = std::make_unique<Worker>(jobs_max);
  listen();
  plan_tick();
}

Store::~Store() {
  for (std::size_t i = 0; i < last_batches_max && (batch_ || !waiting_.empty() || !waiting_memos_.empty());
       ++i) {
    begin_batch();
    pollfd event{.fd = shared_->answers.descriptor(), .events = POLLIN, .revents = 0};
    if (!batch_ || ::poll(&event, 1, last_wait_milliseconds) != 1) break;
    for (auto& answer : shared_->answers.take_all())
      answer();
    if (!status_.is_ok) break;
  }
}

void Store::listen() {
  auto watch = loop_.when_ready(shared_->answers.descriptor(), Ready::readable, Priority::urgent,
                                [this] { take_answers(); });
  if (watch) {
    answers_ = *std::move(watch);
  } else {
    hooks_.say("history: " + watch.error().message);
  }
}

void Store::take_answers() {
  for (auto& answer : shared_->answers.take_all())
    answer();
}

void Store::plan_tick() {
  tick_ = loop_.at(loop_.now() + tick_interval, [this] {
    plan_tick();
    put(LateMark{});  // Of no action: it brings the care for the file about.
  });
}

ActionNumber Store::intend(Intention intention, Duration at_most, Callback then) {
  const auto number = ++last_number_;
  intention.number = number;
  wait(number, at_most, [then = std::move(then)](bool) { then(); });
  put(std::move(intention));
  return number;
}

/// A late mark of no action goes through the same queue, behind what was put before.
void Store::settle(Duration at_most, std::function<void(bool is_written)> then) {
  const auto number = ++last_number_;
  wait(number, at_most, [then = std::move(then)](bool is_late) { then(!is_late); });
  put(LateMark{number});
}

void Store::wait(ActionNumber number, Duration at_most, std::function<void(bool is_late)> then) {
  const auto until = status_.is_ok ? loop_.now() + at_most : loop_.now();
  auto& waiting = intentions_[number];
  waiting.then = std::move(then);
  waiting.timer = loop_.at(until, [this, number] { release(number, true); });
}

void Store::release(ActionNumber number, bool is_late) {
  auto found = intentions_.extract(number);
  if (found.empty()) return;
  if (is_late) put(LateMark{number});
  found.mapped().then(is_late);
}

void Store::put(Record record) {
  const bool can_wait = std::holds_alternative<MachineSample>(record);
  if (auto* memo = std::get_if<Memo>(&record)) {
    const bool is_known = waiting_memos_.contains(memo->key);
    if (!is_known && waiting_memos_.size() >= memos_max) {
      ++status_.dropped_total;
      return;
    }
    waiting_memos_.insert_or_assign(std::move(memo->key), std::move(memo->text));
  } else {
    waiting_.push_back(std::move(record));
    make_room();
  }
  if (!can_wait) begin_batch_soon();
}

/// One turn of the loop later: what is put together, as the intentions for all that died together are, is
/// written together. An intention that came behind another batch would wait for two of them.
void Store::begin_batch_soon() {
  if (batch_ || soon_.is_set()) return;
  soon_ = loop_.at(loop_.now(), [this] {
    soon_.cancel();
    begin_batch();
  });
}

void Store::make_room() {
  while (waiting_.size() > waiting_max) {
    waiting_.pop_front();
    ++status_.dropped_total;
  }
}

void Store::begin_batch() {
  if (batch_ || retry_.is_set() || (waiting_.empty() && waiting_memos_.empty())) return;
  auto batch = std::make_shared<Batch>();
  while (!waiting_.empty() && batch->size() < batch_max) {
    batch->push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  for (auto& [key, text] : std::exchange(waiting_memos_, {}))
    batch->push_back(Memo{.key = key, .text = std::move(text)});
  batch_ = batch;
  const auto job = [this, shared = shared_, batch = batch_,
                    now = Moment{.wall = loop_.wall_now(), .instant = loop_.now()}] {
    auto written = std::make_shared<const Written>(shared->backstage.write(*batch, now));
    (void)shared->answers.put(
        [this, batch, written] { end_batch(batch, *written); });  // Has room for all jobs.
  };
  if (!worker_->put(job)) note_failure(*batch, {Error::Kind::refused, "its thread has too much to do"});
}

void Store::end_batch(const std::shared_ptr<const Batch>& batch, const Written& written) {
  if (!written.notice.empty()) hooks_.say("history: " + written.notice);
  if (written.status) {
    note_success(*batch, written);
  } else {
    note_failure(*batch, written.status.error());
  }
  if (hooks_.status_changed) hooks_.status_changed();
}

void Store::note_success(const Batch& batch, const Written& written) {
  batch_.reset();
  retry_after_ = {};
  status_.is_ok = true;
  status_.problem.clear();
  status_.size_bytes = written.size_bytes;
  if (std::exchange(has_complained_, false)) hooks_.say("history: it is written to disk again");
  for (const auto& record : batch)
    count(record);
  for (const auto& record : batch) {
    if (const auto* intention = std::get_if<Intention>(&record)) release(intention->number, false);
    if (const auto* mark = std::get_if<LateMark>(&record)) release(mark->number, false);
  }
  begin_batch();
}

void Store::note_failure(const Batch& batch, const Error& error) {
  ++status_.write_errors_total;
  status_.is_ok = false;
  status_.problem = error.message;
  if (!std::exchange(has_complained_, true))
    hooks_.say("history: " + error.message + "; it is kept in memory until it can be written");
  for (auto record = batch.rbegin(); record != batch.rend(); ++record) {
    if (const auto* memo = std::get_if<Memo>(&*record)) {
      waiting_memos_.try_emplace(memo->key, memo->text);  // A newer one stays.
    } else {
      waiting_.push_front(*record);
    }
  }
  const auto kept = std::exchange(batch_, nullptr);  // Here ends what `batch` refers to, with the function.
  make_room();
  retry_after_ = std::clamp<Duration>(retry_after_ * 2, retry_first, retry_max);
  retry_ = loop_.at(loop_.now() + retry_after_, [this] {
    retry_.cancel();
    begin_batch();
  });
  while (!intentions_.empty())
    release(intentions_.begin()->first, true);
}

void Store::count(const Record& record) {
  if (std::holds_alternative<Intention>(record)) ++status_.actions_total;
  if (std::holds_alternative<ActionEnd>(record) || std::holds_alternative<ActionVerdict>(record))
    ++status_.outcomes_total;
  if (std::holds_alternative<Event>(record)) ++status_.events_total;
  if (std::holds_alternative<Situation>(record)) ++status_.situations_total;
  if (std::holds_alternative<Memo>(record)) ++status_.memos_total;
}

void Store::read(HistoryQuery query, const OnPage& on_page) {
  query.limit = std::min(query.limit, page_limit);
  begin_batch();  // What was put before is in the answer.
  Batch waiting;
  if (!status_.is_ok) {
    if (batch_) waiting = *batch_;
    waiting.insert(waiting.end(), waiting_.begin(), waiting_.end());
  }
  const auto job = [this, shared = shared_, query = std::move(query), waiting = std::move(waiting), on_page,
                    now = Moment{.wall = loop_.wall_now(), .instant = loop_.now()}] {
    auto page = std::make_shared<Result<HistoryPage>>(shared->backstage.read(query, waiting, now));
    (void)shared->answers.put([this, page, on_page] {
      --reads_;
      on_page(std::move(*page));
    });
  };
  const bool has_room = reads_ < reads_max && worker_->put(job);
  if (!has_room) return on_page(Error{Error::Kind::refused, "too many questions at once"});
  ++reads_;
}

}  // namespace systemcheck
