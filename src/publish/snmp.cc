#include "publish/snmp.h"

// This order matters to net-snmp.
#include <net-snmp/net-snmp-config.h>
//
#include <net-snmp/net-snmp-includes.h>
//
#include <net-snmp/agent/agent_callbacks.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/library/large_fd_set.h>

#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <thread>
#include <type_traits>
#include <utility>

#include "base/text.h"
#include "os/all_signals_blocked.h"
#include "os/clock.h"
#include "os/inbox.h"
#include "publish/snmp_access.h"
#include "publish/snmp_answers.h"
#include "publish/snmp_complaints.h"
#include "publish/snmp_requests.h"
#include "publish/snmp_sinks.h"
#include "publish/snmp_surroundings.h"
#include "publish/snmp_traps.h"

// All of net-snmp. Its agent is single-threaded globals, so one thread here owns all of them, from
// init_agent() to shutdown_agent(), and the rest of the program knows it by two inboxes.
//
// It is made for snmpd, which is a process of its own. Living inside another program, it must be kept from
// reading /etc/snmp, from loading MIB files that Debian does not ship, from opening TCP 199 for SMUX, and
// from leaving its sockets to the children that a restart starts.

// In libnetsnmpmibs, without a public header.
// NOLINTBEGIN(readability-identifier-naming)
extern "C" {
void init_system_mib(void);
void init_sysORTable(void);
void init_snmp_mib(void);
void init_snmpEngine(void);
void init_usmStats(void);
}
// NOLINTEND(readability-identifier-naming)

namespace systemcheck {
namespace {

/// One name for init_agent, init_snmp, snmp_store and snmp_shutdown: it is that of the file with engineBoots.
constexpr const char* application = "systemcheck";

int take_log_line(int, int, void* message, void* complaints) noexcept {
  const auto& line = *static_cast<const snmp_log_message*>(message);
  if (line.priority > LOG_WARNING) return 0;
  std::string_view text = line.msg;
  while (text.ends_with('\n'))
    text.remove_suffix(1);
  static_cast<Complaints*>(complaints)->add(printable(text), steady_now());
  return 0;
}

/// The descriptors that net-snmp wants to read, and how long it can wait for them.
class Wanted {
 public:
  Wanted() { netsnmp_large_fd_set_init(&set_, FD_SETSIZE); }
  Wanted(const Wanted&) = delete;
  Wanted& operator=(const Wanted&) = delete;
  ~Wanted() { netsnmp_large_fd_set_cleanup(&set_); }

  /// Asked anew each turn: it may have closed one and opened another with the same number.
  void refresh() {
    int limit = 0;
    int may_block = 1;
    timeval wait{};
    NETSNMP_LARGE_FD_ZERO(&set_);
    snmp_select_info2(&limit, &set_, &wait, &may_block);
    numbers_.clear();
    for (int number = 0; number < limit; ++number) {
      if (NETSNMP_LARGE_FD_ISSET(number, &set_) != 0) numbers_.push_back(number);
    }
    timeout_ms_ = may_block != 0 ? -1 : static_cast<int>(wait.tv_sec * 1000 + (wait.tv_usec + 999) / 1000);
  }
  void read(const std::vector<int>& ready) {
    NETSNMP_LARGE_FD_ZERO(&set_);
    for (const auto number : ready)
      NETSNMP_LARGE_FD_SET(number, &set_);
    snmp_read2(&set_);
  }
  [[nodiscard]] const std::vector<int>& numbers() const { return numbers_; }
  [[nodiscard]] int timeout_ms() const { return timeout_ms_; }

 private:
  netsnmp_large_fd_set set_{};
  std::vector<int> numbers_{};
  int timeout_ms_ = -1;
};

using Addresses = std::vector<std::string>;

/// What both roles start with, in the language of snmpd.conf(5) where it is about who may ask.
struct AgentSetup {
  SnmpConfig config{};
  std::vector<std::string> lines{};
};

/// While a master does not answer, nobody else must wait for us: once, and not for long.
int hurry_session(int, int, void* session, void*) noexcept {
  constexpr long patience_microseconds = 300'000;
  auto& opened = *static_cast<netsnmp_session*>(session);
  opened.timeout = patience_microseconds;
  opened.retries = 0;
  return SNMP_ERR_NOERROR;
}

/// net-snmp's agent from its init to its shutdown, all of it on one thread.
class NetsnmpAgent {
 public:
  NetsnmpAgent(AgentSetup setup, std::shared_ptr<Inbox<SnmpOrder>> orders, const Board<View>& views,
               std::function<void(std::string_view)> on_complaint)
      : setup_(std::move(setup)),
        orders_(std::move(orders)),
        answers_(views, setup_.config.base_oid),
        complaints_(std::move(on_complaint)) {
    // Below an snmpd it is that one's matter whether anybody listens.
    if (!is_master() || !setup_.config.notify.sinks.empty())
      traps_.emplace(setup_.config.notify, answers_.root().module);
  }

  Result<Addresses> open() {
    const auto open_before = open_descriptors();
    auto initialised = initialise();
    if (!initialised) return std::move(initialised).error();
    const auto open_to_sinks = open_descriptors();
    const bool is_listening = is_master() ? init_master_agent() == 0 : true;
    keep_from_children(open_before);
    if (!is_listening) return failure(fmt::format("cannot listen on {}", listeners()));
    if (is_master()) snmp_store(application);  // At once: engineBoots must grow even if we are killed.
    complaints_.set_started();
    is_open_ = true;
    if (is_master() && traps_) send_easy_trap(SNMP_TRAP_COLDSTART, 0);
    return is_master() ? bound_addresses(open_to_sinks) : Addresses{whom_it_serves()};
  }

  void serve(int stop) {
    Wanted wanted;
    while (turn(wanted, stop)) {
    }
  }

  void close() {
    // snmp_shutdown() would call free() on the argument of every callback that is left.
    snmp_unregister_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, take_log_line, &complaints_, 1);
    for (const int event : connection_events)
      snmp_unregister_callback(SNMP_CALLBACK_APPLICATION, event, take_connection, this, 1);
    snmp_shutdown(application);
    shutdown_agent();
  }

 private:
  static constexpr std::array<int, 2> connection_events{SNMPD_CALLBACK_INDEX_START,
                                                        SNMPD_CALLBACK_INDEX_STOP};

  [[nodiscard]] bool is_master() const { return setup_.config.mode == SnmpMode::agent; }
  [[nodiscard]] std::string listeners() const {
    return fmt::format("{}", fmt::join(setup_.config.listen, ","));
  }

  Status initialise() {
    prepare();
    is_master() ? prepare_master() : prepare_subagent();
    if (init_agent(application) < 0) return failure("init_agent failed");
    is_master() ? init_own_modules() : set_up_subagent();
    if (!register_module(requests_, setup_.config.is_writable)) return failure("cannot register the module");
    for (auto line : setup_.lines)
      netsnmp_config_remember(line.data());  // It copies.
    init_snmp(application);
    const std::chrono::duration<std::int64_t, std::centi> up(netsnmp_get_agent_uptime());
    answers_.set_agent_started(steady_now() - up);
    return Nothing{};
  }

  void prepare() {
    snmp_disable_log();
    snmp_enable_calllog();
    snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, take_log_line, &complaints_);
    std::string no_smux = "-smux";
    add_to_init_list(no_smux.data());
    netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_ROLE, is_master() ? 0 : 1);
  }

  void prepare_master() const {
    netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_PORTS, listeners().c_str());
  }

  void prepare_subagent() {
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_NO_CONNECTION_WARNINGS, 1);
    netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET,
                          setup_.config.agentx_socket.c_str());
    for (const int event : connection_events)
      snmp_register_callback(SNMP_CALLBACK_APPLICATION, event, take_connection, this);
  }

  /// init_agent() has put the defaults back.
  void set_up_subagent() const {
    const auto ping = std::chrono::duration_cast<std::chrono::seconds>(setup_.config.agentx_ping);
    netsnmp_ds_set_int(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL,
                       static_cast<int>(ping.count()));
    snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_SESSION_INIT, hurry_session, nullptr);
  }

  /// The few that say who and how the agent is, of dozens.
  static void init_own_modules() {
    init_system_mib();
    init_sysORTable();
    init_snmp_mib();
    init_snmpEngine();
    init_usmStats();
  }

  static Addresses bound_addresses(const std::set<int>& open_to_sinks) {
    Wanted wanted;
    wanted.refresh();
    Addresses addresses;
    for (const auto number : wanted.numbers()) {
      if (open_to_sinks.contains(number)) continue;
      if (auto text = address_text(number); !text.empty()) addresses.push_back(std::move(text));
    }
    return addresses;
  }

  static int take_connection(int, int event, void*, void* agent) noexcept {
    auto& own = *static_cast<NetsnmpAgent*>(agent);
    own.is_connected_ = event == SNMPD_CALLBACK_INDEX_START;
    if (own.is_open_)
      own.complaints_.add(own.is_connected_ ? "snmpd is there" : "snmpd is gone", steady_now());
    return 0;
  }

  /// Whatever is told while there is no snmpd is told to nobody.
  [[nodiscard]] bool is_heard() const { return traps_ && (is_master() || is_connected_); }

  [[nodiscard]] std::string whom_it_serves() const {
    return "agentx:" + setup_.config.agentx_socket + (is_connected_ ? "" : ", where nobody is yet");
  }

  [[nodiscard]] Error failure(std::string what) const {
    for (const auto& line : complaints_.of_startup())
      what += "; " + line;
    return {Error::Kind::failed, what};
  }

  /// One wait and what came of it; false: it is time to stop.
  bool turn(Wanted& wanted, int stop) {
    wanted.refresh();
    std::vector<pollfd> polled{{.fd = stop, .events = POLLIN, .revents = 0}};
    for (const auto number : wanted.numbers())
      polled.push_back({.fd = number, .events = POLLIN, .revents = 0});
    const int patience =
        is_heard() ? traps_->timeout_ms(steady_now(), wanted.timeout_ms()) : wanted.timeout_ms();
    const int count = ::poll(polled.data(), polled.size(), patience);
    if (polled.front().revents != 0) return false;
    std::vector<int> ready;
    for (const auto& one : polled) {
      if (one.revents != 0) ready.push_back(one.fd);
    }
    answers_.pin(steady_now());
    if (!ready.empty()) wanted.read(ready);
    if (count == 0) snmp_timeout();
    run_alarms();
    netsnmp_check_outstanding_agent_requests();
    if (is_heard()) traps_->look(answers_.view(), answers_.moment());
    return true;
  }

  const AgentSetup setup_;
  const std::shared_ptr<Inbox<SnmpOrder>> orders_;
  Answers answers_;
  Requests requests_{.answers = answers_, .orders = *orders_};
  Complaints complaints_;
  std::optional<TrapSender> traps_{};
  bool is_open_ = false;
  bool is_connected_ = false;  ///< to an snmpd
};

struct Stop {};

class AgentThread final : public SnmpAgent {
 public:
  AgentThread(AgentSetup setup, std::shared_ptr<Inbox<SnmpOrder>> orders, const Board<View>& views,
              std::function<void(std::string_view)> on_complaint)
      : agent_(std::move(setup), std::move(orders), views, std::move(on_complaint)) {}
  AgentThread(const AgentThread&) = delete;
  AgentThread& operator=(const AgentThread&) = delete;
  ~AgentThread() override { (void)stop_.put({}); }  // Full: it was told already.

  [[nodiscard]] Addresses addresses() const override { return addresses_; }

  Status run() {
    {
      const AllSignalsBlocked blocked;
      thread_ = std::jthread([this] { live(); });
    }
    pollfd waiting{.fd = started_.descriptor(), .events = POLLIN, .revents = 0};
    while (::poll(&waiting, 1, -1) <= 0) {  // Interrupted. It says something in any case, and soon.
    }
    auto started = started_.take_all();
    if (!started.front()) return std::move(started.front()).error();
    addresses_ = *std::move(started.front());
    return Nothing{};
  }

 private:
  void live() {
    pthread_setname_np(pthread_self(), "snmp");
    auto opened = agent_.open();
    const bool is_open = opened.has_value();
    (void)started_.put(std::move(opened));  // Never full: this is its only item.
    if (is_open) agent_.serve(stop_.descriptor());
    agent_.close();
  }

  NetsnmpAgent agent_;
  Addresses addresses_{};
  Inbox<Result<Addresses>> started_{1};
  Inbox<Stop> stop_{1};
  std::jthread thread_{};  // The last member: it ends before what it uses goes.
};

}  // namespace

Result<std::unique_ptr<SnmpAgent>> SnmpAgent::start(const SnmpConfig& config,
                                                    const std::string& state_directory,
                                                    const std::string& community, const Board<View>& views,
                                                    SnmpOptions options) {
  static bool was_started = false;
  if (was_started) return Error{Error::Kind::refused, "snmp: this process had an agent already"};
  auto directory = make_snmp_directory(state_directory);
  if (!directory) return std::move(directory).error().within("snmp");
  auto lines = access_lines(config, community);
  if (!lines) return std::move(lines).error().within("snmp");
  if (auto forgotten = forget_users(*directory); !forgotten)
    return std::move(forgotten).error().within("snmp");
  const auto sinks = sink_lines(config);
  if (!sinks) return Error(sinks.error()).within("snmp");
  lines->insert(lines->end(), sinks->begin(), sinks->end());
  was_started = true;
  ScopedEnvironment environment;
  environment.set("MIBS", "");                  // None: Debian does not ship the modules they build on.
  environment.set("SNMPCONFPATH", *directory);  // Nothing of /etc/snmp; and what is not in it is not read.
  environment.set("SNMP_PERSISTENT_DIR", *directory);
  environment.set("SNMP_PERSISTENT_FILE", std::nullopt);
  environment.set("LC_ALL", "C");  // init_snmp() calls setlocale(LC_CTYPE, "").
  lines->insert(lines->end(), options.config_lines.begin(), options.config_lines.end());
  if (!options.orders) options.orders = std::make_shared<Inbox<SnmpOrder>>(0);
  auto agent =
      std::make_unique<AgentThread>(AgentSetup{.config = config, .lines = *std::move(lines)},
                                    std::move(options.orders), views, std::move(options.on_complaint));
  auto running = agent->run();
  if (!running) return std::move(running).error().within("snmp");
  return std::unique_ptr<SnmpAgent>(std::move(agent));
}

}  // namespace systemcheck
