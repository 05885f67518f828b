#include "os/process_connector.h"

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <variant>
#include <vector>

#include "os/os_error.h"
#include "os/pidfd.h"
#include "os/socket.h"

namespace systemcheck {
namespace {

constexpr std::size_t batch_max = 32;

std::uint32_t draw_request() { return (std::uint32_t{draw_id()} << 16U) | draw_id(); }

}  // namespace

struct ProcessConnector::Followed {
  ProcessIdentity process{};
  Callback on_hint{};
  std::optional<ProcessEnd> end{};
  Instant noted_at{};
  bool is_ambiguous = false;  ///< told more than once: somebody else has had its number since
  bool is_doubtful = false;   ///< it may have been told of what was lost
  bool wants_hint = false;
};

struct ProcessConnector::Registered final : Watch::Registration {
  Registered(std::weak_ptr<AllFollowed> everything, Key which) : all(std::move(everything)), key(which) {}
  ~Registered() override {
    if (const auto alive = all.lock()) alive->erase(key);
  }
  std::weak_ptr<AllFollowed> all;
  Key key;
};

ProcessConnector::ProcessConnector(EventLoop& loop, Result<std::unique_ptr<ConnectorSocket>> socket)
    : loop_(loop), followed_(std::make_shared<AllFollowed>()) {
  if (socket) {
    socket_ = *std::move(socket);
    begin();
  } else {
    give_up(socket.error().message);
  }
}

/// Before Linux 6.6 the kernel goes on telling after we are gone, unless it is asked not to.
ProcessConnector::~ProcessConnector() {
  if (!status_.is_alive) return;
  (void)socket_->send(
      connector_request(Listening::end, draw_request(), ::getpid()));  // Nobody is left to care.
}

void ProcessConnector::begin() {
  request_ = draw_request();
  const auto asked = socket_->send(connector_request(Listening::begin, request_, ::getpid()));
  if (!asked) return give_up("process connector: " + asked.error().message);
  status_.problem = "process connector: no answer, as in a container";
  (void)take(turn_max);  // The answer is there already if there is one.
  wait_for_more();
}

void ProcessConnector::wait_for_more() {
  next_turn_.cancel();
  if (!socket_ || readable_.is_set()) return;
  auto readable =
      loop_.when_ready(socket_->descriptor(), Ready::readable, Priority::normal, [this] { take_turn(); });
  if (!readable) return give_up("process connector: " + readable.error().message);
  readable_ = *std::move(readable);
}

void ProcessConnector::take_turn() {
  if (take(turn_max) == 0 || !socket_) return wait_for_more();
  readable_.cancel();
  next_turn_ = loop_.at(loop_.now() + rest, [this] { take_turn(); });
}

/// Returns how many messages it took: `limit` if there may be more.
std::size_t ProcessConnector::take(std::size_t limit) {
  std::array<Datagram, batch_max> batch{};
  std::size_t taken = 0;
  for (std::size_t calls = 0; socket_ && taken < limit && calls < limit; ++calls) {
    const auto received = socket_->receive({batch.data(), std::min(batch_max, limit - taken)});
    if (received.kind == Received::Kind::failed) {
      give_up(os_error("process connector", received.error_number).message);
      return taken;
    }
    if (received.kind == Received::Kind::lost) {
      note_loss();
      continue;
    }
    if (received.kind == Received::Kind::none) {
      settle_doubts();
      return taken;
    }
    for (std::size_t i = 0; i < received.count; ++i)
      note(batch.at(i));
    taken += received.count;
  }
  return taken;
}

void ProcessConnector::note(const Datagram& datagram) {
  const auto message = datagram.is_from_kernel ? parse_connector_message(datagram.text()) : NoNotice{};
  if (std::holds_alternative<NoNotice>(message)) ++status_.invalid_total;
  if (const auto* notice = std::get_if<ExitNotice>(&message)) note_exit(*notice);
  if (const auto* answer = std::get_if<ConnectorAnswer>(&message)) note_answer(*answer);
}

void ProcessConnector::note_exit(const ExitNotice& notice) {
  for (auto it = followed_->lower_bound({notice.pid, 0}); it != followed_->end(); ++it) {
    auto& [key, followed] = *it;
    if (key.first != notice.pid) return;
    ++status_.ends_total;
    followed.is_ambiguous = followed.end && loop_.now() - followed.noted_at < believed_for;
    followed.end = notice.end;
    followed.noted_at = loop_.now();
    followed.wants_hint = true;
    tell_hints();
  }
}

void ProcessConnector::note_answer(const ConnectorAnswer& answer) {
  if (answer.request != request_) return;  // Others ask, too, and all who listen hear the answers.
  if (answer.error_number != 0) return give_up(os_error("process connector", answer.error_number).message);
  status_.is_alive = true;
  status_.problem.clear();
}

void ProcessConnector::note_loss() {
  ++status_.losses_total;
  is_in_doubt_ = true;
  for (auto& [key, followed] : *followed_) {
    followed.is_doubtful = true;
    followed.wants_hint = true;
  }
  tell_hints();
}

/// All that had come by the time of the loss is taken. Who still lives cannot have been told of before.
void ProcessConnector::settle_doubts() {
  if (!std::exchange(is_in_doubt_, false)) return;
  for (auto& [key, followed] : *followed_) {
    if (followed.is_doubtful && open_process(followed.process)) followed.is_doubtful = false;
  }
}

Watch ProcessConnector::follow(ProcessIdentity process, Callback on_hint) {
  if (!socket_) return {};
  const Key key{process.pid, ++last_id_};
  followed_->emplace(key, Followed{.process = process, .on_hint = std::move(on_hint)});
  // At once, and once more for all that follow in the same turn of the loop: a program of so many steps is
  // checked and compiled by the kernel.
  is_filter_old_ = filter_change_.is_set();
  if (is_filter_old_) return Watch(std::make_unique<Registered>(followed_, key));
  change_filter();
  filter_change_ = loop_.at(loop_.now(), [this] {
    filter_change_.cancel();
    if (is_filter_old_) change_filter();
  });
  return Watch(std::make_unique<Registered>(followed_, key));
}

void ProcessConnector::change_filter() {
  is_filter_old_ = false;
  if (!socket_) return;
  std::vector<pid_t> processes;
  for (const auto& [key, followed] : *followed_)
    processes.push_back(key.first);
  if (auto changed = socket_->use_filter(exit_filter(processes)); !changed)
    give_up("process connector: " + changed.error().message);
}

std::optional<ProcessEnd> ProcessConnector::take_end(ProcessIdentity process) {
  (void)take(question_max);
  if (!status_.is_alive) return std::nullopt;
  const auto found = std::ranges::find_if(
      *followed_, [process](const auto& entry) { return entry.second.process == process; });
  if (found == followed_->end()) return std::nullopt;
  const auto& followed = found->second;
  const bool is_certain = !followed.is_ambiguous && !followed.is_doubtful && !is_in_doubt_ &&
                          loop_.now() - followed.noted_at < believed_for;
  return is_certain ? followed.end : std::nullopt;
}

void ProcessConnector::tell_hints() {
  if (hints_.is_set()) return;
  hints_ = loop_.at(loop_.now(), [this] {
    hints_.cancel();
    std::vector<Key> due;
    for (auto& [key, followed] : *followed_) {
      if (std::exchange(followed.wants_hint, false)) due.push_back(key);
    }
    for (const auto& key : due) {
      const auto found = followed_->find(key);  // One may end the next.
      if (found == followed_->end()) continue;
      const auto hint = found->second.on_hint;
      hint();
    }
  });
}

void ProcessConnector::give_up(std::string problem) {
  status_.is_alive = false;
  status_.problem = std::move(problem);
  readable_.cancel();
  next_turn_.cancel();
  socket_.reset();
}

}  // namespace systemcheck
