#include "probe/file.h"

namespace systemcheck {
namespace {

Verdict bad(std::string detail) { return {.result = ProbeClass::bad_banner, .detail = std::move(detail)}; }

/// That a file is not there is an answer; that we may not look is none.
Verdict verdict_of(const Error& error) {
  const bool is_missing = error.kind == Error::Kind::not_found;
  return {.result = is_missing ? ProbeClass::bad_banner : ProbeClass::unknown, .detail = error.message};
}

}  // namespace

Verdict judge_file(const Probe& probe, const Result<FileFacts>& facts, const Result<std::string>& checksum,
                   WallTime wall_now) {
  if (!facts) return verdict_of(facts.error());
  const auto age = wall_now - facts->modified;
  if (probe.max_age && age > *probe.max_age) return bad("not written for " + duration_words(age));
  if (probe.min_size && facts->size < *probe.min_size) return bad("too small: " + bytes_words(facts->size));
  if (probe.max_size && facts->size > *probe.max_size) return bad("too large: " + bytes_words(facts->size));
  if (probe.file_mode && facts->mode != *probe.file_mode) return bad("its mode has changed");
  if (probe.sha256.empty()) return {.result = ProbeClass::ok, .detail = "as it should be"};
  if (!checksum) return verdict_of(checksum.error());
  if (*checksum != probe.sha256) return bad("its checksum has changed");
  return {.result = ProbeClass::ok, .detail = "as it should be"};
}

}  // namespace systemcheck
