#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "relay/grant.h"

namespace systemcheck {

/// What a map has: until when each address may send.
using MapEntries = std::map<IpNetwork, WallTime>;

/// A file in which a mail server looks addresses up. Belongs to one worker thread: all of it may block.
///
/// Its directory must be root's (or of the user we run as), and nobody else may write in it.
class MapFile {
 public:
  MapFile() = default;
  MapFile(const MapFile&) = delete;
  MapFile& operator=(const MapFile&) = delete;
  virtual ~MapFile() = default;

  /// Sees to it that it has just these: mends what is there, or makes it anew where it cannot be trusted.
  virtual Status replace(const MapEntries& entries) = 0;
  /// After the first replace(): `entries` with these changes in it already. After an error nothing is known
  /// of the file but that replace() mends it.
  virtual Status apply(const MapEntries& entries, std::span<const MapChange> changes) = 0;
  [[nodiscard]] virtual const std::string& path() const = 0;
};

struct MapFilePlace {
  std::string path{};
  std::string group{};  ///< who may read it besides root; "": that of the mail server if there is one
};

/// A hash of Berkeley DB. ".db" is put behind the path unless it is there, as sendmail does.
std::unique_ptr<MapFile> make_sendmail_hash(const MapFilePlace& place);
/// A map of type lmdb. ".lmdb" is put behind the path unless it is there, as Postfix does.
std::unique_ptr<MapFile> make_postfix_lmdb(const MapFilePlace& place);
/// "192.0.2.1 1790000000" a line, in the order of the addresses; replaced as a whole.
std::unique_ptr<MapFile> make_plain_map(const MapFilePlace& place);

/// As sendmail writes an address when it looks it up: "192.0.2.1", "ipv6:2001:db8:0:0:0:0:0:5".
std::string sendmail_key(const IpAddress& address);
/// As Postfix does; nothing for an address that must not be in such a map. Postfix also looks up what is left
/// when the end of an address is cut at a colon, so that "2001:db8::5" would let 2001:db8::5:6 send as well:
/// an address with "::" in it is left to the socketmap, which is asked for whole addresses only.
std::optional<std::string> postfix_key(const IpAddress& address);
/// Seconds since the epoch.
std::string map_value(WallTime expires_on);

/// Whether a file can have it: those have no networks.
bool is_single_address(const IpNetwork& network);

}  // namespace systemcheck
