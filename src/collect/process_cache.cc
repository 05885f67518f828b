#include "collect/process_cache.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "collect/control_group.h"

namespace systemcheck {
namespace {

constexpr std::string_view deleted_mark = " (deleted)";

/// "/proc/4711/stat" without an allocation.
class ProcessPath {
 public:
  explicit ProcessPath(pid_t pid) {
    constexpr std::string_view root = "/proc/";
    char* const digits = std::ranges::copy(root, text_.data()).out;
    end_of_pid_ = std::to_chars(digits, text_.data() + text_.size(), pid).ptr;
  }
  /// Valid until the next call.
  const char* file(std::string_view name) {
    *std::ranges::copy(name, end_of_pid_).out = '\0';
    return text_.data();
  }
  const char* directory() { return file(""); }

 private:
  std::array<char, 40> text_{};
  char* end_of_pid_ = nullptr;
};

bool is_race(const Error& error) { return error.kind == Error::Kind::not_found; }

/// Arguments end with a zero byte each; a process that writes its own title leaves many at the end.
std::string joined_arguments(std::string_view raw) {
  std::string joined(raw.substr(0, raw.find_last_not_of('\0') + 1));
  std::ranges::replace(joined, '\0', ' ');
  return joined;
}

/// Not readable without the right to trace the process; kernel threads and zombies have none.
std::string read_executable(Host& host, const char* path) {
  auto target = host.read_link(path);
  if (!target) return {};
  // Replaced by an upgrade since it was started: it is the same service all the same.
  if (target->ends_with(deleted_mark)) target->resize(target->size() - deleted_mark.size());
  return *std::move(target);
}

double age_seconds(const Process& process, const Processes& table) {
  return table.uptime_seconds -
         static_cast<double>(process.identity.start_ticks) / static_cast<double>(table.ticks_per_second);
}

bool is_same(const ProcessText& a, const ProcessText& b) {
  return a.comm == b.comm && a.cmdline == b.cmdline && a.executable == b.executable &&
         a.control_group == b.control_group;
}

}  // namespace

ProcessCache::ProcessCache() = default;

Status ProcessCache::read_table(Host& host, Processes& table, Duration young_for) {
  const auto pids = host.list_numbers("/proc");
  if (!pids) return pids.error();
  table.all.reserve(pids->size());
  seen_.clear();
  seen_.reserve(pids->size());
  Pass pass{.host = host,
            .table = table,
            .page_bytes = host.constants().page_bytes,
            .young_seconds = in_seconds(young_for)};
  for (const auto pid : *pids) {
    if (const auto read = read_process(pass, pid); !read) count_failure(table, pid, read.error());
  }
  known_.swap(seen_);
  table.races_total = races_total_;
  table.read_errors_total = read_errors_total_;
  return Nothing{};
}

Status ProcessCache::read_process(Pass& pass, pid_t pid) {
  ProcessPath path(pid);
  const auto length = pass.host.read_into(path.file("/stat"), stat_buffer_);
  if (!length) return length.error();
  auto parsed = parse_stat({stat_buffer_.data(), *length}, pass.page_bytes);
  if (!parsed) return std::move(parsed).error().within(path.file("/stat"));
  // The owner of the directory is the effective user; /proc/PID/status costs twice as much as all this.
  const auto status = pass.host.status(path.directory());
  if (!status) return status.error();
  parsed->process.user = status->owner;
  auto text = text_of(pass, *parsed);
  if (!text) return text.error();
  parsed->process.text = *std::move(text);
  pass.table.all.push_back(std::move(parsed->process));
  return Nothing{};
}

Result<std::shared_ptr<const ProcessText>> ProcessCache::text_of(Pass& pass, const ParsedStat& parsed) {
  const auto& process = parsed.process;
  auto* known = find_known(pass, parsed);
  if (known != nullptr && !known->is_young && --known->refresh_in > 0) {
    seen_.push_back(std::move(*known));
    return seen_.back().text;
  }
  auto read = read_text(pass.host, parsed);
  if (!read) return read.error();
  const bool is_unchanged = known != nullptr && is_same(*known->text, *read);
  auto text = is_unchanged ? known->text : std::make_shared<const ProcessText>(*std::move(read));
  seen_.push_back({.identity = process.identity,
                   .is_young = age_seconds(process, pass.table) < pass.young_seconds,
                   .refresh_in = static_cast<std::uint8_t>(text_refresh_passes +
                                                           process.identity.pid % text_refresh_passes),
                   .text = text});
  return text;
}

ProcessCache::Known* ProcessCache::find_known(Pass& pass, const ParsedStat& parsed) {
  const auto& identity = parsed.process.identity;
  while (pass.next_known < known_.size() && known_[pass.next_known].identity.pid < identity.pid)
    ++pass.next_known;
  if (pass.next_known >= known_.size()) return nullptr;
  auto& known = known_[pass.next_known];
  return known.identity == identity && known.text->comm == parsed.comm ? &known : nullptr;
}

Result<ProcessText> ProcessCache::read_text(Host& host, const ParsedStat& parsed) {
  ProcessPath path(parsed.process.identity.pid);
  ProcessText text{.comm = std::string(parsed.comm)};
  // The command line is the process' own memory: reading may wait for its memory lock.
  const auto length = host.read_into(path.file("/cmdline"), text_buffer_);
  if (!length) return length.error();
  text.cmdline = joined_arguments({text_buffer_.data(), *length});
  text.executable = read_executable(host, path.file("/exe"));
  const auto groups = host.read_into(path.file("/cgroup"), text_buffer_);
  if (groups) text.control_group = parse_control_group({text_buffer_.data(), *groups});
  return text;
}

void ProcessCache::count_failure(Processes& table, pid_t pid, const Error& error) {
  if (is_race(error)) {
    ++races_total_;
    return;
  }
  ++read_errors_total_;
  if (table.unread.size() < unread_processes_max) table.unread.push_back(pid);
  ++table.unread_count;
}

}  // namespace systemcheck
