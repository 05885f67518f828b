#include "store/records.h"

namespace systemcheck {

namespace {

std::string verdict_word(const ActionRow& row) {
  const bool is_stop = row.intention.verb == "stop";
  if (is_stop) return row.verdict->is_verified ? "gone" : "not gone";
  return row.verdict->is_verified ? "up" : "not up";
}

}  // namespace

std::string result_word(const ActionRow& row) {
  if (row.intention.mode == "observe") return "observed";
  if (!row.end && row.verdict) return verdict_word(row);
  if (!row.end) return row.is_of_this_run ? "running" : "unfinished";
  if (row.end->kind != "succeeded") return row.end->kind;
  if (!row.verdict) return row.is_of_this_run ? "verifying" : "unfinished";
  return verdict_word(row);
}

}  // namespace systemcheck
