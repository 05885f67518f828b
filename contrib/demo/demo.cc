// A service to try systemcheck on: it goes to the background, writes its pid file and answers every
// connection to a port of the loopback interface with one line. It is as small as a service can be
// that is worth watching, needs no rights, and may be killed at will.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace {

struct Options {
  std::string pidfile{};
  std::uint16_t port = 0;  ///< 0: any free one, printed
};

std::optional<Options> parse_options(int count, char** arguments) {
  Options options{};
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string_view name = arguments[i];
    const std::string_view value = arguments[i + 1];
    if (name == "--pidfile") options.pidfile = value;
    if (name == "--port") {
      const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), options.port);
      if (error != std::errc{} || stop != value.data() + value.size()) return std::nullopt;
    }
  }
  if (count != 5 || options.pidfile.empty()) return std::nullopt;
  return options;
}

int fail(const char* what) {
  std::fprintf(stderr, "systemcheck-demo: %s: %s\n", what, std::generic_category().message(errno).c_str());
  return 1;
}

/// The listening socket, or -1 with errno.
int listen_on(std::uint16_t& port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0) return -1;
  // The port of an instance that was killed stays in TIME_WAIT for a minute.
  const int yes = 1;
  (void)::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  // The sockets API is older than void*.
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener, generic, size) != 0 || ::listen(listener, 8) != 0) return -1;
  if (::getsockname(listener, generic, &size) != 0) return -1;
  port = ntohs(address.sin_port);
  return listener;
}

/// In place of the whole file at once: a reader never sees half a number.
bool write_pidfile(const std::string& path) {
  const std::string draft = path + ".new";
  std::FILE* file = std::fopen(draft.c_str(), "we");
  if (file == nullptr) return false;
  const bool is_written = std::fprintf(file, "%d\n", ::getpid()) > 0;
  return std::fclose(file) == 0 && is_written && std::rename(draft.c_str(), path.c_str()) == 0;
}

/// Whether the standard streams could be let go of.
bool leave_terminal() {
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing < 0) return false;
  for (int standard = 0; standard <= 2; ++standard) {
    if (::dup2(nothing, standard) < 0) return false;
  }
  return true;
}

int serve(int listener) {
  const std::string line = "systemcheck-demo " + std::to_string(::getpid()) + " at your service\n";
  for (;;) {
    const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0 && errno != EINTR && errno != ECONNABORTED) return 1;
    if (client < 0) continue;
    (void)::send(client, line.data(), line.size(), MSG_NOSIGNAL);  // A client that left is no loss.
    ::close(client);
  }
}

/// What the parent leaves with: 0 once the child has said that it is ready, as daemon(7) wants it.
int wait_until_ready(int from_child) {
  char ready = 0;
  return ::read(from_child, &ready, 1) == 1 ? 0 : 1;
}

int run_in_background(const Options& options, int listener, int to_parent) {
  ::setsid();
  if (!write_pidfile(options.pidfile)) return fail(options.pidfile.c_str());
  std::printf("listening on 127.0.0.1:%u\n", unsigned{options.port});
  std::fflush(stdout);
  if (!leave_terminal()) return fail("/dev/null");
  if (::write(to_parent, "r", 1) != 1) return 1;
  ::close(to_parent);
  return serve(listener);
}

}  // namespace

int main(int count, char** arguments) {
  auto options = parse_options(count, arguments);
  if (!options) {
    std::fputs("usage: systemcheck-demo --pidfile FILE --port PORT (0: any)\n", stderr);
    return 2;
  }
  const int listener = listen_on(options->port);
  if (listener < 0) return fail("listening on the loopback interface");
  int ready[2];
  if (::pipe2(ready, O_CLOEXEC) != 0) return fail("a pipe");
  const pid_t child = ::fork();
  if (child < 0) return fail("going to the background");
  ::close(ready[child > 0 ? 1 : 0]);
  return child > 0 ? wait_until_ready(ready[0]) : run_in_background(*options, listener, ready[1]);
}
