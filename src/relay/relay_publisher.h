#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/relay_rules.h"
#include "os/event_loop.h"
#include "os/sideline.h"
#include "relay/map_writer.h"
#include "relay/relay_table.h"
#include "relay/socketmap_server.h"

namespace systemcheck {

/// All places where mail servers read who may send. What cannot be opened is tried again: a directory may be
/// there later. Belongs to the loop's thread.
class RelayPublisher {
 public:
  static constexpr Duration retry_pause = std::chrono::seconds{10};
  /// So many of the table's changes are passed on at a time, so that other things have their turn.
  static constexpr std::size_t changes_at_a_time = 250;

  /// One socket.
  struct Socket {
    std::string place{};
    std::string error{};  ///< why nobody can ask there; "": they can
    SocketmapServer::Counts counts{};
  };

  RelayPublisher(EventLoop& loop, const std::vector<RelayMap>& maps, SocketmapServer::Lookup lookup);
  RelayPublisher(const RelayPublisher&) = delete;
  RelayPublisher& operator=(const RelayPublisher&) = delete;

  /// After whatever may have changed the table. It must live as long as we do.
  void take_changes(RelayTable& table);

  [[nodiscard]] std::vector<Socket> sockets() const;
  [[nodiscard]] std::vector<MapWriter::State> files() const;

 private:
  struct Server {
    std::string place{};
    std::string group{};
    std::string error{};
    std::unique_ptr<SocketmapServer> server{};
  };
  struct File {
    std::unique_ptr<Sideline> worker{};  ///< its own: one disk that hangs holds no other up
    std::unique_ptr<MapWriter> writer{};
  };

  void add(const RelayMap& map, const std::string& place);
  void add_file(const RelayMap& map, const std::string& path);
  void open_sockets();

  EventLoop& loop_;
  SocketmapServer::Lookup lookup_;
  std::vector<Server> servers_{};
  std::vector<File> files_{};
  Watch more_{};
  Watch retry_{};
};

}  // namespace systemcheck
