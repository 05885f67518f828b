#include "config/order.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "config/values.h"

namespace systemcheck {
namespace {

constexpr std::size_t after_max = 32;

/// What a preset comes after are presets: those services here that are one of them.
std::vector<std::string> services_of_presets(const Service& self, const std::vector<Service>& all) {
  std::vector<std::string> names;
  for (const auto& other : all) {
    const bool is_meant = std::ranges::find(self.after, other.preset) != self.after.end();
    if (is_meant && other.name != self.name) names.push_back(other.name);
  }
  return names;
}

void read_after(Section section, Service& service, const std::vector<std::string_view>& names) {
  section.read_list("after", service.after, {.min = 0, .max = after_max},
                    [&](std::string_view name) -> Result<std::string> {
                      if (name == service.name)
                        return Error{Error::Kind::malformed, "'" + service.name + "' comes after itself"};
                      return parse_known_service(name, names);
                    });
}

/// Follows `after` from one service to the next.
class CircleFinder {
 public:
  explicit CircleFinder(const std::vector<Service>& services)
      : services_(services), marks_(services.size(), Mark::untouched) {}

  /// "a, b, a"; empty without a circle that begins at `index` or beyond.
  std::string find(std::size_t index) {
    if (marks_[index] == Mark::finished) return {};
    if (marks_[index] == Mark::on_path) return services_[index].name;
    marks_[index] = Mark::on_path;
    for (const auto& name : services_[index].after) {
      const auto circle = find(index_of(name));
      if (!circle.empty()) return services_[index].name + ", " + circle;
    }
    marks_[index] = Mark::finished;
    return {};
  }

 private:
  enum class Mark { untouched, on_path, finished };

  [[nodiscard]] std::size_t index_of(const std::string& name) const {
    const auto found = std::ranges::find(services_, name, &Service::name);
    return static_cast<std::size_t>(found - services_.begin());
  }

  const std::vector<Service>& services_;
  std::vector<Mark> marks_;
};

}  // namespace

std::vector<std::string_view> names_of(const std::vector<Service>& services) {
  std::vector<std::string_view> names;
  names.reserve(services.size());
  for (const auto& service : services)
    names.push_back(service.name);
  return names;
}

Result<std::string> parse_known_service(std::string_view text, std::span<const std::string_view> names) {
  if (std::ranges::find(names, text) != names.end()) return std::string(text);
  const auto near = nearest(text, names);
  return Error{Error::Kind::malformed, "'" + printable(text, 64) + "' is not a service" +
                                           (near ? " (did you mean '" + std::string(*near) + "'?)" : "")};
}

void resolve_order(Section services, Config& config) {
  const auto names = names_of(config.services);
  for (auto& service : config.services) {
    const bool is_written = !service.is_discovered;
    auto section = is_written ? services.section(service.name) : services;
    if (is_written && section.find("after") != nullptr) {
      read_after(section, service, names);
    } else {
      service.after = services_of_presets(service, config.services);
    }
  }
  if (!services.is_sound()) return;
  CircleFinder finder(config.services);
  for (std::size_t i = 0; i < config.services.size(); ++i) {
    const auto circle = finder.find(i);
    if (!circle.empty()) return services.refuse_among({}, "after goes in a circle: " + circle);
  }
}

/// Again and again those for which nobody is left to wait.
std::vector<std::size_t> ordered(const std::vector<Service>& services) {
  std::vector<std::size_t> order;
  std::vector<bool> is_placed(services.size());
  const auto is_placed_or_unknown = [&](const std::string& name) {
    const auto place = std::ranges::find(services, name, &Service::name) - services.begin();
    return place == std::ssize(services) || is_placed[static_cast<std::size_t>(place)];
  };
  for (bool is_growing = true; is_growing;) {
    is_growing = false;
    for (std::size_t i = 0; i < services.size(); ++i) {
      if (is_placed[i] || !std::ranges::all_of(services[i].after, is_placed_or_unknown)) continue;
      is_placed[i] = true;
      is_growing = true;
      order.push_back(i);
    }
  }
  return order;
}

}  // namespace systemcheck
