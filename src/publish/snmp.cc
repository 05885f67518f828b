#include "publish/snmp.h"

// This order matters to net-snmp.
#include <net-snmp/net-snmp-config.h>
//
#include <net-snmp/net-snmp-includes.h>
//
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/library/large_fd_set.h>

#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <thread>
#include <type_traits>
#include <utility>

#include "base/text.h"
#include "os/all_signals_blocked.h"
#include "os/clock.h"
#include "os/inbox.h"
#include "publish/snmp_answers.h"
#include "publish/snmp_complaints.h"
#include "publish/snmp_surroundings.h"

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

static_assert(std::is_same_v<oid, unsigned long>);

/// One name for init_agent, init_snmp, snmp_store and snmp_shutdown: it is that of the file with engineBoots.
constexpr const char* application = "systemcheck";

using NetsnmpRoot = std::array<oid, objects_oid.size()>;

NetsnmpRoot objects_root() {
  NetsnmpRoot root{};
  std::ranges::copy(objects_oid, root.begin());
  return root;
}

// From here to answer(): one request.

void write_value(netsnmp_variable_list* varbind, const SnmpValue& value) {
  const auto write_number = [&](u_char type) {
    snmp_set_var_typed_integer(varbind, type, static_cast<long>(value.number));
  };
  switch (value.type) {
    case SnmpType::integer:
      return write_number(ASN_INTEGER);
    case SnmpType::unsigned32:
    case SnmpType::gauge:  // The same on the wire (RFC 2578, 7.1.11).
      return write_number(ASN_GAUGE);
    case SnmpType::counter32:
      return write_number(ASN_COUNTER);
    case SnmpType::time_ticks:
      return write_number(ASN_TIMETICKS);
    case SnmpType::octets:
      snmp_set_var_typed_value(varbind, ASN_OCTET_STR, value.octets.data(), value.octets.size());
  }
}

void write_name(netsnmp_variable_list* varbind, OidSpan whole) {
  std::array<oid, MAX_OID_LEN> name{};
  std::ranges::copy(whole, name.begin());
  snmp_set_var_objid(varbind, name.data(), whole.size());
}

void write_instance(netsnmp_variable_list* varbind, const Answers& answers, OidTable::Place place) {
  write_name(varbind, answers.whole_oid(place));
  write_value(varbind, answers.value(place));
}

WholeName name_of(const netsnmp_variable_list& varbind) { return {varbind.name, varbind.name_length}; }

void answer_get(const Answers& answers, netsnmp_agent_request_info* info, netsnmp_request_info* request) {
  const auto found = answers.at(name_of(*request->requestvb));
  if (const auto* place = std::get_if<OidTable::Place>(&found)) {
    write_value(request->requestvb, answers.value(*place));
    return;
  }
  const bool is_unknown = std::get<OidTable::Missing>(found) == OidTable::Missing::object;
  netsnmp_set_request_error(info, request, is_unknown ? SNMP_NOSUCHOBJECT : SNMP_NOSUCHINSTANCE);
}

/// Nothing: what is asked for stands behind our objects, and the agent finds it there.
std::optional<OidTable::Place> first_place(const Answers& answers, const netsnmp_request_info& request) {
  const auto bound = request.inclusive != 0 ? OidTable::Bound::inclusive : OidTable::Bound::exclusive;
  return answers.after(name_of(*request.requestvb), bound);
}

void answer_next(const Answers& answers, netsnmp_request_info* request) {
  if (const auto place = first_place(answers, *request)) write_instance(request->requestvb, answers, *place);
}

bool wants_more(const netsnmp_request_info& request) {
  const auto& last = *request.requestvb;
  return request.repeat > 0 && last.next_variable != nullptr &&
         snmp_oid_compare(last.name, last.name_length, request.range_end, request.range_end_len) < 0;
}

/// Fills as many repetitions as it may in one go, which is several times as fast as one a pass.
void answer_bulk(const Answers& answers, netsnmp_request_info* request, bool is_all_in_view) {
  for (auto place = first_place(answers, *request); place;) {
    write_instance(request->requestvb, answers, *place);
    if (!wants_more(*request)) return;
    const auto& last = *request->requestvb;
    --request->repeat;
    request->requestvb = last.next_variable;
    if (request->inclusive == 2) request->inclusive = 0;  // It was meant for the varbind before.
    place = is_all_in_view ? answers.next(*place) : std::nullopt;
    if (place) continue;
    snmp_set_var_objid(request->requestvb, last.name, last.name_length);
    request->requestvb->type = ASN_PRIV_RETRY;  // The agent comes back for it, behind this name.
  }
}

/// The agent checks the view of a community for one repetition a pass only: whatever else a handler
/// fills in comes through unchecked. So that is done only for who may see everything.
bool is_all_in_view(const netsnmp_agent_request_info& info) {
  auto root = objects_root();
  return netsnmp_acm_check_subtree(info.asp->pdu, root.data(), root.size()) == VACM_SUCCESS;
}

/// No exception (no memory) may cross net-snmp's frames: it ends the program here.
// NOLINTNEXTLINE(bugprone-exception-escape)
int answer(netsnmp_mib_handler* self, netsnmp_handler_registration*, netsnmp_agent_request_info* info,
           netsnmp_request_info* requests) noexcept {
  const auto& answers = *static_cast<const Answers*>(self->myvoid);
  const bool is_quick = info->mode == MODE_GETBULK && is_all_in_view(*info);
  for (auto* request = requests; request != nullptr; request = request->next) {
    if (request->processed != 0) continue;
    if (info->mode == MODE_GET) answer_get(answers, info, request);
    if (info->mode == MODE_GETNEXT) answer_next(answers, request);
    if (info->mode == MODE_GETBULK) answer_bulk(answers, request, is_quick);
  }
  return SNMP_ERR_NOERROR;
}

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

/// net-snmp's agent from its init to its shutdown, all of it on one thread.
class EmbeddedAgent {
 public:
  EmbeddedAgent(const Board<View>& views, std::function<void(std::string_view)> on_complaint)
      : answers_(views), complaints_(std::move(on_complaint)) {}

  Result<Addresses> open(const std::string& listen, const std::vector<std::string>& config_lines) {
    const auto open_before = open_descriptors();
    auto initialised = initialise(listen, config_lines);
    if (!initialised) return std::move(initialised).error();
    const bool is_listening = init_master_agent() == 0;
    keep_from_children(open_before);
    if (!is_listening) return failure("cannot listen on " + listen);
    snmp_store(application);  // At once: engineBoots must grow even if we are killed.
    complaints_.set_started();
    return bound_addresses();
  }

  void serve(int stop) {
    Wanted wanted;
    while (turn(wanted, stop)) {
    }
  }

  void close() {
    // snmp_shutdown() would call free() on the argument of every callback that is left.
    snmp_unregister_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, take_log_line, &complaints_, 1);
    snmp_shutdown(application);
    shutdown_agent();
  }

 private:
  Status initialise(const std::string& listen, const std::vector<std::string>& config_lines) {
    prepare(listen);
    if (init_agent(application) < 0) return failure("init_agent failed");
    init_own_modules();
    if (!is_registered()) return failure("cannot register the module");
    for (auto line : config_lines)
      netsnmp_config_remember(line.data());  // It copies.
    init_snmp(application);
    const std::chrono::duration<std::int64_t, std::centi> up(netsnmp_get_agent_uptime());
    answers_.set_agent_started(steady_now() - up);
    return Nothing{};
  }

  void prepare(const std::string& listen) {
    snmp_disable_log();
    snmp_enable_calllog();
    snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, take_log_line, &complaints_);
    std::string no_smux = "-smux";
    add_to_init_list(no_smux.data());
    netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_ROLE, 0);  // Master.
    netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_PORTS, listen.c_str());
  }

  /// The few that say who and how the agent is, of dozens.
  static void init_own_modules() {
    init_system_mib();
    init_sysORTable();
    init_snmp_mib();
    init_snmpEngine();
    init_usmStats();
  }

  bool is_registered() {
    auto root = objects_root();
    auto* registration = netsnmp_create_handler_registration(
        "systemCheckMIB", answer, root.data(), root.size(), HANDLER_CAN_RONLY | HANDLER_CAN_GETBULK);
    if (registration == nullptr) return false;
    registration->handler->myvoid = &answers_;
    return netsnmp_register_handler(registration) == MIB_REGISTERED_OK;
  }

  static Addresses bound_addresses() {
    Wanted wanted;
    wanted.refresh();
    Addresses addresses;
    for (const auto number : wanted.numbers()) {
      if (auto text = address_text(number); !text.empty()) addresses.push_back(std::move(text));
    }
    return addresses;
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
    const int count = ::poll(polled.data(), polled.size(), wanted.timeout_ms());
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
    return true;
  }

  Answers answers_;
  Complaints complaints_;
};

struct Stop {};

class AgentThread final : public SnmpAgent {
 public:
  AgentThread(const Board<View>& views, std::function<void(std::string_view)> on_complaint)
      : agent_(views, std::move(on_complaint)) {}
  AgentThread(const AgentThread&) = delete;
  AgentThread& operator=(const AgentThread&) = delete;
  ~AgentThread() override { (void)stop_.put({}); }  // Full: it was told already.

  [[nodiscard]] Addresses addresses() const override { return addresses_; }

  Status run(const std::string& listen, const std::vector<std::string>& config_lines) {
    {
      const AllSignalsBlocked blocked;
      thread_ = std::jthread([this, listen, config_lines] { live(listen, config_lines); });
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
  void live(const std::string& listen, const std::vector<std::string>& config_lines) {
    pthread_setname_np(pthread_self(), "snmp");
    auto opened = agent_.open(listen, config_lines);
    const bool is_open = opened.has_value();
    (void)started_.put(std::move(opened));  // Never full: this is its only item.
    if (is_open) agent_.serve(stop_.descriptor());
    agent_.close();
  }

  EmbeddedAgent agent_;
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
  was_started = true;
  ScopedEnvironment environment;
  environment.set("MIBS", "");                  // None: Debian does not ship the modules they build on.
  environment.set("SNMPCONFPATH", *directory);  // Nothing of /etc/snmp; and what is not in it is not read.
  environment.set("SNMP_PERSISTENT_DIR", *directory);
  environment.set("SNMP_PERSISTENT_FILE", std::nullopt);
  environment.set("LC_ALL", "C");  // init_snmp() calls setlocale(LC_CTYPE, "").
  auto lines = snmp_config_lines(community);
  lines.insert(lines.end(), options.config_lines.begin(), options.config_lines.end());
  auto agent = std::make_unique<AgentThread>(views, std::move(options.on_complaint));
  auto running = agent->run(fmt::format("{}", fmt::join(config.listen, ",")), lines);
  if (!running) return std::move(running).error().within("snmp");
  return std::unique_ptr<SnmpAgent>(std::move(agent));
}

}  // namespace systemcheck
