#include "relay/journal_source.h"

#include <utility>

namespace systemcheck {
namespace {

// Who is not known is nobody.
constexpr uid_t nobody = 65534;

JournalLine line_of(JournalEntry entry) {
  return {.program = std::move(entry.identifier),
          .pid = entry.pid,
          .message = std::move(entry.message),
          .at = entry.at,
          .origin = {.user = entry.user.value_or(nobody), .executable = std::move(entry.executable)}};
}

}  // namespace

JournalSource::JournalSource(EventLoop& loop, std::unique_ptr<JournalReader> journal, JournalSetup setup,
                             SourceHooks hooks)
    : loop_(loop), journal_(std::move(journal)), setup_(std::move(setup)), hooks_(std::move(hooks)) {}

Status JournalSource::start() {
  if (auto sought = seek(); !sought) return sought;
  auto changed =
      loop_.when_ready(journal_->descriptor(), Ready::readable, Priority::idle, [this] { turn(); });
  if (!changed) return std::move(changed).error();
  changed_ = *std::move(changed);
  turn();
  return Nothing{};
}

Status JournalSource::seek() {
  if (setup_.place.empty()) return setup_.since ? journal_->seek_time(*setup_.since) : journal_->seek_end();
  const auto is_there = journal_->seek_behind(setup_.place);
  if (is_there && *is_there) return Nothing{};
  ++status_.gaps;
  if (hooks_.on_notice) {
    hooks_.on_notice({.weight = SourceNotice::Weight::warning,
                      .words = "journal: where we were is not there any more; messages may be missing"});
  }
  if (is_there) return Nothing{};
  return setup_.since ? journal_->seek_time(*setup_.since) : journal_->seek_end();
}

void JournalSource::turn() {
  auto taken = journal_->take_changes();
  auto is_more = taken ? read_some() : Result<bool>(std::move(taken).error());
  conclude(is_more ? nullptr : &is_more.error());
  deliver();
  const bool is_soon = is_more && *is_more;
  next_ = loop_.at(loop_.now() + (is_soon ? Duration::zero() : pause), [this] { turn(); });
}

/// True: there may be more.
Result<bool> JournalSource::read_some() {
  for (std::size_t count = 0; count < entries_per_turn; ++count) {
    auto entry = journal_->next();
    if (!entry) return std::move(entry).error();
    if (!entry->has_value()) return false;
    take(**std::move(entry));
  }
  return true;
}

void JournalSource::take(JournalEntry entry) {
  if (setup_.since && entry.at < *setup_.since) return;
  if (entry.was_cut || entry.message.size() > line_bytes_max) {
    ++status_.long_lines;
    return;
  }
  status_.bytes += entry.message.size();
  lines_.push_back(line_of(std::move(entry)));
}

void JournalSource::deliver() {
  if (lines_.empty()) return;
  status_.lines += lines_.size();
  const auto cursor = journal_->cursor();
  // Without one these may come again after a restart; they have their own time.
  const std::string place = cursor ? *cursor : setup_.place;
  hooks_.on_lines({.entries = lines_, .place = place});
  lines_.clear();
}

void JournalSource::conclude(const Error* error) {
  const auto state = error == nullptr ? SourceState::following : SourceState::unreadable;
  const auto reason = error == nullptr ? std::string() : error->message;
  if (state == status_.state && reason == status_.reason) return;
  status_.state = state;
  status_.reason = reason;
  if (!hooks_.on_notice) return;
  if (error == nullptr) {
    hooks_.on_notice({.words = "journal: is being followed"});
  } else {
    hooks_.on_notice(
        {.weight = SourceNotice::Weight::warning, .words = "journal: is not being followed: " + reason});
  }
}

}  // namespace systemcheck
