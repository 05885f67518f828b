#include "daemon/journal.h"

#include <spdlog/async.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <string>

#include "base/text.h"

namespace systemcheck {
namespace {

constexpr std::size_t queued_lines_max = 1024;
constexpr std::size_t line_limit_bytes = 2048;

std::string_view prefix_of(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "<3>";
    case Severity::warning:
      return "<4>";
    case Severity::notice:
      return "<5>";
    case Severity::info:
      break;
  }
  return "<6>";
}

spdlog::level::level_enum level_of(Severity severity) {
  if (severity == Severity::error) return spdlog::level::err;
  return severity == Severity::warning ? spdlog::level::warn : spdlog::level::info;
}

/// A thread of spdlog's does the writing: a full pipe stops that thread and no other.
class StderrJournal : public Journal {
 public:
  StderrJournal()
      // NOLINTNEXTLINE(concurrency-mt-unsafe): read before there is any other thread.
      : is_journald_(std::getenv("JOURNAL_STREAM") != nullptr),
        pool_(std::make_shared<spdlog::details::thread_pool>(queued_lines_max, 1)),
        logger_(std::make_shared<spdlog::async_logger>(
            "systemcheckd", std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>(), pool_,
            spdlog::async_overflow_policy::overrun_oldest)) {
    logger_->set_pattern(is_journald_ ? "%v" : "%Y-%m-%dT%H:%M:%S.%e %^%v%$");
    logger_->flush_on(spdlog::level::info);
  }

  void write(Severity severity, std::string_view line) override {
    const auto text = printable(line, line_limit_bytes);
    if (is_journald_) {
      logger_->log(level_of(severity), "{}{}", prefix_of(severity), text);
    } else {
      logger_->log(level_of(severity), "{}", text);
    }
  }

 private:
  bool is_journald_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  std::shared_ptr<spdlog::async_logger> logger_;
};

}  // namespace

std::unique_ptr<Journal> stderr_journal() { return std::make_unique<StderrJournal>(); }

}  // namespace systemcheck
