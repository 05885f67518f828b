// What it costs to tell mail servers who may send: lookups over the socketmap while nothing happens, while
// all grants end at once and while users log in; and one change of each kind of map file, by its size.

#include <poll.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/text.h"
#include "os/clock.h"
#include "os/sd_event_loop.h"
#include "os/socket.h"
#include "relay/relay_publisher.h"
#include "support/temporary_directory.h"

namespace systemcheck {
namespace {

constexpr int default_grants = 100'000;
constexpr int grants_max = 1'000'000;
constexpr int clients = 50;
constexpr Duration phase = std::chrono::seconds{3};
constexpr int changes_per_size = 200;

IpAddress address(int number) {
  auto bytes = IpAddress::parse("10.0.0.0")->bytes();
  bytes[13] = static_cast<std::uint8_t>(number >> 16);
  bytes[14] = static_cast<std::uint8_t>(number >> 8);
  bytes[15] = static_cast<std::uint8_t>(number);
  return IpAddress::from_bytes(bytes);
}

double microseconds(Duration time) { return static_cast<double>(time.count()) / 1e3; }

Duration processor_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

/// Of the loop.
struct Turn {
  Instant began = steady_now();
  Duration used = processor_time();
};

/// In microseconds.
double quantile(std::vector<Duration>& times, double share) {
  if (times.empty()) return 0;
  std::ranges::sort(times);
  return microseconds(times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))]);
}

/// Mail servers, each of which asks again when it has its answer; on a thread of their own.
class MailServers {
 public:
  MailServers(const std::string& place, int grants) : grants_(grants) {
    for (int count = 0; count < clients; ++count)
      connections_.push_back(begin_connection(SocketKind::local, place));
  }

  std::vector<Duration> ask(const std::atomic<bool>& is_over) {
    std::vector<Duration> times;
    std::vector<Instant> asked(connections_.size());
    std::vector<pollfd> ready;
    for (std::size_t who = 0; who < connections_.size(); ++who) {
      ready.push_back({.fd = connections_[who].socket.number(), .events = POLLIN, .revents = 0});
      ask_one(who, asked);
    }
    while (!is_over && ::poll(ready.data(), ready.size(), 100) >= 0) {
      for (std::size_t who = 0; who < ready.size(); ++who) {
        if ((ready[who].revents & POLLIN) == 0) continue;
        std::array<char, 256> answer{};
        take_bytes(ready[who].fd, answer);
        times.push_back(steady_now() - asked[who]);
        ask_one(who, asked);
      }
    }
    return times;
  }

 private:
  void ask_one(std::size_t who, std::vector<Instant>& asked) {
    number_ = (number_ + 7919) % (2 * grants_);
    const auto request = "relay " + address(number_).text();
    asked[who] = steady_now();
    send_bytes(connections_[who].socket.number(), std::to_string(request.size()) + ":" + request + ",");
  }

  const int grants_;
  int number_ = 0;
  std::vector<Connection> connections_{};
};

class Rig {
 public:
  Rig(SdEventLoop& loop, const RelayRules& rules)
      : loop_(loop), table_(rules, now()), publisher_(loop, rules.publish, [this](const IpAddress& who) {
          using Kind = SocketmapAnswer::Kind;
          const auto until = table_.find(who, now());
          return until ? SocketmapAnswer{.kind = Kind::found, .expires_on = *until} : SocketmapAnswer{};
        }) {}

  void log_in(int number) {
    table_.authorise({.address = address(number), .user = "user" + std::to_string(number), .at = now().wall},
                     {.source = "/var/log/mail.log"}, now());
  }
  void fill(int grants) {
    const auto began = steady_now();
    for (int number = 0; number < grants; ++number)
      log_in(number);
    std::printf("a login                                   %8.2f us\n",
                microseconds(steady_now() - began) / grants);
    publisher_.take_changes(table_);
    run_until_current();
  }
  /// All are over at once.
  void end_all() {
    ahead_ = std::chrono::hours{1};
    sweep();
  }
  void log_in_again_and_again() {
    const Turn turn;
    log_in(++number_ % 1000);
    publisher_.take_changes(table_);
    note_turn(turn);
    next_ = loop_.at(loop_.now() + std::chrono::milliseconds{2}, [this] { log_in_again_and_again(); });
  }
  void rest() { next_.cancel(); }
  void tell_longest_turn(const char* what) {
    std::printf("the longest turn of %-21s %8.0f us, %.0f us of them processor time\n", what,
                microseconds(std::exchange(longest_, Duration{})),
                microseconds(std::exchange(most_used_, Duration{})));
  }

  void run_until_current() {
    Watch look;
    std::function<void()> look_again = [&] {
      const auto is_behind = [](const MapWriter::State& it) { return it.waiting_since.has_value(); };
      if (!table_.has_changes() && std::ranges::none_of(publisher_.files(), is_behind)) return loop_.stop();
      look = loop_.at(loop_.now() + std::chrono::milliseconds{1}, look_again);
    };
    look_again();
    (void)loop_.run();
  }

 private:
  [[nodiscard]] BothClocks now() const {
    return {.since_boot = time_since_boot() + ahead_, .wall = wall_now() + ahead_};
  }
  void sweep() {
    const Turn turn;
    table_.expire(now(), RelayTable::ended_at_a_time);
    publisher_.take_changes(table_);
    note_turn(turn);
    if (table_.size() > 0) next_ = loop_.at(loop_.now(), [this] { sweep(); });
  }
  void note_turn(const Turn& turn) {
    longest_ = std::max(longest_, Duration(steady_now() - turn.began));
    most_used_ = std::max(most_used_, processor_time() - turn.used);
  }

  SdEventLoop& loop_;
  Duration ahead_{};
  Duration longest_{};
  Duration most_used_{};
  int number_ = 0;
  RelayTable table_;
  RelayPublisher publisher_;
  Watch next_{};
};

void ask_meanwhile(const char* what, SdEventLoop& loop, MailServers& mail_servers) {
  std::atomic<bool> is_over = false;
  std::vector<Duration> times;
  std::thread asking([&] { times = mail_servers.ask(is_over); });
  const auto end = loop.at(loop.now() + phase, [&] { loop.stop(); });
  (void)loop.run();
  is_over = true;
  asking.join();
  const auto p50 = quantile(times, 0.5);
  const auto p99 = quantile(times, 0.99);
  std::printf("lookups, %d clients, %-20s %8.0f us median %8.0f us p99 %8.0f us longest %9.0f a second\n",
              clients, what, p50, p99, quantile(times, 1),
              static_cast<double>(times.size()) / in_seconds(phase));
}

void measure_lookups(SdEventLoop& loop, const std::string& directory, int grants) {
  using Kind = RelayMap::Kind;
  RelayRules rules{.never = {}, .publish = {}};
  rules.limits.addresses = rules.limits.new_per_minute = static_cast<std::uint32_t>(2 * grants);
  rules.publish = {{.kind = Kind::socketmap, .places = {"unix:" + directory + "/s"}},
                   {.kind = Kind::sendmail_hash, .places = {directory + "/relay"}},
                   {.kind = Kind::postfix_lmdb, .places = {directory + "/relay"}}};
  Rig rig(loop, rules);
  rig.fill(grants);
  MailServers mail_servers(directory + "/s", grants);
  ask_meanwhile("at rest", loop, mail_servers);
  rig.log_in_again_and_again();
  ask_meanwhile("500 logins a second", loop, mail_servers);
  rig.rest();
  rig.tell_longest_turn("a login");
  rig.end_all();
  ask_meanwhile("all end at once", loop, mail_servers);
  rig.tell_longest_turn("the sweep");
  rig.run_until_current();
}

void measure_changes(const char* name, MapFile& file, int size) {
  MapEntries entries;
  for (int number = 0; number < size; ++number)
    entries.emplace(IpNetwork(address(number), 32), WallTime{});
  auto began = steady_now();
  if (const auto made = file.replace(entries); !made)
    return (void)std::printf("%s\n", made.error().message.c_str());
  const auto anew = steady_now() - began;
  std::vector<Duration> times;
  for (int number = 0; number < changes_per_size; ++number) {
    const std::vector<MapChange> changes{
        {.network = IpNetwork(address(size + number), 32), .expires_on = WallTime{}}};
    entries.emplace(changes[0].network, WallTime{});
    began = steady_now();
    (void)file.apply(entries, changes);
    times.push_back(steady_now() - began);
  }
  const auto p50 = quantile(times, 0.5);
  std::printf("%-5s of %6d: anew %7.1f ms; a change %8.0f us median %8.0f us p99\n", name, size,
              microseconds(anew) / 1e3, p50, quantile(times, 0.99));
}

int run(int grants) {
  const test::TemporaryDirectory directory;
  auto loop = SdEventLoop::make();
  if (!loop) return 1;
  measure_lookups(**loop, directory.path(), grants);
  for (const int size : {100, 10'000, 100'000}) {
    const auto path = directory.make_directory(std::to_string(size)) + "/map";
    measure_changes("hash", *make_sendmail_hash({.path = path}), size);
    measure_changes("lmdb", *make_postfix_lmdb({.path = path}), size);
    measure_changes("plain", *make_plain_map({.path = path}), size);
  }
  return 0;
}

}  // namespace
}  // namespace systemcheck

int main(int count, char** arguments) {
  const auto grants = count > 1 ? systemcheck::parse_number<int>(arguments[1]) : systemcheck::default_grants;
  if (!grants || *grants < 1 || *grants > systemcheck::grants_max) return 2;
  return systemcheck::run(*grants);
}
