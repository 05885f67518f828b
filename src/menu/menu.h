#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/client.h"
#include "menu/key.h"
#include "menu/pages.h"
#include "menu/screen.h"

namespace systemcheck {

/// The menu without a terminal and without a connection: keys and answers in, screens and questions out. It
/// asks nobody for the time.
class Menu {
 public:
  struct Question {
    std::uint64_t id = 0;
    std::string line{};
    bool takes_time = false;  ///< its answer comes when what it orders is done
  };

  /// Whose machine it is, for the first line.
  explicit Menu(std::string host);

  void press(const Key& key);
  /// Asks anew what is shown; again and again.
  void refresh();
  /// What is to be asked now; each is answered by hear(), at last with an answer or an error.
  std::vector<Question> take_questions();
  void hear(std::uint64_t id, const Result<Conversation::Heard>& heard);

  Screen screen(Size size, WallTime now);
  [[nodiscard]] bool has_left() const { return has_left_; }
  /// Orders whose end has not been seen.
  [[nodiscard]] bool is_busy() const;
  /// What is to be said when the screen is gone; empty: nothing.
  [[nodiscard]] std::string farewell() const;

 private:
  // menu.cc
  void open(Page page);
  void back();
  std::uint64_t ask(std::string line, bool takes_time = false);
  void ask_status();
  void ask_for_page();
  [[nodiscard]] Inquiry* inquiry();
  void hear_status(const Result<std::string>& answer);
  void hear_order(Undertaking& undertaking, const Result<Conversation::Heard>& heard);
  void give_order(CommandWords words);
  void say(std::string text, Accent look = Accent::plain);

  // menu_keys.cc
  void press_on(ListPage& page, const Key& key);
  void press_on(TextPage& page, const Key& key);
  void press_on(ConfirmPage& page, const Key& key);
  void press_on(FormPage& page, const Key& key);
  void press_on(OrderPage& page, const Key& key);
  void press_letter(const TextPage& page, const Key& key);
  void type_digit(ListPage& page, char digit);
  void choose_number(ListPage& page);
  void choose(ListPage& page, const std::vector<MenuEntry>& entries, std::size_t place);
  void open_from_home(const std::string& name);
  void open_form(const std::string& target);
  bool move(ListPage& page, Key::Kind kind);
  bool scroll(std::size_t& top, Key::Kind kind) const;
  void leave();

  // menu_screen.cc
  struct Content;
  [[nodiscard]] Content content_of(const ListPage& page) const;
  [[nodiscard]] Content content_of(const TextPage& page, std::size_t columns, WallTime now) const;
  [[nodiscard]] Content content_of(const ConfirmPage& page) const;
  [[nodiscard]] static Content content_of(const FormPage& page);
  [[nodiscard]] Content content_of(const OrderPage& page, std::size_t columns) const;
  [[nodiscard]] Content content(std::size_t columns, WallTime now) const;
  [[nodiscard]] Result<std::string> text_of(const TextPage& page, std::size_t columns, WallTime now) const;
  [[nodiscard]] std::string head_text(const std::string& title, std::size_t columns) const;
  [[nodiscard]] std::size_t scrolled(const Content& content);

  const std::string host_;
  Seen seen_{};
  std::vector<Page> pages_{};  ///< the last one is shown; never empty
  std::vector<Question> questions_{};
  std::uint64_t last_id_ = 0;
  std::optional<std::uint64_t> status_asked_{};
  std::string trouble_{};  ///< why there is no status; empty: there is
  Line notice_{};
  std::size_t height_ = 1;  ///< lines between the head and the keys, when it was drawn last
  bool is_too_small_ = false;
  bool is_leaving_ = false;  ///< he was warned
  bool has_left_ = false;
};

}  // namespace systemcheck
