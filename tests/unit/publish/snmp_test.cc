#include "publish/snmp.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <thread>

#include "os/clock.h"
#include "os/inbox.h"
#include "publish/oids.h"
#include "publish/snmp_complaints.h"
#include "support/oid_reader.h"
#include "support/shell.h"
#include "support/snmp_client.h"
#include "support/view_builder.h"

// The real agent on loopback, asked by net-snmp's own programs and, where they would refuse, by hand.

namespace systemcheck::test {
namespace {

const std::string community = "unit-test-community";
const std::string narrow = "unit-test-narrow";  // sees all but scServiceReason and scDiskSize
const std::string writer = "unit-test-writer";
const std::string root = ".1.3.6.1.4.1.8072.9999.9999.2001.1";
const std::string reasons = root + ".1.5.1.1.5";
const std::string disk_sizes = root + ".1.4.1.1.3";
const std::vector<std::uint32_t> sys_uptime{1, 3, 6, 1, 2, 1, 1, 3, 0};

std::set<int> open_descriptors_of_test() {
  std::set<int> open;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    open.insert(std::stoi(entry.path().filename().string()));
  }
  std::erase_if(open, [](int number) { return ::fcntl(number, F_GETFD) < 0; });  // That of the listing.
  return open;
}

/// As at the usual machine, but looked at just now.
View fresh_view() {
  auto builder = ViewBuilder().usual_services();
  builder.snapshot().taken = steady_now();
  builder.view().shedding = make_shedding();
  builder.view().relay = make_relay();
  return builder.build();
}

SnmpConfig any_port() { return {.mode = SnmpMode::agent, .listen = {"udp:127.0.0.1:0"}}; }

/// With a user: without one nobody may see who may send mail, and nothing of it is there.
SnmpConfig with_a_user(const std::string& directory) {
  const auto passwords = directory + "/passwords";
  std::ofstream(passwords) << "to authenticate\nand for privacy\n";
  std::filesystem::permissions(passwords, std::filesystem::perms{0600});
  auto config = any_port();
  config.users = {{.name = "noc", .password_file = passwords}};
  return config;
}

/// Everything that one process can have only once. Its members stay until the program ends.
struct World {
  OwnDirectory directory{};
  OwnDirectory secrets{};
  OwnNetSnmp tools{};
  Board<View> board{};
  std::set<int> open_before = open_descriptors_of_test();
  Inbox<std::string> complaints{Complaints::lines_a_minute_max};
  std::unique_ptr<SnmpAgent> agent{};
  std::string error{};

  World() {
    auto started = SnmpAgent::start(
        with_a_user(secrets.path()), directory.path(), community, board,
        {.on_complaint = [this](std::string_view line) { (void)complaints.put(std::string(line)); },
         .config_lines = {"view narrow included " + root, "view narrow excluded " + reasons,
                          "view narrow excluded " + disk_sizes,
                          "rocommunity " + narrow + " 127.0.0.0/8 -V narrow",
                          "rwcommunity " + writer + " 127.0.0.0/8"}});
    if (started) {
      agent = *std::move(started);
    } else {
      error = started.error().message;
    }
  }
};

class RunningAgent : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    world = new World;  // NOLINT: see TearDownTestSuite
    ASSERT_TRUE(world->agent) << world->error;
  }
  static void TearDownTestSuite() {
    delete world;  // NOLINT
    world = nullptr;
  }
  void SetUp() override { post(fresh_view()); }

  static void post(View view) { world->board.post(std::make_shared<const View>(std::move(view))); }
  static std::string address() { return world->agent->addresses().at(0); }
  static std::uint16_t port() {
    return static_cast<std::uint16_t>(std::stoi(address().substr(address().rfind(':') + 1)));
  }
  /// `arguments` of one of net-snmp's programs, asking with `as`.
  static std::string ask(const std::string& program, const std::string& as, const std::string& arguments) {
    return shell(world->tools.environment() + " MIBS= " + program + " -v2c -c " + as + " -r 10 -Onetx " +
                 program_options(program) + address() + " " + arguments);
  }
  static std::vector<std::string> walk(const std::string& as = community) {
    return lines_of(ask("snmpwalk", as, root));
  }
  static bool is_alive() {
    const SnmpClient client(port());
    return id_of(client.ask({.community = community, .id = 99, .oids = {sys_uptime}})) == 99;
  }

  static World* world;

 private:
  static std::string program_options(const std::string& program) {
    return program == "snmpbulkwalk" || program == "snmpwalk" ? "-Cc " : "";
  }
};
World* RunningAgent::world = nullptr;

#define NEEDS(program) \
  if (!has_program(program)) GTEST_SKIP() << program << " is not installed (snmp)"

std::string dotted(const Oid& below) {
  std::string text = root + ".1";
  for (const auto number : below)
    text += "." + std::to_string(number);
  return text;
}

std::string printed(const SnmpValue& value) {
  const auto number = std::to_string(value.number);
  switch (value.type) {
    case SnmpType::integer:
      return "INTEGER: " + number;
    case SnmpType::unsigned32:
    case SnmpType::gauge:
      return "Gauge32: " + number;
    case SnmpType::counter32:
      return "Counter32: " + number;
    case SnmpType::counter64:
      return "Counter64: " + number;
    case SnmpType::time_ticks:
      return number;
    case SnmpType::octets:
      break;
  }
  std::string hex;
  for (const char octet : value.octets) {
    std::array<char, 4> text{};
    (void)std::snprintf(text.data(), text.size(), "%02X ", static_cast<unsigned char>(octet));
    hex += text.data();
  }
  return hex.empty() ? "\"\"" : "Hex-STRING: " + hex;
}

/// What depends on the very moment of the answer, or on what a view has behind our module.
bool is_of_the_moment(const std::string& line) {
  if (line.find("No more variables left in this MIB View") != std::string::npos) return true;
  return line.starts_with(root + ".1.1.6.0 ") || line.starts_with(root + ".1.1.11.0 ") ||
         line.starts_with(root + ".1.5.1.1.13.");
}

/// Lines as one text, because googletest shows where two texts differ.
std::string without_moments(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) {
    if (!is_of_the_moment(line)) text += line + "\n";
  }
  return text;
}

/// The walk as it must be, from the table alone.
std::vector<std::string> expected_walk(const View& view) {
  const OidTable table(std::make_shared<const View>(view));
  const SnmpMoment moment{.now = steady_now(), .agent_started = steady_now()};
  std::vector<std::string> lines;
  for (auto place = table.after(Oid{}, OidTable::Bound::inclusive); place; place = table.next(*place)) {
    lines.push_back(dotted(table.oid(*place)) + " = " + printed(table.value(*place, moment)));
  }
  return lines;
}

/// net-snmp folds long octets into several lines.
std::vector<std::string> unfolded(const std::vector<std::string>& lines) {
  std::vector<std::string> whole;
  for (const auto& line : lines) {
    if (line.starts_with(".1.") || whole.empty()) {
      whole.push_back(line);
    } else {
      whole.back() += line;
    }
  }
  return whole;
}

TEST_F(RunningAgent, SaysWhereItListens) {
  EXPECT_THAT(address(), ::testing::MatchesRegex("udp:127.0.0.1:[1-9][0-9]*"));
  EXPECT_EQ(world->agent->addresses().size(), 1U);
}

TEST_F(RunningAgent, ServesExactlyTheTable) {
  NEEDS("snmpwalk");
  const auto view = fresh_view();
  post(view);
  EXPECT_EQ(without_moments(unfolded(walk())), without_moments(expected_walk(view)));
}

TEST_F(RunningAgent, AnswersInBulkWhatItAnswersOneByOne) {
  NEEDS("snmpbulkwalk");
  const auto view = fresh_view();
  post(view);
  const auto expected = without_moments(expected_walk(view));
  for (const auto* repetitions : {"1", "7", "10", "17", "50", "100", "1000"}) {
    const auto bulk = ask("snmpbulkwalk", community, std::string("-Cr") + repetitions + " " + root);
    EXPECT_EQ(without_moments(unfolded(lines_of(bulk))), expected) << repetitions;
  }
}

TEST_F(RunningAgent, AnswersSeveralColumnsInOneBulk) {
  NEEDS("snmpbulkget");
  const auto table =
      ask("snmpbulkget", community, "-Cn1 -Cr2 " + root + ".1.1.1 " + reasons + " " + disk_sizes);
  const auto lines = unfolded(lines_of(table));
  ASSERT_EQ(lines.size(), 5U);  // One that is not repeated, then twice two.
  EXPECT_TRUE(lines[0].starts_with(root + ".1.1.1.0 "));
  EXPECT_TRUE(lines[1].starts_with(reasons + ".3.115.115.104 "));
  EXPECT_TRUE(lines[2].starts_with(disk_sizes + ".1.47 "));
  EXPECT_TRUE(lines[3].starts_with(reasons + ".3.119.101.98 "));
  EXPECT_TRUE(lines[4].starts_with(disk_sizes + ".4.47.118.97.114 "));
}

TEST_F(RunningAgent, ShowsNoExcludedColumnInBulk) {
  NEEDS("snmpbulkwalk");
  auto allowed = expected_walk(fresh_view());
  std::erase_if(allowed, [](const std::string& line) {
    return line.starts_with(reasons + ".") || line.starts_with(disk_sizes + ".");
  });
  EXPECT_EQ(without_moments(unfolded(walk(narrow))), without_moments(allowed));
  for (const auto* repetitions : {"1", "10", "100"}) {
    const auto bulk = ask("snmpbulkwalk", narrow, std::string("-Cr") + repetitions + " " + root);
    EXPECT_EQ(without_moments(unfolded(lines_of(bulk))), without_moments(allowed)) << repetitions;
  }
}

TEST_F(RunningAgent, TellsNoCommunityWhoMaySend) {
  NEEDS("snmpbulkwalk");
  auto view = fresh_view();
  view.relay->clients = make_clients();
  post(view);
  auto allowed = expected_walk(view);
  std::erase_if(allowed, [](const std::string& line) { return line.starts_with(dotted({8, 10}) + "."); });
  ASSERT_LT(allowed.size(), expected_walk(view).size());
  EXPECT_EQ(without_moments(unfolded(walk())), without_moments(allowed));
  EXPECT_EQ(without_moments(unfolded(lines_of(ask("snmpbulkwalk", community, root)))),
            without_moments(allowed));
  EXPECT_NE(
      ask("snmpget", community, dotted(cell("scRelayClientUser", "198.51.100.7"))).find("No Such Object"),
      std::string::npos);
}

TEST_F(RunningAgent, TellsAMissingInstanceFromAMissingObject) {
  NEEDS("snmpget");
  EXPECT_NE(ask("snmpget", community, reasons + ".6.110.111.98.111.100.121").find("No Such Instance"),
            std::string::npos);
  EXPECT_NE(ask("snmpget", community, root + ".1.1.9.0").find("No Such Object"), std::string::npos);
  EXPECT_NE(ask("snmpget", community, root + ".1.99.1.0").find("No Such Object"), std::string::npos);
}

TEST_F(RunningAgent, KnowsItsOwnIdentity) {
  NEEDS("snmpget");
  const auto answer = ask("snmpget", community, ".1.3.6.1.2.1.1.2.0 .1.3.6.1.2.1.1.7.0");
  EXPECT_EQ(answer, ".1.3.6.1.2.1.1.2.0 = OID: " + root + "\n.1.3.6.1.2.1.1.7.0 = INTEGER: 72\n");
}

TEST_F(RunningAgent, ShowsNothingElseOfTheMachine) {
  NEEDS("snmpwalk");
  for (const auto& line : lines_of(ask("snmpwalk", community, ".1"))) {
    const bool is_ours = line.starts_with(root + ".") || line.starts_with(".1.3.6.1.2.1.1.") ||
                         line.starts_with(".1.3.6.1.2.1.11.") || line.starts_with(".1.3.6.1.6.3.10.2.1.") ||
                         line.starts_with(".1.3.6.1.6.3.15.1.1.") || !line.starts_with(".1.");
    EXPECT_TRUE(is_ours) << line;
  }
}

TEST_F(RunningAgent, CountsItsTimesFromWhenSysUpTimeDoes) {
  NEEDS("snmpget");
  auto changed = make_row_that_is_up("changed", 1, 1);
  changed.state_since_instant = steady_now();
  auto old = make_row_that_is_up("old", 2, 1);
  old.state_since_instant = steady_now() - std::chrono::hours{1000};
  post(ViewBuilder().service(changed).service(old).build());
  const std::string column = root + ".1.5.1.1.13";
  const auto lines =
      lines_of(ask("snmpget", community,
                   column + ".7.99.104.97.110.103.101.100 .1.3.6.1.2.1.1.3.0 " + column + ".3.111.108.100"));
  ASSERT_EQ(lines.size(), 3U);
  const auto ticks = [](const std::string& line) { return std::stol(line.substr(line.find('=') + 2)); };
  EXPECT_LE(ticks(lines[0]), ticks(lines[1]) + 1);
  EXPECT_GE(ticks(lines[0]) + 1, 0);
  EXPECT_EQ(ticks(lines[2]), 0);
}

TEST_F(RunningAgent, AnswersEveryRequestFromOneView) {
  NEEDS("snmpget");
  const auto numbered = [](int number) {
    auto builder = ViewBuilder();
    for (int i = 0; i < 20; ++i) {
      auto row = make_row("service-" + std::to_string(10 + i));
      row.reason = std::to_string(number);
      builder.service(row);
    }
    return builder.build();
  };
  post(numbered(0));
  std::jthread poster([&](const std::stop_token& stop) {
    for (int number = 1; !stop.stop_requested(); ++number)
      post(numbered(number));
  });
  std::set<std::string> seen;
  for (int i = 0; i < 20; ++i) {
    std::set<std::string> values;
    const auto lines = lines_of(ask("snmpbulkget", community, "-Cr20 " + reasons));
    for (const auto& line : lines)
      values.insert(line.substr(line.find('=')));
    EXPECT_EQ(lines.size(), 20U);
    EXPECT_EQ(values.size(), 1U);
    seen.insert(values.begin(), values.end());
  }
  EXPECT_GT(seen.size(), 1U) << "views changed meanwhile";
}

TEST_F(RunningAgent, GivesNothingToAWrongCommunity) {
  const SnmpClient client(port());
  for (const auto& wrong : {std::string("public"), std::string("private"), std::string(""), community + "x",
                            community.substr(1)}) {
    client.send(encode({.community = wrong, .id = 1, .oids = {sys_uptime}}));
  }
  client.send(encode({.community = community, .id = 2, .oids = {sys_uptime}}));
  EXPECT_EQ(id_of(client.receive()), 2) << "the first answer is for the right community";
}

TEST_F(RunningAgent, RefusesToBeWritten) {
  NEEDS("snmpset");
  const auto ours = ask("snmpset", community, root + ".1.1.1.0 s hacked");
  EXPECT_NE(ours.find("noAccess"), std::string::npos) << ours;
  const auto allowed = ask("snmpset", writer, root + ".1.1.1.0 s hacked");
  EXPECT_NE(allowed.find("notWritable"), std::string::npos) << allowed;
  const auto created = ask("snmpset", writer, root + ".1.5.1.1.2.3.110.101.119 s new");
  EXPECT_NE(created.find("notWritable"), std::string::npos) << created;
  EXPECT_EQ(ask("snmpget", community, root + ".1.1.1.0"), root + ".1.1.1.0 = Hex-STRING: 30 2E 31 2E 30 \n");
}

TEST_F(RunningAgent, SurvivesQuestionsThatNobodyWouldAsk) {
  const SnmpClient client(port());
  const auto first = std::vector<std::uint32_t>{1, 3};
  const auto last = ModuleRoot(SnmpConfig{}.base_oid).objects;
  auto highest = last;
  highest.insert(highest.end(), {5, 1, 1, 5, 0xffffffff, 0xffffffff});
  auto longest = last;
  longest.resize(128, 1);
  for (const auto repetitions : {-1, 0, 1, 2'147'483'647}) {
    for (const auto& oid : {first, last, highest, longest}) {
      const SnmpQuestion question{.pdu = Pdu::get_bulk,
                                  .community = community,
                                  .id = 7,
                                  .non_repeaters = -5,
                                  .repetitions = repetitions,
                                  .oids = std::vector<std::vector<std::uint32_t>>(40, oid)};
      EXPECT_EQ(id_of(client.ask(question)), 7) << repetitions << " of " << oid.size();
    }
  }
}

TEST_F(RunningAgent, SurvivesPacketsCutAnywhere) {
  const SnmpClient client(port());
  const auto whole = encode({.pdu = Pdu::get_bulk,
                             .community = community,
                             .repetitions = 10,
                             .oids = {{1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 2001, 1, 1}}});
  for (std::size_t size = 0; size < whole.size(); ++size)
    client.send(whole.substr(0, size));
  EXPECT_TRUE(is_alive());
}

TEST_F(RunningAgent, SurvivesPacketsWithAnythingInThem) {
  const SnmpClient client(port());
  std::mt19937 random(20261122);
  const auto whole = encode({.pdu = Pdu::get_bulk,
                             .community = community,
                             .repetitions = 10,
                             .oids = {{1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 2001, 1, 1}}});
  for (int round = 0; round < 2'000; ++round) {
    auto packet = round % 4 == 0 ? std::string(random() % 200, '\0') : whole;
    const auto changes = round % 4 == 0 ? packet.size() : 1 + random() % 4;
    for (std::size_t i = 0; i < changes; ++i)
      packet[random() % packet.size()] = static_cast<char>(random());
    client.send(packet);
    if (round % 100 == 0) {
      ASSERT_TRUE(is_alive()) << round;
    }  // Also: its queue never fills.
  }
  EXPECT_TRUE(is_alive());
}

TEST_F(RunningAgent, ComplainsOfPacketsThatMakeNoSense) {
  const SnmpClient client(port());
  client.send(encode({.pdu = static_cast<Pdu>(0x13), .community = community, .oids = {sys_uptime}}));
  ASSERT_TRUE(is_alive());
  EXPECT_FALSE(world->complaints.take_all().empty());
}

TEST_F(RunningAgent, LeavesNoDescriptorToChildren) {
  int opened = 0;
  for (const auto number : open_descriptors_of_test()) {
    if (world->open_before.contains(number)) continue;
    ++opened;
    EXPECT_NE(::fcntl(number, F_GETFD) & FD_CLOEXEC, 0)
        << number << " is " << std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(number));
  }
  EXPECT_GE(opened, 4) << "its socket, two inboxes and ours";
}

std::set<std::string> own_sockets() {
  std::set<std::string> inodes;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code ignored;
    const auto target = std::filesystem::read_symlink(entry.path(), ignored).string();
    if (target.starts_with("socket:[")) inodes.insert(target.substr(8, target.size() - 9));
  }
  return inodes;
}

/// "local address" of every socket in one of /proc/net's tables that is ours.
std::vector<std::string> own_addresses(const std::string& table) {
  const auto ours = own_sockets();
  std::vector<std::string> addresses;
  std::ifstream file("/proc/net/" + table);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    const std::vector<std::string> columns{std::istream_iterator<std::string>(words), {}};
    if (columns.size() > 9 && ours.contains(columns[9])) addresses.push_back(columns[1]);
  }
  return addresses;
}

TEST_F(RunningAgent, ListensOnUdpOfLoopbackAndNowhereElse) {
  EXPECT_TRUE(own_addresses("tcp").empty()) << "SMUX would be port 199";
  EXPECT_TRUE(own_addresses("tcp6").empty());
  const auto udp = own_addresses("udp");
  ASSERT_EQ(udp.size(), 1U);
  EXPECT_TRUE(udp[0].starts_with("0100007F:")) << udp[0];
}

TEST_F(RunningAgent, PutsTheEnvironmentBack) {
  EXPECT_EQ(std::getenv("MIBS"), nullptr);
  EXPECT_EQ(std::getenv("SNMPCONFPATH"), nullptr);
  EXPECT_EQ(std::getenv("SNMP_PERSISTENT_DIR"), nullptr);
}

TEST_F(RunningAgent, KeepsItsFilesInItsOwnDirectory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(world->directory.path())) {
    names.push_back(entry.path().filename().string());
  }
  EXPECT_EQ(names, std::vector<std::string>{"snmp"});
  const auto permissions = std::filesystem::status(world->directory.path() + "/snmp").permissions();
  EXPECT_EQ(permissions, std::filesystem::perms::owner_all);
}

TEST_F(RunningAgent, IsTheOnlyOneOfItsProcess) {
  const auto second = SnmpAgent::start(any_port(), world->directory.path(), community, world->board);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, "snmp: this process had an agent already");
}

// What needs a process of its own: googletest runs these statements in one, from the start.

class AgentDeathTest : public ::testing::Test {
 protected:
  void SetUp() override { ::testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

/// The same for a test and for the processes that it starts, which run the test from its first line.
std::string shared_directory(const char* variable) {
  if (const char* given = std::getenv(variable)) return given;
  static OwnDirectory own;
  ::setenv(variable, own.path().c_str(), 1);
  return own.path();
}

std::string engine_boots(const SnmpAgent& agent) {
  const OwnNetSnmp tools;
  const auto line = shell(tools.environment() + " MIBS= snmpget -v2c -On -c " + community + " " +
                          agent.addresses().at(0) + " .1.3.6.1.6.3.10.2.1.2.0");
  return line.substr(line.rfind(' ') + 1);
}

void say_boots_and_be_killed(const std::string& directory) {
  const Board<View> board;
  const auto agent = SnmpAgent::start(any_port(), directory, community, board);
  const std::string said = agent ? "boots " + engine_boots(**agent) : agent.error().message;
  (void)std::fputs(said.c_str(), stderr);
  (void)std::raise(SIGKILL);
}

TEST_F(AgentDeathTest, CountsItsStartsEvenWhenItWasKilled) {
  NEEDS("snmpget");
  const auto directory = shared_directory("SYSTEMCHECK_TEST_BOOTS");
  EXPECT_EXIT(say_boots_and_be_killed(directory), ::testing::KilledBySignal(SIGKILL), "boots 1\n");
  EXPECT_EXIT(say_boots_and_be_killed(directory), ::testing::KilledBySignal(SIGKILL), "boots 2\n");
  EXPECT_EXIT(say_boots_and_be_killed(directory), ::testing::KilledBySignal(SIGKILL), "boots 3\n");
}

int say_why_it_did_not_start(const SnmpConfig& config, const std::string& directory) {
  const Board<View> board;
  const auto agent = SnmpAgent::start(config, directory, community, board);
  (void)std::fputs(agent ? "started" : agent.error().message.c_str(), stderr);
  return agent ? 1 : 0;
}

int start_where_somebody_listens() {
  const Descriptor taken(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  (void)::bind(taken.number(), reinterpret_cast<const sockaddr*>(&address), size);
  (void)::getsockname(taken.number(), reinterpret_cast<sockaddr*>(&address), &size);
  const OwnDirectory directory;
  return say_why_it_did_not_start({.listen = {"udp:127.0.0.1:" + std::to_string(ntohs(address.sin_port))}},
                                  directory.path());
}

TEST_F(AgentDeathTest, SaysThatItsPortIsTaken) {
  EXPECT_EXIT(std::exit(start_where_somebody_listens()), ::testing::ExitedWithCode(0),
              "snmp: cannot listen on udp:127.0.0.1:[0-9]+; .*udp:127.0.0.1:");
}

TEST_F(AgentDeathTest, SaysThatItCannotKeepItsState) {
  EXPECT_EXIT(std::exit(say_why_it_did_not_start(any_port(), "/nonexistent/state")),
              ::testing::ExitedWithCode(0), "snmp: /nonexistent/state/snmp: No such file or directory");
}

int start_and_stop() {
  const OwnDirectory directory;
  const Board<View> board;
  auto agent = SnmpAgent::start(any_port(), directory.path(), community, board);
  if (agent) agent->reset();
  return agent ? 0 : 1;
}

TEST_F(AgentDeathTest, StopsWhenItIsDestroyed) {
  EXPECT_EXIT(std::exit(start_and_stop()), ::testing::ExitedWithCode(0), "");
}

int listen_on_both_families() {
  const OwnDirectory directory;
  const Board<View> board;
  const auto agent =
      SnmpAgent::start({.listen = {"udp:127.0.0.1:0", "udp6:[::1]:0"}}, directory.path(), community, board);
  if (!agent) (void)std::fputs(agent.error().message.c_str(), stderr);
  for (const auto& address : agent ? (*agent)->addresses() : std::vector<std::string>{}) {
    const OwnNetSnmp tools;
    (void)std::fputs((address + "\n").c_str(), stderr);
    (void)std::fputs(shell(tools.environment() + " MIBS= snmpget -v2c -On -c " + community + " " + address +
                           " .1.3.6.1.2.1.1.7.0")
                         .c_str(),
                     stderr);
  }
  return 0;
}

TEST_F(AgentDeathTest, ListensOnBothFamilies) {
  NEEDS("snmpget");
  if (!std::filesystem::exists("/proc/net/if_inet6")) GTEST_SKIP() << "no IPv6 here";
  EXPECT_EXIT(std::exit(listen_on_both_families()), ::testing::ExitedWithCode(0),
              "udp:127.0.0.1:[0-9]+\n.* = INTEGER: 72\nudp6:.::1.:[0-9]+\n.* = INTEGER: 72\n");
}

}  // namespace
}  // namespace systemcheck::test
