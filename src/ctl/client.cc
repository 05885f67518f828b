#include "ctl/client.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <system_error>

#include "os/local_socket.h"

namespace systemcheck {
namespace {

constexpr std::size_t answer_limit_bytes = std::size_t{64} << 20;

Error broken(const std::string& socket) {
  const bool is_late = errno == EAGAIN || errno == EWOULDBLOCK;
  return {is_late ? Error::Kind::timed_out : Error::Kind::failed,
          socket + (is_late ? ": the daemon did not answer in time"
                            : ": " + std::generic_category().message(errno))};
}

}  // namespace

Result<std::string> ask_daemon(const std::string& socket, std::string_view question, Duration patience) {
  const auto connection = connect_locally(socket);
  if (!connection) return connection.error();
  const timeval limit{.tv_sec = std::chrono::ceil<std::chrono::seconds>(patience).count(), .tv_usec = 0};
  ::setsockopt(connection->number(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const auto line = std::string(question) + "\n";
  const auto sent = ::send(connection->number(), line.data(), line.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(line.size())) return broken(socket);

  std::string answer;
  char buffer[65536];
  while (answer.size() < answer_limit_bytes) {
    const auto count = ::recv(connection->number(), buffer, sizeof buffer, 0);
    if (count < 0) return broken(socket);
    if (count == 0 && answer.empty())
      return Error{Error::Kind::failed, socket + ": the daemon went away without an answer"};
    if (count == 0) return answer;
    answer.append(buffer, static_cast<std::size_t>(count));
  }
  return Error{Error::Kind::malformed, socket + ": the answer does not end"};
}

}  // namespace systemcheck
