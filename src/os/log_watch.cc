#include "os/log_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "os/descriptor.h"
#include "os/os_error.h"

namespace systemcheck {
namespace {

constexpr std::uint32_t wanted_events = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
                                        IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr std::uint32_t directory_is_gone = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED;
// What a busy directory writes while we take is left for the next time: we are readable still.
constexpr int reads_max = 16;

/// One directory of ours may have several names in it that we look for.
class Inotify final : public LogWatch {
 public:
  explicit Inotify(Descriptor queue) : queue_(std::move(queue)) {}

  [[nodiscard]] int descriptor() const override { return queue_.number(); }

  Status watch(const std::vector<LogName>& names) override {
    std::map<int, std::set<std::string>> fresh;
    Status outcome = Nothing{};
    for (const auto& [directory, name] : names) {
      // Watching one again gives the same number.
      const int number = ::inotify_add_watch(queue_.number(), directory.c_str(), wanted_events);
      if (number >= 0) {
        fresh[number].insert(name);
      } else if (outcome) {
        outcome = os_error(printable(directory));
      }
    }
    for (const auto& [number, ignored] : watched_) {
      if (!fresh.contains(number)) ::inotify_rm_watch(queue_.number(), number);
    }
    watched_ = std::move(fresh);
    return outcome;
  }

  LogChanges take() override {
    LogChanges changes;
    alignas(inotify_event) std::array<char, 16384> buffer{};
    for (int reads = 0; reads < reads_max; ++reads) {
      const auto size = ::read(queue_.number(), buffer.data(), buffer.size());
      if (size <= 0) break;  // EAGAIN: that was all.
      note({buffer.data(), static_cast<std::size_t>(size)}, changes);
    }
    return changes;
  }

 private:
  void note(std::string_view events, LogChanges& changes) const {
    while (events.size() >= sizeof(inotify_event)) {
      inotify_event event{};
      std::memcpy(&event, events.data(), sizeof event);
      const auto name = events.substr(sizeof event, event.len);
      note_one(event, name.substr(0, name.find('\0')), changes);
      events.remove_prefix(std::min(events.size(), sizeof event + event.len));
    }
  }
  void note_one(const inotify_event& event, std::string_view name, LogChanges& changes) const {
    if ((event.mask & IN_Q_OVERFLOW) != 0) changes.were_lost = true;
    const auto found = watched_.find(event.wd);
    if (found == watched_.end()) return;  // Of a watch that was given up.
    if ((event.mask & directory_is_gone) != 0) changes.lost_directory = true;
    const auto begins_like_it = [&](const std::string& ours) { return name.starts_with(ours); };
    if (std::any_of(found->second.begin(), found->second.end(), begins_like_it)) changes.concern_us = true;
  }

  Descriptor queue_;
  std::map<int, std::set<std::string>> watched_{};
};

}  // namespace

Result<std::unique_ptr<LogWatch>> make_inotify() {
  Descriptor queue(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!queue.is_open()) return os_error("inotify");
  return std::unique_ptr<LogWatch>(std::make_unique<Inotify>(std::move(queue)));
}

}  // namespace systemcheck
