#pragma once

#include <cstddef>
#include <list>

#include "base/units.h"

namespace systemcheck {

// What one client may cost, and all of them.
inline constexpr std::size_t http_connections_max = 1200;  ///< for each address
/// For a whole request, from its first byte or the end of the answer before: whoever sends a byte now and
/// then is never idle.
inline constexpr Duration http_request_time_max = std::chrono::seconds{30};
/// For waiting for an answer, and for taking it.
inline constexpr Duration http_answer_time_max = std::chrono::seconds{90};

/// Who is connected to one address. Nobody can keep others out: where there are too many, whoever has been
/// silent for the longest goes. Belongs to one thread, that of its address.
class HttpConnections {
 public:
  struct Connection;

  explicit HttpConnections(std::size_t limit = http_connections_max) : limit_(limit) {}

  /// Valid until it is removed.
  Connection* add(int socket, Instant now);
  /// Its request is complete: from now on it takes its answer.
  void note_request(Connection& connection, Instant now);
  /// It is somebody else who decides when this answer ends.
  void let_stay(Connection& connection);
  void note_answered(Connection& connection, Instant now);
  void remove(Connection& connection);

  /// Ends those whose time is over, and the oldest silent one where there are too many. Their sockets stay
  /// open until they are removed.
  void end_overdue(Instant now);
  [[nodiscard]] std::size_t size() const {
    return asking_.size() + taking_.size() + staying_.size() + ended_.size();
  }

 private:
  using Connections = std::list<Connection>;

  void move(Connection& connection, Connections& to, Instant now);
  void end_front(Connections& from);

  std::size_t limit_;
  // Each in the order of `since`.
  Connections asking_{};
  Connections taking_{};
  Connections staying_{};
  Connections ended_{};
};

struct HttpConnections::Connection {
  int socket = -1;
  Instant since{};
  Connections* home = nullptr;
  Connections::iterator place{};
};

}  // namespace systemcheck
