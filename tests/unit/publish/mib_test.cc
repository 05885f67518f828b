#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>

#include "publish/mib_text.h"
#include "publish/notifications.h"
#include "publish/oids.h"
#include "support/shell.h"

// mibs/SYSTEMCHECK-MIB.txt against what is served: neither may know an object that the other does not.

namespace systemcheck::test {
namespace {

const std::string source = SYSTEMCHECK_SOURCE_DIR;
const std::string module_path = source + "/mibs/SYSTEMCHECK-MIB.txt";
const std::string stand_ins = source + "/tests/mibs";

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// An OBJECT-TYPE of the module.
struct Object {
  std::string syntax{};
  std::string units{};
  std::string access{};
  std::string parent{};
  std::string number{};
};

/// What follows a keyword at the start of a clause.
std::optional<std::string> clause(const std::string& line, const std::string& keyword) {
  const auto start = "    " + keyword + " ";
  if (!line.starts_with(start)) return std::nullopt;
  return line.substr(line.find_first_not_of(' ', start.size()));
}

/// The objects with one MAX-ACCESS. Every clause stands on a line of its own, and "::=" comes last.
std::map<std::string, Object> parse_objects(const std::string& text, const std::string& access) {
  constexpr std::string_view start = " OBJECT-TYPE";
  std::map<std::string, Object> objects;
  std::string name;
  Object object;
  for (const auto& line : lines_of(text)) {
    if (line.ends_with(start) && !line.starts_with(' ')) {
      name = line.substr(0, line.size() - start.size());
      object = {};
    }
    if (const auto syntax = clause(line, "SYNTAX")) object.syntax = *syntax;
    if (const auto units = clause(line, "UNITS")) object.units = units->substr(1, units->size() - 2);
    if (const auto given = clause(line, "MAX-ACCESS")) object.access = *given;
    if (const auto place = clause(line, "::="); place && !name.empty()) {
      std::istringstream words(*place);
      std::string brace;
      words >> brace >> object.parent >> object.number;
      if (object.access == access) objects[name] = object;
      name.clear();
    }
  }
  return objects;
}

/// "unknown(0),ok(1)" of every textual convention that is an enumeration.
std::map<std::string, std::string> parse_enumerations(const std::string& text) {
  constexpr std::string_view start = " ::= TEXTUAL-CONVENTION";
  std::map<std::string, std::string> enumerations;
  std::string name;
  bool is_open = false;
  for (const auto& line : lines_of(text)) {
    if (line.ends_with(start)) name = line.substr(0, line.size() - start.size());
    if (const auto syntax = clause(line, "SYNTAX"))
      is_open = !name.empty() && syntax->starts_with("INTEGER {");
    if (!is_open) continue;
    auto words = line.substr(line.find('{') == std::string::npos ? 0 : line.find('{') + 1);
    is_open = words.find('}') == std::string::npos;
    std::erase_if(words, [](char letter) { return letter == ' ' || letter == '}'; });
    enumerations[name] += words;
  }
  return enumerations;
}

/// A NOTIFICATION-TYPE of the module.
struct ToldOf {
  std::vector<std::string> objects{};
  std::string number{};
};

std::map<std::string, ToldOf> parse_notifications(const std::string& text) {
  constexpr std::string_view start = " NOTIFICATION-TYPE";
  std::map<std::string, ToldOf> all;
  std::string name;
  bool is_listing = false;
  for (const auto& line : lines_of(text)) {
    if (line.ends_with(start)) name = line.substr(0, line.size() - start.size());
    if (name.empty()) continue;
    const auto objects = clause(line, "OBJECTS");
    is_listing = is_listing || objects;
    std::istringstream words(objects ? objects->substr(1) : line);
    for (std::string word; is_listing && words >> word;) {
      is_listing = word != "}";
      if (word.ends_with(',')) word.pop_back();
      if (is_listing) all[name].objects.push_back(word);
    }
    if (const auto place = clause(line, "::=")) {
      EXPECT_TRUE(place->starts_with("{ scNotifications ")) << *place;
      all[name].number = place->substr(18, place->find('}') - 19);
      name.clear();
    }
  }
  return all;
}

std::string enumeration_text(const Syntax& syntax) {
  std::string text;
  for (std::size_t i = 0; i < syntax.labels.size(); ++i) {
    text += (i == 0 ? "" : ",") + std::string(syntax.labels[i]) + "(" +
            std::to_string(syntax.first_label + static_cast<int>(i)) + ")";
  }
  return text;
}

std::string dotted(const LeafInfo& leaf) {
  std::string text;
  for (const auto number : ModuleRoot(SnmpConfig{}.base_oid).objects)
    text += "." + std::to_string(number);
  for (const auto number : leaf.oid)
    text += "." + std::to_string(number);
  return text;
}

/// smilint(1) always exits with 0: what it prints is its verdict.
std::string lint(const std::string& module) {
  return shell("SMIPATH=" + stand_ins + " smilint -c /dev/null -l 6 -s -m " + module);
}

/// net-snmp's own parser.
std::string translate(const std::string& arguments) {
  const OwnNetSnmp own;
  return shell(own.environment() + " snmptranslate -M " + stand_ins + ":" + source +
               "/mibs -m SYSTEMCHECK-MIB " + arguments);
}

TEST(Mib, IsSilentUnderTheStrictestLint) {
  if (!has_program("smilint")) GTEST_SKIP() << "smilint is not installed (smitools)";
  EXPECT_EQ(lint(module_path), "");
}

TEST(Mib, LintWouldSeeAMistake) {
  if (!has_program("smilint")) GTEST_SKIP() << "smilint is not installed (smitools)";
  const OwnDirectory directory;
  const auto broken = directory.path() + "/SYSTEMCHECK-MIB.txt";
  auto text = read(module_path);
  const std::string member = "scLoadAvg5, ";
  text.erase(text.find(member), member.size());
  std::ofstream(broken) << text;
  EXPECT_NE(lint(broken).find("scLoadAvg5"), std::string::npos) << "scLoadAvg5 is in no group any more";
}

TEST(Mib, IsPrintedBelowAnyNumberAndAsSound) {
  EXPECT_EQ(mib_text(SnmpConfig{}.base_oid), read(module_path));
  if (!has_program("smilint")) GTEST_SKIP() << "smilint is not installed (smitools)";
  for (const Oid& base :
       {Oid{1, 3, 6, 1, 4, 1, 99999}, Oid{1, 3, 6, 1, 4, 1, 99999, 1, 7}, Oid{1, 3, 6, 1, 3, 4711}}) {
    const OwnDirectory directory;
    const auto printed = directory.path() + "/SYSTEMCHECK-MIB.txt";
    std::ofstream(printed) << mib_text(base);
    EXPECT_EQ(lint(printed), "");
    if (!has_program("snmptranslate")) continue;
    const OwnNetSnmp own;
    const auto found = shell(own.environment() + " snmptranslate -M " + stand_ins + ":" + directory.path() +
                             " -m SYSTEMCHECK-MIB -On SYSTEMCHECK-MIB::scLoadAvg1");
    std::string expected;
    for (const auto number : ModuleRoot(base).objects)
      expected += "." + std::to_string(number);
    EXPECT_EQ(found, expected + ".2.1\n");
  }
}

std::vector<std::string> names_of_leaves(bool is_writable) {
  std::vector<std::string> names;
  for (const auto& leaf : leaves())
    if (leaf.is_writable == is_writable) names.emplace_back(leaf.name);
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> names_in_module(const std::string& access) {
  std::vector<std::string> names;
  for (const auto& [name, object] : parse_objects(read(module_path), access))
    names.push_back(name);
  return names;
}

TEST(Mib, HasExactlyTheLeavesThatAreServed) {
  EXPECT_EQ(names_in_module("read-only"), names_of_leaves(false));
}

TEST(Mib, HasExactlyTheNotificationsThatAreSent) {
  const auto in_module = parse_notifications(read(module_path));
  EXPECT_EQ(in_module.size(), notification_infos().size());
  for (const auto& info : notification_infos()) {
    const auto found = in_module.find(std::string(info.name));
    ASSERT_NE(found, in_module.end()) << info.name;
    EXPECT_EQ(found->second.number, std::to_string(static_cast<int>(info.kind))) << info.name;
    EXPECT_EQ(found->second.objects, std::vector<std::string>(info.objects.begin(), info.objects.end()))
        << info.name;
  }
}

TEST(Mib, HasExactlyTheObjectsThatOnlyNotificationsHave) {
  const auto objects = parse_objects(read(module_path), "accessible-for-notify");
  EXPECT_EQ(objects.size(), notify_leaves().size());
  for (const auto& leaf : notify_leaves()) {
    const auto found = objects.find(std::string(leaf.name));
    ASSERT_NE(found, objects.end()) << leaf.name;
    EXPECT_EQ(found->second.syntax, leaf.syntax.name) << leaf.name;
    EXPECT_EQ(found->second.units, leaf.units) << leaf.name;
    EXPECT_EQ(found->second.parent, "scNotifyInfo") << leaf.name;
    EXPECT_EQ(found->second.number, std::to_string(leaf.oid.back())) << leaf.name;
  }
}

TEST(Mib, PromisesWhatCanBeWrittenAndNothingElse) {
  EXPECT_EQ(names_in_module("read-write"), names_of_leaves(true));
  EXPECT_EQ(read(module_path).find("read-create"), std::string::npos);
}

TEST(Mib, GivesEveryLeafItsTypeAndUnits) {
  auto objects = parse_objects(read(module_path), "read-only");
  objects.merge(parse_objects(read(module_path), "read-write"));
  for (const auto& leaf : leaves()) {
    const auto found = objects.find(std::string(leaf.name));
    ASSERT_NE(found, objects.end()) << leaf.name;
    EXPECT_EQ(found->second.syntax, leaf.syntax.name) << leaf.name;
    EXPECT_EQ(found->second.units, leaf.units) << leaf.name;
    EXPECT_EQ(found->second.number, std::to_string(leaf.oid.back())) << leaf.name;
    EXPECT_EQ(found->second.parent.ends_with("Entry"), leaf.is_column) << leaf.name;
  }
}

TEST(Mib, CountsTheWordsOfEveryEnumerationAsWeDo) {
  const auto enumerations = parse_enumerations(read(module_path));
  std::map<std::string, std::string> served;
  for (const auto& leaf : leaves()) {
    if (leaf.syntax.name.starts_with("Sc"))
      served[std::string(leaf.syntax.name)] = enumeration_text(leaf.syntax);
  }
  EXPECT_EQ(enumerations, served);
  EXPECT_EQ(enumerations.at("ScMode"), "disabled(1),observe(2),act(3)");
  EXPECT_TRUE(enumerations.at("ScState").starts_with("unknown(1),up(2),degraded(3)"));
}

TEST(Mib, NamesEveryLeafWithItsWholeIdentifier) {
  if (!has_program("snmptranslate")) GTEST_SKIP() << "snmptranslate is not installed (snmp)";
  std::string names;
  std::vector<std::string> expected;
  for (const auto& leaf : leaves()) {
    names += " SYSTEMCHECK-MIB::" + std::string(leaf.name);
    expected.push_back(dotted(leaf));
  }
  auto lines = lines_of(translate("-On" + names));
  std::erase(lines, "");
  EXPECT_EQ(lines, expected);
}

TEST(Mib, LetsPeopleNameAServiceInQuotes) {
  if (!has_program("snmptranslate")) GTEST_SKIP() << "snmptranslate is not installed (snmp)";
  EXPECT_EQ(translate("-On 'SYSTEMCHECK-MIB::scServiceState.\"sshd\"'"),
            ".1.3.6.1.4.1.8072.9999.9999.2001.1.1.5.1.1.4.4.115.115.104.100\n");
}

TEST(Mib, HasLinesThatFitOnAScreen) {
  for (const auto& line : lines_of(read(module_path)))
    EXPECT_LE(line.size(), 79U) << line;
}

}  // namespace
}  // namespace systemcheck::test
