#include "publish/relay_json.h"

#include "publish/view_words.h"

namespace systemcheck {
namespace {

using Json = nlohmann::ordered_json;

Json log_json(const RelayLogRow& log) {
  Json json;
  json["name"] = published_text(log.name);
  json["kind"] = word(log.kind);
  json["trusted"] = log.is_trusted;
  json["state"] = word(log.source.state);
  json["reason"] = published_text(log.source.reason);
  json["lines_total"] = log.source.lines;
  json["lag_bytes"] = log.source.lag_bytes;
  json["deleted_total"] = log.source.deleted;
  json["gaps_total"] = log.source.gaps;
  for (std::size_t i = 0; i < log.lines.size(); ++i)
    json["verdicts"][std::string(Words<LineVerdict>::all.at(i))] = log.lines.at(i);
  return json;
}

Json socket_json(const RelayPublisher::Socket& socket) {
  return {{"place", published_text(socket.place)},      {"error", published_text(socket.error)},
          {"clients", socket.counts.clients},           {"asked_total", socket.counts.asked},
          {"found_total", socket.counts.found},         {"not_found_total", socket.counts.not_found},
          {"temporary_total", socket.counts.temporary}, {"malformed_total", socket.counts.malformed}};
}

Json file_json(const MapWriter::State& file) {
  return {{"path", published_text(file.path)}, {"error", published_text(file.error)},
          {"entries", file.entries},           {"waiting", file.waiting},
          {"updates_total", file.updates},     {"failures_total", file.failures}};
}

}  // namespace

Json relay_json(const RelayRow& row) {
  Json json;
  json["status"] = word(row.status);
  json["text"] = published_text(row.words);
  json["ready"] = row.is_ready;
  json["addresses"] = row.grants;
  json["addresses_max"] = row.grants_max;
  json["users"] = row.users;
  json["shared_addresses"] = row.shared_addresses;
  json["granted_total"] = row.counts.granted;
  json["refreshed_total"] = row.counts.refreshed;
  json["expired_total"] = row.counts.expired;
  json["removed_total"] = row.counts.removed;
  for (std::size_t i = 0; i < row.counts.refused.size(); ++i)
    json["refused_total"][std::string(Words<Refusal>::all.at(i))] = row.counts.refused.at(i);
  json["logs"] = Json::array();
  for (const auto& log : row.logs)
    json["logs"].push_back(log_json(log));
  json["sockets"] = Json::array();
  for (const auto& socket : row.sockets)
    json["sockets"].push_back(socket_json(socket));
  json["maps"] = Json::array();
  for (const auto& file : row.files)
    json["maps"].push_back(file_json(file));
  return json;
}

}  // namespace systemcheck
