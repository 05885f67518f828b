// What doubt_about() promises, tried on thousands of expressions: the address of one that is sound is the
// server's.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/bent_expressions.h"

namespace systemcheck::test {
namespace {

struct Tried {
  int sound = 0;
  int doubtful_and_bent = 0;
};

void try_expression(const std::string& text, Tried& tried) {
  if (is_sound(text)) {
    ++tried.sound;
    EXPECT_FALSE(can_be_bent(text, "x")) << text;
    return;
  }
  tried.doubtful_and_bent += can_be_bent(text, "x") ? 1 : 0;
}

TEST(SoundExpressions, CannotBeBentByAClientWhateverTheyAreMadeOf) {
  Tried tried;
  std::vector<std::string> ones{""};
  ones.insert(ones.end(), pieces.begin(), pieces.end());
  for (const auto lead : leads) {
    for (const auto& first : ones) {
      for (const auto& second : ones) {
        try_expression(bent_expression(first, lead, addresses[0], second), tried);
        try_expression(bent_expression("", lead, addresses[0], "> now" + first + second), tried);
        try_expression(bent_expression("", lead, addresses[0], ">" + first + second), tried);
      }
    }
  }
  // Both kinds are among them: else this would say nothing.
  EXPECT_GT(tried.sound, 500);
  EXPECT_GT(tried.doubtful_and_bent, 100);
}

}  // namespace
}  // namespace systemcheck::test
