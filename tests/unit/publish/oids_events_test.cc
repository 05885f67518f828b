#include <gtest/gtest.h>

#include "support/event_builder.h"
#include "support/oid_reader.h"
#include "support/view_builder.h"

namespace systemcheck::test {
namespace {

View view_with(const std::vector<EventRow>& events) {
  View view = make_view();
  for (const auto& event : events)
    view.events = with_event(view.events, event);
  return view;
}

Oid cell_of(std::string_view column, std::uint32_t number) { return below(column, {number}); }

TEST(OidsOfEvents, AreAllColumnsOfEachEvent) {
  const auto view = view_with({{.kind = EventKind::daemon, .what = "started"},
                               {.at = view_time,
                                .kind = EventKind::action,
                                .subject = "web",
                                .what = "restart",
                                .owner = Owner::admin,
                                .actor = "uid 1000",
                                .result = ActionResult::not_up,
                                .text = "no process"}});
  EXPECT_EQ(number_at(view, scalar("scEventLast")), 2);
  EXPECT_EQ(number_at(view, scalar("scEventsKept")), 2);
  EXPECT_EQ(octets_at(view, cell_of("scEventWhat", 1)), "started");
  EXPECT_EQ(octets_at(view, cell_of("scEventSubject", 1)), "");
  EXPECT_EQ(octets_at(view, cell_of("scEventTime", 2)), std::string("\x07\xea\x0b\x16\x12\x14\0\0+\0\0", 11));
  EXPECT_EQ(number_at(view, cell_of("scEventKind", 2)), 4);
  EXPECT_EQ(octets_at(view, cell_of("scEventSubject", 2)), "web");
  EXPECT_EQ(octets_at(view, cell_of("scEventWhat", 2)), "restart");
  EXPECT_EQ(number_at(view, cell_of("scEventOwner", 2)), 2);
  EXPECT_EQ(octets_at(view, cell_of("scEventActor", 2)), "uid 1000");
  EXPECT_EQ(number_at(view, cell_of("scEventResult", 2)), 8);
  EXPECT_EQ(octets_at(view, cell_of("scEventText", 2)), "no process");
  EXPECT_FALSE(is_there(view, cell_of("scEventText", 3)));
}

TEST(OidsOfEvents, AreNoneWhereNothingHasHappened) {
  EXPECT_EQ(number_at(make_view(), scalar("scEventLast")), 0);
  EXPECT_EQ(number_at(make_view(), scalar("scEventsKept")), 0);
}

TEST(OidsOfEvents, GoOnBehindTheLastOneThatAManagerHasSeen) {
  const std::vector<EventRow> many(recent_events_max + 10);
  const auto table = table_of(view_with(many));
  const auto next = table.after(cell_of("scEventText", 70), OidTable::Bound::exclusive);
  ASSERT_TRUE(next);
  EXPECT_EQ(table.oid(*next), cell_of("scEventText", 71));
  const auto oldest = table.after(cell_of("scEventText", 3), OidTable::Bound::exclusive);
  ASSERT_TRUE(oldest);
  EXPECT_EQ(table.oid(*oldest), cell_of("scEventText", 11)) << "what came between is not kept";
}

}  // namespace
}  // namespace systemcheck::test
