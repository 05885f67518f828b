#include "relay/socketmap_server.h"

#include <unistd.h>

#include <array>
#include <list>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "os/descriptor.h"
#include "os/local_socket.h"
#include "os/service_socket.h"
#include "os/socket.h"

namespace systemcheck {
namespace {

/// At a time, so that one who asks without end does not keep others waiting.
constexpr std::size_t reading_bytes = 4096;
constexpr int accepted_at_a_time = 16;
constexpr Duration idle_look = std::chrono::minutes{1};
constexpr std::string_view local_tag = "unix:";

struct Client {
  Descriptor connection{};
  std::string input{};   ///< less than one request, between two readings
  std::string output{};  ///< while there is some, nothing more is read
  Instant last_asked{};
  Watch ready{};
};

class LoopSocketmapServer final : public SocketmapServer {
 public:
  LoopSocketmapServer(std::string place, Descriptor listener, EventLoop& loop, Lookup lookup, Limits limits)
      : place_(std::move(place)),
        listener_(std::move(listener)),
        loop_(loop),
        lookup_(std::move(lookup)),
        limits_(limits) {}
  LoopSocketmapServer(const LoopSocketmapServer&) = delete;
  LoopSocketmapServer& operator=(const LoopSocketmapServer&) = delete;
  ~LoopSocketmapServer() override {
    if (place_.starts_with(local_tag)) ::unlink(place_.c_str() + local_tag.size());
  }

  Status open() {
    auto watch =
        loop_.when_ready(listener_.number(), Ready::readable, Priority::normal, [this] { accept_clients(); });
    if (!watch) return watch.error();
    new_clients_ = *std::move(watch);
    look_for_idle_ones();
    return Nothing{};
  }

  [[nodiscard]] Counts counts() const override {
    auto counts = counts_;
    counts.clients = clients_.size();
    return counts;
  }
  [[nodiscard]] int port() const override { return port_of(listener_); }

 private:
  using Place = std::list<Client>::iterator;

  void accept_clients() {
    for (int count = 0; count < accepted_at_a_time; ++count) {
      auto connection = accept_connection(listener_);
      if (!connection) return;
      add_client(*std::move(connection));
    }
  }

  void add_client(Descriptor connection) {
    ++counts_.accepted;
    if (clients_.size() >= limits_.clients) {
      ++counts_.pushed_out;
      clients_.pop_back();
    }
    clients_.emplace_front();
    const auto client = clients_.begin();
    client->connection = std::move(connection);
    client->last_asked = loop_.now();
    wait_for_questions(client);
  }

  void wait_for_questions(Place client) {
    wait(client, Ready::readable, [this, client] { read_questions(client); });
  }

  void wait(Place client, Ready ready, Callback callback) {
    // First: a second watch of one descriptor costs a copy of it.
    client->ready.cancel();
    auto watch = loop_.when_ready(client->connection.number(), ready, Priority::normal, std::move(callback));
    if (watch) {
      client->ready = *std::move(watch);
    } else {
      clients_.erase(client);
    }
  }

  void read_questions(Place client) {
    std::array<char, reading_bytes> buffer{};
    const auto taken = take_bytes(client->connection.number(), buffer);
    if (taken.kind == SocketOutcome::Kind::would_wait) return;
    if (taken.kind != SocketOutcome::Kind::done) return forget(client);
    client->input.append(buffer.data(), taken.count);
    std::string_view rest = client->input;
    const auto last = answer_all(*client, rest);
    client->input.erase(0, client->input.size() - rest.size());
    if (last == SocketmapRequest::Kind::malformed) {
      ++counts_.malformed;
      return forget(client);
    }
    client->last_asked = loop_.now();
    clients_.splice(clients_.begin(), clients_, client);
    if (!client->output.empty()) send_answers(client, Before::reading);
  }

  SocketmapRequest::Kind answer_all(Client& client, std::string_view& rest) {
    while (true) {
      const auto request = take_socketmap_request(rest);
      if (request.kind != SocketmapRequest::Kind::complete) return request.kind;
      client.output += socketmap_answer_text(answer(request.text));
    }
  }

  SocketmapAnswer answer(std::string_view request) {
    ++counts_.asked;
    const auto address = parse_socketmap_key(request);
    auto answer = address ? lookup_(*address) : SocketmapAnswer{};
    using Kind = SocketmapAnswer::Kind;
    if (answer.kind == Kind::found) ++counts_.found;
    if (answer.kind == Kind::not_found) ++counts_.not_found;
    if (answer.kind == Kind::temporary) ++counts_.temporary;
    return answer;
  }

  /// What was waited for.
  enum class Before { reading, writing };

  void send_answers(Place client, Before before) {
    const auto sent = send_bytes(client->connection.number(), client->output);
    const bool is_broken =
        sent.kind != SocketOutcome::Kind::done && sent.kind != SocketOutcome::Kind::would_wait;
    if (is_broken) return forget(client);
    client->output.erase(0, sent.count);
    const bool is_done = client->output.empty();
    if (is_done && before == Before::writing) return wait_for_questions(client);
    if (!is_done && before == Before::reading)
      wait(client, Ready::writable, [this, client] { send_answers(client, Before::writing); });
  }

  void forget(Place client) { clients_.erase(client); }

  void look_for_idle_ones() {
    const auto oldest = loop_.now() - limits_.idle;
    while (!clients_.empty() && clients_.back().last_asked <= oldest) {
      ++counts_.pushed_out;
      clients_.pop_back();
    }
    idle_ = loop_.at(loop_.now() + idle_look, [this] { look_for_idle_ones(); });
  }

  const std::string place_;
  const Descriptor listener_;
  EventLoop& loop_;
  const Lookup lookup_;
  const Limits limits_;
  Counts counts_{};
  std::list<Client> clients_{};  ///< who asked last is first
  Watch new_clients_{};
  Watch idle_{};
};

}  // namespace

Result<std::unique_ptr<SocketmapServer>> SocketmapServer::listen(const std::string& place,
                                                                 const std::string& group, EventLoop& loop,
                                                                 Lookup lookup, Limits limits) {
  auto listener = listen_for_services(place, group);
  if (!listener) return std::move(listener).error().within("socketmap");
  auto server =
      std::make_unique<LoopSocketmapServer>(place, *std::move(listener), loop, std::move(lookup), limits);
  if (auto opened = server->open(); !opened) return std::move(opened).error().within("socketmap");
  return std::unique_ptr<SocketmapServer>(std::move(server));
}

}  // namespace systemcheck
