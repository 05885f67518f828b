#include "os/bus_name.h"

#include <utility>

namespace systemcheck {
namespace {

// The bus itself; nobody else can send in its name.
constexpr const char* bus_itself = "org.freedesktop.DBus";
constexpr const char* bus_path = "/org/freedesktop/DBus";
constexpr std::size_t new_owner = 2;  // NameOwnerChanged(name, old owner, new owner)

}  // namespace

BusName::BusName(Bus& bus, std::string name, OnOwner on_owner) : on_owner_(std::move(on_owner)) {
  auto changed = bus.on_signal({.sender = bus_itself,
                                .path = bus_path,
                                .interface = bus_itself,
                                .member = "NameOwnerChanged",
                                .first_argument = name},
                               [this](const BusMessage& it) {
                                 if (it.sender == bus_itself) note_owner(it.text(new_owner));
                               });
  if (changed) changed_ = *std::move(changed);
  // When nothing can be sent the bus is lost, and says so itself. An error is: nobody has it.
  (void)bus.call({.destination = bus_itself,
                  .path = bus_path,
                  .interface = bus_itself,
                  .member = "GetNameOwner",
                  .arguments = {std::move(name)}},
                 [this](const Result<BusMessage>& it) { note_owner(it ? it->text(0) : std::string()); });
}

void BusName::note_owner(const std::string& owner) {
  if (std::exchange(is_known_, true) && owner == owner_) return;
  owner_ = owner;
  on_owner_(owner);
}

}  // namespace systemcheck
