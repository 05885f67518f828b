#include "daemon/holds.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "config/groups.h"
#include "decide/windows.h"

namespace systemcheck {

void Holds::use(std::shared_ptr<const Config> config) {
  config_ = std::move(config);
  complain();
}

void Holds::note(const Result<HoldFiles>& files, Instant taken) {
  if (taken < known_at_) return;
  known_at_ = taken;
  (void)take(files);  // All services are considered after a look anyway.
}

bool Holds::look() {
  if (world_.own_host == nullptr) return false;
  known_at_ = world_.loop.now();
  return take(read_hold_files(*world_.own_host, config_->hold_directory));
}

bool Holds::take(const Result<HoldFiles>& files) {
  const bool was_unknown = all_unknown_.has_value();
  if (!files && !was_unknown) {
    all_unknown_ = begun({.name = std::string(everything),
                          .length = HoldFiles::usual_length,
                          .reason = "the hold files could not be read: " + printable(files.error().message)});
  }
  if (files) all_unknown_.reset();
  const bool is_news = was_unknown != all_unknown_.has_value() || (files && *files != files_);
  if (files && *files != files_) {
    std::vector<Held> held;
    for (const auto& file : files->files) {
      const auto known = std::ranges::find(held_, file, &Held::file);
      held.push_back(known != held_.end() ? *known : begun(file));
    }
    held_ = std::move(held);
    files_ = *files;
  }
  complain();
  return is_news;
}

/// Once for each thing that is wrong, as long as it stays so.
void Holds::complain() {
  std::set<std::string, std::less<>> complaints(files_.complaints.begin(), files_.complaints.end());
  if (all_unknown_)
    complaints.insert(all_unknown_->file.reason + "; everything is held, for " +
                      duration_words(HoldFiles::usual_length) + " at most");
  for (const auto& held : held_) {
    const auto& path = held.file.path;
    if (services_called(*config_, held.file.name).empty()) {
      complaints.insert(path + ": there is no service and no group of that name; it holds nothing");
    } else if (is_over(held)) {
      complaints.insert(path + ": its time is over; it holds nothing any more");
    } else if (is_from_the_future(held)) {
      complaints.insert(path + ": it was written in the future; its time counts from when it was seen");
    }
  }
  for (const auto& complaint : complaints) {
    if (!complained_.contains(complaint)) world_.journal.write(Severity::warning, "hold file: " + complaint);
  }
  complained_ = std::move(complaints);
}

Holds::Held Holds::begun(const HoldFile& file) const {
  const auto wall_now = world_.loop.wall_now();
  const auto from = std::min(file.modified.value_or(wall_now), wall_now);
  const auto ends_at = from + file.length;
  return {.file = file, .from = from, .ends_at = ends_at, .until = world_.loop.now() + (ends_at - wall_now)};
}

bool Holds::is_over(const Held& held) const {
  return held.until <= world_.loop.now() || held.ends_at <= world_.loop.wall_now();
}

bool Holds::is_from_the_future(const Held& held) const {
  return held.file.modified && *held.file.modified > held.from;
}

Claim Holds::claim_between(WallTime from, WallTime ends_at) const {
  const auto now = world_.loop.now();
  const auto wall_now = world_.loop.wall_now();
  return {.owner = Owner::maintenance,
          .since = now - std::max(Duration{}, wall_now - from),
          .until = now + (ends_at - wall_now),
          .ends_at = ends_at};
}

std::optional<Claim> Holds::by_window(std::string_view service) const {
  if (config_->maintenance.empty()) return std::nullopt;
  const auto open = find_open_window(*config_, service, world_.loop.wall_now(), world_.utc_offset);
  if (!open) return std::nullopt;
  auto claim = claim_between(open->from, open->until);
  claim.origin = ClaimOrigin::window;
  claim.reason = open->reason;
  return claim;
}

/// Of several files the one that ends last.
std::optional<Claim> Holds::by_file(std::string_view service) const {
  const Held* longest = nullptr;
  const auto consider = [&](const Held& held) {
    if (is_over(held) || !is_called(*config_, service, held.file.name)) return;
    if (longest == nullptr || held.ends_at > longest->ends_at) longest = &held;
  };
  std::ranges::for_each(held_, consider);
  if (all_unknown_) consider(*all_unknown_);
  if (longest == nullptr) return std::nullopt;

  const auto& [path, reason] = std::tie(longest->file.path, longest->file.reason);
  auto claim = claim_between(longest->from, longest->ends_at);
  claim.until = std::min(*claim.until, longest->until);
  claim.origin = ClaimOrigin::file;
  claim.reason = reason.empty() || path.empty() ? reason + path : reason + " (" + path + ")";
  return claim;
}

}  // namespace systemcheck
