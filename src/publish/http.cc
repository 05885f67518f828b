#include "publish/http.h"

#include <fcntl.h>
#include <microhttpd.h>
#include <pthread.h>

#include <exception>
#include <optional>
#include <string_view>
#include <utility>

#include "os/all_signals_blocked.h"
#include "os/memory_held.h"
#include "os/waiting_room.h"
#include "publish/followed_view.h"
#include "publish/http_connections.h"
#include "publish/http_listener.h"
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

struct DestroyResponse {
  void operator()(MHD_Response* response) const { MHD_destroy_response(response); }
};
using Response = std::unique_ptr<MHD_Response, DestroyResponse>;

using Body = std::shared_ptr<const std::string>;

/// Those that were ended are still MHD's for a moment, while newer ones take their place.
constexpr std::size_t connections_room = http_connections_max + 50;

std::string_view header(MHD_Connection* connection, const char* name) {
  const char* value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
  return value == nullptr ? std::string_view{} : value;
}

std::optional<std::string_view> argument(MHD_Connection* connection, const char* name) {
  const char* value = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);
  if (value == nullptr) return std::nullopt;
  return value;
}

using Followers = WaitingRoom<MHD_Connection*>;

/// What belongs to one address, and to its thread.
struct Door {
  Door(const Board<View>& all_views, HttpSite::Clock clock, HttpSite::AllRequests all_requests)
      : views(all_views), site(all_views, clock, std::move(all_requests)), now(std::move(clock)) {}

  const Board<View>& views;
  HttpSite site;
  HttpSite::Clock now;
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
      : door_(door), connection_(connection), followed_(door.views) {
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

/// The response keeps the body alive while it is being sent: a newer view may replace it meanwhile.
Response as_response(const HttpAnswer& answer) {
  auto kept = std::make_unique<Body>(answer.body);
  auto* text = const_cast<char*>(answer.body->data());  // A C interface: it only reads.
  Response response(MHD_create_response_from_buffer_with_free_callback_cls(
      answer.body->size(), text, [](void* body) { delete static_cast<Body*>(body); }, kept.get()));
  if (response) (void)kept.release();  // The callback deletes it.
  return response;
}

void add_headers(MHD_Response* response, const HttpAnswer& answer) {
  const auto add = [response](const char* name, std::string_view value) {
    (void)MHD_add_response_header(response, name, std::string(value).c_str());  // Fails only without memory.
  };
  add("Content-Type", answer.content_type);
  add("Cache-Control", answer.cache_control);
  add("X-Content-Type-Options", "nosniff");
  add("Content-Security-Policy",
      "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  add("Referrer-Policy", "no-referrer");
  if (answer.code == 405) add("Allow", "GET, HEAD");
  if (!answer.etag.empty()) add("ETag", answer.etag);
  if (answer.retry_after_seconds != 0) add("Retry-After", std::to_string(answer.retry_after_seconds));
  if (answer.varies) add("Vary", "Accept-Encoding");
  if (answer.encoding == Encoding::gzip) add("Content-Encoding", "gzip");
}

HttpConnections::Connection* place_of(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info == nullptr ? nullptr : static_cast<HttpConnections::Connection*>(info->socket_context);
}

MHD_Result send_answer(Door& door, MHD_Connection* connection, HttpAnswer answer) {
  if (answer.is_stream && door.streams >= http_streams_max) answer = too_many_streams();
  const auto response = answer.is_stream ? as_stream(door, connection) : as_response(answer);
  if (!response) return MHD_NO;
  add_headers(response.get(), answer);
  auto* place = place_of(connection);
  if (answer.is_stream && place != nullptr) door.connections.let_stay(*place);
  return MHD_queue_response(connection, static_cast<unsigned>(answer.code), response.get());
}

/// Whether what follows the headers is not worth waiting for.
bool is_answered_early(MHD_Connection* connection, std::string_view method) {
  const bool is_reading = method == "GET" || method == "HEAD";
  return !is_reading || !header(connection, "Content-Length").empty() ||
         !header(connection, "Transfer-Encoding").empty();
}

/// MHD calls this twice for a request without a body. An answer to the first call closes the
/// connection afterwards (what may follow is not read); one to the second keeps it open.
// NOLINTNEXTLINE(readability-function-size): MHD says what its parameters are.
MHD_Result on_request(void* cls, MHD_Connection* connection, const char* url, const char* method, const char*,
                      const char*, std::size_t*, void** state) {
  static char has_headers = 0;
  if (*state == nullptr && !is_answered_early(connection, method)) {
    *state = &has_headers;
    return MHD_YES;
  }
  auto& door = *static_cast<Door*>(cls);
  try {
    auto* place = place_of(connection);
    if (place != nullptr) door.connections.note_request(*place, door.now());
    const HttpRequest request{
        .method = method,
        .path = url,
        .accept_encoding = header(connection, "Accept-Encoding"),
        .if_none_match = header(connection, "If-None-Match"),
        .argument = [connection](const char* name) { return argument(connection, name); }};
    return send_answer(door, connection, door.site.answer(request));
  } catch (const std::exception&) {
    return MHD_NO;  // Out of memory: this connection is given up, the next may fare better.
  }
}

/// The text of all metrics, and what it was made of, is half a mebibyte until the next question.
void on_completed(void* cls, MHD_Connection* connection, void**, MHD_RequestTerminationCode) {
  auto& door = *static_cast<Door*>(cls);
  if (auto* place = place_of(connection)) door.connections.note_answered(*place, door.now());
  give_freed_memory_back();
}

/// Its thread is named after its room for top(1) and gdb(1): MHD has no call at the start of a thread.
void* begin_connection(Door& door, MHD_Connection* connection) {
  pthread_setname_np(pthread_self(), "http");
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  if (info == nullptr) return nullptr;
  auto* place = door.connections.add(info->connect_fd, door.now());
  door.connections.end_overdue(door.now());
  return place;
}

void on_connection(void* cls, MHD_Connection* connection, void** context,
                   MHD_ConnectionNotificationCode code) {
  auto& door = *static_cast<Door*>(cls);
  try {
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
      *context = begin_connection(door, connection);
    } else if (*context != nullptr) {
      door.connections.remove(*static_cast<HttpConnections::Connection*>(*context));
    }
  } catch (const std::exception&) {  // Out of memory: it is not counted, and ends when it is idle.
  }
}

/// MHD closes the socket it is given, however it ends: it gets a descriptor of its own.
Result<Daemon> start_daemon(const HttpListener& listener, Door& door) {
  const int socket = ::fcntl(listener.number(), F_DUPFD_CLOEXEC, 0);
  if (socket < 0) return Error{Error::Kind::failed, "http: " + listener.address() + ": no descriptor left"};
  const AllSignalsBlocked blocked;
  Daemon daemon(MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, nullptr,
                                 nullptr, &on_request, &door,                                              //
                                 MHD_OPTION_LISTEN_SOCKET, socket,                                         //
                                 MHD_OPTION_CONNECTION_LIMIT, static_cast<unsigned>(connections_room),     //
                                 MHD_OPTION_PER_IP_CONNECTION_LIMIT, 0U,                                   //
                                 MHD_OPTION_CONNECTION_TIMEOUT, http_idle_seconds_max,                     //
                                 MHD_OPTION_CONNECTION_MEMORY_LIMIT, http_connection_memory_bytes,         //
                                 MHD_OPTION_NOTIFY_CONNECTION, &on_connection, static_cast<void*>(&door),  //
                                 MHD_OPTION_NOTIFY_COMPLETED, &on_completed, static_cast<void*>(&door),    //
                                 MHD_OPTION_END));
  if (!daemon)
    return Error{Error::Kind::failed, "http: " + listener.address() + ": libmicrohttpd did not start"};
  return daemon;
}

class MicrohttpdServer final : public HttpServer {
 public:
  MicrohttpdServer() = default;
  MicrohttpdServer(const MicrohttpdServer&) = delete;
  MicrohttpdServer& operator=(const MicrohttpdServer&) = delete;
  /// libmicrohttpd cannot stop while somebody is suspended.
  ~MicrohttpdServer() override {
    for (const auto& door : doors_)
      door->followers.close();
  }

  Status listen(const HttpConfig& config, const Board<View>& views, const HttpSite::Clock& now) {
    for (const auto& address : config.listen) {
      auto listener = HttpListener::open(address);
      if (!listener) return std::move(listener).error();
      listeners_.push_back(*std::move(listener));
      doors_.push_back(std::make_unique<Door>(views, now, [this] { return all_requests(); }));
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

  // Destroyed from below: first the threads end, then what they used goes.
  std::vector<HttpListener> listeners_{};
  std::vector<std::unique_ptr<Door>> doors_{};
  std::vector<Daemon> daemons_{};
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(const HttpConfig& config, const Board<View>& views,
                                                      const std::function<Instant()>& now) {
  if (config.listen.size() > http_addresses_max)
    return Error{Error::Kind::refused,
                 "http: more than " + std::to_string(http_addresses_max) + " addresses"};
  auto server = std::make_unique<MicrohttpdServer>();
  if (auto done = server->listen(config, views, now); !done) return std::move(done).error();
  if (auto done = server->serve(); !done) return std::move(done).error();
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace systemcheck
