#include "menu/pages.h"

#include <algorithm>

namespace systemcheck {

TextPage text_page(TextPage::Subject subject, std::string service) {
  TextPage page{.subject = subject, .service = std::move(service)};
  switch (subject) {
    case TextPage::Subject::service:
      page.inquiry.line = "explain " + page.service;
      break;
    case TextPage::Subject::relay:
      page.inquiry.line = "relay list";
      break;
    case TextPage::Subject::history:
      page.inquiry.line = "history " + page.service + " --limit 200";
      break;
    case TextPage::Subject::status:
    case TextPage::Subject::memory:
    case TextPage::Subject::help:
      break;
  }
  return page;
}

std::vector<MenuEntry> entries_of(const ListPage& page, const Seen& seen) {
  const bool needs_status = page.kind != ListPage::Kind::home && page.kind != ListPage::Kind::orders;
  if (needs_status && seen.document.empty()) return {};
  switch (page.kind) {
    case ListPage::Kind::home:
      break;
    case ListPage::Kind::services:
      return service_entries(seen.machine);
    case ListPage::Kind::restart:
      return restart_entries(seen.machine);
    case ListPage::Kind::maintenance:
      return maintenance_entries(seen.machine);
    case ListPage::Kind::orders:
      return order_entries(seen.undertakings);
  }
  return home_entries();
}

std::size_t place_of(const ListPage& page, const std::vector<MenuEntry>& entries) {
  const auto found = std::ranges::find(entries, page.selected, &MenuEntry::name);
  if (!page.selected.empty() && found != entries.end())
    return static_cast<std::size_t>(found - entries.begin());
  return entries.empty() ? 0 : std::min(page.index, entries.size() - 1);
}

const Undertaking* undertaking_of(const OrderPage& page, const Seen& seen) {
  const auto found = std::ranges::find(seen.undertakings, page.id, &Undertaking::id);
  return found == seen.undertakings.end() ? nullptr : &*found;
}

}  // namespace systemcheck
