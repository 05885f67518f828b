#include "ctl/completions.h"

#include <fmt/core.h>

#include <functional>
#include <memory>
#include <vector>

namespace systemcheck {
namespace {

/// One thing that may be typed at a place: "/shed" is behind `systemcheckctl shed`.
struct Entry {
  enum class Kind { subcommand, option, argument };
  Kind kind = Kind::argument;
  std::string place{};
  std::string word{};  ///< of an argument: what it is called in the help
  std::string what{};
  bool takes_value = false;
  std::string values{};  ///< by blanks; empty: any
};

/// CLI11 tells the words that an option takes with its type: "TEXT:{act,observe}".
std::string values_of(const CLI::Option& option) {
  const auto type = option.get_type_name();
  const auto begin = type.find('{');
  const auto end = type.find('}', begin);
  if (begin == std::string::npos || end == std::string::npos) return {};
  auto values = type.substr(begin + 1, end - begin - 1);
  for (auto& letter : values)
    letter = letter == ',' ? ' ' : letter;
  return values;
}

void add_option(std::vector<Entry>& entries, const std::string& place, const CLI::Option& option) {
  if (option.get_group().empty()) return;  // Hidden.
  Entry entry{.kind = option.get_positional() ? Entry::Kind::argument : Entry::Kind::option,
              .place = place,
              .what = option.get_description(),
              .takes_value = option.get_expected_max() > 0,
              .values = values_of(option)};
  if (option.get_positional()) {
    entry.word = option.get_name(true);
    entries.push_back(entry);
    return;
  }
  for (const auto& name : option.get_lnames()) {
    entry.word = "--" + name;
    entries.push_back(entry);
  }
  for (const auto& name : option.get_snames()) {
    entry.word = "-" + name;
    entries.push_back(entry);
  }
}

void add_entries(std::vector<Entry>& entries, const std::string& place, const CLI::App& app) {
  for (const auto* option : app.get_options())
    add_option(entries, place, *option);
  for (const auto* found : app.get_subcommands([](const CLI::App*) { return true; })) {
    const auto& command = *found;
    entries.push_back({.kind = Entry::Kind::subcommand,
                       .place = place,
                       .word = command.get_name(),
                       .what = command.get_description()});
    add_entries(entries, place + "/" + command.get_name(), command);
  }
}

bool is_file(const Entry& entry) {
  return entry.word == "log" || entry.word == "patterns" || entry.word == "--patterns" ||
         entry.word == "--config" || entry.word == "--database" || entry.word == "--socket" ||
         entry.word == "--state-directory";
}

bool is_service(const Entry& entry) {
  return entry.word == "target" || entry.word == "service" || entry.word == "--service";
}

using Choice = std::function<bool(const Entry&)>;

std::string joined(const std::vector<Entry>& entries, const std::string& separator, const Choice& choice,
                   const std::function<std::string(const Entry&)>& text) {
  std::string all;
  for (const auto& entry : entries) {
    if (choice(entry)) all += (all.empty() ? "" : separator) + text(entry);
  }
  return all;
}

std::string places(const std::vector<Entry>& entries, const std::string& separator) {
  return joined(
      entries, separator, [](const Entry& it) { return it.kind == Entry::Kind::subcommand; },
      [](const Entry& it) { return it.place + "/" + it.word; });
}

std::string valued_options(const std::vector<Entry>& entries, const std::string& separator) {
  return joined(
      entries, separator, [](const Entry& it) { return it.kind == Entry::Kind::option && it.takes_value; },
      [](const Entry& it) { return it.place + ":" + it.word; });
}

/// In single quotes, for all three.
std::string quoted(std::string_view text, std::string_view quote) {
  std::string all = "'";
  for (const char letter : text)
    all += letter == '\'' ? std::string(quote) : std::string(1, letter);
  return all + "'";
}

/// Where the words before the one that is completed lead, in a shell that speaks as bash and zsh do.
std::string path_finder(const std::vector<Entry>& entries, std::string_view words, std::string_view first) {
  return fmt::format(
      "  for ((i = {1}; i < at; i++)); do\n"
      "    word=${{{0}[i]}}\n"
      "    case \"$place:$word\" in\n"
      "      :--socket) socket=${{{0}[i + 1]}}; ((i++)); continue ;;\n"
      "      {2}) ((i++)); continue ;;\n"
      "    esac\n"
      "    case \"$place/$word\" in\n"
      "      {3}) place=$place/$word ;;\n"
      "    esac\n"
      "  done\n",
      words, first, valued_options(entries, "|"), places(entries, "|"));
}

/// What completes a value, by a case a line; the words are those of bash and zsh.
struct Actions {
  std::string services;
  std::string files;
  std::function<std::string(const std::string&)> words;
};

std::string action_of(const Entry& entry, const Actions& actions) {
  if (!entry.values.empty()) return actions.words(entry.values);
  if (is_service(entry)) return actions.services;
  return is_file(entry) ? actions.files : std::string();
}

std::string value_cases(const std::vector<Entry>& entries, const Actions& actions) {
  std::string text;
  for (const auto& entry : entries) {
    if (entry.kind != Entry::Kind::option || !entry.takes_value) continue;
    const auto action = action_of(entry, actions);
    text += fmt::format("    {}:{}) {}{}return ;;\n", entry.place, entry.word, action,
                        action.empty() ? "" : "; ");
  }
  return text;
}

std::string argument_cases(const std::vector<Entry>& entries, const Actions& actions) {
  std::string text;
  for (const auto& entry : entries) {
    const auto action = action_of(entry, actions);
    if (entry.kind == Entry::Kind::argument && !action.empty())
      text += fmt::format("    {}) {} ;;\n", entry.place, action);
  }
  return text;
}

std::vector<std::string> all_places(const std::vector<Entry>& entries) {
  std::vector<std::string> all{""};
  for (const auto& entry : entries) {
    if (entry.kind == Entry::Kind::subcommand) all.push_back(entry.place + "/" + entry.word);
  }
  return all;
}

/// The subcommands, or the options, that may be typed at each place.
std::string word_cases(const std::vector<Entry>& entries, Entry::Kind kind,
                       const std::function<std::string(const std::string&)>& action,
                       const std::function<std::string(const Entry&)>& text_of) {
  std::string text;
  for (const auto& place : all_places(entries)) {
    const auto words = joined(
        entries, " ", [&](const Entry& it) { return it.kind == kind && it.place == place; }, text_of);
    if (!words.empty()) text += fmt::format("    {}) {} ;;\n", place.empty() ? "''" : place, action(words));
  }
  return text;
}

std::string bash(const std::vector<Entry>& entries) {
  const auto words = [](const std::string& list) { return "_systemcheckctl_words \"" + list + "\""; };
  const Actions actions{.services = words("$(_systemcheckctl_names \"$socket\")"),
                        .files = "COMPREPLY=($(compgen -f -- \"$current\"))",
                        .words = words};
  const auto plain = [](const Entry& entry) { return entry.word; };
  return "# Completions of systemcheckctl for bash; made by systemcheckctl completions bash.\n"
         "_systemcheckctl_names() {\n"
         "  systemcheckctl ${1:+--socket \"$1\"} services --names 2>/dev/null\n"
         "}\n"
         "_systemcheckctl_words() {\n"
         "  COMPREPLY=($(compgen -W \"$1\" -- \"$current\"))\n"
         "}\n"
         "_systemcheckctl() {\n"
         "  local at=$COMP_CWORD current=${COMP_WORDS[COMP_CWORD]} place= socket= word i\n"
         "  COMPREPLY=()\n" +
         path_finder(entries, "COMP_WORDS", "1") + "  case \"$place:${COMP_WORDS[at - 1]}\" in\n" +
         value_cases(entries, actions) +
         "  esac\n"
         "  if [[ $current == -* ]]; then\n"
         "    case $place in\n" +
         word_cases(entries, Entry::Kind::option, words, plain) +
         "    esac\n"
         "    return\n"
         "  fi\n"
         "  case $place in\n" +
         word_cases(entries, Entry::Kind::subcommand, words, plain) + argument_cases(entries, actions) +
         "  esac\n"
         "}\n"
         "complete -F _systemcheckctl systemcheckctl\n";
}

std::string zsh(const std::vector<Entry>& entries) {
  const Actions actions{.services = "compadd -- ${(f)\"$(_systemcheckctl_names $socket)\"}",
                        .files = "_files",
                        .words = [](const std::string& list) { return "compadd -- " + list; }};
  const auto described = [](const std::string& list) {
    return "typed=(" + list + "); _describe systemcheckctl typed";
  };
  const auto with_words = [](const Entry& entry) { return quoted(entry.word + ":" + entry.what, "'\\''"); };
  return "#compdef systemcheckctl\n"
         "# Completions of systemcheckctl for zsh; made by systemcheckctl completions zsh.\n"
         "_systemcheckctl_names() {\n"
         "  systemcheckctl ${1:+--socket} ${1:+\"$1\"} services --names 2>/dev/null\n"
         "}\n"
         "_systemcheckctl() {\n"
         "  local at=$CURRENT current=${words[CURRENT]} place= socket= word i\n"
         "  local -a typed\n" +
         path_finder(entries, "words", "2") + "  case \"$place:${words[at - 1]}\" in\n" +
         value_cases(entries, actions) +
         "  esac\n"
         "  if [[ $current == -* ]]; then\n"
         "    case $place in\n" +
         word_cases(entries, Entry::Kind::option, described, with_words) +
         "    esac\n"
         "    return\n"
         "  fi\n"
         "  case $place in\n" +
         word_cases(entries, Entry::Kind::subcommand, described, with_words) +
         argument_cases(entries, actions) +
         "  esac\n"
         "}\n"
         "if [[ $funcstack[1] == _systemcheckctl ]]; then _systemcheckctl; else compdef _systemcheckctl "
         "systemcheckctl; fi\n";
}

std::string fish_line(const Entry& entry) {
  const std::string at = "complete -c systemcheckctl -f -n \"__systemcheckctl_at '" + entry.place + "'\" ";
  const auto what = entry.what.empty() ? std::string() : " -d " + quoted(entry.what, "\\'");
  std::string values;
  if (is_service(entry)) values = "'(__systemcheckctl_names)'";
  if (!entry.values.empty()) values = quoted(entry.values, "\\'");
  if (entry.kind == Entry::Kind::subcommand) return at + "-a " + entry.word + what + "\n";
  if (entry.kind == Entry::Kind::argument) {
    if (is_file(entry)) return at + "-F\n";
    return values.empty() ? std::string() : at + "-a " + values + "\n";
  }
  const bool is_long = entry.word.starts_with("--");
  auto line = at + (is_long ? "-l " + entry.word.substr(2) : "-s " + entry.word.substr(1)) + what;
  if (entry.takes_value) line += is_file(entry) ? " -r -F" : " -x";
  if (entry.takes_value && !values.empty()) line += " -a " + values;
  return line + "\n";
}

std::string fish(const std::vector<Entry>& entries) {
  std::string text =
      "# Completions of systemcheckctl for fish; made by systemcheckctl completions fish.\n"
      "function __systemcheckctl_place\n"
      "  set -l place ''\n"
      "  set -l skip 0\n"
      "  for word in (commandline -opc)[2..-1]\n"
      "    if test $skip = 1\n"
      "      set skip 0\n"
      "      continue\n"
      "    end\n"
      "    if contains -- \"$place:$word\" " +
      valued_options(entries, " ") +
      "\n"
      "      set skip 1\n"
      "    else if contains -- \"$place/$word\" " +
      places(entries, " ") +
      "\n"
      "      set place \"$place/$word\"\n"
      "    end\n"
      "  end\n"
      "  echo \"$place\"\n"
      "end\n"
      "function __systemcheckctl_at\n"
      "  test (__systemcheckctl_place) = \"$argv[1]\"\n"
      "end\n"
      "function __systemcheckctl_names\n"
      "  set -l words (commandline -opc)\n"
      "  set -l at (contains -i -- --socket $words)\n"
      "  set -l socket\n"
      "  test -n \"$at\"; and set socket --socket $words[(math $at + 1)]\n"
      "  systemcheckctl $socket services --names 2>/dev/null\n"
      "end\n"
      "complete -c systemcheckctl -f\n";
  for (const auto& entry : entries)
    text += fish_line(entry);
  return text;
}

}  // namespace

std::optional<std::string> completions(const CLI::App& app, std::string_view shell) {
  std::vector<Entry> entries;
  add_entries(entries, "", app);
  if (shell == "bash") return bash(entries);
  if (shell == "zsh") return zsh(entries);
  if (shell == "fish") return fish(entries);
  return std::nullopt;
}

void add_completions(CLI::App& app, Session& session) {
  const auto shell = std::make_shared<std::string>();
  auto* command = app.add_subcommand("completions", "what a shell is to know of all this: read it there");
  command->add_option("shell", *shell, "which shell")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback([&app, &session, shell] {
    session.run = [&app, &session, shell] {
      return show(session, {}, completions(app, *shell).value_or(std::string()), CheckStatus::ok);
    };
  });
}

}  // namespace systemcheck
