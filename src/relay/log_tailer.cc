#include "relay/log_tailer.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace systemcheck {

using Weight = SourceNotice::Weight;

LogTailer::LogTailer(EventLoop& loop, LogFiles& files, LogTailerSetup setup, SourceHooks hooks)
    : loop_(loop),
      files_(files),
      setup_(std::move(setup)),
      hooks_(std::move(hooks)),
      chain_(files, status_, [this](Weight weight, std::string words) { say(weight, std::move(words)); }),
      buffer_(bite_bytes),
      names_{split_log_path(setup_.path)} {}

Status LogTailer::start() {
  if (!setup_.path.starts_with('/')) {
    return Error{Error::Kind::malformed, printable(setup_.path) + ": a log's path begins with /"};
  }
  place_ = LogPlace::parse(setup_.place);
  if (!place_ && !setup_.place.empty()) {
    ++status_.gaps;
    say(Weight::warning, setup_.path + ": where we were cannot be read; lines may be missing");
  }
  begin_watching();
  turn();
  return Nothing{};
}

void LogTailer::begin_watching() {
  auto made = files_.make_watch();
  Status outcome = Nothing{};
  if (made) {
    watch_ = *std::move(made);
    auto changed =
        loop_.when_ready(watch_->descriptor(), Ready::readable, Priority::idle, [this] { on_changes(); });
    if (changed) {
      changed_ = *std::move(changed);
      return;
    }
    outcome = changed.error();
  } else {
    outcome = made.error();
  }
  watch_.reset();
  say(Weight::warning, setup_.path +
                           ": is looked at once a second, because the kernel cannot tell of changes: " +
                           outcome.error().message);
}

void LogTailer::watch() {
  names_ = files_.names(setup_.path);
  is_watching_ = watch_ && watch_->watch(names_).has_value();
}

void LogTailer::on_changes() {
  const auto changes = watch_->take();
  if (changes.were_lost) ++status_.overflows;
  if (changes.were_lost || changes.lost_directory) careful_until_ = loop_.now() + setup_.cycle;
  if (changes.concern_us || changes.were_lost || changes.lost_directory) turn();
}

void LogTailer::turn() {
  // Watched first: what happens after our look is told. Now and then again: directories are replaced, too.
  if (!is_watching_ || loop_.now() >= due_ || careful_until_ > loop_.now()) watch();
  is_more_ = false;
  look_at_name();
  read();
  tell_state();
  chain_.forget_quiet(loop_.now(), quiet);
  status_.lag_bytes = chain_.look();
  plan();
}

void LogTailer::look_at_name() {
  auto found = files_.look(setup_.path);
  if (!chain_.is_current(found ? *found : LogFileStatus{}) && files_.names(setup_.path) != names_) {
    // A link leads somewhere else now. Watched first: what happens there after our look is told.
    watch();
    found = files_.look(setup_.path);
  }
  if (!found) return miss(found.error());
  missing_since_.reset();
  if (chain_.is_current(*found)) return conclude(SourceState::following, {});
  open_name();
}

void LogTailer::open_name() {
  auto opened = files_.open(setup_.path);
  if (!opened) return miss(opened.error());
  follow(*std::move(opened));
}

void LogTailer::miss(const Error& error) {
  if (error.kind == Error::Kind::refused) return conclude(SourceState::refused, error.message);
  if (error.kind != Error::Kind::not_found) return conclude(SourceState::unreadable, error.message);
  if (!missing_since_) missing_since_ = loop_.now();
  if (chain_.is_empty()) {
    was_missing_ = true;
    return conclude(SourceState::waiting, error.message);
  }
  chain_.see_missing();
  if (loop_.now() - *missing_since_ < grace) return;
  chain_.note_missing(setup_.path);
  conclude(SourceState::waiting, error.message);
}

void LogTailer::follow(OpenedLog opened) {
  const auto status = opened.file->status();
  if (!status) return conclude(SourceState::unreadable, status.error().message);
  FoundFile found{.file = std::move(opened.file), .status = *status};
  if (chain_.is_empty()) {
    chain_.begin(opened.name, std::move(found),
                 {.place = place_, .is_new_file = was_missing_, .is_old = setup_.is_old}, loop_.now());
  } else {
    chain_.take_over(opened.name, std::move(found), loop_.now());
  }
  conclude(SourceState::following, {});
}

void LogTailer::read() {
  const bool again = std::exchange(is_more_, false);
  for (std::size_t i = 0; i < chain_.size() && !is_more_; ++i)
    read_one(i);
  is_more_ = is_more_ || again;
}

void LogTailer::read_one(std::size_t index) {
  chain_.settle(index);
  auto& file = chain_.file(index);
  lines_.clear();
  const auto bite = file.read(buffer_, lines_);
  file.is_at_end = !bite || !(bite->is_full || bite->was_changed);
  if (!bite) return conclude(SourceState::unreadable, bite.error().message);
  if (bite->was_changed) {
    chain_.recover(index, loop_.now());
    is_more_ = true;
    return;
  }
  status_.bytes += bite->bytes;
  status_.long_lines += bite->long_lines;
  if (bite->bytes > 0) file.last_active = loop_.now();
  is_more_ = bite->is_full;
  const bool is_finished = !bite->is_full && file.is_copy;
  deliver();
  if (!is_finished) return;
  chain_.forget(index);
  is_more_ = true;
}

void LogTailer::deliver() {
  if (lines_.empty()) return;
  status_.lines += lines_.size();
  const auto place = chain_.place_text();
  hooks_.on_lines({.lines = lines_, .place = place});
}

void LogTailer::conclude(SourceState state, const std::string& reason) {
  found_ = state;
  why_ = reason;
}

void LogTailer::tell_state() {
  if (found_ == status_.state && why_ == status_.reason) return;
  status_.state = found_;
  status_.reason = why_;
  if (found_ == SourceState::following) return say(Weight::news, setup_.path + ": is being followed");
  say(Weight::warning, setup_.path + ": is not being followed: " + why_);
}

void LogTailer::plan() {
  const auto wanted = loop_.now() + pause();
  if (next_.is_set() && due_ > loop_.now() && due_ <= wanted) return;
  due_ = wanted;
  next_ = loop_.at(wanted, [this] { turn(); });
}

Duration LogTailer::pause() {
  // Deaths are urgent, so they come before a timer that is due already.
  if (is_more_) return Duration::zero();
  const bool is_careful = !is_watching_ || careful_until_ > loop_.now();
  const bool is_under_way = status_.state != SourceState::following || missing_since_ || chain_.size() > 1;
  return is_careful || is_under_way ? std::min(short_pause, setup_.cycle) : setup_.cycle;
}

void LogTailer::say(Weight weight, std::string words) {
  if (hooks_.on_notice) hooks_.on_notice({.weight = weight, .words = std::move(words)});
}

}  // namespace systemcheck
