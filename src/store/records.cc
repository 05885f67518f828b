#include "store/records.h"

namespace systemcheck {

std::string result_word(const ActionRow& row) {
  if (row.intention.mode == "observe") return "observed";
  if (!row.end && row.verdict) return row.verdict->is_verified ? "up" : "not up";
  if (!row.end) return row.is_of_this_run ? "running" : "unfinished";
  if (row.end->kind != "succeeded") return row.end->kind;
  if (!row.verdict) return row.is_of_this_run ? "verifying" : "unfinished";
  return row.verdict->is_verified ? "up" : "not up";
}

}  // namespace systemcheck
