#include "relay/log_chain.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "base/text.h"

namespace systemcheck {
namespace {

using Weight = SourceNotice::Weight;

constexpr std::size_t finished_max = 16;
// What is less is sooner read than searched.
constexpr std::uint64_t worth_skipping_bytes = std::uint64_t{1} << 20;

FilePlace begin_of(const LogFileStatus& status) {
  return {.device = status.device, .inode = status.inode, .modified = status.modified};
}

/// The same place in a copy.
FilePlace place_in(const LogFileStatus& status, const FilePlace& place) {
  auto other = begin_of(status);
  other.offset = place.offset;
  other.fingerprint = place.fingerprint;
  return other;
}

/// The one that was being read; behind it there may be some that had not begun.
const FilePlace* find_last_begun(const LogPlace& place) {
  const auto last = std::find_if(place.files.rbegin(), place.files.rend(),
                                 [](const FilePlace& file) { return file.offset > 0; });
  return last != place.files.rend() ? &*last : nullptr;
}

bool may_hold_a_copy(const FilePlace& place) {
  return place.fingerprint.size() == FilePlace::fingerprint_bytes;
}

}  // namespace

void LogChain::begin(const LogName& name, FoundFile current, const Start& start, Instant now) {
  name_ = name;
  if (start.place) {
    resume(std::move(current), *start.place);
    if (start.is_old) skip_old(start.is_old);
    drop_surplus();
  } else if (start.is_old && !start.is_new_file) {
    begin_young(std::move(current), start.is_old);
  } else {
    const auto status = current.status;
    add(std::move(current), begin_of(status));
    if (start.is_new_file) return;
    if (auto end = find_end(files_.back().file(), status.size_bytes)) files_.back().go_on_at(*std::move(end));
  }
  for (auto& file : files_)
    file.last_active = now;
}

void LogChain::begin_young(FoundFile current, const IsOld& is_old) {
  const auto family = read_family(machine_, name_);
  std::vector<FoundFile> found;
  found.push_back(std::move(current));
  std::vector<LinePlace> places;
  auto older = family.rbegin();
  for (bool is_all_young = true; is_all_young && found.size() < LogPlace::files_max;) {
    auto place = find_first_young(*found.back().file, found.back().status.size_bytes, is_old);
    places.push_back(place ? *std::move(place) : LinePlace{});
    is_all_young = places.back().offset == 0;
    older = std::find_if(older, family.rend(), [](const Relative& it) { return it.is_rotation; });
    if (!is_all_young || older == family.rend()) break;
    if (older->is_compressed) {
      warn_of_compressed(family, older->status.modified - Duration{1});
      break;
    }
    auto opened = machine_.open(older->path);
    if (!opened) break;
    found.push_back({.file = std::move(opened->file), .status = older->status});
    ++older;
  }
  for (auto i = found.size(); i-- > 0;) {
    const auto status = found[i].status;
    add(std::move(found[i]), begin_of(status));
    if (i < places.size()) files_.back().go_on_at(std::move(places[i]));
  }
}

void LogChain::resume(FoundFile current, const LogPlace& place) {
  const auto family = read_family(machine_, name_);
  Resumption resumption{.family = family, .current = current};
  WallTime since{};
  const auto* const last = find_last_begun(place);
  for (const auto& file : place.files) {
    since = file.modified;
    if (file.offset == 0) continue;  // Nothing of it has come, so nothing proves that it is that file.
    resumption.is_last = &file == last;
    if (resume_one(resumption, file)) {
      if (resumption.place) continue;
      (void)files_.back().look();  // Else it is as it was the last time.
      since = files_.back().place().modified;
      continue;
    }
    // Files are read one after the other: what is behind one from which something has come was read to its
    // end.
    if (!resumption.is_last) continue;
    ++status_.gaps;
    say_(Weight::warning, name_.path() + ": where we were is not there any more; lines may be missing");
  }
  const auto status = current.status;
  if (resumption.place) {
    add_unproven(family, place);
  } else {
    warn_of_compressed(family, since);
    add_later(find_later(machine_, family, since, known_or(status)), {});
  }
  add(std::move(current), resumption.place ? *resumption.place : begin_of(status));
}

/// The log is the one that it was: then a rotated file of that number is the one from which nothing has come.
void LogChain::add_unproven(const std::vector<Relative>& family, const LogPlace& place) {
  for (const auto& file : place.files) {
    if (file.offset != 0) continue;
    if (auto moved = find_moved(machine_, family, file)) add(*std::move(moved), file);
  }
}

bool LogChain::resume_one(Resumption& resumption, const FilePlace& place) {
  auto& current = resumption.current;
  const bool is_same = place.is_of(current.status);
  if (is_same && fits(*current.file, place)) {
    resumption.place = place;
    return true;
  }
  // Found at an earlier place before, it has the number of that file, which was free again, and is a copy.
  const auto take_from_earlier = [this](const LogFileStatus& status) {
    std::erase_if(files_, [&](const FollowedFile& file) { return file.place().is_of(status); });
  };
  if (auto moved = find_moved(machine_, resumption.family, place)) {
    take_from_earlier(moved->status);
    add(*std::move(moved), place);
    return true;
  }
  // What lost its name before has no copies: what looks like one is a copy of its successor.
  if (!resumption.is_last) return false;
  const auto is_current = [&](const FoundFile& found) { return found.status.is_same_file(current.status); };
  if (auto copy = find_copy(machine_, resumption.family, place, is_current)) {
    ++status_.copied;
    const auto there = place_in(copy->status, place);
    take_from_earlier(copy->status);
    add(*std::move(copy), there);  // It may have been the log itself for a while, and be written to still.
    return true;
  }
  if (is_same || !may_hold_a_copy(place) || !fits(*current.file, place)) return false;
  ++status_.replaced;
  resumption.place = place_in(current.status, place);
  return true;
}

void LogChain::skip_old(const IsOld& is_old) {
  for (auto& file : files_) {
    if (!file.look() || file.unread_bytes() < worth_skipping_bytes) continue;
    auto young = find_first_young(file.file(), file.status().size_bytes, is_old);
    if (young && young->offset > file.place().offset) file.go_on_at(*std::move(young));
  }
}

void LogChain::warn_of_compressed(const std::vector<Relative>& family, WallTime since) {
  for (const auto& relative : family) {
    if (!relative.is_compressed || !relative.is_rotation || relative.status.modified <= since) continue;
    ++status_.gaps;
    return say_(Weight::warning,
                printable(relative.path) + ": is compressed and is not read; lines may be missing");
  }
}

void LogChain::take_over(const LogName& name, FoundFile current, Instant now) {
  name_ = name;
  const auto status = current.status;
  const auto same = std::find_if(files_.begin(), files_.end(),
                                 [&](const FollowedFile& it) { return it.place().is_of(status); });
  files_.back().last_active = now;
  if (same != files_.end()) {  // It has its name again.
    std::rotate(same, std::next(same), files_.end());
    is_loss_told_ = false;
    was_moved_ = false;
    return;
  }
  (void)files_.back().look();  // Else it is as it was the last time.
  if (const auto* known = find_finished(current)) {
    add(std::move(current), FilePlace(*known));
  } else {
    const auto since = files_.back().status().modified;
    add_later(find_later(machine_, read_family(machine_, name_), since, known_or(status)), now);
    add(std::move(current), begin_of(status));
  }
  files_.back().is_unsettled = true;
  drop_surplus();
}

void LogChain::settle(std::size_t index) {
  auto& file = files_[index];
  if (!file.is_unsettled) return;
  file.is_unsettled = false;
  if (index == 0) return;
  auto& before = files_[index - 1];
  const auto& place = before.place();
  if (may_hold_a_copy(place) && fits(file.file(), place)) {
    ++status_.replaced;
    is_loss_told_ = false;
    was_moved_ = false;
    return file.go_on_at({.offset = place.offset, .before = place.fingerprint});
  }
  (void)before.look();
  note_loss_of_name(before);
}

void LogChain::note_loss_of_name(FollowedFile& file) {
  const bool was_moved = std::exchange(was_moved_, false);
  if (std::exchange(is_loss_told_, false)) return;
  if (was_moved || file.status().links > 0) {
    ++status_.renamed;
    return;
  }
  ++status_.deleted;
  say_(Weight::warning, name_.path() +
                            ": was deleted while it was being read; it is important that logs are not "
                            "deleted. Its successor is read from the beginning");
}

void LogChain::see_missing() {
  (void)current().look();  // Else it is as it was the last time.
  was_moved_ = was_moved_ || current().status().links > 0;
}

void LogChain::note_missing(const std::string& path) {
  if (std::exchange(is_loss_told_, true)) return;
  if (!was_moved_) {
    ++status_.deleted;
    return say_(Weight::warning,
                path + ": was deleted; it is important that logs are not deleted. Waiting for a new one");
  }
  ++status_.renamed;
  say_(Weight::news, path + ": was moved away; waiting for a new one");
}

void LogChain::recover(std::size_t index, Instant now) {
  auto& cut = files_[index];
  const auto unread = cut.unread_bytes();  // Of what it was before.
  (void)cut.look();                        // Else it is as it was the last time.
  const auto place = cut.place();
  const auto until = cut.status().modified;
  const auto family = read_family(machine_, name_);
  auto copy = find_copy(machine_, family, place, known_or(cut.status()));
  cut.rewind();
  cut.last_active = now;
  if (!copy) {
    ++status_.cut;
    ++status_.gaps;
    status_.lost_bytes += unread;
    return say_(Weight::warning,
                name_.path() + ": was cut short, and there is no copy of it; lines may be missing");
  }
  ++status_.copied;
  const auto there = place_in(copy->status, place);
  const auto size_before = static_cast<std::ptrdiff_t>(files_.size());
  auto later = find_later(machine_, family, copy->status.modified, known_or(copy->status));
  // What was the log after this one comes when it is its turn.
  std::erase_if(later, [until](const FoundFile& found) { return found.status.modified > until; });
  add(std::move(*copy), there);
  add_later(std::move(later), now);
  const auto cut_at = std::next(files_.begin(), static_cast<std::ptrdiff_t>(index));
  const auto first_copy = std::next(files_.begin(), size_before);
  std::for_each(first_copy, files_.end(), [now](FollowedFile& file) {
    file.is_copy = true;
    file.last_active = now;
  });
  std::rotate(cut_at, first_copy, files_.end());  // What was cut comes after them.
  drop_surplus();
}

void LogChain::forget(std::size_t index) {
  auto& file = files_[index];
  (void)file.look();
  if (file.unread_bytes() > 0) {
    ++status_.gaps;
    status_.lost_bytes += file.unread_bytes();
  }
  finished_.push_back(file.place());
  if (finished_.size() > finished_max) finished_.pop_front();
  files_.erase(std::next(files_.begin(), static_cast<std::ptrdiff_t>(index)));
}

void LogChain::forget_quiet(Instant now, Duration quiet) {
  // As long as nothing has come of the new file, the old one is what we know our place by.
  if (files_.empty() || current().place().offset == 0) return;
  for (std::size_t i = 0; i + 1 < files_.size();) {
    if (files_[i].is_at_end && now - files_[i].last_active >= quiet) {
      forget(i);
    } else {
      ++i;
    }
  }
}

std::uint64_t LogChain::look() {
  std::uint64_t unread = 0;
  for (auto& file : files_) {
    (void)file.look();  // Reading it says what is wrong.
    unread += file.unread_bytes();
  }
  return unread;
}

std::string LogChain::place_text() const {
  std::string text;
  for (const auto& file : files_) {
    if (!file.is_unsettled) append_place(text, file.place());
  }
  return text;
}

void LogChain::add(FoundFile found, FilePlace place) {
  files_.emplace_back(std::move(found.file), std::move(place));
}

/// Files that were read to the end some time ago are not among them: their numbers are used again.
IsExcluded LogChain::known_or(const LogFileStatus& other) const {
  return [this, other](const FoundFile& found) {
    const auto& status = found.status;
    return status.is_same_file(other) ||
           std::any_of(files_.begin(), files_.end(),
                       [&](const FollowedFile& file) { return file.place().is_of(status); });
  };
}

/// Rotations that came and went between two looks.
void LogChain::add_later(std::vector<FoundFile> later, Instant now) {
  for (auto& found : later) {
    const auto* const known = find_finished(found);
    if (known != nullptr && known->offset == found.status.size_bytes) continue;
    if (known == nullptr) ++status_.renamed;
    const auto place = known != nullptr ? *known : begin_of(found.status);
    add(std::move(found), place);
    files_.back().last_active = now;
  }
}

const FilePlace* LogChain::find_finished(FoundFile& found) const {
  const auto place = std::find_if(finished_.rbegin(), finished_.rend(),
                                  [&](const FilePlace& it) { return it.is_of(found.status); });
  return place != finished_.rend() && place->offset > 0 && fits(*found.file, *place) ? &*place : nullptr;
}

void LogChain::drop_surplus() {
  while (files_.size() > LogPlace::files_max)
    forget(0);
}

}  // namespace systemcheck
