#include "relay/relay_publisher.h"

#include <algorithm>
#include <utility>

namespace systemcheck {
namespace {

/// A writer has one job at a time.
constexpr std::size_t jobs_max = 2;

std::unique_ptr<MapFile> make_file(RelayMap::Kind kind, const MapFilePlace& place) {
  if (kind == RelayMap::Kind::sendmail_hash) return make_sendmail_hash(place);
  if (kind == RelayMap::Kind::postfix_lmdb) return make_postfix_lmdb(place);
  return make_plain_map(place);
}

}  // namespace

RelayPublisher::RelayPublisher(EventLoop& loop, const std::vector<RelayMap>& maps,
                               SocketmapServer::Lookup lookup)
    : loop_(loop), lookup_(std::move(lookup)) {
  for (const auto& map : maps) {
    for (const auto& place : map.places)
      add(map, place);
  }
  open_sockets();
}

void RelayPublisher::add(const RelayMap& map, const std::string& place) {
  if (map.kind != RelayMap::Kind::socketmap) return add_file(map, place);
  servers_.push_back({.place = place, .group = map.group, .error = "not opened yet"});
}

void RelayPublisher::add_file(const RelayMap& map, const std::string& path) {
  File file;
  if (auto worker = Sideline::make(loop_, jobs_max)) file.worker = *std::move(worker);
  auto aside = [worker = file.worker.get(), this](Job job) {
    return worker != nullptr ? worker->put(std::move(job)) : loop_.aside(std::move(job));
  };
  file.writer = std::make_unique<MapWriter>(loop_, std::move(aside),
                                            make_file(map.kind, {.path = path, .group = map.group}));
  files_.push_back(std::move(file));
}

void RelayPublisher::take_changes(RelayTable& table) {
  const auto changes = table.take_changes(changes_at_a_time);
  const auto rest = table.has_changes() ? MapWriter::Rest::follows : MapWriter::Rest::none;
  for (const auto& file : files_)
    file.writer->put(changes, rest);
  if (!table.has_changes() || more_.is_set()) return;
  more_ = loop_.at(loop_.now(), [this, &table] {
    more_.cancel();
    take_changes(table);
  });
}

std::vector<RelayPublisher::Socket> RelayPublisher::sockets() const {
  std::vector<Socket> sockets;
  for (const auto& it : servers_) {
    const auto counts = it.server ? it.server->counts() : SocketmapServer::Counts{};
    sockets.push_back({.place = it.place, .error = it.error, .counts = counts});
  }
  return sockets;
}

std::vector<MapWriter::State> RelayPublisher::files() const {
  std::vector<MapWriter::State> states;
  for (const auto& it : files_)
    states.push_back(it.writer->state());
  return states;
}

void RelayPublisher::open_sockets() {
  for (auto& it : servers_) {
    if (it.server) continue;
    auto server = SocketmapServer::listen(it.place, it.group, loop_, lookup_, {});
    it.error = server ? "" : server.error().message;
    if (server) it.server = *std::move(server);
  }
  const auto is_closed = [](const Server& it) { return it.server == nullptr; };
  if (std::ranges::any_of(servers_, is_closed))
    retry_ = loop_.at(loop_.now() + retry_pause, [this] { open_sockets(); });
}

}  // namespace systemcheck
