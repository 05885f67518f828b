#include "config/web_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace systemcheck {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

constexpr const char* hash = "$2y$10$mDwo.lAisC94iLAyP81MCesa29IzH37oigHC/42V2pdJlUprsJPze";

LoadedWeb load(const std::string& text) {
  return load_web_config({.path = "/etc/web/web.yml", .text = text});
}

std::vector<std::string> problems(const std::string& text) {
  std::vector<std::string> lines;
  for (const auto& problem : load(text).problems)
    lines.push_back(problem.text());
  return lines;
}

TEST(WebConfig, ReadsWhatTheToolkitsDocumentationShows) {
  const auto loaded = load(
      "tls_server_config:\n  cert_file: server.crt\n  key_file: /keys/server.key\n"
      "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ../ca.pem\n"
      "  min_version: TLS13\n  curve_preferences: [X25519]\n"
      "http_server_config:\n  http2: true\n  headers:\n    X-Frame-Options: deny\n"
      "    Strict-Transport-Security: max-age=31536000\n"
      "basic_auth_users:\n  alice: " +
      std::string(hash) + "\n");

  ASSERT_THAT(loaded.problems, IsEmpty()) << loaded.problems.front().text();
  const WebTls tls{.cert_file = "/etc/web/server.crt",
                   .key_file = "/keys/server.key",
                   .client_ca_file = "/etc/ca.pem",
                   .client = ClientCertificate::verified,
                   .min_version = TlsVersion::tls13,
                   .curves = {"X25519"}};
  EXPECT_EQ(loaded.config.tls, tls);
  EXPECT_EQ(loaded.config.headers.at("X-Frame-Options"), "deny");
  EXPECT_EQ(loaded.config.headers.at("Strict-Transport-Security"), "max-age=31536000");
  EXPECT_EQ(loaded.config.users.at("alice"), hash);
}

TEST(WebConfig, MayBeEmpty) {
  EXPECT_THAT(problems(""), IsEmpty());
  EXPECT_FALSE(load("tls_server_config:\n").config.tls);
}

TEST(WebConfig, ReportsAllProblemsAtOnceAndWhere) {
  EXPECT_THAT(problems("tls_server_config:\n  cert_fil: x\n  min_version: SSL3\n"
                       "http_server_config:\n  headers:\n    X-Powered-By: us\n    X-Frame-Options: never\n"
                       "basic_auth_users:\n  bob: secret\nrate_limit: {interval: 1s}\n"),
              ElementsAre("/etc/web/web.yml:2:3: unknown key 'cert_fil' (did you mean 'cert_file'?)",
                          "/etc/web/web.yml:3:16: tls_server_config.min_version: 'SSL3' is not TLS10, TLS11, "
                          "TLS12 or TLS13",
                          "/etc/web/web.yml:6:5: unknown key 'X-Powered-By'",
                          "/etc/web/web.yml:7:22: http_server_config.headers.X-Frame-Options: 'never' is not "
                          "deny or sameorigin",
                          "/etc/web/web.yml:9:8: basic_auth_users.bob: is not a bcrypt hash ($2y$…, as "
                          "htpasswd -nB makes them)",
                          "/etc/web/web.yml:10:13: rate_limit: is not supported"));
}

TEST(WebConfig, RefusesWhatWouldNotBeAsSafeAsItLooks) {
  const std::string files = "tls_server_config:\n  cert_file: c\n  key_file: k\n";
  for (const auto* more :
       {"  client_ca_file: ca\n", "  client_auth_type: RequireAndVerifyClientCert\n",
        "  min_version: TLS13\n  max_version: TLS12\n", "  client_allowed_sans: [x]\n", "  cert: inline\n"})
    EXPECT_THAT(problems(files + more), Not(IsEmpty())) << more;
  EXPECT_THAT(problems("tls_server_config:\n  cert_file: c\n"), Not(IsEmpty()));
  EXPECT_THAT(problems(files), IsEmpty());
}

TEST(WebConfig, TakesEachKindOfBcryptHashWithABearableCost) {
  const std::string salted = "$10$mDwo.lAisC94iLAyP81MCesa29IzH37oigHC/42V2pdJlUprsJPze";
  for (const auto* kind : {"$2a", "$2b", "$2y"})
    EXPECT_THAT(problems("basic_auth_users: {a: " + (kind + salted) + "}"), IsEmpty()) << kind;
  for (const auto& bad : {"$2x" + salted, "$2y$31" + salted.substr(3), "$2y$03" + salted.substr(3),
                          "$2y" + salted + "x", std::string("$6$salt$hash"), std::string("''")})
    EXPECT_THAT(problems("basic_auth_users: {a: " + bad + "}"), Not(IsEmpty())) << bad;
}

TEST(WebConfig, NeverShowsAHash) {
  for (const auto& line : problems("basic_auth_users: {a: $2y$99$mDwo.lAisC94iLAyP81MCe, b: [hunter2]}"))
    EXPECT_THAT(line, Not(testing::AnyOf(testing::HasSubstr("mDwo"), testing::HasSubstr("hunter2"))));
}

TEST(WebConfig, RefusesNamesThatNobodyCouldLogInWith) {
  EXPECT_THAT(problems("basic_auth_users: {'a:b': " + std::string(hash) + "}"), Not(IsEmpty()));
}

}  // namespace
}  // namespace systemcheck
