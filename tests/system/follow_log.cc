// follow_log KIND PATH [PLACE]: writes what comes of a log to its output, a line each, until it is told to
// end. KIND is file, socket or journal (PATH is then the directory of its files). PLACE is a file: it goes on
// from what stands there, and writes there how far it has come. What the sources have to say goes to the
// other output.

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "os/datagram_socket.h"
#include "os/journal_reader.h"
#include "os/sd_event_loop.h"
#include "relay/journal_source.h"
#include "relay/line_socket.h"
#include "relay/log_tailer.h"

namespace systemcheck::test {
namespace {

struct Wanted {
  std::string kind{};
  std::string path{};
  std::string place_file{};
};

std::string read_place(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_place(const std::string& file, std::string_view place) {
  if (file.empty() || place.empty()) return;
  std::ofstream(file + ".new") << place;
  std::filesystem::rename(file + ".new", file);
}

void show(const LogBatch& batch) {
  for (const auto line : batch.lines)
    std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
  for (const auto& entry : batch.entries) {
    std::printf("uid=%u exe=%s %s[%d]: %s\n", entry.origin.user, entry.origin.executable.c_str(),
                entry.program.c_str(), entry.pid.value_or(0), entry.message.c_str());
  }
  std::fflush(stdout);
}

Error unknown(const std::string& kind) {
  return {Error::Kind::malformed, kind + ": file, socket or journal"};
}

Result<std::unique_ptr<LogSource>> make_source(EventLoop& loop, LogFiles& files, const Wanted& wanted,
                                               SourceHooks hooks) {
  auto place = read_place(wanted.place_file);
  if (wanted.kind == "file") {
    return std::unique_ptr<LogSource>(std::make_unique<LogTailer>(
        loop, files, LogTailerSetup{.path = wanted.path, .place = std::move(place)}, std::move(hooks)));
  }
  if (wanted.kind == "socket") {
    auto socket = bind_datagram_socket(wanted.path);
    if (!socket) return std::move(socket).error();
    return std::unique_ptr<LogSource>(
        std::make_unique<LineSocket>(loop, *std::move(socket), std::move(hooks)));
  }
  if (wanted.kind != "journal") return unknown(wanted.kind);
  auto journal = open_journal(JournalSource::facility, wanted.path);
  if (!journal) return std::move(journal).error();
  return std::unique_ptr<LogSource>(std::make_unique<JournalSource>(
      loop, *std::move(journal), JournalSetup{.place = std::move(place)}, std::move(hooks)));
}

int fail(const Error& error) {
  std::printf("# %s\n", error.message.c_str());
  return EXIT_FAILURE;
}

int follow(const Wanted& wanted) {
  auto loop = SdEventLoop::make();
  if (!loop) return fail(loop.error());
  const auto end = (*loop)->on_signal(SIGTERM, [&] { (*loop)->stop(); });
  if (!end) return fail(end.error());
  const auto files = make_log_files();
  const SourceHooks hooks{
      .on_lines =
          [&](const LogBatch& batch) {
            show(batch);
            write_place(wanted.place_file, batch.place);
          },
      .on_notice = [](const SourceNotice& notice) { std::printf("# %s\n", notice.words.c_str()); }};
  const auto source = make_source(**loop, *files, wanted, hooks);
  if (!source) return fail(source.error());
  if (const auto started = (*source)->start(); !started) return fail(started.error());
  std::printf("# ready\n");
  std::fflush(stdout);
  if (const auto ran = (*loop)->run(); !ran) return fail(ran.error());
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace systemcheck::test

int main(int count, char** arguments) {
  if (count != 3 && count != 4) return EXIT_FAILURE;
  return systemcheck::test::follow(
      {.kind = arguments[1], .path = arguments[2], .place_file = count == 4 ? arguments[3] : ""});
}
