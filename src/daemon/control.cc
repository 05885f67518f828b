#include "daemon/control.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <list>
#include <string_view>
#include <utility>

#include "os/local_socket.h"
#include "os/peer.h"
#include "publish/status_json.h"

namespace systemcheck {
namespace {

constexpr std::size_t clients_max = 32;
constexpr std::size_t request_limit_bytes = 1024;
/// For a request to come, and for an answer to be taken.
constexpr Duration patience = std::chrono::seconds{5};
/// No order of people takes longer: a whole group may be restarted, one after the other.
constexpr Duration answer_patience = std::chrono::hours{24};
/// So many may wait for what they ordered; the others are there for those who ask for states.
constexpr std::size_t waiting_max = 16;
/// Of what is told before the answer; who takes it too slowly misses some of it.
constexpr std::size_t told_limit_bytes = std::size_t{64} << 10;
constexpr mode_t everybody_may_ask = 0666;

struct Client {
  Descriptor connection{};
  std::string request{};
  std::string unsent{};
  std::size_t sent_bytes = 0;  ///< of it: a long answer is not moved for each piece of it
  std::shared_ptr<const Nothing> presence = std::make_shared<const Nothing>();  ///< gone with the client
  Watch ready{};
  Watch deadline{};
  bool is_answered = false;
  bool is_waiting = false;  ///< for the answer to what he may order
};

class LocalControl : public Control {
 public:
  LocalControl(std::string path, Descriptor listener, EventLoop& loop, const Board<View>& views,
               Inquiry inquiry)
      : path_(std::move(path)),
        listener_(std::move(listener)),
        loop_(loop),
        views_(views),
        inquiry_(std::move(inquiry)) {}
  LocalControl(const LocalControl&) = delete;
  LocalControl& operator=(const LocalControl&) = delete;
  ~LocalControl() override { ::unlink(path_.c_str()); }

  Status open() {
    auto watch =
        loop_.when_ready(listener_.number(), Ready::readable, Priority::normal, [this] { accept_client(); });
    if (!watch) return std::move(watch).error();
    new_clients_ = *std::move(watch);
    return Nothing{};
  }

 private:
  using Place = std::list<Client>::iterator;

  void accept_client() {
    auto connection = accept_connection(listener_);
    if (!connection || clients_.size() >= clients_max) return;  // Closed at once: too many at a time.
    clients_.emplace_front();
    const auto client = clients_.begin();
    client->connection = *std::move(connection);
    allow(client, patience);
    wait(client, Ready::readable, [this, client] { read_request(client); });
  }

  void allow(Place client, Duration time) {
    client->deadline = loop_.at(loop_.now() + time, [this, client] { clients_.erase(client); });
  }

  void wait(Place client, Ready ready, Callback callback) {
    auto watch = loop_.when_ready(client->connection.number(), ready, Priority::normal, std::move(callback));
    if (watch) {
      client->ready = *std::move(watch);
    } else {
      clients_.erase(client);
    }
  }

  void read_request(Place client) {
    char buffer[request_limit_bytes];
    const auto count = ::recv(client->connection.number(), buffer, sizeof buffer, 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count > 0) client->request.append(buffer, static_cast<std::size_t>(count));
    const auto end = client->request.find('\n');
    const bool is_complete = end != std::string::npos;
    if (!is_complete && count > 0 && client->request.size() <= request_limit_bytes) return;
    if (!is_complete) {
      clients_.erase(client);
      return;
    }
    client->ready.cancel();
    answer(client, client->request.substr(0, end));
  }

  void answer(Place client, const std::string& request) {
    if (request == "status") return begin_answer(client, status_json(*views_.newest()));
    const auto peer = read_peer(client->connection, group_);
    const auto waiting = std::ranges::count_if(clients_, [](const Client& it) { return it.is_waiting; });
    if (static_cast<std::size_t>(waiting) >= waiting_max)
      return begin_answer(client, "{\"error\": \"too many wait for an answer\"}\n");
    const std::weak_ptr presence = client->presence;
    const Reply reply(
        [this, client, presence](const std::string& text) {
          if (!presence.expired()) begin_answer(client, text);
        },
        [client, presence](const std::string& line) {
          if (!presence.expired()) tell(client, line);
        });
    if (!inquiry_ || !inquiry_(request, peer, reply))
      return begin_answer(client, "{\"error\": \"unknown request\"}\n");
    const bool is_answered_later = !presence.expired() && !client->is_answered;
    if (is_answered_later) wait_for_answer(client, peer);
  }

  /// It is seen when he goes: then nobody waits any more. What he ordered is done all the same.
  void wait_for_answer(Place client, const Peer& peer) {
    client->is_waiting = peer.is_trusted;
    allow(client, peer.is_trusted ? answer_patience : patience);
    wait(client, Ready::readable, [this, client] { see_whether_he_is_there(client); });
  }

  void see_whether_he_is_there(Place client) {
    char ignored = 0;
    const auto count = ::recv(client->connection.number(), &ignored, 1, 0);
    if (count < 0 && errno == EAGAIN) return;
    pollfd event{.fd = client->connection.number(), .events = POLLOUT, .revents = 0};
    const bool has_hung_up = ::poll(&event, 1, 0) == 1 && (event.revents & (POLLHUP | POLLERR)) != 0;
    if (count != 0 || has_hung_up) {
      clients_.erase(client);  // Gone, or he says more than one line.
    } else {
      client->ready.cancel();  // He has said all that he has to say.
    }
  }

  void begin_answer(Place client, const std::string& text) {
    client->unsent += text;
    client->is_answered = true;
    client->is_waiting = false;
    allow(client, patience);
    wait(client, Ready::writable, [this, client] { write_answer(client); });
  }

  void write_answer(Place client) {
    const bool is_broken = !send_some(*client);
    if (is_broken || client->unsent.empty()) clients_.erase(client);
  }

  /// What does not fit now goes with the next line, or with the answer.
  static void tell(Place client, const std::string& line) {
    if (client->is_answered || client->unsent.size() + line.size() > told_limit_bytes) return;
    client->unsent += line + "\n";
    (void)send_some(*client);  // That he has gone is seen elsewhere.
  }

  /// False: he takes nothing any more.
  static bool send_some(Client& client) {
    const auto rest = std::string_view(client.unsent).substr(client.sent_bytes);
    const auto count = ::send(client.connection.number(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count < 0) return errno == EAGAIN;
    client.sent_bytes += static_cast<std::size_t>(count);
    if (client.sent_bytes < client.unsent.size()) return count > 0;
    client.unsent.clear();
    client.sent_bytes = 0;
    return true;
  }

  const std::string path_;
  const Descriptor listener_;
  EventLoop& loop_;
  const Board<View>& views_;
  const Inquiry inquiry_;
  const std::optional<gid_t> group_ = find_group("systemcheck");
  std::list<Client> clients_{};
  Watch new_clients_{};
};

}  // namespace

Result<std::unique_ptr<Control>> Control::listen(const std::string& path, EventLoop& loop,
                                                 const Board<View>& views, Inquiry inquiry) {
  auto listener = listen_locally(path, everybody_may_ask);
  if (!listener) return std::move(listener).error().within("control socket");
  auto control = std::make_unique<LocalControl>(path, *std::move(listener), loop, views, std::move(inquiry));
  if (auto opened = control->open(); !opened) return std::move(opened).error().within("control socket");
  return std::unique_ptr<Control>(std::move(control));
}

}  // namespace systemcheck
