#include "daemon/supervised.h"

#include <gtest/gtest.h>

namespace systemcheck::test {
namespace {

TEST(CountMisfit, CountsEachWrongProcessOnce) {
  ServiceRow row;
  std::optional<PidFileMisfit> last;
  const PidFileMisfit dead{.kind = Misfit::dead, .pid = 7};
  const auto counted = [&row](Misfit kind) { return row.misfits_total.at(static_cast<std::size_t>(kind)); };
  for (int look = 0; look < 5; ++look)
    count_misfit(row, last, dead);
  EXPECT_EQ(counted(Misfit::dead), 1U);
  count_misfit(row, last, PidFileMisfit{.kind = Misfit::stranger, .pid = 7});
  EXPECT_EQ(counted(Misfit::stranger), 1U);
  count_misfit(row, last, std::nullopt);
  count_misfit(row, last, dead);
  EXPECT_EQ(counted(Misfit::dead), 2U) << "it was right in between";
}

}  // namespace
}  // namespace systemcheck::test
