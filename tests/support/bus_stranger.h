#pragma once

#include <systemd/sd-bus.h>

#include <cstdlib>
#include <string>

namespace systemcheck::test {

/// Somebody on the bus who sends signals to one connection alone, as anybody may.
class Stranger {
 public:
  Stranger(const std::string& address, std::string victim) : victim_(std::move(victim)) {
    must(sd_bus_new(&bus_));
    must(sd_bus_set_address(bus_, address.c_str()));
    must(sd_bus_set_bus_client(bus_, 1));
    must(sd_bus_start(bus_));
  }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;
  ~Stranger() { sd_bus_close_unref(bus_); }

  template <typename... Arguments>
  void send(const char* path, const char* interface, const char* member, const char* types,
            Arguments... arguments) {
    sd_bus_message* message = nullptr;
    must(sd_bus_message_new_signal(bus_, &message, path, interface, member));
    must(sd_bus_message_set_destination(message, victim_.c_str()));
    must(sd_bus_message_append(message, types, arguments...));
    must(sd_bus_send(bus_, message, nullptr));
    must(sd_bus_flush(bus_));
    sd_bus_message_unref(message);
  }

 private:
  static void must(int result) {
    if (result < 0) std::abort();
  }

  const std::string victim_;
  sd_bus* bus_ = nullptr;
};

}  // namespace systemcheck::test
