#include <filesystem>

#include "os/peer.h"
#include "os/shared_file.h"
#include "os/trusted_path.h"
#include "relay/map_file.h"

namespace systemcheck {
namespace {

class PlainMap final : public MapFile {
 public:
  explicit PlainMap(MapFilePlace place) : place_(std::move(place)) {}

  Status replace(const MapEntries& entries) override {
    const auto directory = read_trusted_directory(std::filesystem::path(place_.path).parent_path().string());
    if (!directory) return directory.error();
    remove_leftovers_beside(place_.path);
    return write(entries);
  }

  Status apply(const MapEntries& entries, std::span<const MapChange> /*changes*/) override {
    return write(entries);
  }

  [[nodiscard]] const std::string& path() const override { return place_.path; }

 private:
  Status write(const MapEntries& entries) {
    std::optional<gid_t> group;
    if (!place_.group.empty()) {
      group = find_group(place_.group);
      if (!group) return Error{Error::Kind::not_found, "there is no group " + place_.group};
    }
    std::string text;
    for (const auto& [network, expires_on] : entries)
      text += network.address().text() + " " + map_value(expires_on) + "\n";
    return replace_file(place_.path, text, group);
  }

  const MapFilePlace place_;
};

}  // namespace

std::unique_ptr<MapFile> make_plain_map(const MapFilePlace& place) {
  return std::make_unique<PlainMap>(place);
}

}  // namespace systemcheck
