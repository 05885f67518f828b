#include "os/system_state.h"

#include <utility>

#include "os/systemd_names.h"
#include "os/unit_words.h"

namespace systemcheck {
namespace {

constexpr const char* logind_name = "org.freedesktop.login1";
constexpr const char* logind_path = "/org/freedesktop/login1";
constexpr const char* logind_interface = "org.freedesktop.login1.Manager";

}  // namespace

SystemState::SystemState(Bus& bus, const BusName& systemd, OnState on_state)
    : bus_(bus), on_state_(std::move(on_state)) {
  auto started = bus.on_signal({.sender = systemd_name,
                                .path = systemd_path,
                                .interface = systemd_interface,
                                .member = "StartupFinished",
                                .first_argument = {}},
                               [this, &systemd](const BusMessage& it) {
                                 if (systemd.has_sent(it)) read();
                               });
  if (started) started_ = *std::move(started);
  auto prepares = bus.on_signal({.sender = logind_name,
                                 .path = logind_path,
                                 .interface = logind_interface,
                                 .member = "PrepareForShutdown",
                                 .first_argument = {}},
                                [this](const BusMessage& it) {
                                  if (!logind_->has_sent(it)) return;
                                  is_shutdown_prepared_ = it.flag(0);
                                  read();
                                  tell();
                                });
  if (prepares) prepares_ = *std::move(prepares);
  logind_ = std::make_unique<BusName>(bus, logind_name, [this](const std::string& owner) {
    if (!owner.empty()) read_shutdown();
  });
}

void SystemState::read() {
  (void)bus_.call(property_call(systemd_name, systemd_path, systemd_interface, "SystemState"),
                  [this](const Result<BusMessage>& it) {
                    if (!it) return;  // The bus is lost, or the next job will make us ask again.
                    state_ = parse_system_state(it->text(0));
                    tell();
                  });
}

void SystemState::read_shutdown() {
  (void)bus_.call(property_call(logind_name, logind_path, logind_interface, "PreparingForShutdown"),
                  [this](const Result<BusMessage>& it) {
                    if (!it) return;
                    is_shutdown_prepared_ = it->flag(0);
                    tell();
                  });
}

void SystemState::note_job(std::string_view unit) {
  if (unit == "shutdown.target" || state_ == Manager::absent) read();
}

void SystemState::tell() { on_state_(is_shutdown_prepared_ ? Manager::stopping : state_); }

}  // namespace systemcheck
