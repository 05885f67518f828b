#include "publish/http_connections.h"

#include <sys/socket.h>

namespace systemcheck {

HttpConnections::Connection* HttpConnections::add(int socket, Instant now) {
  asking_.push_back({.socket = socket, .since = now, .home = &asking_});
  auto& added = asking_.back();
  added.place = std::prev(asking_.end());
  return &added;
}

void HttpConnections::move(Connection& connection, Connections& to, Instant now) {
  if (connection.home == &ended_) return;
  to.splice(to.end(), *connection.home, connection.place);
  connection.home = &to;
  connection.since = now;
}

void HttpConnections::note_request(Connection& connection, Instant now) { move(connection, taking_, now); }

void HttpConnections::let_stay(Connection& connection) { move(connection, staying_, connection.since); }

void HttpConnections::note_answered(Connection& connection, Instant now) { move(connection, asking_, now); }

void HttpConnections::remove(Connection& connection) { connection.home->erase(connection.place); }

/// Whoever reads from the socket learns that its client is gone.
void HttpConnections::end_front(Connections& from) {
  auto& oldest = from.front();
  (void)::shutdown(oldest.socket, SHUT_RDWR);  // Fails where it is gone already.
  move(oldest, ended_, oldest.since);
}

void HttpConnections::end_overdue(Instant now) {
  while (!asking_.empty() && now - asking_.front().since > http_request_time_max)
    end_front(asking_);
  while (!taking_.empty() && now - taking_.front().since > http_answer_time_max)
    end_front(taking_);
  while (!asking_.empty() && asking_.size() + taking_.size() + staying_.size() > limit_)
    end_front(asking_);
}

}  // namespace systemcheck
