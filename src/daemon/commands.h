#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/command_answer.h"
#include "daemon/command_request.h"
#include "daemon/control.h"
#include "daemon/supervision.h"

namespace systemcheck {

/// Does what people say on the control socket: takes services over, gives them back, starts and stops them.
/// Whoever is not trusted gets an error, and nothing happens. An answer comes when what was asked for is so:
/// maintenance when it is in force and on disk, a restart when its result was seen. Main thread.
class Commands {
 public:
  /// Both outlive it.
  Commands(World& world, Supervision& supervision) : world_(world), supervision_(supervision) {}
  Commands(const Commands&) = delete;
  Commands& operator=(const Commands&) = delete;
  ~Commands() = default;

  void use(std::shared_ptr<const Config> config) { config_ = std::move(config); }
  /// False: it is no command. Else `reply` is called once, now or later.
  bool answer(std::string_view request, const Peer& peer, const Reply& reply);
  /// Services to be started or stopped, one after the other and in this order.
  struct Wish {
    Demand demand = Demand::start;
    std::string command{};
    std::string target{};
    std::string asked_by{};
    std::vector<std::string> names{};
    std::map<std::string, std::string> refusals{};  ///< what is not even tried, and why
    bool wants_progress = false;
  };
  void carry_out(Wish wish, const Reply& reply);
  /// The same, by whom somebody else knows and trusts.
  void order(const CommandRequest& request, const std::string& asked_by, const Reply& reply) {
    obey(request, asked_by, reply);
  }

 private:
  /// Several services, one after the other.
  struct Round {
    Wish wish{};
    std::shared_ptr<const Config> config{};
    CommandAnswer answer{};
    Reply reply{};
    Instant began{};  ///< with the one at hand
  };
  using RoundId = std::uint64_t;

  void obey(const CommandRequest& request, const std::string& asked_by, const Reply& reply);
  void change_claims(const CommandRequest& request, const std::vector<std::string>& names,
                     CommandAnswer answer, const Reply& reply);
  ServiceAnswer begin_maintenance(const CommandRequest& request, const std::string& name,
                                  const std::string& asked_by);
  ServiceAnswer give_back(const std::string& name, const std::string& asked_by);
  ServiceAnswer clear(const std::string& name, const std::string& asked_by);
  [[nodiscard]] ServiceAnswer answer_of(const std::string& name, std::string result) const;

  void take_next(RoundId id);
  [[nodiscard]] ServiceAnswer refused(const std::string& name, const std::string& why) const;
  static void add(Round& round, ServiceAnswer answer);
  std::optional<ServiceAnswer> try_one(RoundId id, const Round& round, const std::string& name);
  void note_end(RoundId id, const std::string& name, const DemandEnd& end);

  World& world_;
  Supervision& supervision_;
  std::shared_ptr<const Config> config_ = std::make_shared<const Config>();
  RoundId last_id_ = 0;
  std::map<RoundId, Round> rounds_{};
};

}  // namespace systemcheck
