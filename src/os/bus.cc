#include "os/bus.h"

#include <systemd/sd-bus.h>

#include <cerrno>
#include <chrono>
#include <span>
#include <string_view>
#include <utility>

#include "os/os_error.h"

namespace systemcheck {
namespace {

Error sd_error(const char* what, int result) { return os_error(what, -result); }

struct UnrefMessage {
  void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
using Message = std::unique_ptr<sd_bus_message, UnrefMessage>;

struct UnrefSlot {
  void operator()(sd_bus_slot* slot) const { sd_bus_slot_unref(slot); }
};

// ---- reading ------------------------------------------------------------------------------------

template <typename Number>
BusValue read_number(sd_bus_message* message, char type) {
  Number number{};
  if (sd_bus_message_read_basic(message, type, &number) < 0) return {};
  return static_cast<std::uint64_t>(number);
}

BusValue read_text(sd_bus_message* message, char type) {
  const char* text = nullptr;
  if (sd_bus_message_read_basic(message, type, &text) < 0 || text == nullptr) return {};
  return std::string(text);
}

BusValue read_flag(sd_bus_message* message) {
  int flag = 0;
  if (sd_bus_message_read_basic(message, SD_BUS_TYPE_BOOLEAN, &flag) < 0) return {};
  return flag != 0;
}

BusValue read_texts(sd_bus_message* message) {
  std::vector<std::string> texts;
  if (sd_bus_message_enter_container(message, SD_BUS_TYPE_ARRAY, "s") <= 0) return {};
  const char* text = nullptr;
  while (sd_bus_message_read_basic(message, SD_BUS_TYPE_STRING, &text) > 0)
    texts.emplace_back(text);
  (void)sd_bus_message_exit_container(message);
  return texts;
}

BusValue read_bytes(sd_bus_message* message) {
  const void* bytes = nullptr;
  std::size_t size = 0;
  if (sd_bus_message_read_array(message, SD_BUS_TYPE_BYTE, &bytes, &size) < 0) return {};
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const auto byte : std::span(static_cast<const unsigned char*>(bytes), size)) {
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

BusValue read_array_value(sd_bus_message* message, std::string_view contents) {
  if (contents == "s") return read_texts(message);
  if (contents == "y") return read_bytes(message);
  (void)sd_bus_message_skip(message, nullptr);
  return {};
}

/// The next value, whatever it is; what we have no use for is skipped.
BusValue read_value(sd_bus_message* message, char type) {
  switch (type) {
    case SD_BUS_TYPE_STRING:
    case SD_BUS_TYPE_OBJECT_PATH:
    case SD_BUS_TYPE_SIGNATURE:
      return read_text(message, type);
    case SD_BUS_TYPE_BOOLEAN:
      return read_flag(message);
    case SD_BUS_TYPE_UINT32:
      return read_number<std::uint32_t>(message, type);
    case SD_BUS_TYPE_UINT64:
      return read_number<std::uint64_t>(message, type);
    default:
      (void)sd_bus_message_skip(message, nullptr);
      return {};
  }
}

BusValue read_next(sd_bus_message* message) {
  char type = 0;
  const char* contents = nullptr;
  if (sd_bus_message_peek_type(message, &type, &contents) <= 0) return {};
  if (type == SD_BUS_TYPE_ARRAY) return read_array_value(message, contents);
  if (type != SD_BUS_TYPE_VARIANT) return read_value(message, type);
  if (sd_bus_message_enter_container(message, type, contents) < 0) return {};
  auto value = read_next(message);
  (void)sd_bus_message_exit_container(message);
  return value;
}

std::vector<BusValue> read_all(sd_bus_message* message) {
  std::vector<BusValue> values;
  while (sd_bus_message_at_end(message, 0) == 0)
    values.push_back(read_next(message));
  return values;
}

void read_properties(sd_bus_message* message, BusMessage& into) {
  while (sd_bus_message_enter_container(message, SD_BUS_TYPE_DICT_ENTRY, "sv") > 0) {
    auto name = read_next(message);
    auto value = read_next(message);
    if (const auto* text = std::get_if<std::string>(&name)) into.properties[*text] = std::move(value);
    (void)sd_bus_message_exit_container(message);
  }
}

void read_rows(sd_bus_message* message, const char* row, BusMessage& into) {
  while (sd_bus_message_enter_container(message, SD_BUS_TYPE_STRUCT, row) > 0) {
    into.rows.push_back(read_all(message));
    (void)sd_bus_message_exit_container(message);
  }
}

/// False if it was none of the arrays that we read.
bool read_array(sd_bus_message* message, const std::string& contents, BusMessage& into) {
  const bool is_dictionary = contents == "{sv}";
  const bool is_table = contents.size() > 2 && contents.front() == '(';
  if (!is_dictionary && !is_table) return false;
  if (sd_bus_message_enter_container(message, SD_BUS_TYPE_ARRAY, contents.c_str()) <= 0) return false;
  if (is_dictionary) {
    read_properties(message, into);
  } else {
    read_rows(message, contents.substr(1, contents.size() - 2).c_str(), into);
  }
  (void)sd_bus_message_exit_container(message);
  return true;
}

BusMessage read_message(sd_bus_message* message) {
  BusMessage it;
  if (const char* sender = sd_bus_message_get_sender(message)) it.sender = sender;
  char type = 0;
  const char* contents = nullptr;
  while (sd_bus_message_peek_type(message, &type, &contents) > 0) {
    if (type == SD_BUS_TYPE_ARRAY && read_array(message, contents, it)) continue;
    it.values.push_back(read_next(message));
  }
  return it;
}

Error::Kind kind_of(const sd_bus_error& error) {
  const auto is = [&error](const char* name) { return sd_bus_error_has_name(&error, name) != 0; };
  // "Connection terminated" and "Method call timed out" both come as NoReply.
  if (is(SD_BUS_ERROR_NO_REPLY) || is(SD_BUS_ERROR_TIMEOUT)) return Error::Kind::timed_out;
  if (is(SD_BUS_ERROR_ACCESS_DENIED) || is(SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED)) {
    return Error::Kind::denied;
  }
  if (is(SD_BUS_ERROR_UNKNOWN_OBJECT) || is(SD_BUS_ERROR_NAME_HAS_NO_OWNER) ||
      is(SD_BUS_ERROR_SERVICE_UNKNOWN) || is("org.freedesktop.systemd1.NoSuchUnit")) {
    return Error::Kind::not_found;
  }
  return Error::Kind::failed;
}

Result<BusMessage> read_reply(sd_bus_message* reply) {
  const sd_bus_error* error = sd_bus_message_get_error(reply);
  if (error == nullptr) return read_message(reply);
  return Error{kind_of(*error), error->message != nullptr ? error->message : error->name};
}

// ---- calling ------------------------------------------------------------------------------------

/// Lives as long as its slot.
struct PendingReply {
  OnReply on_reply{};
};

int on_reply_message(sd_bus_message* reply, void* userdata, sd_bus_error*) {
  const auto on_reply = std::move(static_cast<PendingReply*>(userdata)->on_reply);
  on_reply(read_reply(reply));
  return 0;
}

void forget_reply(void* userdata) { delete static_cast<PendingReply*>(userdata); }

std::uint64_t reply_patience_us() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(Bus::reply_patience).count());
}

Status send(sd_bus* bus, sd_bus_message* message, OnReply on_reply) {
  auto pending = std::make_unique<PendingReply>(PendingReply{.on_reply = std::move(on_reply)});
  sd_bus_slot* slot = nullptr;
  const int sent =
      sd_bus_call_async(bus, &slot, message, on_reply_message, pending.get(), reply_patience_us());
  if (sent < 0) return sd_error("bus", sent);
  (void)sd_bus_slot_set_destroy_callback(slot, forget_reply);
  (void)pending.release();
  (void)sd_bus_slot_set_floating(slot, 1);  // Now the bus owns it, and forgets it after the reply.
  sd_bus_slot_unref(slot);
  return Nothing{};
}

Message make_message(sd_bus* bus, const BusCall& call) {
  sd_bus_message* message = nullptr;
  const int made = sd_bus_message_new_method_call(bus, &message, call.destination.c_str(), call.path.c_str(),
                                                  call.interface.c_str(), call.member.c_str());
  return Message(made < 0 ? nullptr : message);
}

int append_scope(sd_bus_message* message, const std::string& scope, pid_t process) {
  // Variadic like printf, as sd_bus_message_append(3) wants it.
  const auto pid = static_cast<std::uint32_t>(process);
  return sd_bus_message_append(message, "ssa(sv)a(sa(sv))", scope.c_str(), "fail", 3, "Description", "s",
                               "Started by systemcheck", "CollectMode", "s", "inactive-or-failed", "PIDs",
                               "au", 1, pid, 0);
}

// ---- listening ----------------------------------------------------------------------------------

/// Shared with the call that runs it: its Watch may be destroyed in there.
struct Listener final : Watch::Registration {
  std::shared_ptr<OnBusSignal> callback{};
  std::unique_ptr<sd_bus_slot, UnrefSlot> slot{};
};

int on_signal_message(sd_bus_message* message, void* userdata, sd_bus_error*) {
  const auto callback = static_cast<Listener*>(userdata)->callback;
  (*callback)(read_message(message));
  return 0;
}

void add_condition(std::string& rule, const char* key, const std::string& value) {
  if (!value.empty()) rule += std::string(",") + key + "='" + value + "'";
}

std::string match_rule(const BusSignal& signal) {
  std::string rule = "type='signal'";
  add_condition(rule, "sender", signal.sender);
  add_condition(rule, "path", signal.path);
  add_condition(rule, "interface", signal.interface);
  add_condition(rule, "member", signal.member);
  add_condition(rule, "arg0", signal.first_argument);
  return rule;
}

}  // namespace

std::string BusMessage::text(std::size_t index) const {
  const auto* found = index < values.size() ? std::get_if<std::string>(&values[index]) : nullptr;
  return found == nullptr ? std::string() : *found;
}

bool BusMessage::flag(std::size_t index) const {
  const auto* found = index < values.size() ? std::get_if<bool>(&values[index]) : nullptr;
  return found != nullptr && *found;
}

void Bus::Release::operator()(sd_bus* bus) const {
  (void)sd_bus_detach_event(bus);
  sd_bus_close_unref(bus);
}

Result<std::unique_ptr<Bus>> Bus::open(const std::string& address, sd_event* event, Callback on_lost) {
  sd_bus* raw = nullptr;
  if (const int result = sd_bus_new(&raw); result < 0) return sd_error("bus", result);
  std::unique_ptr<Bus> bus(new Bus(raw));
  int result = sd_bus_set_address(raw, address.c_str());
  if (result >= 0) result = sd_bus_set_bus_client(raw, 1);
  if (result >= 0) result = sd_bus_start(raw);
  if (result >= 0) result = sd_bus_attach_event(raw, event, 0);
  if (result < 0) return sd_error(address.c_str(), result);
  auto lost = bus->on_signal({.sender = "org.freedesktop.DBus.Local",
                              .path = "/org/freedesktop/DBus/Local",
                              .interface = "org.freedesktop.DBus.Local",
                              .member = "Disconnected"},
                             [on_lost = std::move(on_lost)](const BusMessage&) { on_lost(); });
  if (!lost) return lost.error();
  bus->lost_ = *std::move(lost);
  return bus;
}

Bus::~Bus() = default;

Status Bus::call(const BusCall& call, OnReply on_reply) {
  const auto message = make_message(bus_.get(), call);
  if (!message) return Error{Error::Kind::malformed, "bus: cannot call " + call.member};
  for (const auto& argument : call.arguments) {
    const int added = sd_bus_message_append_basic(message.get(), SD_BUS_TYPE_STRING, argument.c_str());
    if (added < 0) return sd_error("bus", added);  // A text that is not UTF-8.
  }
  if (call.number) {
    const int added = sd_bus_message_append_basic(message.get(), SD_BUS_TYPE_INT32, &*call.number);
    if (added < 0) return sd_error("bus", added);
  }
  return send(bus_.get(), message.get(), std::move(on_reply));
}

Status Bus::start_scope(const std::string& scope, pid_t process, OnReply on_reply) {
  const auto message = make_message(bus_.get(), {.destination = "org.freedesktop.systemd1",
                                                 .path = "/org/freedesktop/systemd1",
                                                 .interface = "org.freedesktop.systemd1.Manager",
                                                 .member = "StartTransientUnit"});
  if (!message) return Error{Error::Kind::malformed, "bus: cannot call StartTransientUnit"};
  const int added = append_scope(message.get(), scope, process);
  if (added < 0) return sd_error("bus", added);
  return send(bus_.get(), message.get(), std::move(on_reply));
}

Result<Watch> Bus::on_signal(const BusSignal& signal, OnBusSignal callback) {
  auto listener = std::make_unique<Listener>();
  listener->callback = std::make_shared<OnBusSignal>(std::move(callback));
  sd_bus_slot* slot = nullptr;
  const int result = sd_bus_add_match_async(bus_.get(), &slot, match_rule(signal).c_str(), on_signal_message,
                                            nullptr, listener.get());
  if (result < 0) return sd_error("bus", result);
  listener->slot.reset(slot);
  return Watch(std::move(listener));
}

}  // namespace systemcheck
