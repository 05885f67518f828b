#include "daemon/relay_answer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json_text.h"
#include "base/text.h"
#include "daemon/command_answer.h"

namespace systemcheck {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t list_max = 10'000;
constexpr std::size_t changes_shown = 10;
constexpr std::size_t comment_bytes_max = 256;
constexpr Duration add_for = std::chrono::minutes{15};

std::string shown(std::string_view text) { return printable(text, line_limit); }

Json grant_json(const Grant& grant) {
  Json json{{"network", grant.network.text()},
            {"until", wall_time_text(grant.expires_on)},
            {"first", wall_time_text(grant.first)},
            {"last", wall_time_text(grant.last)},
            {"logins", grant.logins}};
  json["users"] = Json::array();
  for (const auto& user : grant.users)
    json["users"].push_back(shown(user));
  json["pattern"] = shown(grant.pattern);
  json["source"] = shown(grant.place.source);
  json["offset"] = grant.place.offset;
  json["by_hand"] = nullptr;
  if (const auto& by_hand = grant.by_hand) {
    json["by_hand"] = {{"who", shown(by_hand->who)},
                       {"comment", shown(by_hand->comment)},
                       {"until", wall_time_text(by_hand->until)}};
  }
  return json;
}

Json changes_json(const HistoryPage& page) {
  auto json = Json::array();
  for (const auto& change : page.relay_changes) {
    json.push_back({{"time", wall_time_text(change.at)},
                    {"network", change.network},
                    {"to", change.to},
                    {"user", shown(change.user)},
                    {"reason", shown(change.reason)}});
  }
  return json;
}

struct AddRequest {
  IpNetwork network{};
  Duration length = add_for;
  std::string comment{};
};

Error malformed(const std::string& what) { return {Error::Kind::malformed, what}; }

Result<IpNetwork> parse_network(std::string_view text) {
  if (const auto network = IpNetwork::parse(text)) return *network;
  return malformed("'" + printable(text, 64) + "' is not an address, or the network of one");
}

Result<AddRequest> parse_add(std::string_view words) {
  const auto network = parse_network(take_word(words));
  if (!network) return network.error();
  const bool is_one = network->bits() == (network->address().is_ip4() ? 32U : 128U);
  const bool is_site = !network->address().is_ip4() && network->bits() == 64;
  if (!is_one && !is_site)
    return malformed(network->text() + " is more than one client: such a network belongs to relay.always");
  AddRequest request{.network = *network};
  for (auto word = take_word(words); !word.empty(); word = take_word(words)) {
    if (word == "--comment") {
      const auto begin = words.find_first_not_of(' ');
      if (begin != std::string_view::npos) request.comment = words.substr(begin, comment_bytes_max);
      break;
    }
    if (word != "--for") return malformed("relay add NETWORK [--for DURATION] [--comment TEXT]");
    const auto length = parse_duration(take_word(words));
    if (!length) return length.error();
    if (*length > RelayTable::by_hand_max)
      return malformed("longer than " + duration_words(RelayTable::by_hand_max));
    request.length = *length;
  }
  return request;
}

/// Reads "[NETWORK] [--limit N]".
Result<HistoryQuery> parse_query(std::string_view words) {
  HistoryQuery query{.is_of_relay = true};
  for (auto word = take_word(words); !word.empty(); word = take_word(words)) {
    if (word == "--limit") {
      const auto limit = parse_number<std::size_t>(take_word(words));
      if (!limit) return malformed("--limit takes a number");
      query.limit = std::clamp<std::size_t>(*limit, 1, list_max);
      continue;
    }
    const auto network = parse_network(word);
    if (!network) return network.error();
    query.service = network->text();
  }
  return query;
}

class Desk {
 public:
  Desk(RelayTracker& tracker, EventLoop& loop, std::shared_ptr<StoreLedger> ledger)
      : tracker_(tracker), loop_(loop), ledger_(std::move(ledger)) {}

  void answer(std::string_view words, const Peer& peer, const Reply& reply) {
    if (!peer.is_trusted) return refuse(reply, "only root and the group systemcheck may see who sends mail");
    const auto verb = take_word(words);
    if (verb == "list") return list(words, reply);
    if (verb == "add") return add(words, peer, reply);
    if (verb == "remove") return remove(words, peer, reply);
    if (verb == "flush") return flush(peer, reply);
    if (verb == "why") return why(words, reply);
    if (verb == "history") return history(words, reply);
    refuse(reply, "relay list, add, remove, flush, why or history");
  }

 private:
  static void refuse(const Reply& reply, std::string_view message) { reply(refusal_json(message)); }

  void list(std::string_view words, const Reply& reply) {
    const auto query = parse_query(words);
    if (!query) return refuse(reply, query.error().message);
    const auto grants = tracker_.list(list_max);
    if (!grants) return refuse(reply, grants.error().message);
    Json json{{"schema", 1}, {"time", wall_time_text(loop_.wall_now())}};
    json["grants"] = Json::array();
    for (const auto& grant : *grants)
      json["grants"].push_back(grant_json(grant));
    reply(json_document(json));
  }

  void add(std::string_view words, const Peer& peer, const Reply& reply) {
    const auto request = parse_add(words);
    if (!request) return refuse(reply, request.error().message);
    const ByHand by_hand{
        .who = peer_words(peer), .comment = request->comment, .until = loop_.wall_now() + request->length};
    const auto decision = tracker_.add(request->network, by_hand);
    if (!decision) return refuse(reply, decision.error().message);
    if (decision->kind == RelayDecision::Kind::refused) {
      return refuse(reply, request->network.text() + " is refused: " + std::string(word(*decision->reason)) +
                               (decision->reason == Refusal::never ? " (relay.never)" : ""));
    }
    reply(json_document(
        Json{{"schema", 1},
             {"result", decision->kind == RelayDecision::Kind::granted ? "granted" : "refreshed"},
             {"network", request->network.text()},
             {"until", wall_time_text(by_hand.until)}}));
  }

  void remove(std::string_view words, const Peer& peer, const Reply& reply) {
    const auto network = parse_network(take_word(words));
    if (!network) return refuse(reply, network.error().message);
    const auto removed = tracker_.remove(*network, peer_words(peer));
    if (!removed) return refuse(reply, removed.error().message);
    if (!*removed) {
      return refuse(reply, network->text() + why_not_removed(network->address()));
    }
    reply(json_document(Json{{"schema", 1}, {"result", "removed"}, {"network", network->text()}}));
  }

  [[nodiscard]] std::string why_not_removed(const IpAddress& address) const {
    if (tracker_.find_always(address) != nullptr) return " may always send: relay.always";
    const auto grant = tracker_.find(address);
    if (grant && *grant) return " may send with all of " + (*grant)->network.text() + ": remove that";
    return " may not send anyway";
  }

  void flush(const Peer& peer, const Reply& reply) {
    const auto count = tracker_.flush(peer_words(peer));
    if (!count) return refuse(reply, count.error().message);
    reply(json_document(Json{{"schema", 1}, {"result", "removed"}, {"count", *count}}));
  }

  void why(std::string_view words, const Reply& reply) {
    const auto text = take_word(words);
    const auto address = IpAddress::parse(text);
    if (!address) return refuse(reply, "'" + printable(text, 64) + "' is not an address");
    const auto found = tracker_.find(*address);
    if (!found) return refuse(reply, found.error().message);
    const auto* always = tracker_.find_always(*address);
    Json json{
        {"schema", 1}, {"address", address->text()}, {"may_send", found->has_value() || always != nullptr}};
    json["grant"] = *found ? grant_json(**found) : Json(nullptr);
    json["always"] = nullptr;
    if (always != nullptr)
      json["always"] = {{"network", always->network.text()}, {"comment", shown(always->comment)}};
    const auto network = *found ? (*found)->network.text() : address->text();
    read({.is_of_relay = true, .service = network, .since = {}, .limit = changes_shown},
         [json = std::move(json), reply](Json changes) mutable {
           json["changes"] = std::move(changes);
           reply(json_document(json));
         });
  }

  void history(std::string_view words, const Reply& reply) {
    const auto query = parse_query(words);
    if (!query) return refuse(reply, query.error().message);
    read(*query, [reply](Json changes) {
      reply(json_document(Json{{"schema", 1}, {"changes", std::move(changes)}}));
    });
  }

  /// An empty list where there is no history, or it cannot be read: that is told elsewhere.
  void read(const HistoryQuery& query, std::function<void(Json)> then) {
    if (!ledger_) return then(Json::array());
    tracker_.write_down();
    ledger_->read(query, [then = std::move(then)](const Result<HistoryPage>& page) {
      then(page ? changes_json(*page) : Json::array());
    });
  }

  RelayTracker& tracker_;
  EventLoop& loop_;
  std::shared_ptr<StoreLedger> ledger_;
};

}  // namespace

Inquiry relay_inquiry(RelayTracker& tracker, EventLoop& loop, std::shared_ptr<StoreLedger> ledger) {
  const auto desk = std::make_shared<Desk>(tracker, loop, std::move(ledger));
  return [desk](std::string_view request, const Peer& peer, const Reply& reply) {
    if (take_word(request) != "relay") return false;
    desk->answer(request, peer, reply);
    return true;
  };
}

}  // namespace systemcheck
