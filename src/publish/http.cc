#include "publish/http.h"

#include <fcntl.h>
#include <microhttpd.h>
#include <pthread.h>
#include <sys/socket.h>

#include <exception>
#include <optional>
#include <string_view>
#include <utility>

#include "os/all_signals_blocked.h"
#include "os/memory_held.h"
#include "os/waiting_room.h"
#include "publish/followed_view.h"
#include "publish/http_connections.h"
#include "publish/http_guard.h"
#include "publish/http_listener.h"
#include "publish/http_response.h"
#include "publish/http_site.h"

// All of libmicrohttpd. Each address has an MHD_Daemon with one thread, which epolls; a site belongs
// to the thread of its address, and what the threads know of each other goes through Boards.
//
// Who follows what is new is a connection that is suspended while there is nothing: it waits in the room of
// its address, where whoever posts a view wakes it.

namespace systemcheck {
namespace {

struct StopDaemon {
  void operator()(MHD_Daemon* daemon) const { MHD_stop_daemon(daemon); }
};
using Daemon = std::unique_ptr<MHD_Daemon, StopDaemon>;

/// Those that were ended are still MHD's for a moment, while newer ones take their place.
constexpr std::intptr_t connections_room = http_connections_max + 50;

std::optional<std::string_view> argument(MHD_Connection* connection, const char* name) {
  const char* value = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);
  if (value == nullptr) return std::nullopt;
  return value;
}

using Followers = WaitingRoom<MHD_Connection*>;

/// What belongs to one address, and to its thread.
struct Door {
  Door(HttpShared& all, bool speaks_tls, HttpSite::AllRequests all_requests)
      : shared(all), has_tls(speaks_tls), site(all.views, all.now, std::move(all_requests)), guard(all) {}

  HttpShared& shared;
  const bool has_tls;
  HttpSite site;
  HttpGuard guard;
  HttpConnections connections{};
  Followers followers{[](MHD_Connection* it) { MHD_suspend_connection(it); },
                      [](MHD_Connection* it) { MHD_resume_connection(it); }};
  unsigned streams = 0;
};

/// One who follows. A slow reader is not woken while his last words still wait to be sent, and then hears of
/// the newest view alone.
class Stream {
 public:
  Stream(Door& door, MHD_Connection* connection)
      : door_(door), connection_(connection), followed_(door.shared.views) {
    ++door_.streams;
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { --door_.streams; }

  static ssize_t read(void* stream, std::uint64_t, char* buffer, std::size_t size) try {
    return static_cast<Stream*>(stream)->read(buffer, size);
  } catch (const std::exception&) {
    return MHD_CONTENT_READER_END_WITH_ERROR;
  }

 private:
  ssize_t read(char* buffer, std::size_t size) {
    if (door_.followers.is_closed()) return MHD_CONTENT_READER_END_OF_STREAM;
    if (unsent_.empty()) {
      if (is_begun_ && door_.followers.wait(connection_, known_)) return 0;
      known_ = door_.followers.news();  // Before the look: what comes in between is looked at again.
      unsent_ = followed_.next();
      is_begun_ = true;
    }
    const auto sent = unsent_.copy(buffer, size);
    unsent_.erase(0, sent);
    return static_cast<ssize_t>(sent);
  }

  Door& door_;
  MHD_Connection* const connection_;
  FollowedView followed_;
  std::string unsent_{};
  std::uint64_t known_ = 0;
  bool is_begun_ = false;
};

constexpr std::size_t stream_block_bytes = 1024;

Response as_stream(Door& door, MHD_Connection* connection) {
  auto stream = std::make_unique<Stream>(door, connection);
  Response response(MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, stream_block_bytes, &Stream::read,
                                                      stream.get(),
                                                      [](void* it) { delete static_cast<Stream*>(it); }));
  if (response) (void)stream.release();  // The callback deletes it.
  return response;
}

HttpAnswer too_many_streams() {
  return {.code = 503,
          .content_type = problem_type,
          .body = std::make_shared<const std::string>(
              problem_json(503, "too_many_streams", "Too many are following already; ask again later.")),
          .retry_after_seconds = http_idle_seconds_max};
}

/// What a connection has from its beginning to its end.
struct Guest {
  HttpConnections::Connection* place = nullptr;
  std::shared_ptr<const HttpTls> tls{};
};

Guest* guest_of(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info == nullptr ? nullptr : static_cast<Guest*>(info->socket_context);
}

MHD_Result send_answer(Door& door, MHD_Connection* connection, HttpAnswer answer) {
  if (answer.is_stream && door.streams >= http_streams_max) answer = too_many_streams();
  const auto response = answer.is_stream ? as_stream(door, connection) : as_response(answer);
  if (!response) return MHD_NO;
  add_headers(response.get(), answer);
  door.guard.add_headers(response.get());
  const auto* guest = guest_of(connection);
  if (answer.is_stream && guest != nullptr) door.connections.let_stay(*guest->place);
  return MHD_queue_response(connection, static_cast<unsigned>(answer.code), response.get());
}

/// Whether what follows the headers is not worth waiting for.
bool is_answered_early(MHD_Connection* connection, std::string_view method) {
  const bool is_reading = method == "GET" || method == "HEAD";
  return !is_reading || !header(connection, "Content-Length").empty() ||
         !header(connection, "Transfer-Encoding").empty();
}

MHD_Result answer_page(Door& door, MHD_Connection* connection, const HttpVisit& visit) {
  const HttpRequest request{
      .method = visit.method,
      .path = visit.path,
      .accept_encoding = header(connection, "Accept-Encoding"),
      .if_none_match = header(connection, "If-None-Match"),
      .argument = [connection](const char* name) { return argument(connection, name); }};
  return send_answer(door, connection, door.site.answer(request));
}

/// An answer to the first call closes the connection afterwards: what may follow is not read.
MHD_Result begin_visit(Door& door, MHD_Connection* connection, HttpVisit& visit) {
  if (const auto done = door.guard.begin(connection, visit)) return *done;
  const bool is_order = HttpActs::is_order(visit.path) && visit.method == "POST";
  if (is_order || !is_answered_early(connection, visit.method)) return MHD_YES;
  if (const auto done = door.guard.answer_early(connection, visit)) return *done;
  return answer_page(door, connection, visit);
}

/// MHD calls this once for the headers, for each piece of a body, and once more when all is there; and again
/// when a connection goes on that was suspended.
// NOLINTNEXTLINE(readability-function-size): MHD says what its parameters are.
MHD_Result on_request(void* cls, MHD_Connection* connection, const char* url, const char* method, const char*,
                      const char* upload, std::size_t* upload_size, void** state) try {
  auto& door = *static_cast<Door*>(cls);
  auto* visit = static_cast<HttpVisit*>(*state);
  if (visit == nullptr) {
    *state = visit = new HttpVisit{.method = method, .path = url};
    return begin_visit(door, connection, *visit);
  }
  if (*upload_size > 0) {
    visit->body.append(upload, *upload_size);  // No more than begin() lets through.
    *upload_size = 0;
    return MHD_YES;
  }
  if (const auto* guest = guest_of(connection))
    door.connections.note_request(*guest->place, door.shared.now());
  if (const auto done = door.guard.admit(connection, *visit)) return *done;
  return answer_page(door, connection, *visit);
} catch (const std::exception&) {
  return MHD_NO;  // Out of memory: this connection is given up, the next may fare better.
}

/// The text of all metrics, and what it was made of, is half a mebibyte until the next question.
void on_completed(void* cls, MHD_Connection* connection, void** state, MHD_RequestTerminationCode) try {
  auto& door = *static_cast<Door*>(cls);
  const std::unique_ptr<HttpVisit> visit(static_cast<HttpVisit*>(std::exchange(*state, nullptr)));
  if (visit && visit->code != 0) door.site.count(visit->path, visit->code);
  if (const auto* guest = guest_of(connection))
    door.connections.note_answered(*guest->place, door.shared.now());
  give_freed_memory_back();
} catch (const std::exception&) {  // Out of memory: it is not counted.
}

/// With the certificate of this moment. MHD has made the session with its own; nothing was said yet.
bool prepare_tls(MHD_Connection* connection, const std::shared_ptr<const HttpTls>& tls) {
  if (!tls) return true;
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  return info != nullptr && tls->prepare(info->tls_session);
}

/// Its thread is named after its room for top(1) and gdb(1): MHD has no call at the start of a thread.
std::unique_ptr<Guest> begin_connection(Door& door, MHD_Connection* connection) {
  pthread_setname_np(pthread_self(), "http");
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  if (info == nullptr) return nullptr;
  auto guest = std::make_unique<Guest>();
  if (door.has_tls) guest->tls = door.shared.web.newest()->tls;
  if (!prepare_tls(connection, guest->tls)) (void)::shutdown(info->connect_fd, SHUT_RDWR);
  guest->place = door.connections.add(info->connect_fd, door.shared.now());
  door.connections.end_overdue(door.shared.now());
  return guest;
}

void on_connection(void* cls, MHD_Connection* connection, void** context,
                   MHD_ConnectionNotificationCode code) try {
  auto& door = *static_cast<Door*>(cls);
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    *context = begin_connection(door, connection).release();
    return;
  }
  const std::unique_ptr<Guest> guest(static_cast<Guest*>(std::exchange(*context, nullptr)));
  if (guest) door.connections.remove(*guest->place);
} catch (const std::exception&) {  // Out of memory: it is not counted, and ends when it is idle.
}

/// Never asked: each session gets its own credentials before it begins. MHD wants one.
int no_certificate() { return -1; }

/// "%00" stays as it is: what comes behind it is not to be forgotten.
std::size_t unescape(void*, MHD_Connection*, char* text) {
  const std::string_view escaped(text);
  return escaped.find("%00") == std::string_view::npos ? MHD_http_unescape(text) : escaped.size();
}

template <typename Function>
MHD_OptionItem callback(MHD_OPTION option, Function* function, void* cls) {
  return {option, reinterpret_cast<std::intptr_t>(function), cls};
}

std::vector<MHD_OptionItem> options_of(Door& door, int socket) {
  std::vector<MHD_OptionItem> options{
      {MHD_OPTION_LISTEN_SOCKET, socket, nullptr},
      {MHD_OPTION_CONNECTION_LIMIT, connections_room, nullptr},
      {MHD_OPTION_PER_IP_CONNECTION_LIMIT, 0, nullptr},
      {MHD_OPTION_CONNECTION_TIMEOUT, http_idle_seconds_max, nullptr},
      {MHD_OPTION_CONNECTION_MEMORY_LIMIT, http_connection_memory_bytes, nullptr},
      callback(MHD_OPTION_NOTIFY_CONNECTION, &on_connection, &door),
      callback(MHD_OPTION_NOTIFY_COMPLETED, &on_completed, &door),
      callback(MHD_OPTION_UNESCAPE_CALLBACK, &unescape, nullptr),
  };
  if (door.has_tls)
    options.push_back({MHD_OPTION_HTTPS_CERT_CALLBACK, 0, reinterpret_cast<void*>(&no_certificate)});
  options.push_back({MHD_OPTION_END, 0, nullptr});
  return options;
}

/// MHD closes the socket it is given, however it ends: it gets a descriptor of its own.
Result<Daemon> start_daemon(const HttpListener& listener, Door& door) {
  const int socket = ::fcntl(listener.number(), F_DUPFD_CLOEXEC, 0);
  if (socket < 0) return Error{Error::Kind::failed, "http: " + listener.address() + ": no descriptor left"};
  const AllSignalsBlocked blocked;
  const unsigned flags =
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | (door.has_tls ? unsigned{MHD_USE_TLS} : 0U);
  auto options = options_of(door, socket);
  Daemon daemon(MHD_start_daemon(flags, 0, nullptr, nullptr, &on_request, &door, MHD_OPTION_ARRAY,
                                 options.data(), MHD_OPTION_END));
  if (!daemon)
    return Error{Error::Kind::failed, "http: " + listener.address() + ": libmicrohttpd did not start"};
  return daemon;
}

class MicrohttpdServer final : public HttpServer {
 public:
  MicrohttpdServer(const Board<View>& views, std::vector<std::string> may_act, HttpSite::Clock now,
                   HttpAccess access)
      : shared_{.views = views,
                .orders = std::move(access.orders),
                .acts = HttpActs(std::move(may_act), random_key()),
                .now = std::move(now),
                .wall_now = std::move(access.wall_now)} {
    if (access.web) shared_.web.post(std::move(access.web));
  }
  MicrohttpdServer(const MicrohttpdServer&) = delete;
  MicrohttpdServer& operator=(const MicrohttpdServer&) = delete;
  /// MHD cannot stop while a connection is suspended.
  ~MicrohttpdServer() override {
    for (const auto& door : doors_) {
      door->followers.close();
      door->guard.close();
    }
  }

  /// Whoever may open the file of a socket is on this machine, where nobody reads along.
  Status listen(const HttpConfig& config) {
    const bool has_tls = shared_.web.newest()->tls != nullptr;
    for (const auto& address : config.listen) {
      auto listener = HttpListener::open(address);
      if (!listener) return std::move(listener).error();
      listeners_.push_back(*std::move(listener));
      doors_.push_back(std::make_unique<Door>(shared_, has_tls && !address.starts_with("unix:"),
                                              [this] { return all_requests(); }));
    }
    return Nothing{};
  }

  /// Only now, when doors_ no longer changes: the threads read it.
  Status serve() {
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
      auto daemon = start_daemon(listeners_[i], *doors_[i]);
      if (!daemon) return std::move(daemon).error();
      daemons_.push_back(*std::move(daemon));
    }
    return Nothing{};
  }

  [[nodiscard]] std::vector<std::string> addresses() const override {
    std::vector<std::string> bound;
    for (const auto& listener : listeners_)
      bound.push_back(listener.address());
    return bound;
  }

  Status use(std::shared_ptr<const HttpWeb> web) override {
    if ((web->tls == nullptr) != (shared_.web.newest()->tls == nullptr))
      return Error{Error::Kind::refused, "TLS is turned on and off only when the daemon is restarted"};
    shared_.web.post(std::move(web));
    return Nothing{};
  }

  void wake_followers() override {
    for (const auto& door : doors_)
      door->followers.announce();
  }

 private:
  [[nodiscard]] RequestCounts all_requests() const {
    RequestCounts sum;
    for (const auto& door : doors_) {
      const auto counts = door->site.requests().newest();
      for (const auto& [key, count] : *counts)
        sum[key] += count;
    }
    return sum;
  }

  HttpShared shared_;
  // Destroyed from below: first the threads end, then what they used goes.
  std::vector<HttpListener> listeners_{};
  std::vector<std::unique_ptr<Door>> doors_{};
  std::vector<Daemon> daemons_{};
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(const HttpConfig& config, const Board<View>& views,
                                                      const std::function<Instant()>& now,
                                                      HttpAccess access) {
  if (config.listen.size() > http_addresses_max)
    return Error{Error::Kind::refused,
                 "http: more than " + std::to_string(http_addresses_max) + " addresses"};
  auto server = std::make_unique<MicrohttpdServer>(views, config.may_act, now, std::move(access));
  if (auto done = server->listen(config); !done) return std::move(done).error();
  if (auto done = server->serve(); !done) return std::move(done).error();
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace systemcheck
