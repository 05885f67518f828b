#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/tailer_world.h"

// Whatever is done to a log and to the one who follows it, in any order: each complete line comes once, in
// the order in which it was written. The model knows which lines stand in which file, and so which of them
// nobody can have any more: those whose file went, or was cut, before anybody had it open. Only they may be
// missing.

namespace systemcheck::test {
namespace {

class Model : public TailerWorld {
 public:
  Model(std::uint64_t seed, bool is_link) : random_(seed), is_link_(is_link) {
    if (is_link_) turn_link();
    server_.open(path(log));
    contents_[name()];
    start();
    // From here on there is a place to go on from.
    write_some();
    wake();
  }

  void act() {
    static const std::vector<std::pair<int, void (Model::*)()>> actions{
        {30, &Model::write_some},    {8, &Model::write_half},
        {4, &Model::write_long},     {12, &Model::rename_away},
        {12, &Model::reopen},        {10, &Model::copy_and_cut},
        {4, &Model::delete_log},     {3, &Model::rename_and_delete},
        {3, &Model::cut_log},        {3, &Model::cut_and_refill},
        {4, &Model::edit},           {25, &Model::notice},
        {10, &Model::let_time_pass}, {6, &Model::crash},
        {5, &Model::go_away},        {8, &Model::come_back},
        {3, &Model::overflow},       {4, &Model::turn_link}};
    int total = 0;
    for (const auto& [weight, action] : actions)
      total += weight;
    int drawn = below(total);
    for (const auto& [weight, action] : actions) {
      drawn -= weight;
      if (drawn < 0) return (this->*action)();
    }
  }

  void finish() {
    come_back();
    finish_half();
    reopen();
    write_some();
    notice();
    loop.run_for(3 * cycle);
  }

  /// Empty: all is well.
  std::string judge() {
    if (auto wrong = judge_order(); !wrong.empty()) return wrong;
    std::set<int> seen;
    for (const auto& line : lines)
      seen.insert(number_in(line));
    for (const auto number : excused_)
      missing += seen.contains(number) ? 0 : 1;
    for (int number = 0; number < next_; ++number) {
      if (!seen.contains(number) && !skipped_.contains(number) && !excused_.contains(number))
        return "never came: " + std::to_string(number);
    }
    return {};
  }
  [[nodiscard]] int written() const { return next_; }
  std::string story{};
  int missing = 0;  ///< that nobody could have had any more

 private:
  using Numbers = std::vector<int>;

  std::string judge_order() {
    int last = -1;
    for (const auto& line : lines) {
      const auto number = number_in(line);
      if (number < 0) return "no line of ours came: '" + line.substr(0, 80) + "'";
      if (number <= last) return std::to_string(number) + " came after " + std::to_string(last);
      last = number;
    }
    return {};
  }

  int below(int limit) { return static_cast<int>(random_() % static_cast<std::uint64_t>(limit)); }
  void tell(const std::string& what) {
    for (const auto& notice : std::exchange(notices, {}))
      story += "    said: " + notice.words + "\n";
    if (const auto wrong = judge_order(); !wrong.empty() && !std::exchange(is_wrong_, true))
      story += "    WRONG from here on: " + wrong + "\n";
    if (!lines.empty()) story += "    came: up to " + std::to_string(number_in(lines.back())) + "\n";
    story += what + "\n";
  }
  static int number_in(const std::string& line) {
    if (line.size() < 11 || line.compare(0, 4, "line") != 0) return -1;
    return std::stoi(line.substr(4, 7));
  }
  std::string make_line(std::size_t padding) {
    auto number = std::to_string(next_++);
    auto line = "line" + std::string(7 - number.size(), '0') + number + std::string(padding, '\0');
    return line + number + "\n";
  }
  /// The name that the log has in its directory: a link leads to one.
  std::string name() const { return is_link_ ? target_ : log; }
  std::string rotated(int number) const { return name() + "." + std::to_string(number); }
  void note_line() {
    contents_[writes_to_].push_back(next_);
    if (writes_to_ == deleted_ && !has_deleted_open_) excused_.insert(next_);
  }

  // What is written, by a server that has a file open.

  void write_some() {
    if (!server_.is_open()) return;
    finish_half();
    std::string text;
    for (int count = 1 + below(30); count > 0; --count) {
      note_line();
      text += make_line(static_cast<std::size_t>(below(200)));
    }
    tell("write to " + std::to_string(next_ - 1));
    server_.write(text);
  }
  void write_half() {
    if (!server_.is_open()) return;
    finish_half();
    tell("write half of " + std::to_string(next_));
    note_line();
    const auto line = make_line(100);
    server_.write(line.substr(0, 50));
    half_ = line.substr(50);
  }
  void finish_half() {
    if (!half_.empty()) server_.write(std::exchange(half_, {}));
  }
  void write_long() {
    if (!server_.is_open()) return;
    finish_half();
    tell("write long " + std::to_string(next_));
    skipped_.insert(next_);
    const auto size = below(3) == 0 ? LogTailer::bite_bytes + 10'000 : line_bytes_max + 10;
    server_.write(make_line(size));
  }

  // What is done to the files. A server writes on to the one that it has open.

  void shift() {
    constexpr int kept = 6;
    remove_file(rotated(kept));
    for (int number = kept - 1; number > 0; --number) {
      if (std::filesystem::exists(path(rotated(number)))) move(rotated(number), rotated(number + 1));
    }
  }
  void move(const std::string& from, const std::string& to) {
    rename(from, to);
    auto moved = contents_.extract(from);
    moved.key() = to;
    contents_.insert(std::move(moved));
    if (writes_to_ == from) writes_to_ = to;
  }
  void remove_file(const std::string& file) {
    if (!contents_.contains(file)) return;
    notice();
    remove(file);
    excuse(file);
    contents_.erase(file);
  }
  /// What was in there and has not come cannot come any more. Never where the tailer has been told of all and
  /// follows: then it must have come.
  void excuse(const std::string& file) {
    if (!sees_log()) give_up(file);
  }
  bool sees_log() const { return is_there() && has_log() && status().state == SourceState::following; }
  void give_up(const std::string& file) {
    std::set<int> came;
    for (const auto& line : lines)
      came.insert(number_in(line));
    for (const auto number : contents_[file])
      if (!came.contains(number) && !is_elsewhere(file, number)) excused_.insert(number);
  }
  bool is_elsewhere(const std::string& file, int number) {
    for (const auto& [other, numbers] : contents_) {
      if (other != file && std::find(numbers.begin(), numbers.end(), number) != numbers.end()) return true;
    }
    return false;
  }
  bool has_log() const { return contents_.contains(name()); }
  bool is_there() const { return tailer != nullptr; }

  void rename_away() {
    if (!has_log() || is_moved_) return;
    // Nobody can tell an empty file that came and went while he was away from one that was there before.
    if (!is_there() && contents_[name()].empty()) return;
    tell("rename");
    shift();
    move(name(), rotated(1));
    is_moved_ = true;
    if (below(2) == 0) make_new();
  }
  void make_new() {
    tell("create");
    write(name(), "");
    contents_[name()];
  }
  void reopen() {
    finish_half();
    if (!is_moved_) return;
    tell("reopen");
    server_.open(path(name()));
    contents_[name()];
    writes_to_ = name();
    is_moved_ = false;
  }
  void copy_and_cut() {
    if (!has_log() || is_moved_ || contents_[name()].empty()) return;
    finish_half();
    tell("copy and cut");
    see_some_of_it();
    shift();
    copy(name(), rotated(1));
    contents_[rotated(1)] = contents_[name()];
    cut(name());
    contents_[name()].clear();
  }
  /// A file of which nothing was read has no place by which its copy could be known.
  void see_some_of_it() {
    const auto came = [this](int number) {
      return std::any_of(lines.begin(), lines.end(), [=](const auto& it) { return number_in(it) == number; });
    };
    const auto& numbers = contents_[name()];
    if (std::any_of(numbers.begin(), numbers.end(), came)) return;
    notice_then([this] { loop.run_for(LogTailer::short_pause); });
  }
  void notice_then(const std::function<void()>& then) {
    come_back();
    notice();
    then();
  }

  void delete_log() {
    if (!has_log() || is_moved_) return;
    finish_half();
    if (is_there()) notice();
    tell("delete");
    remove(name());
    has_deleted_open_ = is_there() && status().state == SourceState::following;
    if (!has_deleted_open_) give_up(name());
    contents_[deleted_] = contents_.extract(name()).mapped();
    writes_to_ = deleted_;
    is_moved_ = true;
  }
  void rename_and_delete() {
    if (!has_log() || is_moved_ || !is_there()) return;
    notice();
    rename_away();
    reopen();
    write_some();
    tell("rename, reopen and delete");
    notice();
    remove(rotated(1));
    contents_.erase(rotated(1));
  }
  void cut_log() {
    if (!has_log() || is_moved_) return;
    if (!is_there() && below(3) > 0) return;  // What is lost so shows nothing.
    finish_half();
    if (is_there()) notice();
    tell("cut");
    excuse(name());
    contents_[name()].clear();
    cut(name());
  }
  void cut_and_refill() {
    cut_log();
    if (!has_log() || is_moved_) return;
    for (int times = 0; times < 3; ++times)
      write_some();
  }
  /// As editors do: what was written is there, in another file.
  void edit() {
    if (!has_log() || is_moved_ || contents_[name()].empty() || !is_there()) return;
    // One that is shorter cannot be known again.
    if (std::filesystem::file_size(path(name())) < FilePlace::fingerprint_bytes) return;
    finish_half();
    notice();
    if (lines.empty()) return;
    tell("edit");
    copy(name(), "edited");
    rename("edited", name());
    notice();
    server_.open(path(name()));
  }
  void turn_link() {
    if (!is_link_ || is_moved_ || below(2) == 0) {
      if (!is_link_ || !target_.empty()) return;
    }
    if (!target_.empty()) {
      finish_half();
      notice_then([] {});
    }
    target_ = "file" + std::to_string(targets_++);
    tell("turn the link to " + target_);
    write(target_, "");
    contents_[target_];
    std::filesystem::create_symlink(target_, path("fresh"));
    rename("fresh", log);
    if (targets_ > 1) {
      server_.open(path(log));
      notice();
    }
    writes_to_ = target_;
  }

  // What the tailer sees of it.

  void notice() {
    if (!is_there()) return;
    tell("notice");
    wake();
  }
  void let_time_pass() {
    // A server that has not opened the new file by now would write into the void.
    reopen();
    if (is_there()) notice();
    const auto milliseconds = 1 + below(8'000);
    tell("wait " + std::to_string(milliseconds) + " ms");
    loop.run_for(std::chrono::milliseconds{milliseconds});
  }
  void crash() {
    if (!is_there()) return;
    tell("crash");
    lose_deleted();
    restart();
  }
  void go_away() {
    if (!is_there()) return;
    tell("go away");
    notice();
    lose_deleted();
    stop();
  }
  /// Only who has it open can read a deleted file.
  void lose_deleted() {
    reopen();
    if (contents_.contains(deleted_)) give_up(deleted_);
    contents_.erase(deleted_);
  }
  void come_back() {
    if (is_there()) return;
    tell("come back");
    start();
  }
  void overflow() {
    if (!is_there()) return;
    tell("overflow");
    files.loses_changes = true;
    notice();
  }

  std::mt19937_64 random_;
  bool is_link_;
  const std::string deleted_ = "(deleted)";
  std::string target_{};
  int targets_ = 0;
  LogWriter server_{};
  std::string half_{};
  std::string writes_to_ = log;
  std::map<std::string, Numbers> contents_{};
  bool has_deleted_open_ = false;
  bool is_wrong_ = false;
  bool is_moved_ = false;  ///< the server has a file open that the name does not lead to
  int next_ = 0;
  std::set<int> skipped_{};
  std::set<int> excused_{};
};

class LogTailerModel : public testing::TestWithParam<int> {};

TEST_P(LogTailerModel, DeliversEachCompleteLineOnceAndInOrder) {
  constexpr int seeds = 50;
  constexpr int actions = 120;
  int written = 0;
  int missing = 0;
  for (int i = 0; i < seeds; ++i) {
    const auto seed = static_cast<std::uint64_t>(GetParam()) * 1'000 + static_cast<std::uint64_t>(i);
    Model model(seed, i % 5 == 4);
    for (int action = 0; action < actions; ++action)
      model.act();
    model.finish();
    const auto wrong = model.judge();
    ASSERT_TRUE(wrong.empty()) << "seed " << seed << ": " << wrong << "\n" << model.story;
    written += model.written();
    missing += model.missing;
  }
  RecordProperty("lines", written);
  RecordProperty("missing", missing);
  EXPECT_LT(missing, written / 8) << "a model that excuses everything shows nothing";
}

/// More than the usual ones where somebody looks for trouble.
int rounds() {
  const char* const wanted = std::getenv("SYSTEMCHECK_MODEL_ROUNDS");
  return wanted == nullptr ? 4 : std::stoi(wanted);
}

INSTANTIATE_TEST_SUITE_P(Seeds, LogTailerModel, testing::Range(1, rounds() + 1));

}  // namespace
}  // namespace systemcheck::test
