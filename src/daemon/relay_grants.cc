#include "daemon/relay_grants.h"
#include "base/json_text.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

namespace systemcheck {
namespace {

using Json = nlohmann::json;

std::int64_t stored(WallTime time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

WallTime time_at(const Json& json, const char* key) {
  return WallTime{std::chrono::microseconds{json.at(key).get<std::int64_t>()}};
}

}  // namespace

std::string grant_text(const Grant& grant) {
  Json json{{"first", stored(grant.first)}, {"last", stored(grant.last)}, {"logins", grant.logins},
            {"users", grant.users},         {"pattern", grant.pattern},   {"source", grant.place.source},
            {"offset", grant.place.offset}};
  if (const auto& by_hand = grant.by_hand) {
    json["by_hand"] = {
        {"who", by_hand->who}, {"comment", by_hand->comment}, {"until", stored(by_hand->until)}};
  }
  return json_line(json);
}

std::optional<Grant> parse_grant(std::string_view network, WallTime until, std::string_view text) {
  const auto parsed = IpNetwork::parse(network);
  if (!parsed) return std::nullopt;
  try {
    const auto json = Json::parse(text);
    Grant grant{.network = *parsed,
                .expires_on = until,
                .first = time_at(json, "first"),
                .last = time_at(json, "last"),
                .logins = json.at("logins").get<std::uint64_t>(),
                .users = json.at("users").get<std::vector<std::string>>(),
                .pattern = json.at("pattern").get<std::string>(),
                .place = {.source = json.at("source").get<std::string>(),
                          .offset = json.at("offset").get<std::uint64_t>()}};
    if (json.contains("by_hand")) {
      const auto& by_hand = json.at("by_hand");
      grant.by_hand = ByHand{.who = by_hand.at("who").get<std::string>(),
                             .comment = by_hand.at("comment").get<std::string>(),
                             .until = time_at(by_hand, "until")};
    }
    return grant;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

std::string users_words(const Grant& grant) {
  if (grant.users.empty()) return grant.by_hand ? grant.by_hand->who : std::string();
  if (grant.users.size() == 1) return grant.users.front();
  return fmt::format("{} and {} others", grant.users.front(), grant.users.size() - 1);
}

}  // namespace systemcheck
