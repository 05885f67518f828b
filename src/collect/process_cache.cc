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

Status ProcessCache::read_table(Host& host, Processes& table, std::span<const pid_t> concerned) {
  const auto now = read_numbers_given(host, table.births);
  const auto roll = list(host);
  if (!roll) return roll.error();
  given_ = now;
  ++passes_;
  auto done = read(host, table, *roll, [&](const Known& known) {
    return known.is_quiet && !is_its_turn(known) &&
           !std::ranges::binary_search(concerned, known.process.identity.pid);
  });
  seen_ = {};  // Until the next cycle nobody needs so much memory.
  return done;
}

Status ProcessCache::read_changes(Host& host, Processes& table, std::span<const pid_t> concerned) {
  const auto now = read_numbers_given(host, table.births);
  const auto roll = list_changes(host, now);
  if (!roll) return roll.error();
  given_ = now;
  return read(host, table, *roll, [concerned](const Known& known) {
    return !known.is_young && !std::ranges::binary_search(concerned, known.process.identity.pid);
  });
}

Result<ProcessCache::Roll> ProcessCache::list(Host& host) {
  auto entries = host.list_numbers("/proc");
  if (!entries) return std::move(entries).error();
  return Roll{.entries = *std::move(entries)};
}

Result<ProcessCache::Roll> ProcessCache::list_changes(Host& host,
                                                      const std::optional<NumbersGiven>& now) const {
  const auto newcomers = given_ && now ? numbers_of_newcomers(*given_, *now) : std::nullopt;
  if (!newcomers) return list(host);
  return call_roll(host, *newcomers);
}

/// Those that are known, with the newcomers among them.
ProcessCache::Roll ProcessCache::call_roll(Host& host, const NumberRange& newcomers) const {
  Roll roll{.entries = {}, .is_listed = false};
  auto& entries = roll.entries;
  entries.reserve(known_.size() + static_cast<std::size_t>(newcomers.last - newcomers.first + 1));
  for (const auto& known : known_) {
    const auto number = known.process.identity.pid;
    if (!newcomers.contains(number)) entries.push_back({.number = number, .inode = known.inode});
  }
  const auto before = static_cast<std::ptrdiff_t>(entries.size());
  for (auto number = newcomers.first; number <= newcomers.last; ++number) {
    if (const auto found = find(host, number)) entries.push_back(*found);
  }
  std::ranges::inplace_merge(entries, entries.begin() + before, {}, &NumberedEntry::number);
  return roll;
}

/// Who has this number now. Of one that is known its inode says that it is no thread; and if its number was
/// given out before the last pass, nobody else can have got it since.
std::optional<NumberedEntry> ProcessCache::find(Host& host, pid_t number) const {
  const auto pid_of = [](const Known& it) { return it.process.identity.pid; };
  const auto known = std::ranges::lower_bound(known_, number, {}, pid_of);
  const bool is_known = known != known_.end() && pid_of(*known) == number;
  if (is_known && number <= given_->last) return NumberedEntry{.number = number, .inode = known->inode};
  const auto status = host.status(ProcessPath(number).directory());
  if (!status) return std::nullopt;
  const bool is_the_same = is_known && known->inode == status->inode;
  if (!is_the_same && !is_process(host, number)) return std::nullopt;
  return NumberedEntry{.number = number, .inode = status->inode};
}

template <typename IsReusable>
Status ProcessCache::read(Host& host, Processes& table, const Roll& roll, IsReusable is_reusable) {
  table.all.reserve(roll.entries.size());
  seen_.clear();
  seen_.reserve(roll.entries.size());
  Pass pass{
      .host = host, .table = table, .page_bytes = host.constants().page_bytes, .is_listed = roll.is_listed};
  for (const auto& entry : roll.entries) {
    auto* known = find_known(pass, entry.number);
    if (known != nullptr && known->inode == entry.inode && is_reusable(*known)) {
      table.all.push_back(known->process);
      seen_.push_back(std::move(*known));
      continue;
    }
    if (const auto done = read_process(pass, entry, known); !done)
      count_failure(pass, entry.number, done.error());
  }
  known_.swap(seen_);
  table.races_total = races_total_;
  table.read_errors_total = read_errors_total_;
  return Nothing{};
}

ProcessCache::Known* ProcessCache::find_known(Pass& pass, pid_t pid) {
  while (pass.next_known < known_.size() && known_[pass.next_known].process.identity.pid < pid)
    ++pass.next_known;
  if (pass.next_known >= known_.size()) return nullptr;
  auto& known = known_[pass.next_known];
  return known.process.identity.pid == pid ? &known : nullptr;
}

Status ProcessCache::read_process(Pass& pass, NumberedEntry entry, Known* known) {
  ProcessPath path(entry.number);
  const auto length = pass.host.read_into(path.file("/stat"), stat_buffer_);
  if (!length) return length.error();
  auto parsed = parse_stat({stat_buffer_.data(), *length}, pass.page_bytes);
  if (!parsed) return std::move(parsed).error().within(path.file("/stat"));
  // The owner of the directory is the effective user; /proc/PID/status costs twice as much as all this.
  const auto status = pass.host.status(path.directory());
  if (!status) return status.error();
  parsed->process.user = status->owner;
  Known now{.process = parsed->process, .inode = entry.inode, .stack_start = parsed->stack_start};
  if (const auto done = complete_text(pass, *parsed, known, now); !done) return done.error();
  now.is_quiet = !now.is_young && known != nullptr && known->process == now.process;
  pass.table.all.push_back(now.process);
  seen_.push_back(std::move(now));
  return Nothing{};
}

/// Spread over the processes, so that each pass costs the same.
bool ProcessCache::is_its_turn(const Known& known) const {
  return (static_cast<std::uint32_t>(known.process.identity.pid) + passes_) % quiet_turns == 0;
}

/// With its own earlier one, or with the process before it: workers of one service are neighbours.
std::shared_ptr<const ProcessText> ProcessCache::share(const Known* known, ProcessText text) const {
  if (known != nullptr && is_same(*known->process.text, text)) return known->process.text;
  if (!seen_.empty() && is_same(*seen_.back().process.text, text)) return seen_.back().process.text;
  return std::make_shared<const ProcessText>(std::move(text));
}

Status ProcessCache::complete_text(Pass& pass, const ParsedStat& parsed, const Known* known, Known& now) {
  const bool is_same_process = known != nullptr && known->process.identity == now.process.identity &&
                               known->process.text->comm == parsed.comm;
  if (is_same_process && now.process.is_headless()) {
    now.process.text = known->process.text;
    now.stack_start = known->stack_start;
    return Nothing{};
  }
  const bool is_known = is_same_process && known->stack_start == now.stack_start;
  if (is_known && !known->is_young && known->refresh_in > 1) {
    now.process.text = known->process.text;
    now.refresh_in = static_cast<std::uint8_t>(known->refresh_in - 1);
    return Nothing{};
  }
  auto read = read_text(pass.host, parsed);
  if (!read) return read.error();
  now.process.text = share(known, *std::move(read));
  now.is_young = age_seconds(now.process, pass.table) < in_seconds(young_for);
  now.refresh_in =
      static_cast<std::uint8_t>(text_refresh_passes + now.process.identity.pid % text_refresh_passes);
  return Nothing{};
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

void ProcessCache::count_failure(const Pass& pass, pid_t pid, const Error& error) {
  if (is_race(error)) {
    if (pass.is_listed) ++races_total_;
    return;
  }
  ++read_errors_total_;
  auto& table = pass.table;
  if (table.unread.size() < unread_processes_max) table.unread.push_back(pid);
  ++table.unread_count;
}

}  // namespace systemcheck
