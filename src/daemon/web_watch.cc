#include "daemon/web_watch.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "config/files.h"
#include "config/web_config.h"

namespace systemcheck {
namespace {

/// A certificate that was renewed is in use by then.
constexpr Duration look_every = std::chrono::seconds{5};

std::vector<std::string> files_of(const HttpConfig& config, const WebConfig& web) {
  std::vector<std::string> files{config.web_config};
  if (!web.tls) return files;
  for (const auto& file : {web.tls->cert_file, web.tls->key_file, web.tls->client_ca_file})
    if (!file.empty()) files.push_back(file);
  return files;
}

std::string identity_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return "none;";
  return fmt::format("{}:{}:{}:{}.{};", status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec,
                     status.st_mtim.tv_nsec);
}

/// Hashes can be guessed at, and a key is the whole secret.
void doubt_readable(const std::string& path, std::vector<std::string>& doubts) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0)
    doubts.push_back(path + " is a secret, and everybody may read it (chmod o-r)");
}

Result<std::string> read_text(const std::string& path) {
  if (path.empty()) return std::string();
  auto text = read_config_text(path);
  if (!text) return std::move(text).error();
  return std::move(text->text);
}

Status add_tls(const WebTls& tls, HttpWeb& web) {
  auto certificate = read_text(tls.cert_file);
  auto key = read_text(tls.key_file);
  auto authorities = read_text(tls.client_ca_file);
  for (auto* text : {&certificate, &key, &authorities})
    if (!*text) return std::move(*text).error();
  auto made =
      HttpTls::make(tls, {.certificate = *certificate, .key = *key, .client_authorities = *authorities});
  if (!made) return std::move(made).error();
  web.tls = *std::move(made);
  return Nothing{};
}

void check_names(const HttpConfig& config, const WebConfig& web, std::vector<Problem>& problems) {
  for (const auto& name : config.may_act) {
    if (!web.users.contains(name))
      problems.push_back({.file = config.web_config,
                          .message = "http.may_act: there is no user '" + name + "' in basic_auth_users"});
  }
}

}  // namespace

ReadWeb read_web(const HttpConfig& config) {
  ReadWeb read;
  if (config.web_config.empty()) return read;
  const auto text = read_config_text(config.web_config);
  if (!text) {
    read.problems.push_back({.file = config.web_config, .message = text.error().message});
    return read;
  }
  auto loaded = load_web_config(*text);
  read.problems = std::move(loaded.problems);
  if (!read.problems.empty()) return read;
  check_names(config, loaded.config, read.problems);
  auto web = std::make_shared<HttpWeb>(HttpWeb{.config = std::move(loaded.config)});
  const auto& tls = web->config.tls;
  if (tls) {
    if (auto added = add_tls(*tls, *web); !added)
      read.problems.push_back({.file = config.web_config, .message = added.error().message});
    doubt_readable(tls->key_file, read.doubts);
  }
  if (!web->config.users.empty()) doubt_readable(config.web_config, read.doubts);
  if (read.problems.empty()) read.web = std::move(web);
  return read;
}

std::string look_at_web(const HttpConfig& config, const HttpWeb& web) {
  std::string identities;
  for (const auto& file : files_of(config, web.config))
    identities += identity_of(file);
  return identities;
}

WebWatch::WebWatch(EventLoop& loop, Journal& journal, HttpConfig config, std::shared_ptr<const HttpWeb> web,
                   Hooks hooks)
    : loop_(loop),
      journal_(journal),
      config_(std::move(config)),
      web_(std::move(web)),
      hooks_(std::move(hooks)) {
  if (web_) look();
}

void WebWatch::look_later() {
  timer_ = loop_.at(loop_.now() + look_every, [this] { look(); });
}

/// The first look reads once more what was read at the start: it may have changed since.
void WebWatch::look() {
  auto job = loop_.aside([this, config = config_, web = web_, seen = seen_]() -> Callback {
    auto identities = look_at_web(config, *web);
    if (identities == seen) return [this] { look_later(); };
    auto read = std::make_shared<ReadWeb>(read_web(config));
    return [this, read, identities] {
      take_over(*read, identities);
      look_later();
    };
  });
  if (job) {
    job_ = *std::move(job);
  } else {
    look_later();  // The worker is busy.
  }
}

/// What could not be used is read again each time: what it lacks may be a file that nobody knows yet.
void WebWatch::take_over(const ReadWeb& read, const std::string& identities) {
  if (!read.web) return keep_old(problem_lines(read.problems));
  auto next = std::make_shared<HttpWeb>(*read.web);
  next->number = web_->number + 1;
  const bool is_first = seen_.empty() && complaint_.empty();
  if (auto used = hooks_.use(next); !used) return keep_old(used.error().message);
  web_ = std::move(next);
  seen_ = identities;
  complaint_.clear();
  hooks_.told(true);
  for (const auto& doubt : read.doubts)
    journal_.write(Severity::warning, "http: " + doubt);
  if (!is_first)
    journal_.write(Severity::notice, "http: " + config_.web_config + " is in force as it is now");
}

void WebWatch::keep_old(const std::string& complaint) {
  if (std::exchange(complaint_, complaint) == complaint) return;
  hooks_.told(false);
  auto rest = std::string_view(complaint);
  while (!rest.empty())
    journal_.write(Severity::error, "http: " + std::string(take_line(rest)));
  journal_.write(Severity::error,
                 "http: " + config_.web_config + " cannot be used as it is now; what was in force stays so");
}

}  // namespace systemcheck
