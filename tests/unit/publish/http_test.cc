#include "publish/http.h"

#include <dirent.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>

#include "os/self_protection.h"
#include "publish/http_connections.h"
#include "publish/prometheus.h"
#include "support/http_client.h"
#include "support/view_builder.h"

namespace systemcheck {
namespace {

using test::HttpClient;
using test::HttpReply;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

/// A server on any free port of the loopback, with one view.
class Http : public testing::Test {
 protected:
  Http() {
    views_.post(std::make_shared<const View>(test::make_view()));
    server_ = start({"127.0.0.1:0"});
  }

  std::unique_ptr<HttpServer> start(std::vector<std::string> addresses) {
    auto server = HttpServer::start(HttpConfig{.listen = std::move(addresses)}, views_, [] { return now; });
    EXPECT_TRUE(server) << server.error().message;
    return *std::move(server);
  }
  [[nodiscard]] std::string address() const { return server_->addresses().front(); }
  [[nodiscard]] HttpReply get(std::string_view path, std::string_view headers = "") const {
    return HttpClient(address()).ask(path, headers);
  }

  static constexpr Instant now = test::view_instant;
  Board<View> views_{};
  std::unique_ptr<HttpServer> server_{};
};

std::set<int> open_descriptors() {
  std::set<int> numbers;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    numbers.insert(std::stoi(entry.path().filename()));
  return numbers;
}

std::set<std::string> threads() {
  std::set<std::string> numbers;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task"))
    numbers.insert(entry.path().filename());
  return numbers;
}

/// The value of a line of /proc/self/task/TID/status.
std::string status_of_thread(const std::string& thread, const std::string& key) {
  std::ifstream status("/proc/self/task/" + thread + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key + ":\t")) return line.substr(key.size() + 2);
  }
  return {};
}

TEST_F(Http, ServesTheMetricsOfTheNewestView) {
  const auto reply = get("/metrics");

  EXPECT_EQ(reply.code, 200);
  EXPECT_EQ(reply.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(reply.body, exposition(describe_view(test::make_view(), {})));
}

TEST_F(Http, ServesThePageWithHeadersThatForbidEverythingElse) {
  const auto reply = get("/");

  EXPECT_EQ(reply.code, 200);
  EXPECT_EQ(reply.header("content-type"), "text/html; charset=utf-8");
  EXPECT_THAT(
      reply.header("content-security-policy"),
      AllOf(HasSubstr("default-src 'none'; style-src 'self'; script-src 'self'"), Not(HasSubstr("unsafe"))));
  EXPECT_EQ(reply.header("x-content-type-options"), "nosniff");
  EXPECT_EQ(reply.header("cache-control"), "no-store");
  EXPECT_THAT(reply.body, AllOf(HasSubstr("mail"), HasSubstr("flapping")));
}

TEST_F(Http, AnswersHeadWithTheHeadersOfGet) {
  for (const auto* path : {"/", "/metrics", "/-/healthy", "/-/ready", "/nowhere"}) {
    auto by_get = get(path);
    HttpClient client(address());
    auto by_head = client.ask(path, "", "HEAD");
    by_get.headers.erase("date");
    by_head.headers.erase("date");
    EXPECT_EQ(by_head.code, by_get.code) << path;
    EXPECT_EQ(by_head.headers, by_get.headers) << path;
    EXPECT_EQ(client.ask("/-/healthy").code, 200) << "a body followed the HEAD of " << path;
  }
}

TEST_F(Http, NamesThePagesWhereThereIsNone) {
  for (const auto* path : {"/metrics/", "/metrics/foo", "/favicon.ico", "/-/", "//", "/../etc/passwd"}) {
    const auto reply = get(path);
    EXPECT_EQ(reply.code, 404) << path;
    EXPECT_THAT(reply.body, HasSubstr("/metrics, /-/healthy and /-/ready")) << path;
  }
}

TEST_F(Http, IgnoresAQuery) { EXPECT_EQ(get("/-/healthy?really=1").code, 200); }

TEST_F(Http, SaysWhichMethodsThereAre) {
  for (const auto* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"}) {
    const auto reply = HttpClient(address()).ask("/metrics", "Content-Length: 0\r\n", method);
    EXPECT_EQ(reply.code, 405) << method;
    EXPECT_EQ(reply.header("allow"), "GET, HEAD") << method;
  }
}

TEST_F(Http, DoesNotWaitForABodyThatNobodyWants) {
  HttpClient client(address());
  EXPECT_EQ(client.ask("/metrics", "Content-Length: 1000000000000\r\n", "POST").code, 405);
  EXPECT_TRUE(client.is_closed_by_server());
  EXPECT_EQ(HttpClient(address()).ask("/metrics", "Content-Length: 1000000000000\r\n").code, 200);
}

TEST_F(Http, PacksForThoseWhoCanUnpack) {
  const auto plain = get("/metrics");
  const auto packed = get("/metrics", "Accept-Encoding: gzip;q=0.9, deflate\r\n");

  EXPECT_EQ(plain.header("content-encoding"), "");
  EXPECT_EQ(packed.header("content-encoding"), "gzip");
  EXPECT_EQ(packed.header("vary"), "Accept-Encoding");
  EXPECT_EQ(plain.header("vary"), "Accept-Encoding");
  EXPECT_LT(packed.body.size(), plain.body.size() / 4);
  EXPECT_EQ(test::gunzip(packed.body), plain.body);
  EXPECT_EQ(get("/metrics", "Accept-Encoding: gzip;q=0\r\n").header("content-encoding"), "");
}

TEST_F(Http, KeepsAConnectionForTheNextRequest) {
  HttpClient client(address());
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(client.ask("/metrics").code, 200) << i;
}

TEST_F(Http, ServesPipelinedRequestsInOrder) {
  HttpClient client(address());
  client.send("GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n");

  EXPECT_EQ(client.read_reply().code, 200);
  EXPECT_EQ(client.read_reply().code, 404);
}

TEST_F(Http, ReportsReadinessByTheClockItWasGiven) {
  EXPECT_EQ(get("/-/ready").code, 200);

  test::ViewBuilder old;
  old.sequence(8).snapshot().taken = now - std::chrono::minutes{4};
  views_.post(std::make_shared<const View>(old.build()));

  EXPECT_EQ(get("/-/ready").code, 503);
  EXPECT_EQ(get("/-/healthy").code, 200);
}

TEST_F(Http, TellsWhoFollowsOfEachView) {
  HttpClient client(address());
  client.send("GET /api/v1/stream HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto head = client.read_reply();
  EXPECT_EQ(head.code, 200);
  EXPECT_EQ(head.header("content-type"), "text/event-stream; charset=utf-8");
  ASSERT_TRUE(client.await("id: 7\nevent: view\ndata: {\"sequence\":7,\"status\":\"critical\""));

  views_.post(std::make_shared<const View>(test::ViewBuilder().sequence(8).build()));
  server_->wake_followers();
  ASSERT_TRUE(client.await("id: 8\nevent: view\n"));

  server_->wake_followers();
  EXPECT_TRUE(client.await("event: beat\n"));
}

TEST_F(Http, TellsASlowFollowerOfTheNewestViewAlone) {
  HttpClient client(address());
  client.send("GET /api/v1/stream HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(client.await("id: 7\n"));

  for (std::uint64_t sequence = 8; sequence <= 50; ++sequence)
    views_.post(std::make_shared<const View>(test::ViewBuilder().sequence(sequence).build()));
  server_->wake_followers();

  ASSERT_TRUE(client.await("id: "));
  EXPECT_TRUE(client.await("50\nevent: view\n"));
}

TEST_F(Http, LetsOnlySoManyFollow) {
  std::vector<HttpClient> followers;
  for (unsigned i = 0; i < http_streams_max; ++i) {
    followers.emplace_back(address());
    followers.back().send("GET /api/v1/stream HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(followers.back().await("id: 7\n")) << i;
  }
  const auto refused = get("/api/v1/stream");
  EXPECT_EQ(refused.code, 503);
  EXPECT_EQ(refused.header("retry-after"), "10");
  EXPECT_EQ(refused.header("content-type"), "application/problem+json");
  EXPECT_EQ(get("/-/healthy").code, 200);

  followers.pop_back();
  bool has_place = false;
  for (int i = 0; i < 1'000 && !has_place; ++i) {
    server_->wake_followers();  // Only who is told something is found to be gone.
    HttpClient next(address());
    next.send("GET /api/v1/stream HTTP/1.1\r\nHost: x\r\n\r\n");
    has_place = next.read_reply().code == 200;
  }
  EXPECT_TRUE(has_place);
}

TEST_F(Http, EndsWhileSomebodyFollows) {
  HttpClient client(address());
  client.send("GET /api/v1/stream HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(client.await("id: 7\n"));

  server_.reset();

  EXPECT_FALSE(client.await("id: 8\n"));
}

TEST_F(Http, SaysNothingNewToWhoHasTheNewestView) {
  const auto etag = get("/api/v1/services").header("etag");
  ASSERT_FALSE(etag.empty());

  const auto again = get("/api/v1/services", "If-None-Match: " + etag + "\r\n");
  EXPECT_EQ(again.code, 304);
  EXPECT_EQ(again.body, "");

  views_.post(std::make_shared<const View>(test::ViewBuilder().sequence(8).build()));
  EXPECT_EQ(get("/api/v1/services", "If-None-Match: " + etag + "\r\n").code, 200);
}

/// For ThreadSanitizer: two addresses render and are counted while the views change below them.
TEST_F(Http, ServesWhileViewsArePosted) {
  const auto server = start({"127.0.0.1:0", "127.0.0.1:0"});
  HttpClient one(server->addresses().front());
  HttpClient other(server->addresses().back());

  for (std::uint64_t sequence = 8; sequence < 108; sequence += 2) {
    views_.post(std::make_shared<const View>(test::ViewBuilder().sequence(sequence).build()));
    one.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    other.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    views_.post(std::make_shared<const View>(test::ViewBuilder().sequence(sequence + 1).build()));
    ASSERT_EQ(one.read_reply().code, 200);
    ASSERT_EQ(other.read_reply().code, 200);
  }
}

TEST_F(Http, IsNotDelayedByIdleConnections) {
  std::vector<HttpClient> idle;
  for (int i = 0; i < 12; ++i) {
    idle.emplace_back(address());
    if (i % 2 == 0) idle.back().send("GET /met");
  }

  EXPECT_EQ(get("/metrics").code, 200);
}

TEST_F(Http, AnswersANewcomerHoweverManyAreConnected) {
  allow_many_descriptors();  // Both ends of each are here.
  std::vector<HttpClient> idle;
  for (std::size_t i = 0; i < http_connections_max + 100; ++i) {
    idle.emplace_back(address());
    if (i % 2 == 0) idle.back().send("GET /met");
  }

  EXPECT_EQ(get("/metrics").code, 200);
  EXPECT_EQ(get("/metrics").code, 200);
  EXPECT_TRUE(idle.front().is_closed_by_server());
}

TEST_F(Http, SurvivesGarbageAfterARequest) {
  HttpClient client(address());
  client.send("GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n");
  client.send(std::string("\x16\x03\x01\x00\xff garbage\r\n\r\n", 17));

  EXPECT_EQ(client.read_reply().code, 200);
  EXPECT_THAT(client.read_reply().code, AnyOf(0, 400, 404, 405, 505));
  EXPECT_EQ(get("/metrics").code, 200);
}

TEST_F(Http, RefusesARequestLineOfAMegabyte) {
  HttpClient client(address());
  client.send("GET /" + std::string(std::size_t{1} << 20, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n");

  EXPECT_THAT(client.read_reply().code, AnyOf(0, 400, 413, 414, 431));
  EXPECT_EQ(get("/metrics").code, 200);
}

TEST_F(Http, RefusesHeadersWithoutEnd) {
  HttpClient client(address());
  client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n");
  for (int i = 0; i < 10'000; ++i) {
    if (!client.send("X-" + std::to_string(i) + ": " + std::string(100, 'a') + "\r\n")) break;
  }

  EXPECT_THAT(client.read_reply().code, AnyOf(0, 400, 413, 431));
  EXPECT_EQ(get("/metrics").code, 200);
}

TEST_F(Http, SurvivesClientsThatLeaveInTheMiddle) {
  for (int i = 0; i < 50; ++i) {
    HttpClient client(address());
    client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\nGET /metrics HT");
  }
  EXPECT_EQ(get("/metrics").code, 200);
}

TEST_F(Http, ServesOverIpv6) {
  const auto server = HttpServer::start(HttpConfig{.listen = {"[::1]:0"}}, views_, [] { return now; });
  if (!server) GTEST_SKIP() << server.error().message;

  EXPECT_EQ(HttpClient((*server)->addresses().front()).ask("/metrics").code, 200);
}

TEST_F(Http, ServesOverASocketFile) {
  std::string pattern = testing::TempDir() + "systemcheck.XXXXXX";
  const std::string directory = ::mkdtemp(pattern.data());
  auto server = start({"unix:" + directory + "/http.sock"});

  EXPECT_EQ(HttpClient("unix:" + directory + "/http.sock").ask("/metrics").code, 200);

  server.reset();
  EXPECT_TRUE(std::filesystem::remove(directory));
}

TEST_F(Http, CountsTheRequestsOfAllItsAddresses) {
  const auto server = start({"127.0.0.1:0", "127.0.0.1:0"});
  for (const auto& bound : server->addresses())
    ASSERT_EQ(HttpClient(bound).ask("/-/healthy").code, 200);

  const auto reply = HttpClient(server->addresses().front()).ask("/metrics");

  EXPECT_THAT(reply.body,
              HasSubstr("systemcheck_http_requests_total{handler=\"/-/healthy\",code=\"200\"} 2\n"));
}

TEST_F(Http, BindsAllAddressesOrNone) {
  std::string pattern = testing::TempDir() + "systemcheck.XXXXXX";
  const std::string directory = ::mkdtemp(pattern.data());
  const auto before = open_descriptors();

  const auto failed =
      HttpServer::start(HttpConfig{.listen = {"unix:" + directory + "/http.sock", address()}}, views_);

  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "http: " + address() + ": bind: Address already in use");
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_TRUE(std::filesystem::remove(directory)) << "the socket file is still there";
}

TEST_F(Http, HasALimitOfAddresses) {
  const auto server = HttpServer::start(
      HttpConfig{.listen = std::vector<std::string>(http_addresses_max + 1, "127.0.0.1:0")}, views_);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().message, "http: more than 16 addresses");
}

TEST_F(Http, MayHaveNoAddress) { EXPECT_TRUE(start({})->addresses().empty()); }

TEST_F(Http, LetsNoDescriptorIntoAChild) {
  const auto before = open_descriptors();
  const auto server = start({"127.0.0.1:0"});
  HttpClient client(server->addresses().front());
  ASSERT_EQ(client.ask("/-/healthy").code, 200);

  std::size_t checked = 0;
  for (const int number : open_descriptors()) {
    const int flags = ::fcntl(number, F_GETFD);
    if (before.count(number) != 0 || flags < 0) continue;
    EXPECT_TRUE(flags & FD_CLOEXEC) << number;
    ++checked;
  }
  EXPECT_GE(checked, 5U);  // listener and MHD's copy, its epoll and eventfd, both ends of the connection
}

TEST_F(Http, ReleasesEverythingWhenItEnds) {
  const auto descriptors = open_descriptors();
  const auto running = threads();
  auto server = start({"127.0.0.1:0", "127.0.0.1:0"});
  HttpClient(server->addresses().front()).ask("/metrics");

  server.reset();

  EXPECT_EQ(open_descriptors(), descriptors);
  EXPECT_EQ(threads(), running);
}

TEST_F(Http, LeavesSignalsToTheOtherThreads) {
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, nullptr, &before);
  const auto running = threads();
  const auto server = start({"127.0.0.1:0"});
  sigset_t after;
  pthread_sigmask(SIG_BLOCK, nullptr, &after);

  EXPECT_EQ(sigismember(&before, SIGTERM), sigismember(&after, SIGTERM));
  std::size_t checked = 0;
  for (const auto& thread : threads()) {
    if (running.count(thread) != 0) continue;
    const auto blocked = std::stoull(status_of_thread(thread, "SigBlk"), nullptr, 16);
    for (const int number : {SIGTERM, SIGHUP, SIGINT, SIGCHLD, SIGPIPE, SIGUSR1})
      EXPECT_TRUE((blocked >> (number - 1)) & 1) << number;
    ++checked;
  }
  EXPECT_EQ(checked, 1U);
}

TEST_F(Http, NamesItsThread) {
  const auto running = threads();
  const auto server = start({"127.0.0.1:0"});
  ASSERT_EQ(HttpClient(server->addresses().front()).ask("/-/healthy").code, 200);

  std::set<std::string> names;
  for (const auto& thread : threads()) {
    if (running.count(thread) == 0) names.insert(status_of_thread(thread, "Name"));
  }
  EXPECT_EQ(names, std::set<std::string>{"http"});
}

}  // namespace
}  // namespace systemcheck
