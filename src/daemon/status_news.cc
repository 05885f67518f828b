#include "daemon/status_news.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/severity.h"
#include "publish/status_words.h"

namespace systemcheck {
namespace {

struct Change {
  CheckStatus before = CheckStatus::unknown;
  CheckStatus now = CheckStatus::unknown;
};

bool is_news(const Change& change) {
  return change.before != change.now && (is_bad(change.before) || is_bad(change.now));
}

Event event_of(const View& view, std::string subject, const Change& change, std::string reason) {
  return {.at = view.posted_at,
          .service = std::move(subject),
          .from = std::string(word(change.before)),
          .to = std::string(word(change.now)),
          .reason = std::move(reason),
          .kind = EventKind::status};
}

CheckStatus status_of(const View& view, const std::string& file_system) {
  const auto found = std::ranges::find(view.file_systems, file_system, &FileSystemRow::name);
  return found == view.file_systems.end() ? CheckStatus::unknown : found->status;
}

bool has(const View& view, const std::string& file_system) {
  return std::ranges::find(view.file_systems, file_system, &FileSystemRow::name) != view.file_systems.end();
}

void add_disks(std::vector<Event>& news, const View& before, const View& now) {
  for (const auto& row : now.file_systems) {
    const Change change{.before = status_of(before, row.name), .now = row.status};
    if (is_news(change)) news.push_back(event_of(now, row.name, change, disk_words(now, row)));
  }
  for (const auto& row : before.file_systems) {
    const Change change{.before = row.status, .now = CheckStatus::unknown};
    if (is_news(change) && !has(now, row.name))
      news.push_back(event_of(now, row.name, change, "it is not seen any more"));
  }
}

}  // namespace

std::vector<Event> status_news(const View& before, const View& now) {
  std::vector<Event> news;
  const Change load{.before = before.load_status, .now = now.load_status};
  const Change memory{.before = before.memory_status, .now = now.memory_status};
  if (is_news(load)) news.push_back(event_of(now, "load", load, load_words(now)));
  if (is_news(memory)) news.push_back(event_of(now, "memory", memory, memory_words(now)));
  add_disks(news, before, now);
  return news;
}

}  // namespace systemcheck
