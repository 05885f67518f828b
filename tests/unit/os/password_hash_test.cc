#include "os/password_hash.h"

#include <gtest/gtest.h>

namespace systemcheck {
namespace {

// htpasswd -nbBC 4 "" secret
constexpr const char* secret_hash = "$2y$04$nXIW7DMlEMnxI1Rybl9Rt.rhrJng2qGdeHersSy0z1WeG5F196faq";

TEST(PasswordHash, KnowsThePassword) { EXPECT_TRUE(is_password_of("secret", secret_hash)); }

TEST(PasswordHash, KnowsAllKindsOfBcrypt) {
  for (const char kind : {'a', 'b', 'y'}) {
    std::string hash = secret_hash;
    hash[2] = kind;
    EXPECT_TRUE(is_password_of("secret", hash)) << hash;
  }
}

TEST(PasswordHash, TakesNothingElse) {
  for (const auto& other : {std::string("Secret"), std::string(), std::string("secret\0more", 11),
                            std::string(2000, 's'), std::string(secret_hash)})
    EXPECT_FALSE(is_password_of(other, secret_hash));
}

TEST(PasswordHash, TakesNoPasswordForAHashThatIsNone) {
  for (const auto* none : {"", "*0", "*1", "secret", "$2y$99$"}) {
    EXPECT_FALSE(is_password_of("secret", none)) << none;
    EXPECT_FALSE(is_password_of("", none)) << none;
  }
}

}  // namespace
}  // namespace systemcheck
