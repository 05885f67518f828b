#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"
#include "os/clock.h"
#include "os/sd_event_loop.h"
#include "relay/relay_publisher.h"

// The table of who may send and all that mail servers read of it, without a log: it is told by lines who has
// logged in, and answers each line with one of its own.
//
//   relay_maps KEEP_SECONDS KIND PLACE GROUP …      KIND as in the configuration, GROUP "-" for none
//
//   login ADDRESS USER    granted, refreshed or the reason why not; when all maps have it
//   always NETWORK        relay.always has it from now on
//   remove ADDRESS        when no map has it any more
//   ready yes|no          whether it answers over its sockets
//   wait                  when nothing is left to expire

namespace systemcheck {
namespace {

/// Timers do not see that the machine was suspended.
constexpr Duration look_again = std::chrono::seconds{10};
constexpr Duration settle_look = std::chrono::microseconds{200};

BothClocks both_clocks() { return {.since_boot = time_since_boot(), .wall = wall_now()}; }

std::string decision_text(const RelayDecision& decision) {
  if (decision.kind == RelayDecision::Kind::granted) return "granted";
  if (decision.kind == RelayDecision::Kind::refreshed) return "refreshed";
  return std::string(Words<Refusal>::all.at(static_cast<std::size_t>(*decision.reason)));
}

class Host {
 public:
  Host(SdEventLoop& loop, const RelayRules& rules)
      : loop_(loop),
        rules_(rules),
        table_(rules, both_clocks()),
        publisher_(loop, rules.publish, [this](const IpAddress& who) { return answer(who); }) {
    ::fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    publisher_.take_changes(table_);
    for (const auto& it : publisher_.sockets())
      if (!it.error.empty()) std::cerr << it.error << std::endl;
    input_ = *loop.when_ready(STDIN_FILENO, Ready::readable, Priority::normal, [this] { read_lines(); });
    say_when_current("ready");
  }

 private:
  SocketmapAnswer answer(const IpAddress& who) {
    using Kind = SocketmapAnswer::Kind;
    if (!is_ready_) return {.kind = Kind::temporary, .reason = "reading the log"};
    const auto until = table_.find(who, both_clocks());
    if (!until) return {};
    return {.kind = Kind::found, .expires_on = *until};
  }

  void read_lines() {
    char buffer[4096];
    const auto count = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (count == 0) return loop_.stop();
    if (count > 0) lines_.append(buffer, static_cast<std::size_t>(count));
    for (auto end = lines_.find('\n'); end != std::string::npos; end = lines_.find('\n')) {
      obey(lines_.substr(0, end));
      lines_.erase(0, end + 1);
    }
  }

  void obey(std::string_view line) {
    const auto order = take_word(line);
    const std::string what(take_word(line));
    if (order == "login") return say_when_current(log_in(what, std::string(take_word(line))));
    if (order == "remove") return remove(what);
    if (order == "always") return always(what);
    if (order == "wait") return wait_for_the_end();
    is_ready_ = what == "yes";
    say("so be it");
  }

  std::string log_in(const std::string& address, const std::string& user) {
    const auto now = both_clocks();
    const Login login{.address = IpAddress::parse(address).value(), .user = user, .at = now.wall};
    const auto decision = table_.authorise(login, {}, now);
    note_changes();
    return decision_text(decision);
  }
  void remove(const std::string& address) {
    const bool was_there = table_.remove(IpNetwork::parse(address).value()).has_value();
    note_changes();
    say_when_current(was_there ? "removed" : "unknown");
  }
  void always(const std::string& network) {
    rules_.always.push_back({.network = IpNetwork::parse(network).value()});
    table_.replace_rules(rules_, both_clocks());
    note_changes();
    say_when_current("always");
  }
  void wait_for_the_end() {
    waiting_ = loop_.at(loop_.now() + std::chrono::milliseconds{1}, [this] {
      if (table_.size() > 0) return wait_for_the_end();
      say_when_current("nobody is left");
    });
  }

  void note_changes() {
    publisher_.take_changes(table_);
    plan_sweep();
  }

  void plan_sweep() {
    const auto next = table_.next_expiry();
    if (!next) return sweep_.cancel();
    sweep_ = loop_.at(loop_.now() + std::min(*next - time_since_boot(), look_again), [this] { sweep(); });
  }

  void sweep() {
    table_.expire(both_clocks(), RelayTable::ended_at_a_time);
    note_changes();
  }

  void say_when_current(const std::string& what) {
    const auto is_behind = [](const MapWriter::State& it) { return it.waiting_since && it.error.empty(); };
    const auto files = publisher_.files();
    if (!table_.has_changes() && std::ranges::none_of(files, is_behind)) return say(what);
    settling_ = loop_.at(loop_.now() + settle_look, [this, what] { say_when_current(what); });
  }

  void say(const std::string& what) {
    for (const auto& it : publisher_.files())
      if (!it.error.empty()) std::cerr << it.error << std::endl;
    std::cout << what << std::endl;
  }

  SdEventLoop& loop_;
  RelayRules rules_;
  RelayTable table_;
  bool is_ready_ = true;
  std::string lines_{};
  RelayPublisher publisher_;
  Watch input_{};
  Watch sweep_{};
  Watch settling_{};
  Watch waiting_{};
};

RelayMap::Kind kind_named(std::string_view word) {
  const auto& words = Words<RelayMap::Kind>::all;
  return static_cast<RelayMap::Kind>(std::ranges::find(words, word) - words.begin());
}

int run(const std::vector<std::string>& words) {
  // Its clients are addresses of the loopback.
  RelayRules rules{.keep = std::chrono::seconds{*parse_number<int>(words.at(0))}, .never = {}, .publish = {}};
  rules.limits.new_per_minute = rules.limits.addresses;
  for (std::size_t place = 1; place + 2 < words.size(); place += 3) {
    const auto& group = words[place + 2];
    rules.publish.push_back(
        {.kind = kind_named(words[place]), .places = {words[place + 1]}, .group = group == "-" ? "" : group});
  }
  auto loop = SdEventLoop::make();
  if (!loop) return 1;
  Host host(**loop, rules);
  return (*loop)->run() ? 0 : 1;
}

}  // namespace
}  // namespace systemcheck

int main(int count, char** arguments) { return systemcheck::run({arguments + 1, arguments + count}); }
