#include "publish/oids.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "publish/oids_leaves.h"
#include "publish/view_words.h"

namespace systemcheck {
namespace {

static_assert(row_name_bytes_max == index_name_bytes_max);

struct Instance {
  Oid index{};
  std::size_t row = 0;
};
using InstanceLists = std::array<std::vector<Instance>, instance_kinds>;

bool is_before(OidSpan left, OidSpan right) {
  return std::lexicographical_compare(left.begin(), left.end(), right.begin(), right.end());
}

bool is_below(OidSpan oid, OidSpan prefix) {
  return oid.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), oid.begin());
}

/// Names in rows' order become instances in lexicographic order. A name that cannot be an index, or that
/// came before, has none: the agent must never go in circles.
template <typename Name>
std::vector<Instance> sorted_instances(std::size_t rows, Name name_of) {
  std::vector<Instance> instances;
  for (std::size_t row = 0; row < rows; ++row) {
    const std::string& name = name_of(row);
    if (!name.empty() && name.size() <= index_name_bytes_max) instances.push_back({index_of(name), row});
  }
  std::ranges::stable_sort(instances, {}, &Instance::index);
  const auto is_twin = [](const Instance& left, const Instance& right) { return left.index == right.index; };
  instances.erase(std::unique(instances.begin(), instances.end(), is_twin), instances.end());
  return instances;
}

template <typename Keep>
std::vector<Instance> those_of(const std::vector<Instance>& all, Keep keep) {
  std::vector<Instance> kept;
  std::ranges::copy_if(all, std::back_inserter(kept), [&](const Instance& it) { return keep(it.row); });
  return kept;
}

std::vector<Instance> scalar_if(bool is_known) {
  if (!is_known) return {};
  return {{.index = {0}, .row = 0}};
}

const std::vector<FileSystem>* file_systems_of(const View& view) {
  const auto& disks = view.snapshot->facts.of<Disks>();
  return disks ? &disks->file_systems : nullptr;
}

/// Whether the number of processes and what they use mean anything.
bool is_readable(const View& view, std::size_t row) {
  return view.services[row].state != ServiceState::unknown && view.services[row].is_readable;
}

void fill_disks(const View& view, InstanceLists& lists) {
  const auto* mounted = file_systems_of(view);
  if (mounted == nullptr) return;
  const auto& rows = view.file_systems;
  const auto usage_of = [&](std::size_t row) -> const auto& { return (*mounted)[rows[row].index].usage; };
  auto named = sorted_instances(
      rows.size(), [&](std::size_t row) -> const auto& { return rows[row].name; });
  auto known = those_of(named, [&](std::size_t row) { return rows[row].index < mounted->size(); });
  auto& usages = lists[static_cast<std::size_t>(Instances::disk_usages)];
  usages = those_of(known, [&](std::size_t row) { return usage_of(row).has_value(); });
  lists[static_cast<std::size_t>(Instances::disk_inodes)] =
      those_of(usages, [&](std::size_t row) { return usage_of(row)->files > 0; });
  lists[static_cast<std::size_t>(Instances::disks)] = std::move(known);
}

void fill_services(const View& view, InstanceLists& lists) {
  auto all = sorted_instances(
      view.services.size(), [&](std::size_t row) -> const auto& { return view.services[row].name; });
  lists[static_cast<std::size_t>(Instances::readable_services)] =
      those_of(all, [&](std::size_t row) { return is_readable(view, row); });
  lists[static_cast<std::size_t>(Instances::services)] = std::move(all);
}

void fill_shedding(const View& view, InstanceLists& lists) {
  if (!view.shedding) return;
  const auto& row = *view.shedding;
  const bool is_read = row.total_bytes > 0 && row.state != ShedState::blind;
  const auto list = [&](Instances kind) -> auto& { return lists[static_cast<std::size_t>(kind)]; };
  list(Instances::shedding) = scalar_if(true);
  list(Instances::shed_memory) = scalar_if(is_read);
  list(Instances::shed_forecast) = scalar_if(is_read && row.to_critical);
  list(Instances::shed_services) = sorted_instances(
      row.services.size(), [&](std::size_t at) -> const auto& { return row.services[at].name; });
}

void fill_processes(const View& view, const ProcessCounts& counts, InstanceLists& lists) {
  const auto& facts = view.snapshot->facts;
  const auto list = [&](Instances kind) -> auto& { return lists[static_cast<std::size_t>(kind)]; };
  list(Instances::processes) = scalar_if(facts.of<Processes>().has_value());
  list(Instances::users) =
      sorted_instances(counts.users.size(), [&](std::size_t at) { return row_name(counts.users[at].name); });
  const auto& pressure = facts.of<Pressure>();
  list(Instances::pressure) = scalar_if(pressure && pressure->is_available);
}

void fill_relay(const View& view, InstanceLists& lists) {
  if (!view.relay) return;
  const auto& row = *view.relay;
  const auto list = [&](Instances kind) -> auto& { return lists[static_cast<std::size_t>(kind)]; };
  list(Instances::relay) = scalar_if(true);
  list(Instances::relay_logs) =
      sorted_instances(row.logs.size(), [&](std::size_t at) { return row_name(row.logs[at].name); });
  list(Instances::relay_sockets) =
      sorted_instances(row.sockets.size(), [&](std::size_t at) { return row_name(row.sockets[at].place); });
  list(Instances::relay_maps) =
      sorted_instances(row.files.size(), [&](std::size_t at) { return row_name(row.files[at].path); });
  if (!row.clients) return;
  list(Instances::relay_clients) = sorted_instances(
      row.clients->size(), [&](std::size_t at) -> const auto& { return (*row.clients)[at].network; });
}

/// By ascending number as they are. One whose number fits no sub-identifier has no instance.
void fill_events(const View& view, InstanceLists& lists) {
  auto& events = lists[static_cast<std::size_t>(Instances::events)];
  for (std::size_t row = 0; row < view.events->size(); ++row) {
    const auto number = (*view.events)[row]->number;
    if (number <= std::numeric_limits<std::uint32_t>::max())
      events.push_back({.index = {static_cast<std::uint32_t>(number)}, .row = row});
  }
}

InstanceLists instances_of(const View& view, const ProcessCounts& processes) {
  const auto& facts = view.snapshot->facts;
  InstanceLists lists;
  const auto set_scalar = [&](Instances kind, bool is_known) {
    lists[static_cast<std::size_t>(kind)] = scalar_if(is_known);
  };
  set_scalar(Instances::always, true);
  set_scalar(Instances::sample, view.snapshot->cycle > 0);
  set_scalar(Instances::load, facts.of<Load>().has_value());
  set_scalar(Instances::cpu, facts.of<Cpu>().has_value());
  set_scalar(Instances::memory, facts.of<Memory>().has_value());
  fill_disks(view, lists);
  fill_services(view, lists);
  fill_processes(view, processes, lists);
  fill_shedding(view, lists);
  fill_relay(view, lists);
  fill_events(view, lists);
  return lists;
}

ProcessCounts count_processes(const View& view) {
  ProcessCounts counts;
  const auto& table = view.snapshot->facts.of<Processes>();
  if (!table) return counts;
  counts.total = table->all.size();
  for (const auto& process : table->all) {
    counts.threads += process.threads;
    counts.running += process.state == 'R' ? 1 : 0;
    counts.blocked += process.state == 'D' ? 1 : 0;
    counts.zombie += process.state == 'Z' ? 1 : 0;
  }
  counts.users = totals_by_user(*table);
  return counts;
}

/// The first leaf whose own oid comes after `oid`: the one before it is the only one that may contain it.
std::size_t first_leaf_after(OidSpan oid) {
  const auto roster = leaf_roster();
  const auto found = std::ranges::upper_bound(roster, oid, is_before,
                                              [](const Leaf& leaf) { return OidSpan(leaf.info.oid); });
  return static_cast<std::size_t>(found - roster.begin());
}

std::size_t first_instance(const std::vector<Instance>& instances, OidSpan index, OidTable::Bound bound) {
  const auto index_of_instance = [](const Instance& it) { return OidSpan(it.index); };
  const auto found = bound == OidTable::Bound::inclusive
                         ? std::ranges::lower_bound(instances, index, is_before, index_of_instance)
                         : std::ranges::upper_bound(instances, index, is_before, index_of_instance);
  return static_cast<std::size_t>(found - instances.begin());
}

}  // namespace

ModuleRoot::ModuleRoot(const Oid& base) : module(base) {
  module.push_back(1);
  objects = module;
  objects.push_back(1);
}

Oid index_of(std::string_view name) {
  Oid index{static_cast<std::uint32_t>(name.size())};
  for (const char letter : name)
    index.push_back(static_cast<unsigned char>(letter));
  return index;
}

struct OidTable::State {
  std::shared_ptr<const View> view{};
  InstanceLists lists{};
  ProcessCounts processes{};

  [[nodiscard]] const std::vector<Instance>& instances(std::size_t leaf) const {
    return lists[static_cast<std::size_t>(leaf_roster()[leaf].instances)];
  }
  [[nodiscard]] std::optional<Place> first_from(std::size_t leaf) const {
    for (; leaf < leaf_roster().size(); ++leaf) {
      if (!instances(leaf).empty()) return Place{.leaf = leaf, .instance = 0};
    }
    return std::nullopt;
  }
};

OidTable::OidTable(std::shared_ptr<const View> view) {
  auto processes = count_processes(*view);
  auto lists = instances_of(*view, processes);
  state_ = std::make_unique<const State>(
      State{.view = std::move(view), .lists = std::move(lists), .processes = std::move(processes)});
}
OidTable::OidTable(OidTable&&) noexcept = default;
OidTable& OidTable::operator=(OidTable&&) noexcept = default;
OidTable::~OidTable() = default;

std::variant<OidTable::Place, OidTable::Missing> OidTable::at(OidSpan oid) const {
  const auto following = first_leaf_after(oid);
  if (following == 0) return Missing::object;
  const auto leaf = following - 1;
  const auto& leaf_oid = leaf_roster()[leaf].info.oid;
  if (!is_below(oid, leaf_oid)) return Missing::object;
  const auto index = oid.subspan(leaf_oid.size());
  const auto& instances = state_->instances(leaf);
  const auto found = first_instance(instances, index, Bound::inclusive);
  if (found == instances.size() || !std::ranges::equal(instances[found].index, index))
    return Missing::instance;
  return Place{.leaf = leaf, .instance = found};
}

std::optional<OidTable::Place> OidTable::after(OidSpan oid, Bound bound) const {
  const auto following = first_leaf_after(oid);
  if (following == 0) return state_->first_from(0);
  const auto leaf = following - 1;
  const auto& leaf_oid = leaf_roster()[leaf].info.oid;
  if (!is_below(oid, leaf_oid)) return state_->first_from(following);
  const auto& instances = state_->instances(leaf);
  const auto found = first_instance(instances, oid.subspan(leaf_oid.size()), bound);
  if (found == instances.size()) return state_->first_from(following);
  return Place{.leaf = leaf, .instance = found};
}

std::optional<OidTable::Place> OidTable::next(Place place) const {
  if (place.instance + 1 < state_->instances(place.leaf).size()) {
    return Place{.leaf = place.leaf, .instance = place.instance + 1};
  }
  return state_->first_from(place.leaf + 1);
}

std::size_t OidTable::row(Place place) const { return state_->instances(place.leaf)[place.instance].row; }

OidSpan OidTable::index(Place place) const { return state_->instances(place.leaf)[place.instance].index; }

Oid OidTable::oid(Place place) const {
  Oid oid = leaf_roster()[place.leaf].info.oid;
  const auto rest = index(place);
  oid.insert(oid.end(), rest.begin(), rest.end());
  return oid;
}

SnmpValue OidTable::value(Place place, const SnmpMoment& moment) const {
  return leaf_roster()[place.leaf].value(
      {.view = *state_->view, .processes = state_->processes, .moment = moment, .row = row(place)});
}

const std::shared_ptr<const View>& OidTable::view() const { return state_->view; }

std::span<const LeafInfo> leaves() {
  static const std::vector<LeafInfo> all = [] {
    std::vector<LeafInfo> infos;
    for (const auto& leaf : leaf_roster())
      infos.push_back(leaf.info);
    return infos;
  }();
  return all;
}

}  // namespace systemcheck
