#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "relay/relay_table.h"

// Thousands of random logins, removals, steps of time and restarts, beside a model so simple that it can be
// read at a glance: a list that is searched from end to end.

namespace systemcheck {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration keep = minutes{15};
constexpr RelayLimits limits{
    .addresses = 12, .addresses_per_user = 4, .new_per_minute = 1000, .users_per_address = 3};

struct Row {
  IpAddress address{};
  WallTime ends{};
  std::vector<std::string> users{};
};

class Model {
 public:
  void log_in(const Login& login, WallTime now) {
    const bool is_of_now = login.at + keep > now && login.at <= now + RelayTable::future_max;
    auto* row = find(login.address);
    const bool is_his = row != nullptr && std::ranges::count(row->users, login.user) > 0;
    if (!is_of_now || (!is_his && addresses_of(login.user) >= limits.addresses_per_user)) return;
    if (row == nullptr && rows.size() >= limits.addresses) return;
    if (row == nullptr) row = &rows.emplace_back(Row{.address = login.address});
    row->ends = std::max(row->ends, std::min(login.at, now) + keep);
    if (!is_his && row->users.size() < limits.users_per_address) row->users.push_back(login.user);
  }
  void remove(const IpAddress& address) {
    std::erase_if(rows, [&](const Row& it) { return it.address == address; });
  }
  void expire(WallTime now) {
    std::erase_if(rows, [&](const Row& it) { return it.ends <= now; });
  }
  Row* find(const IpAddress& address) {
    const auto found = std::ranges::find(rows, address, &Row::address);
    return found == rows.end() ? nullptr : &*found;
  }
  std::vector<Row> rows{};

 private:
  std::size_t addresses_of(const std::string& user) {
    return static_cast<std::size_t>(
        std::ranges::count_if(rows, [&](const Row& it) { return std::ranges::count(it.users, user) > 0; }));
  }
};

class Play {
 public:
  explicit Play(unsigned seed) : random_(seed) {}

  void step() {
    switch (draw(12)) {
      case 0:
        return pass(seconds{draw(400)});
      case 1:
        return remove();
      case 2:
        return draw(5) == 0 ? restart() : pass(minutes{draw(3)});
      default:
        return log_in();
    }
  }
  void compare() {
    table_.expire(now_, 1000);
    model_.expire(now_.wall);
    ASSERT_EQ(table_.size(), model_.rows.size());
    std::optional<Duration> next;
    for (int number = 0; number < addresses; ++number) {
      const auto who = address(number);
      const auto* row = model_.find(who);
      const auto until = table_.find(who, now_);
      ASSERT_EQ(until, row == nullptr ? std::nullopt : std::optional(row->ends)) << who.text();
      if (row == nullptr) continue;
      ASSERT_EQ(table_.find_grant(who)->users, row->users);
      const auto ends = now_.since_boot + (row->ends - now_.wall);
      next = next ? std::min(*next, ends) : ends;
    }
    ASSERT_EQ(table_.next_expiry(), next);
    compare_map();
  }

 private:
  static constexpr int addresses = 20;

  int draw(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  static IpAddress address(int number) {
    const auto text = number % 3 == 0 ? "2001:db8::" : "192.0.2.";
    return IpAddress::parse(text + std::to_string(number)).value();
  }
  static IpNetwork network(const IpAddress& it) { return IpNetwork(it, 128); }

  void pass(Duration time) {
    now_.since_boot += time;
    now_.wall += time;
    // What is over and not swept yet counts as known; the daemon sweeps before it reads on.
    table_.expire(now_, 1000);
    model_.expire(now_.wall);
  }
  void log_in() {
    const Login login{.address = address(draw(addresses)),
                      .user = std::string(1, static_cast<char>('a' + draw(6))),
                      .pattern = "p",
                      .at = now_.wall - seconds{draw(1100) - 100}};
    table_.authorise(login, {}, now_);
    model_.log_in(login, now_.wall);
  }
  void remove() {
    const auto who = address(draw(addresses));
    ASSERT_EQ(table_.remove(network(who)).has_value(), model_.find(who) != nullptr);
    model_.remove(who);
  }
  void restart() {
    const auto remembered = table_.list(1000, std::nullopt);
    now_.since_boot = seconds{draw(1000)};
    table_ = RelayTable(rules(), now_);
    for (const auto& grant : remembered)
      table_.restore(grant, now_);
  }
  /// What a map has that was told of every change is what the table has.
  void compare_map() {
    for (auto changes = table_.take_changes(3); !changes.empty(); changes = table_.take_changes(3)) {
      for (const auto& change : changes) {
        map_.erase(change.network);
        if (change.expires_on) map_.emplace(change.network, *change.expires_on);
      }
    }
    ASSERT_EQ(map_.size(), model_.rows.size());
    for (const auto& row : model_.rows)
      ASSERT_EQ(map_.at(network(row.address)), row.ends);
  }

  static RelayRules rules() { return {.keep = keep, .limits = limits}; }

  std::mt19937 random_;
  BothClocks now_{.since_boot = seconds{5000}, .wall = WallTime{seconds{1'795'371'600}}};
  RelayTable table_{rules(), now_};
  Model model_{};
  std::map<IpNetwork, WallTime> map_{};
};

TEST(TableBesideItsModel, AgreesAfterWhateverHappens) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    Play play(seed);
    for (int steps = 0; steps < 500; ++steps) {
      play.step();
      play.compare();
      ASSERT_FALSE(testing::Test::HasFatalFailure()) << "seed " << seed << ", step " << steps;
    }
  }
}

}  // namespace
}  // namespace systemcheck
