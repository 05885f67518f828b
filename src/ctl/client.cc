#include "ctl/client.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "os/local_socket.h"

namespace systemcheck {
namespace {

constexpr std::size_t answer_limit_bytes = std::size_t{64} << 20;
constexpr std::string_view progress_start = "{\"progress\":";

Error broken(const std::string& socket) {
  return {Error::Kind::failed, socket + ": " + std::generic_category().message(errno)};
}

}  // namespace

Result<Conversation> Conversation::begin(const std::string& socket, std::string_view question) {
  auto connection = connect_locally(socket);
  if (!connection) return std::move(connection).error();
  const auto line = std::string(question) + "\n";
  const auto sent = ::send(connection->number(), line.data(), line.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(line.size())) return broken(socket);
  return Conversation(socket, *std::move(connection));
}

/// A document begins otherwise, and is of many lines.
std::optional<Conversation::Heard> Conversation::take_progress() {
  if (!unread_.starts_with(progress_start)) return std::nullopt;
  const auto end = unread_.find('\n', searched_bytes_);
  searched_bytes_ = end == std::string::npos ? unread_.size() : 0;
  if (end == std::string::npos) return std::nullopt;
  Heard heard{.kind = Heard::Kind::progress, .text = unread_.substr(0, end)};
  unread_.erase(0, end + 1);
  return heard;
}

/// False: it has said all.
Result<bool> Conversation::read_some() {
  char buffer[65536];
  const auto count = ::recv(connection_.number(), buffer, sizeof buffer, 0);
  if (count < 0) return broken(socket_);
  unread_.append(buffer, static_cast<std::size_t>(count));
  if (unread_.size() > answer_limit_bytes)
    return Error{Error::Kind::malformed, socket_ + ": the answer does not end"};
  return count > 0;
}

Result<Conversation::Heard> Conversation::hear(Duration at_most) {
  for (;;) {
    if (auto progress = take_progress()) return *std::move(progress);
    pollfd event{.fd = connection_.number(), .events = POLLIN, .revents = 0};
    const auto ready =
        ::poll(&event, 1, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(at_most).count()));
    if (ready == 0 || (ready < 0 && errno == EINTR)) return Heard{};
    const auto more = read_some();
    if (!more) return more.error();
    if (*more) continue;
    if (unread_.empty())
      return Error{Error::Kind::failed, socket_ + ": the daemon went away without an answer"};
    return Heard{.kind = Heard::Kind::answer, .text = std::exchange(unread_, {})};
  }
}

Result<std::string> ask_daemon(const std::string& socket, std::string_view question, Duration patience) {
  auto conversation = Conversation::begin(socket, question);
  if (!conversation) return conversation.error();
  for (;;) {
    auto heard = conversation->hear(patience);
    if (!heard) return heard.error();
    if (heard->kind == Conversation::Heard::Kind::answer) return std::move(heard->text);
    if (heard->kind == Conversation::Heard::Kind::nothing)
      return Error{Error::Kind::timed_out, socket + ": the daemon did not answer in time"};
  }
}

}  // namespace systemcheck
