#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include "base/text.h"
#include "daemon/configuration.h"
#include "daemon/control.h"
#include "daemon/daemon.h"
#include "daemon/followers.h"
#include "daemon/history_answer.h"
#include "daemon/journal.h"
#include "daemon/memory_source.h"
#include "daemon/once.h"
#include "daemon/process_answer.h"
#include "daemon/relay_answer.h"
#include "daemon/watchdog.h"
#include "daemon/web_watch.h"
#include "os/dry_run_actuator.h"
#include "os/linux_actuator.h"
#include "os/linux_host.h"
#include "os/local_time.h"
#include "os/memory_held.h"
#include "os/no_units.h"
#include "os/notify.h"
#include "os/process_connector.h"
#include "os/sd_event_loop.h"
#include "os/self_protection.h"
#include "os/systemd_bus.h"
#include "probe/loop_prober.h"
#include "publish/http.h"
#include "publish/mib_text.h"
#include "publish/snmp.h"

namespace {

using namespace systemcheck;

constexpr int exit_failed = 1;
constexpr int exit_bad_configuration = 78;  // EX_CONFIG, sysexits.h
/// By then everything has been touched that is touched but once: the first cycle is over, unless it hangs.
constexpr Duration started_within = std::chrono::seconds{10};
/// What is needed is mapped again after each time, which is not for nothing.
constexpr Duration thrift_interval = std::chrono::hours{1};
/// What the kernel kills for want of memory is others first: who is to help must be there. -1000 would be
/// never.
constexpr int own_oom_score_adjust = -900;

struct Arguments {
  std::string config{};
  std::string root = "/";
  std::string state_directory{};
  bool observe = false;
  bool check_config = false;
  bool print_config = false;
  bool print_mib = false;
  bool once = false;
};

int fail(const Error& error) {
  std::fprintf(stderr, "systemcheckd: %s\n", printable(error.message).c_str());
  return exit_failed;
}

/// The configuration with what the command line says on top.
Result<Loaded> load(const Arguments& arguments) {
  const auto texts = read_config_texts(arguments.config);
  if (!texts) return texts.error();
  auto loaded = load_config(*texts);
  if (loaded.problems.empty()) loaded.problems = find_pattern_problems(loaded.config);
  if (loaded.problems.empty()) loaded.problems = read_web(loaded.config.http).problems;
  if (!arguments.state_directory.empty()) loaded.config.state_directory = arguments.state_directory;
  if (arguments.observe || arguments.root != "/") loaded.config = only_observing(std::move(loaded.config));
  return loaded;
}

std::unique_ptr<Units> units_for(const Arguments& arguments, SdEventLoop& loop) {
  if (arguments.root != "/") return std::make_unique<NoUnits>();
  return SystemdBus::make(loop);
}

/// What may wait to be carried out that was asked for by SNMP, and by HTTP.
constexpr std::size_t orders_max = 64;

/// The two protocols and the control socket; what was started is listed in the journal.
struct Doors {
  std::unique_ptr<Control> control{};
  std::shared_ptr<Inbox<HttpOrder>> http_orders = std::make_shared<Inbox<HttpOrder>>(orders_max);
  std::unique_ptr<HttpServer> http{};
  std::shared_ptr<const HttpWeb> web{};
  std::shared_ptr<Inbox<SnmpOrder>> snmp_orders = std::make_shared<Inbox<SnmpOrder>>(orders_max);
  std::unique_ptr<SnmpAgent> snmp{};
};

Status make_state_directory(const std::string& path) {
  std::error_code error;
  if (std::filesystem::create_directories(path, error)) {
    std::filesystem::permissions(path, std::filesystem::perms{0750}, error);
  }
  if (error) return Error{Error::Kind::failed, "state directory " + path + ": " + error.message()};
  return Nothing{};
}

/// Below an snmpd that has communities of its own there is none.
Result<std::string> community_for(const Config& config, Journal& journal) {
  if (config.snmp.mode != SnmpMode::agent) return std::string();
  const auto community = read_or_make_community(config.state_directory);
  if (!community) return community.error();
  if (community->is_new)
    journal.write(Severity::notice, "made a read-only SNMP community for loopback: " + community->text);
  return community->text;
}

Status open_snmp(Doors& doors, const Config& config, const Board<View>& board, Journal& journal) {
  if (config.snmp.mode == SnmpMode::disabled) return Nothing{};
  if (auto made = make_state_directory(config.state_directory); !made) return made;
  const auto community = community_for(config, journal);
  if (!community) return community.error();
  auto snmp = SnmpAgent::start(config.snmp, config.state_directory, *community, board,
                               {.on_complaint =
                                    [&journal](std::string_view line) {
                                      journal.write(Severity::warning, "snmp: " + std::string(line));
                                    },
                                .orders = doors.snmp_orders,
                                .config_lines = {}});
  if (!snmp) return std::move(snmp).error();
  doors.snmp = *std::move(snmp);
  for (const auto& address : doors.snmp->addresses())
    journal.write(Severity::notice, "listening on " + address);
  return Nothing{};
}

Status open_http(Doors& doors, const HttpConfig& config, World& world, const Board<View>& board) {
  const auto read = read_web(config);
  if (!read.problems.empty()) return Error{Error::Kind::malformed, problem_lines(read.problems)};
  auto http = HttpServer::start(config, board, steady_now, {.web = read.web, .orders = doors.http_orders});
  if (!http) return std::move(http).error();
  doors.http = *std::move(http);
  const bool has_tls = read.web && read.web->tls;
  for (const auto& address : doors.http->addresses()) {
    const auto* scheme = address.starts_with("unix:") ? "" : has_tls ? "https://" : "http://";
    world.journal.write(Severity::notice, fmt::format("listening on {}{}", scheme, address));
  }
  doors.web = read.web;
  return Nothing{};
}

template <typename Order>
Result<Watch> obey(Inbox<Order>& orders, EventLoop& loop, Daemon& daemon) {
  return loop.when_ready(orders.descriptor(), Ready::readable, Priority::normal, [&orders, &daemon] {
    for (const auto& order : orders.take_all())
      daemon.obey(order);
  });
}

Result<Doors> open_doors(const Config& config, World& world, const Board<View>& board, Inquiry inquiry) {
  auto& loop = world.loop;
  auto& journal = world.journal;
  Doors doors;
  auto control = Control::listen(config.control_socket, loop, board, std::move(inquiry));
  if (!control) return std::move(control).error();
  doors.control = *std::move(control);
  journal.write(Severity::notice, "listening on unix:" + config.control_socket);

  if (auto opened = open_http(doors, config.http, world, board); !opened) return std::move(opened).error();
  if (auto opened = open_snmp(doors, config, board, journal); !opened) return std::move(opened).error();
  return doors;
}

/// Gives memory back when all is started, and then again and again, at a time when no cycle is: what a walk
/// or a page has mapped is not held for ever. Memory that is locked stays.
class Thrift {
 public:
  Thrift(EventLoop& loop, const Callback& on_started) : loop_(loop) {
    next_ = loop_.at(loop_.now() + started_within, [this, on_started] {
      give_back();
      on_started();
    });
  }

 private:
  void give_back() {
    give_memory_back();
    next_ = loop_.at(loop_.now() + thrift_interval, [this] { give_back(); });
  }

  EventLoop& loop_;
  Watch next_{};
};

/// The boot this machine is in, as the kernel numbers it: random(4).
std::string boot_id(Host& host) {
  const auto text = host.read_file("/proc/sys/kernel/random/boot_id", 64);
  auto rest = text ? std::string_view(*text) : std::string_view{};
  return std::string(take_line(rest));
}

/// Null where nothing is kept: for one look, and for a machine that is not this one. The first daemon of a
/// boot and the next are told apart by when they began.
std::shared_ptr<StoreLedger> open_ledger(const Arguments& arguments, const Config& config, EventLoop& loop,
                                         Journal& journal, const std::string& boot) {
  if (arguments.once || arguments.root != "/") return nullptr;
  if (auto made = make_state_directory(config.state_directory); !made) {
    journal.write(Severity::error, made.error().message);
  }
  StoreOpening opening{
      .path = config.state_directory + "/state.db",
      .run = {.id = loop.wall_now().time_since_epoch().count(), .boot_id = boot},
      .limits = {.keep = config.history.keep, .max_size_bytes = config.history.max_size_bytes}};
  const auto say = [&journal](const std::string& line) { journal.write(Severity::warning, line); };
  return std::make_shared<StoreLedger>(loop, std::move(opening), Store::Hooks{.say = say});
}

/// Null for a machine that is not this one.
std::unique_ptr<ProcessEnds> ends_for(const Arguments& arguments, EventLoop& loop, Journal& journal) {
  if (arguments.once || arguments.root != "/") return nullptr;
  auto connector = std::make_unique<ProcessConnector>(loop, open_connector());
  if (const auto& status = connector->status(); !status.is_alive) {
    journal.write(Severity::notice, status.problem + ": how a process without a unit ended may not be known");
  }
  return connector;
}

std::function<double()> jitter_source() {
  return [engine = std::make_shared<std::minstd_rand>(std::random_device{}())] {
    return std::uniform_real_distribution<double>(-1.0, 1.0)(*engine);
  };
}

void take_over(Daemon& daemon, const Result<Loaded>& loaded) {
  if (loaded) {
    daemon.reload(*loaded);
  } else {
    daemon.note_failed_reload(loaded.error().message);
  }
  notify_ready();
}

/// The files are read and understood aside; only the result comes to the main thread.
void reload(const Arguments& arguments, EventLoop& loop, Daemon& daemon, Watch& job) {
  notify_reloading(loop.now());
  auto reading = loop.aside([&arguments, &daemon] {
    auto loaded = std::make_shared<Result<Loaded>>(load(arguments));
    return [loaded, &daemon] { take_over(daemon, *loaded); };
  });
  if (!reading) return take_over(daemon, reading.error());
  job = *std::move(reading);
}

/// Who turns services off when memory is all but gone must not wait for a page of its own then.
void outlast_shortage(Journal& journal) {
  if (const auto locked = lock_own_memory(); !locked)
    journal.write(Severity::notice, "own memory is not locked: " + locked.error().message);
  if (const auto spared = spare_from_oom_killer(own_oom_score_adjust); !spared)
    journal.write(Severity::notice,
                  "the kernel may kill this daemon for want of memory: " + spared.error().message);
}

auto memory_sources(Host& host) {
  return [page_bytes = host.constants().page_bytes](const MemoryRules& rules) {
    return memory_source_for(rules, page_bytes);
  };
}

/// Ends the daemon well; the second time at once.
Callback ender(EventLoop& events, Daemon*& running) {
  return [&events, &running, is_ending = false]() mutable {
    if (running == nullptr || std::exchange(is_ending, true)) return events.stop();
    notify_stopping();
    running->wind_down([&events] { events.stop(); });
  };
}

/// What is asked and ordered on the control socket; the first that knows a request answers it.
Inquiry all_inquiries(Daemon& daemon, const std::shared_ptr<StoreLedger>& ledger, const Board<View>& board,
                      EventLoop& events) {
  return [past = ledger ? history_inquiry(ledger, board, events) : Inquiry{},
          processes = ps_inquiry(board, events), commands = daemon.commands(),
          relay = relay_inquiry(daemon.relay(), events, ledger)](auto request, const auto& peer,
                                                                 const auto& reply) {
    return commands(request, peer, reply) || (past && past(request, peer, reply)) ||
           processes(request, peer, reply) || relay(request, peer, reply);
  };
}

int serve(const Arguments& arguments, Config config) {
  // First of all: the worker may still look when the loop ends, and is left behind if it hangs.
  static auto& host = *new LinuxHost(arguments.root);
  LinuxHost own_host(arguments.root);
  auto loop = SdEventLoop::make();
  if (!loop) return fail(loop.error());
  auto& events = **loop;
  Watch reloading;
  Daemon* running = nullptr;
  const auto on_end = ender(events, running);
  const auto ended = events.on_signal(SIGTERM, on_end);
  const auto interrupted = events.on_signal(SIGINT, on_end);
  const auto hung_up = events.on_signal(SIGHUP, [&] { reload(arguments, events, *running, reloading); });
  if (!ended || !interrupted || !hung_up) return fail({Error::Kind::failed, "cannot watch for signals"});

  const auto journal = stderr_journal();
  const auto units = units_for(arguments, events);
  Board<View> board;
  LoopProber prober(events);
  const auto ends = ends_for(arguments, events, *journal);
  World world{.loop = events,
              .units = *units,
              .host = host,
              .journal = *journal,
              .is_this_machine = arguments.root == "/",
              .draw_jitter = jitter_source(),
              .own_host = &own_host,
              .prober = &prober};
  world.ends = ends.get();
  world.utc_offset = utc_offset;
  world.make_actuator = [&](std::vector<ServiceControl> controls) -> std::unique_ptr<Actuator> {
    auto actuator = std::make_unique<LinuxActuator>(std::move(controls), events, *units);
    if (!arguments.observe && arguments.root == "/") return actuator;
    return std::make_unique<DryRunActuator>(std::move(actuator), events);
  };
  if (arguments.root == "/") world.make_memory_source = memory_sources(host);
  if (arguments.root == "/" && !arguments.once) world.relay = machine_relay_means(events);
  world.boot_id = boot_id(host);
  const auto ledger = open_ledger(arguments, config, events, *journal, world.boot_id);
  if (ledger) world.ledger = ledger;
  Daemon daemon(world, board, SYSTEMCHECK_VERSION);
  running = &daemon;
  if (arguments.once) return print_once(daemon, std::move(config), events, board);

  daemon.on_reload_asked([&] { reload(arguments, events, daemon, reloading); });
  const auto doors = open_doors(config, world, board, all_inquiries(daemon, ledger, board, events));
  if (!doors) return fail(doors.error());
  const auto by_snmp = obey(*doors->snmp_orders, events, daemon);
  const auto by_http = obey(*doors->http_orders, events, daemon);
  if (!by_snmp || !by_http) return fail({Error::Kind::failed, "cannot watch for orders"});
  const Followers followers(*doors->http, events, daemon);
  const WebWatch web_watch(events, *journal, config.http, doors->web,
                           {.use = [&doors](auto web) { return doors->http->use(std::move(web)); },
                            .told = [&daemon](bool is_good) { daemon.note_web_config(is_good); }});
  const bool may_shed = config.memory.mode == Mode::act;
  daemon.start(std::move(config));
  const Watchdog watchdog(events);
  const Thrift thrift(events, [&journal, may_shed] {
    if (may_shed) outlast_shortage(*journal);
  });
  notify_ready();
  const auto run = events.run();
  notify_stopping();
  journal->write(Severity::notice, "stopping");
  return run ? 0 : fail(run.error());
}

int act_on(const Arguments& arguments) {
  auto loaded = load(arguments);
  if (!loaded) return fail(loaded.error());
  if (!loaded->problems.empty()) {
    std::fputs(problem_lines(loaded->problems).c_str(), stderr);
    return exit_bad_configuration;
  }
  if (arguments.print_config) std::fputs(config_yaml(loaded->config).c_str(), stdout);
  if (arguments.print_mib) std::fputs(mib_text(loaded->config.snmp.base_oid).c_str(), stdout);
  if (arguments.check_config) std::puts("the configuration is good");
  if (arguments.print_config || arguments.print_mib || arguments.check_config) return 0;
  return serve(arguments, std::move(loaded->config));
}

}  // namespace

int main(int argc, char** argv) try {
  hold_little_memory();
  allow_many_descriptors();
  Arguments arguments;
  CLI::App app{"Watches the services and the health of this machine, and restarts what has died.",
               "systemcheckd"};
  app.set_version_flag("--version", SYSTEMCHECK_VERSION);
  app.add_option("--config", arguments.config,
                 "this file alone, instead of /etc/systemcheck/systemcheck.yaml and conf.d/*.yaml beside it");
  app.add_option("--root", arguments.root, "look at the machine below this directory")->capture_default_str();
  app.add_option("--state-directory", arguments.state_directory, "instead of the configured one");
  app.add_flag("--observe", arguments.observe, "act on nothing, whatever the configuration says");
  app.add_flag("--check-config", arguments.check_config, "report every problem of the configuration and end");
  app.add_flag("--print-config", arguments.print_config, "print the configuration in force and end");
  app.add_flag("--print-mib", arguments.print_mib,
               "print the SNMP module below the configured number and end");
  app.add_flag("--once", arguments.once, "look once, print the metrics and end");
  CLI11_PARSE(app, argc, argv);
  return act_on(arguments);
} catch (const std::exception& error) {
  std::fprintf(stderr, "systemcheckd: %s\n", error.what());
  return exit_failed;
}
