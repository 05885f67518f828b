#include "store/sample_rows.h"

#include <gtest/gtest.h>

#include <cmath>

#include "store/database.h"
#include "support/temporary_directory.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

constexpr WallTime noon{std::chrono::seconds{1'795'348'800}};

class SampleRows : public testing::Test {
 protected:
  std::unique_ptr<Database> open() const {
    auto database = Database::open(directory.path("state.db"), {.id = 1, .boot_id = "boot"}, {});
    EXPECT_TRUE(database);
    return *std::move(database);
  }
  static void write(Database& database, std::vector<Record> samples) {
    EXPECT_TRUE(database.write(samples, {.wall = noon, .instant = Instant{100h}}));
  }

  TemporaryDirectory directory{};
};

TEST_F(SampleRows, AreThereForTheNextDaemonAsTheyWere) {
  write(*open(), {MachineSample{.at = noon - 1min, .load = 1.5F, .usable_ratio = 0.25F, .is_shedding = true},
                  MachineSample{.at = noon, .load_per_cpu = 0.5F, .relay_clients = 12}});

  const auto samples = open()->samples(noon);

  ASSERT_EQ(samples->size(), 2U);
  EXPECT_EQ(samples->front().at, noon - 1min);
  EXPECT_EQ(samples->front().load, 1.5F);
  EXPECT_TRUE(std::isnan(samples->front().load_per_cpu));
  EXPECT_EQ(samples->front().usable_ratio, 0.25F);
  EXPECT_TRUE(samples->front().is_shedding);
  EXPECT_TRUE(std::isnan(samples->back().load));
  EXPECT_EQ(samples->back().relay_clients, 12.0F);
  EXPECT_FALSE(samples->back().is_shedding);
}

TEST_F(SampleRows, AreNeverMoreThanThoseOfADay) {
  const auto database = open();
  for (int day = 0; day < 3; ++day) {
    std::vector<Record> samples;
    for (int minute = 0; minute < 1440; ++minute)
      samples.emplace_back(MachineSample{.at = noon + (day * 1440 + minute) * 1min, .load = 1});
    write(*database, std::move(samples));
  }
  EXPECT_EQ(database->samples(noon + 3 * 24h)->size(), samples_max - 1);  // Exactly a day ago is too old.
  EXPECT_EQ(database->samples(noon + 3 * 24h - 1min)->size(), samples_max);
}

TEST_F(SampleRows, OfATimeThatIsYetToComeAreNone) {
  const auto database = open();
  write(*database,
        {MachineSample{.at = noon + 365 * 24h, .load = 1}, MachineSample{.at = noon - 5min, .load = 2}});

  ASSERT_EQ(database->samples(noon)->size(), 1U);
  EXPECT_EQ(database->samples(noon)->front().load, 2.0F);
}

}  // namespace
}  // namespace systemcheck::test
