#include "relay/line_socket.h"

#include <utility>

namespace systemcheck {

LineSocket::LineSocket(EventLoop& loop, std::unique_ptr<DatagramSocket> socket, SourceHooks hooks)
    : loop_(loop), socket_(std::move(socket)), hooks_(std::move(hooks)) {}

Status LineSocket::start() {
  auto readable =
      loop_.when_ready(socket_->descriptor(), Ready::readable, Priority::idle, [this] { take(); });
  if (!readable) return std::move(readable).error();
  readable_ = *std::move(readable);
  status_.state = SourceState::following;
  return Nothing{};
}

void LineSocket::take() {
  texts_.clear();
  // What is left makes us ready again.
  for (std::size_t count = 0; count < datagrams_per_turn; ++count) {
    const auto datagram = socket_->receive();
    if (!datagram) break;
    take_one(*datagram);
  }
  if (texts_.empty()) return;
  lines_.assign(texts_.begin(), texts_.end());
  status_.lines += lines_.size();
  hooks_.on_lines({.lines = lines_});
}

void LineSocket::take_one(const ReceivedDatagram& datagram) {
  if (datagram.sender != 0) return refuse(datagram.sender);
  if (datagram.was_cut || datagram.text.size() > line_bytes_max + 1) {
    ++status_.long_lines;
    return;
  }
  auto text = datagram.text;
  status_.bytes += text.size();
  if (text.ends_with('\n')) text.remove_suffix(1);
  // One that brings its own line with it: who makes the datagram is not who wrote what is in it.
  if (text.empty() || text.find('\n') != std::string_view::npos) {
    ++status_.malformed;
    return;
  }
  texts_.emplace_back(text);
}

void LineSocket::refuse(uid_t user) {
  ++status_.strangers;
  if (refused_ == user || !hooks_.on_notice) return;
  refused_ = user;
  hooks_.on_notice({.weight = SourceNotice::Weight::warning,
                    .words = socket_->path() + ": lines of user " + std::to_string(user) +
                             " are refused: only root may send them"});
}

}  // namespace systemcheck
