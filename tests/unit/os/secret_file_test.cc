#include "os/secret_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "support/temporary_directory.h"

namespace systemcheck::test {
namespace {

class SecretFile : public ::testing::Test {
 protected:
  void write(const std::string& text, unsigned mode = 0600) {
    std::ofstream(path) << text;
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
  }

  TemporaryDirectory directory{};
  std::string path = directory.path() + "/secret";
};

TEST_F(SecretFile, IsReadAsAWhole) {
  write("one\ntwo\n");
  const auto text = read_secret_file(path, 8);
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, "one\ntwo\n");
}

TEST_F(SecretFile, IsNoneWhereSomebodyElseMayReadIt) {
  for (const unsigned mode : {0640U, 0604U, 0660U}) {
    write("one\n", mode);
    EXPECT_EQ(read_secret_file(path, 8).error().kind, Error::Kind::denied) << mode;
  }
}

TEST_F(SecretFile, IsRefusedWhereItIsTooLong) {
  write("123456789");
  EXPECT_EQ(read_secret_file(path, 8).error().kind, Error::Kind::malformed);
}

TEST_F(SecretFile, IsNoPipeThatOneWaitsFor) {
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(read_secret_file(path, 8).error().kind, Error::Kind::denied);
}

TEST_F(SecretFile, MayBeMissing) {
  EXPECT_EQ(read_secret_file(path, 8).error().kind, Error::Kind::not_found);
}

}  // namespace
}  // namespace systemcheck::test
