#include "os/journal_reader.h"

#include <systemd/sd-journal.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "os/os_error.h"

namespace systemcheck {
namespace {

using std::chrono::microseconds;

Error journal_error(int result) { return os_error("journal", -result); }

struct Close {
  void operator()(sd_journal* journal) const { sd_journal_close(journal); }
};
using Journal = std::unique_ptr<sd_journal, Close>;

class SystemJournal final : public JournalReader {
 public:
  SystemJournal(Journal journal, int descriptor) : journal_(std::move(journal)), descriptor_(descriptor) {}

  [[nodiscard]] int descriptor() const override { return descriptor_; }
  Status take_changes() override { return done(sd_journal_process(journal_.get())); }

  Result<bool> seek_behind(const std::string& cursor) override {
    const int sought = sd_journal_seek_cursor(journal_.get(), cursor.c_str());
    if (sought < 0) return journal_error(sought);
    const int moved = sd_journal_next(journal_.get());
    if (moved < 0) return journal_error(moved);
    if (moved == 0) return false;
    const int is_it = sd_journal_test_cursor(journal_.get(), cursor.c_str());
    if (is_it < 0) return journal_error(is_it);
    if (is_it > 0) return true;
    // The first one behind the gap: next() has to find it.
    const int back = sd_journal_previous(journal_.get());
    if (back < 0) return journal_error(back);
    if (back == 0) return seek_head();
    return false;
  }
  Status seek_time(WallTime since) override {
    const auto time = std::chrono::duration_cast<microseconds>(since.time_since_epoch()).count();
    return done(sd_journal_seek_realtime_usec(journal_.get(), static_cast<std::uint64_t>(time)));
  }
  Status seek_end() override {
    const int sought = sd_journal_seek_tail(journal_.get());
    if (sought < 0) return journal_error(sought);
    // The end is no place: what comes before sd_journal_next() would be skipped with it.
    const int moved = sd_journal_previous(journal_.get());
    if (moved != 0) return done(moved);
    return done(sd_journal_seek_head(journal_.get()));  // An empty journal: all of what comes.
  }

  Result<std::optional<JournalEntry>> next() override {
    const int moved = sd_journal_next(journal_.get());
    if (moved < 0) return journal_error(moved);
    if (moved == 0) return std::optional<JournalEntry>{};
    return std::optional(read_entry());
  }
  Result<std::string> cursor() override {
    char* text = nullptr;
    const int result = sd_journal_get_cursor(journal_.get(), &text);
    if (result < 0) return journal_error(result);
    const std::unique_ptr<char, decltype(&std::free)> owner(text, &std::free);
    return std::string(text);
  }

 private:
  static Status done(int result) {
    if (result < 0) return journal_error(result);
    return Nothing{};
  }
  Result<bool> seek_head() {
    const int sought = sd_journal_seek_head(journal_.get());
    if (sought < 0) return journal_error(sought);
    return false;
  }

  /// Valid until the next field is read; empty where there is none.
  std::string_view field(const char* name) {
    const void* data = nullptr;
    std::size_t size = 0;
    if (sd_journal_get_data(journal_.get(), name, &data, &size) < 0) return {};
    std::string_view text(static_cast<const char*>(data), size);
    text.remove_prefix(std::min(text.size(), std::strlen(name) + 1));  // "NAME="
    return text;
  }
  JournalEntry read_entry() {
    JournalEntry entry;
    std::uint64_t time = 0;
    if (sd_journal_get_realtime_usec(journal_.get(), &time) >= 0) entry.at = WallTime{microseconds{time}};
    entry.identifier = field("SYSLOG_IDENTIFIER");
    entry.message = field("MESSAGE");
    // The threshold is for name and value together.
    entry.was_cut = entry.message.size() + sizeof "MESSAGE" >= journal_field_bytes_max;
    entry.pid = parse_number<pid_t>(field("SYSLOG_PID"));
    if (!entry.pid) entry.pid = parse_number<pid_t>(field("_PID"));
    entry.user = parse_number<uid_t>(field("_UID"));
    entry.executable = field("_EXE");
    return entry;
  }

  Journal journal_;
  int descriptor_;
};

Result<Journal> open_files(const std::string& directory) {
  sd_journal* opened = nullptr;
  // Of the system: users have files of their own, and nobody's login is in there.
  const int result = directory.empty() ? sd_journal_open(&opened, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM)
                                       : sd_journal_open_directory(&opened, directory.c_str(), 0);
  if (result < 0) return journal_error(result);
  return Journal(opened);
}

}  // namespace

Result<std::unique_ptr<JournalReader>> open_journal(unsigned facility, const std::string& directory) {
  auto journal = open_files(directory);
  if (!journal) return std::move(journal).error();
  const auto match = "SYSLOG_FACILITY=" + std::to_string(facility);
  int result = sd_journal_add_match(journal->get(), match.data(), match.size());
  if (result >= 0) result = sd_journal_set_data_threshold(journal->get(), journal_field_bytes_max);
  if (result >= 0) result = sd_journal_get_fd(journal->get());  // From here on it tells of changes.
  if (result < 0) return journal_error(result);
  return std::unique_ptr<JournalReader>(std::make_unique<SystemJournal>(*std::move(journal), result));
}

}  // namespace systemcheck
