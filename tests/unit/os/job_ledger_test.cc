#include "os/job_ledger.h"

#include <gtest/gtest.h>

#include <string>

namespace systemcheck::test {
namespace {

const std::string web = "apache2.service";

TEST(JobLedger, SeesAStopThatIsNotOurs) {
  JobLedger ledger;
  ledger.note_new("/job/1", web);
  EXPECT_FALSE(ledger.stop_seen(web));
  ledger.note_type("/job/1", "stop");
  EXPECT_TRUE(ledger.stop_seen(web));
}

TEST(JobLedger, KeepsItUntilTheUnitIsActiveAgain) {
  JobLedger ledger;
  ledger.note_new("/job/1", web);
  ledger.note_type("/job/1", "stop");
  ledger.note_state(web, "active");  // The job has only begun.
  EXPECT_TRUE(ledger.stop_seen(web));
  ledger.note_state(web, "deactivating");
  ledger.note_removed("/job/1", "done");
  ledger.note_state(web, "inactive");
  EXPECT_TRUE(ledger.stop_seen(web));
  ledger.note_state(web, "activating");
  EXPECT_TRUE(ledger.stop_seen(web));
  ledger.note_state(web, "active");
  EXPECT_FALSE(ledger.stop_seen(web));
}

TEST(JobLedger, ForgetsAStopThatWasCancelled) {
  JobLedger ledger;
  ledger.note_new("/job/1", web);
  ledger.note_type("/job/1", "stop");
  ledger.note_removed("/job/1", "canceled");
  ledger.note_state(web, "active");
  EXPECT_FALSE(ledger.stop_seen(web));
}

TEST(JobLedger, KnowsOursThoughItIsAnnouncedBeforeTheAnswer) {
  JobLedger ledger;
  ledger.note_request();
  ledger.note_new("/job/1", web);
  ledger.note_type("/job/1", "stop");
  EXPECT_FALSE(ledger.stop_seen(web));
  ledger.note_answer({"/job/1"});
  ledger.note_removed("/job/1", "done");
  ledger.note_state(web, "inactive");
  EXPECT_FALSE(ledger.stop_seen(web));
}

TEST(JobLedger, KnowsOursThatIsAnnouncedAfterTheAnswer) {
  JobLedger ledger;
  ledger.note_request();
  ledger.note_answer({"/job/1", "/job/2"});
  ledger.note_new("/job/2", web);  // Came along with the one that we asked for.
  ledger.note_type("/job/2", "stop");
  EXPECT_FALSE(ledger.stop_seen(web));
}

TEST(JobLedger, DecidesAboutOthersOnceItKnowsWhichIsOurs) {
  JobLedger ledger;
  ledger.note_request();
  ledger.note_new("/job/1", web);
  ledger.note_type("/job/1", "stop");
  ledger.note_answer({"/job/2"});
  EXPECT_TRUE(ledger.stop_seen(web));
}

TEST(JobLedger, DecidesAfterARefusalToo) {
  JobLedger ledger;
  ledger.note_request();
  ledger.note_new("/job/1", web);
  ledger.note_type("/job/1", "stop");
  ledger.note_answer({});
  EXPECT_TRUE(ledger.stop_seen(web));
}

TEST(JobLedger, IsUndecidedUntilItKnowsTheTypeAndWhoseItIs) {
  JobLedger ledger;
  EXPECT_FALSE(ledger.is_undecided(web));
  ledger.note_request();
  ledger.note_new("/job/1", web);
  EXPECT_TRUE(ledger.is_undecided(web));
  EXPECT_FALSE(ledger.is_undecided("mail.service"));
  ledger.note_type("/job/1", "stop");
  EXPECT_TRUE(ledger.is_undecided(web)) << "it may be ours";
  ledger.note_answer({"/job/2"});
  EXPECT_FALSE(ledger.is_undecided(web));
}

TEST(JobLedger, SeesNoStopInARestart) {
  JobLedger ledger;
  ledger.note_new("/job/1", web);
  ledger.note_type("/job/1", "restart");
  ledger.note_removed("/job/1", "done");
  ledger.note_state(web, "inactive");
  EXPECT_FALSE(ledger.stop_seen(web));
}

TEST(JobLedger, TakesAJobThatNobodyKnowsForAStopIfItLeftTheUnitInactive) {
  JobLedger ledger;
  ledger.note_new("/job/1", web);
  ledger.note_removed("/job/1", "done");
  ledger.note_type("/job/1", "");
  EXPECT_FALSE(ledger.stop_seen(web));
  ledger.note_state(web, "inactive");
  EXPECT_TRUE(ledger.stop_seen(web));
}

TEST(JobLedger, TakesAJobThatNobodyKnowsForAStartIfItLeftTheUnitActive) {
  JobLedger ledger;
  ledger.note_new("/job/1", web);
  ledger.note_removed("/job/1", "done");
  ledger.note_type("/job/1", "");
  ledger.note_state(web, "active");
  ledger.note_state(web, "inactive");
  EXPECT_FALSE(ledger.stop_seen(web));
}

TEST(JobLedger, TakesAJobThatNobodyKnowsForAStartIfTheUnitIsStartedAgain) {
  JobLedger ledger;
  ledger.note_new("/job/1", web);  // One of systemd's own restarts, over before it could be asked for.
  ledger.note_removed("/job/1", "done");
  ledger.note_type("/job/1", "");
  ledger.note_state(web, "activating");
  ledger.note_state(web, "failed");
  ledger.note_state(web, "inactive");  // We have reset it.
  EXPECT_FALSE(ledger.stop_seen(web));
}

TEST(JobLedger, RemembersNoMoreJobsThanItsLimit) {
  JobLedger ledger;
  for (std::size_t i = 0; i < JobLedger::jobs_max; ++i)
    ledger.note_new("/job/" + std::to_string(i), web);
  ledger.note_new("/job/one too many", "mail.service");
  ledger.note_type("/job/one too many", "stop");
  EXPECT_FALSE(ledger.stop_seen("mail.service"));
  ledger.note_type("/job/0", "start");
  ledger.note_removed("/job/0", "done");
  ledger.note_new("/job/again", "mail.service");
  ledger.note_type("/job/again", "stop");
  EXPECT_TRUE(ledger.stop_seen("mail.service"));
}

TEST(JobLedger, KeepsWhatItHasSeenWhenTheBusIsLost) {
  JobLedger ledger;
  ledger.note_new("/job/1", web);
  ledger.note_type("/job/1", "stop");
  ledger.note_request();
  ledger.forget_jobs();
  EXPECT_TRUE(ledger.stop_seen(web));
  ledger.note_state(web, "active");
  EXPECT_FALSE(ledger.stop_seen(web));
}

TEST(JobLedger, TakesAUnitThatWentInactiveWhileTheBusWasAwayForStopped) {
  JobLedger ledger;
  ledger.note_state(web, "active");
  ledger.forget_jobs();
  ledger.note_state(web, "deactivating");
  EXPECT_FALSE(ledger.stop_seen(web));
  ledger.note_state(web, "inactive");
  EXPECT_TRUE(ledger.stop_seen(web));
}

TEST(JobLedger, KnowsWhatFailedOrRanOnWhileTheBusWasAway) {
  JobLedger ledger;
  ledger.note_state(web, "active");
  ledger.note_state("mail.service", "active");
  ledger.forget_jobs();
  ledger.note_state(web, "failed");
  ledger.note_state("mail.service", "active");
  ledger.note_state(web, "inactive");
  ledger.note_state("mail.service", "inactive");
  EXPECT_FALSE(ledger.stop_seen(web)) << "failed, and reset";
  EXPECT_FALSE(ledger.stop_seen("mail.service")) << "seen active since, and of that all is heard";
}

TEST(JobLedger, TakesAUnitThatWasInactiveAlreadyForNothing) {
  JobLedger ledger;
  ledger.note_state(web, "active");
  ledger.note_state(web, "inactive");
  ledger.forget_jobs();
  ledger.note_state(web, "inactive");
  EXPECT_FALSE(ledger.stop_seen(web));
}

}  // namespace
}  // namespace systemcheck::test
