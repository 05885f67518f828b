#include "daemon/process_answer.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "base/text.h"
#include "daemon/command_answer.h"
#include "publish/view_words.h"

namespace systemcheck {
namespace {

using Json = nlohmann::ordered_json;

/// Whoever looks again within this time is told what was used since.
constexpr Duration pictures_kept_for = std::chrono::minutes{1};

/// Who belongs to which service, by the process; ascending.
using Owners = std::vector<std::pair<ProcessIdentity, std::string_view>>;

Owners owners_in(const View& view) {
  Owners owners;
  const auto& services = view.snapshot->services;
  // What was collected under an older configuration is of other services.
  const bool is_of_this_configuration = view.snapshot->taken_at >= view.daemon.config_loaded_at &&
                                        services.size() == view.config->services.size();
  if (!is_of_this_configuration) return owners;
  for (std::size_t i = 0; i < services.size(); ++i) {
    for (const auto& member : services[i].members)
      owners.emplace_back(member, view.config->services[i].name);
  }
  std::ranges::sort(owners);
  return owners;
}

/// What one process is told with.
struct Shown {
  const Process* process = nullptr;
  double cpu_ratio = 0;
  std::string_view service{};
};

class Table {
 public:
  Table(const ProcessPictures& pictures, const Processes& table)
      : view_(*pictures.view), table_(table), owners_(owners_in(view_)) {
    const auto* before = pictures.before.get();
    if (before == nullptr || !before->facts.of<Processes>()) return;
    const auto seconds = in_seconds(view_.snapshot->taken - before->taken);
    if (seconds <= 0) return;
    before_ = &*before->facts.of<Processes>();
    seconds_ = seconds;
  }

  [[nodiscard]] std::vector<Shown> chosen(const ProcessQuery& query) const {
    std::vector<Shown> all;
    for (const auto& process : table_.all) {
      const Shown shown{
          .process = &process, .cpu_ratio = cpu_ratio(process), .service = owner_of(process.identity)};
      if (fits(shown, query)) all.push_back(shown);
    }
    return all;
  }

  void sort(std::vector<Shown>& all, ProcessOrder order) const {
    std::ranges::sort(all, {}, [&](const Shown& it) {
      const auto& process = *it.process;
      const auto start = process.identity.start_ticks;
      std::tuple<double, std::uint64_t, std::string_view, pid_t> key{0, 0, {}, process.identity.pid};
      if (order == ProcessOrder::cpu) std::get<double>(key) = -it.cpu_ratio;
      if (order == ProcessOrder::memory) std::get<double>(key) = -static_cast<double>(process.resident_bytes);
      if (order == ProcessOrder::start) std::get<std::uint64_t>(key) = start;
      if (order == ProcessOrder::user) std::get<std::string_view>(key) = table_.user_name(process.user);
      if (order == ProcessOrder::name) std::get<std::string_view>(key) = process.text->comm;
      return key;
    });
  }

  [[nodiscard]] Json row(const Shown& shown) const {
    const auto& process = *shown.process;
    Json json;
    json["pid"] = process.identity.pid;
    json["parent"] = process.parent;
    json["user"] = published_text(table_.user_name(process.user));
    json["uid"] = process.user;
    json["cpu_ratio"] = shown.cpu_ratio;
    json["memory_ratio"] = memory_percent(process, table_) / 100;
    json["virtual_bytes"] = process.virtual_bytes;
    json["resident_bytes"] = process.resident_bytes;
    json["tty"] = terminal_name(process.tty);
    json["state"] = state_text(process);
    json["start"] = wall_time_text(start_time(process, table_));
    json["cpu_seconds_total"] = seconds_of(process.user_ticks + process.system_ticks);
    json["threads"] = process.threads;
    json["service"] = shown.service.empty() ? Json(nullptr) : Json(published_text(shown.service));
    json["name"] = published_text(process.text->comm);
    json["command"] = published_text(command_text(process));
    return json;
  }

  [[nodiscard]] std::optional<double> seconds() const { return seconds_; }

 private:
  [[nodiscard]] double seconds_of(std::uint64_t ticks) const {
    return static_cast<double>(ticks) / static_cast<double>(table_.ticks_per_second);
  }

  [[nodiscard]] double cpu_ratio(const Process& process) const {
    if (!seconds_) return cpu_percent(process, table_) / 100;
    const auto* old = before_->find(process.identity.pid);
    const bool was_there = old != nullptr && old->identity == process.identity;
    const auto used = process.user_ticks + process.system_ticks;
    const auto used_before = was_there ? old->user_ticks + old->system_ticks : 0;
    return used > used_before ? seconds_of(used - used_before) / *seconds_ : 0;
  }

  [[nodiscard]] std::string_view owner_of(const ProcessIdentity& identity) const {
    const auto found = std::ranges::lower_bound(owners_, identity, {}, &Owners::value_type::first);
    return found != owners_.end() && found->first == identity ? found->second : std::string_view();
  }

  [[nodiscard]] bool fits(const Shown& shown, const ProcessQuery& query) const {
    const auto& process = *shown.process;
    if (query.only_of && process.user != *query.only_of) return false;
    if (!query.service.empty() && query.service != shown.service) return false;
    const bool is_of_user = query.user.empty() || query.user == table_.user_name(process.user) ||
                            query.user == std::to_string(process.user);
    return is_of_user &&
           (query.filter.empty() || command_text(process).find(query.filter) != std::string::npos);
  }

  const View& view_;
  const Processes& table_;
  Owners owners_;
  const Processes* before_ = nullptr;
  std::optional<double> seconds_{};
};

Json head_json(const View& view, const Table& table, std::size_t matching) {
  Json head;
  head["schema"] = 1;
  head["cycle"] = view.snapshot->cycle;
  head["collected"] = wall_time_text(view.snapshot->taken_at);
  head["cycle_interval_seconds"] = in_seconds(view.daemon.cycle_interval);
  head["cpu_over_seconds"] = table.seconds() ? Json(*table.seconds()) : Json(nullptr);
  head["matching"] = matching;
  return head;
}

/// Asks for pictures, and has them put into words.
class Desk {
 public:
  Desk(const Board<View>& views, EventLoop& loop) : views_(views), loop_(loop) {}

  void answer(std::string_view words, const Peer& peer, const Reply& reply) {
    auto query = parse_process_query(words);
    if (!query) return reply(refusal_json(query.error().message));
    if (!peer.is_trusted) query->only_of = peer.user;
    keep_picture();
    const auto id = ++last_job_;
    auto& job = jobs_[id];
    auto begun = loop_.aside([this, id, reply, query = *std::move(query), pictures = pictures_] {
      auto json = processes_json(pictures, query);
      return [this, id, reply, text = json ? *std::move(json) : refusal_json(json.error().message)] {
        const auto done = jobs_.extract(id);  // Its end is the end of what is being called.
        reply(text);
      };
    });
    if (begun) {
      if (jobs_.contains(id)) job = *std::move(begun);
      return;
    }
    jobs_.erase(id);
    reply(refusal_json(begun.error().message));
  }

 private:
  void keep_picture() {
    auto view = views_.newest();
    const bool is_new = pictures_.view && pictures_.view->snapshot->cycle != view->snapshot->cycle;
    if (is_new) pictures_.before = pictures_.view->snapshot;
    pictures_.view = std::move(view);
    forgetting_ =
        loop_.at(loop_.now() + std::max(pictures_kept_for, 2 * pictures_.view->daemon.cycle_interval),
                 [this] { pictures_ = {}; });
  }

  const Board<View>& views_;
  EventLoop& loop_;
  ProcessPictures pictures_{};
  Watch forgetting_{};
  std::uint64_t last_job_ = 0;
  std::map<std::uint64_t, Watch> jobs_{};
};

}  // namespace

Result<ProcessQuery> parse_process_query(std::string_view words) {
  ProcessQuery query;
  const Error wrong{Error::Kind::malformed,
                    "ps [--sort pid|cpu|memory|start|user|name] [--limit N] [--user NAME] [--service NAME] "
                    "[--filter TEXT]"};
  for (auto word = take_word(words); !word.empty(); word = take_word(words)) {
    if (word == "--filter") {
      const auto begin = words.find_first_not_of(' ');
      if (begin == std::string_view::npos) return wrong;
      query.filter = words.substr(begin);
      return query;
    }
    const auto value = take_word(words);
    const auto order = from_word<ProcessOrder>(value);
    const auto limit = parse_number<std::uint32_t>(value);
    const bool is_good = (word == "--sort" && order) || (word == "--limit" && limit && *limit > 0) ||
                         ((word == "--user" || word == "--service") && !value.empty());
    if (!is_good) return wrong;
    if (word == "--sort") query.order = *order;
    if (word == "--limit") query.limit = std::min<std::size_t>(*limit, processes_told_max);
    if (word == "--user") query.user = value;
    if (word == "--service") query.service = value;
  }
  return query;
}

Result<std::string> processes_json(const ProcessPictures& pictures, const ProcessQuery& query) {
  const auto& found = pictures.view->snapshot->facts.of<Processes>();
  if (!found) return Error{found.error()}.within("the process table");
  const Table table(pictures, *found);
  auto all = table.chosen(query);
  table.sort(all, query.order);
  auto text = json_line(head_json(*pictures.view, table, all.size()));
  text.back() = ',';  // Row by row: as one document in memory it would be several times as large.
  text += "\"processes\":[";
  if (all.size() > query.limit) all.resize(query.limit);
  for (const auto& shown : all)
    text += (&shown == all.data() ? "\n" : ",\n") + json_line(table.row(shown));
  return text + "\n]}\n";
}

Inquiry ps_inquiry(const Board<View>& views, EventLoop& loop) {
  return [desk = std::make_shared<Desk>(views, loop)](std::string_view request, const Peer& peer,
                                                      const Reply& reply) {
    if (take_word(request) != "ps") return false;
    desk->answer(request, peer, reply);
    return true;
  };
}

}  // namespace systemcheck
