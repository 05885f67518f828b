// What a look at all processes costs, beside what `ps auxwww` costs for the same ones in the same
// minute. Absolute times say little on another machine; the ratio of the two travels better.
//
// The processes live in a PID namespace of their own, so that their number is exact and all of them
// end with it. Needs root.

#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/text.h"
#include "collect/key_values.h"
#include "collect/process_cache.h"
#include "collect/snapshot.h"
#include "os/linux_host.h"

namespace systemcheck {
namespace {

constexpr int default_processes = 10'000;
constexpr int processes_max = 100'000;
constexpr int passes = 15;
constexpr int ps_runs = 5;
constexpr int services = 50;
constexpr int skipped = 77;

double milliseconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
}

struct Cost {
  double user = 0;
  double system = 0;
  [[nodiscard]] double total() const { return user + system; }
};

Cost cost_from(const rusage& usage) {
  return {.user = milliseconds(usage.ru_utime), .system = milliseconds(usage.ru_stime)};
}

Cost own_cost() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return cost_from(usage);
}

Cost median(std::vector<Cost> costs) {
  std::ranges::sort(costs, {}, &Cost::total);
  return costs[costs.size() / 2];
}

/// With fifty services to match.
std::shared_ptr<const Config> config_with_services() {
  Config config;
  for (int i = 0; i < services; ++i) {
    const auto name = "service" + std::to_string(i);
    config.services.push_back(
        {.name = name, .match = {.units = {name + ".service"}, .executables = {"/usr/sbin/" + name}}});
  }
  return std::make_shared<const Config>(config);
}

Cost measure_ps() {
  const pid_t child = ::fork();
  if (child == 0) {
    if (std::freopen("/dev/null", "w", stdout) == nullptr) ::_exit(1);
    ::execlp("ps", "ps", "auxwww", nullptr);
    ::_exit(127);
  }
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  if (status != 0) std::fprintf(stderr, "ps auxwww ended with status %d\n", status);
  return cost_from(usage);
}

void print(const char* what, const Cost& cost) {
  std::printf("%-28s %8.1f ms CPU (user %.1f, system %.1f)\n", what, cost.total(), cost.user, cost.system);
}

void print_memory(LinuxHost& host) {
  const auto status = host.read_file("/proc/self/status", pseudo_file_limit_bytes);
  if (!status) return;
  const auto mebibytes = [&status](std::string_view key) {
    return static_cast<double>(number_behind(key, *status).value_or(0)) / 1024;
  };
  std::printf("%-28s %8.1f MiB (peak %.1f)\n", "resident with two snapshots", mebibytes("VmRSS:"),
              mebibytes("VmHWM:"));
}

int measure() {
  LinuxHost host;
  Collection collection(host, config_with_services());
  // As in the daemon: the published snapshot lives until the next one takes its place.
  auto published = std::make_shared<const Snapshot>();
  std::vector<Cost> costs;
  for (int pass = 0; pass < passes; ++pass) {
    const auto before = own_cost();
    published = std::make_shared<const Snapshot>(collection.take(static_cast<std::uint64_t>(pass) + 1));
    const auto after = own_cost();
    costs.push_back({.user = after.user - before.user, .system = after.system - before.system});
  }
  const auto& table = published->facts.of<Processes>();
  if (!table) {
    std::fprintf(stderr, "%s\n", table.error().message.c_str());
    return 1;
  }
  std::vector<Cost> of_ps;
  for (int run = 0; run < ps_runs; ++run)
    of_ps.push_back(measure_ps());
  const auto first = costs.front();
  const auto steady = median({costs.begin() + 1, costs.end()});
  const auto ps = median(of_ps);
  std::printf("%-28s %8zu\n", "processes", table->all.size());
  print("first pass", first);
  print("steady pass, median", steady);
  print("ps auxwww, median", ps);
  std::printf("%-28s %8.2f\n", "ps / steady pass", ps.total() / steady.total());
  print_memory(host);
  return 0;
}

void start_sleepers(int count) {
  for (int i = 0; i < count; ++i) {
    const pid_t child = ::fork();
    if (child < 0) std::perror("fork");
    if (child != 0) continue;
    ::prctl(PR_SET_NAME, "sleeper");
    for (;;)
      ::pause();
  }
}

/// The first process of the namespace: when it ends, the kernel ends all others.
int run_inside(int count) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("proc", "/proc", "proc", 0, nullptr) != 0) {
    std::perror("mount /proc");
    return skipped;
  }
  start_sleepers(count);
  // What is measured is a machine that has been up for a while, on which hardly anything is young.
  std::this_thread::sleep_for(young_for + std::chrono::seconds{1});
  return measure();
}

int run(int count) {
  if (::unshare(CLONE_NEWPID | CLONE_NEWNS) != 0) {
    std::perror("unshare (needs root)");
    return skipped;
  }
  const pid_t child = ::fork();
  if (child == 0) {
    const int code = run_inside(count);
    std::fflush(stdout);
    ::_exit(code);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace
}  // namespace systemcheck

int main(int argc, char** argv) {
  const auto wanted = argc > 1 ? systemcheck::parse_number<int>(argv[1]) : systemcheck::default_processes;
  if (!wanted || *wanted < 1 || *wanted > systemcheck::processes_max) {
    std::fprintf(stderr, "usage: scan_bench [PROCESSES]\n");
    return 2;
  }
  return systemcheck::run(*wanted);
}
