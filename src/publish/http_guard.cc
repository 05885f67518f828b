#include "publish/http_guard.h"

#include <cctype>
#include <map>
#include <utility>

#include "base/text.h"
#include "os/password_hash.h"
#include "publish/api.h"
#include "publish/http_response.h"

namespace systemcheck {
namespace {

// Who may wait at one address at a time. A password takes a tenth of a second, one after the other.
constexpr std::size_t logins_max = 32;
constexpr std::size_t outcomes_max = 16;
constexpr unsigned busy_seconds = 2;

using Counts = std::map<std::string, int>;

std::string lower(std::string_view text) {
  std::string result(text);
  for (auto& c : result)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

MHD_Result count_header(void* counts, MHD_ValueKind, const char* name, const char*) try {
  ++(*static_cast<Counts*>(counts))[lower(name)];
  return MHD_YES;
} catch (const std::exception&) {
  return MHD_NO;
}

/// Where two programs could understand the same bytes in two ways, one of them can be told what the other
/// does not see (RFC 9112, 11.2).
std::string find_ambiguity(MHD_Connection* connection) {
  Counts counts;
  (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, &count_header, &counts);
  for (const auto* name : {"content-length", "transfer-encoding", "host", "authorization", "origin",
                           "content-type", "x-csrf-token"}) {
    if (counts[name] > 1) return std::string(name) + " is said twice";
  }
  if (counts["content-length"] > 0 && counts["transfer-encoding"] > 0)
    return "content-length and transfer-encoding exclude each other";
  return {};
}

HttpProblem busy(std::string detail) {
  return {.code = 503, .detail = std::move(detail), .retry_after_seconds = busy_seconds};
}

HttpProblem wrong_login() {
  return {.code = 401, .detail = "a user and a password are needed, by basic authentication"};
}

HttpPeer read_peer(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  return describe_peer(info == nullptr ? nullptr : info->client_addr);
}

void add(MHD_Response* response, const char* name, const std::string& value) {
  (void)MHD_add_response_header(response, name, value.c_str());  // Fails only without memory.
}

/// Instead of what pages say of themselves.
void set(MHD_Response* response, const std::string& name, const std::string& value) {
  if (const char* before = MHD_get_response_header(response, name.c_str()))
    (void)MHD_del_response_header(response, name.c_str(), std::string(before).c_str());
  add(response, name.c_str(), value);
}

Response make_response(const std::string& body, std::string_view type) {
  auto response = as_response({.body = std::make_shared<const std::string>(body)});
  if (response) add_headers(response.get(), {.content_type = type});
  return response;
}

}  // namespace

HttpGuard::HttpGuard(HttpShared& shared) : shared_(shared), logins_(logins_max), outcomes_(outcomes_max) {}

HttpGuard::Done HttpGuard::begin(MHD_Connection* connection, HttpVisit& visit) {
  if (const auto ambiguity = find_ambiguity(connection); !ambiguity.empty())
    return refuse(connection, visit, {.code = 400, .detail = ambiguity});
  if (visit.method != "POST" || !HttpActs::is_order(visit.path)) return std::nullopt;
  if (!header(connection, "Transfer-Encoding").empty())
    return refuse(connection, visit,
                  {.code = 411, .detail = "the length of the body must be said beforehand"});
  const auto length = header(connection, "Content-Length");
  if (parse_number<std::size_t>(length.empty() ? "0" : length).value_or(http_body_bytes_max + 1) <=
      http_body_bytes_max)
    return std::nullopt;
  return refuse(connection, visit, {.code = 413, .detail = "no order is longer than 4096 bytes"});
}

/// Nobody is asked for a password whose body would have to be waited for.
HttpGuard::Done HttpGuard::answer_early(MHD_Connection* connection, HttpVisit& visit) {
  if (HttpActs::is_order(visit.path))
    return refuse(connection, visit, {.code = 405, .detail = "orders are given by POST", .allow = "POST"});
  const bool is_reading = visit.method == "GET" || visit.method == "HEAD";
  if (HttpActs::is_session(visit.path) && !is_reading)
    return refuse(connection, visit, {.code = 405, .detail = "it can only be read", .allow = "GET, HEAD"});
  if (!is_reading || shared_.web.newest()->config.users.empty()) return std::nullopt;
  return refuse(connection, visit, {.code = 400, .detail = "who only reads has no body to send"});
}

HttpGuard::Done HttpGuard::admit(MHD_Connection* connection, HttpVisit& visit) {
  if (visit.outcome) return answer_order(connection, visit);
  if (visit.login) {
    if (auto done = note_login(connection, visit)) return done;
  }
  if (!visit.is_admitted) {
    visit.peer = read_peer(connection);
    visit.web = shared_.web.newest();
    auto entry = gate_.ask(*visit.web, visit.peer, header(connection, "Authorization"), shared_.now());
    if (entry.login == HttpLogin::unknown) return compute(connection, visit, std::move(entry));
    if (entry.login == HttpLogin::wrong) return refuse(connection, visit, wrong_login());
    if (entry.login == HttpLogin::too_often)
      return refuse(
          connection, visit,
          {.code = 429, .detail = "too many wrong passwords came from here", .retry_after_seconds = 60});
    visit.asker.user = entry.is_open ? std::string() : std::move(entry.said.user);
    visit.is_admitted = true;
  }
  return act(connection, visit);
}

HttpGuard::Done HttpGuard::compute(MHD_Connection* connection, HttpVisit& visit, HttpGate::Entry entry) {
  auto call = logins_.wait([connection] { MHD_resume_connection(connection); });
  if (!call) return refuse(connection, visit, busy("too many passwords are being checked"));
  if (!worker_) worker_.emplace(logins_max);
  visit.login = call;
  visit.said = entry.said;
  MHD_suspend_connection(connection);
  const bool is_begun =
      worker_->put([call, password = std::move(entry.said.password), hash = std::move(entry.hash)] {
        call->put(is_password_of(password, hash));
      });
  if (!is_begun) call->give_up();
  return MHD_YES;
}

HttpGuard::Done HttpGuard::note_login(MHD_Connection* connection, HttpVisit& visit) {
  const auto is_good = std::exchange(visit.login, nullptr)->answer();
  if (!is_good) return refuse(connection, visit, busy("no password is checked now"));
  gate_.learn(*visit.web, visit.peer, visit.said, *is_good);
  visit.said.password.clear();
  visit.is_admitted = *is_good && visit.web->config.users.contains(visit.said.user);
  visit.asker.user = visit.said.user;
  if (visit.is_admitted) return std::nullopt;
  return refuse(connection, visit, wrong_login());
}

HttpGuard::Done HttpGuard::act(MHD_Connection* connection, HttpVisit& visit) {
  const bool is_session = HttpActs::is_session(visit.path);
  if (!is_session && !HttpActs::is_order(visit.path)) return std::nullopt;
  visit.asker.is_private = visit.peer.is_local || visit.web->tls != nullptr;
  visit.asker.peer = visit.peer.text;
  if (is_session)
    return answer(connection, visit, 200, shared_.acts.session_json(visit.asker, shared_.wall_now()));
  const HttpActing acting{.method = visit.method,
                          .path = visit.path,
                          .content_type = header(connection, "Content-Type"),
                          .host = header(connection, "Host"),
                          .origin = header(connection, "Origin"),
                          .fetch_site = header(connection, "Sec-Fetch-Site"),
                          .csrf_token = header(connection, "X-CSRF-Token"),
                          .body = visit.body};
  auto verdict = shared_.acts.judge(acting, visit.asker, *shared_.views.newest(), shared_.wall_now());
  if (const auto* problem = std::get_if<HttpProblem>(&verdict)) return refuse(connection, visit, *problem);
  auto order = std::get<HttpOrder>(std::move(verdict));
  order.outcome = outcomes_.wait([connection] { MHD_resume_connection(connection); });
  if (!order.outcome) return refuse(connection, visit, busy("too many wait for what they have asked for"));
  visit.outcome = order.outcome;
  MHD_suspend_connection(connection);
  if (!shared_.orders || !shared_.orders->put(std::move(order))) visit.outcome->give_up();
  return MHD_YES;
}

/// An empty outcome: it takes longer than anybody should wait for.
HttpGuard::Done HttpGuard::answer_order(MHD_Connection* connection, HttpVisit& visit) {
  const auto outcome = visit.outcome->answer();
  if (!outcome) return refuse(connection, visit, busy("nothing was done: no order is taken now"));
  if (outcome->empty())
    return answer(connection, visit, 202,
                  "{\"status\": \"under way\", \"detail\": \"the history says what came of it\"}\n");
  if (const auto refusal = find_refusal(*outcome)) return refuse(connection, visit, *refusal);
  return answer(connection, visit, 200, *outcome);
}

void HttpGuard::close() {
  logins_.close();
  outcomes_.close();
}

void HttpGuard::add_headers(MHD_Response* response) const {
  const auto web = shared_.web.newest();
  for (const auto& [name, value] : web->config.headers)
    set(response, name, value);
}

MHD_Result HttpGuard::refuse(MHD_Connection* connection, HttpVisit& visit, const HttpProblem& problem) const {
  const auto response = make_response(problem_json(problem), problem_type);
  if (!response) return MHD_NO;
  if (!problem.allow.empty()) add(response.get(), "Allow", problem.allow);
  if (problem.code == 401)
    add(response.get(), "WWW-Authenticate", R"(Basic realm="systemcheck", charset="UTF-8")");
  if (problem.retry_after_seconds > 0)
    add(response.get(), "Retry-After", std::to_string(problem.retry_after_seconds));
  return queue(connection, visit, problem.code, response.get());
}

MHD_Result HttpGuard::answer(MHD_Connection* connection, HttpVisit& visit, int code,
                             const std::string& json) const {
  const auto response = make_response(json, "application/json");
  return response ? queue(connection, visit, code, response.get()) : MHD_NO;
}

MHD_Result HttpGuard::queue(MHD_Connection* connection, HttpVisit& visit, int code,
                            MHD_Response* response) const {
  visit.code = code;
  add_headers(response);
  return MHD_queue_response(connection, static_cast<unsigned>(code), response);
}

}  // namespace systemcheck
