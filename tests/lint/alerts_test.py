"""What tests/lint/alerts.py complains of."""

import unittest

import alerts

GOOD = {
    "alert": "SystemcheckDown", "expr": "up == 0", "labels": {"severity": "critical"},
    "annotations": {"summary": "Down.", "description": "It is.", "runbook_url": f"{alerts.RUNBOOKS}SystemcheckDown.md"},
}
BOOK = "# SystemcheckDown\n\n## What it means\n\n## How to look\n\n## What to do\n"


class Alerts(unittest.TestCase):
    def test_a_complete_one_is_fine(self):
        self.assertEqual(list(alerts.check_alert(GOOD)), [])

    def test_what_is_missing_is_named(self):
        bad = {"alert": "Down", "expr": "up == 0", "labels": {"severity": "page"}, "annotations": {"summary": "Down."}}
        self.assertEqual(len(list(alerts.check_alert(bad))), 4)

    def test_each_has_a_runbook_with_its_headings(self):
        self.assertEqual(list(alerts.check_runbooks({"SystemcheckDown"}, {"SystemcheckDown": BOOK})), [])
        self.assertEqual(list(alerts.check_runbooks({"SystemcheckDown"}, {})), ["SystemcheckDown: has no runbook"])
        self.assertEqual(list(alerts.check_runbooks(set(), {"SystemcheckDown": BOOK})),
                         ["SystemcheckDown: a runbook of no alert"])
        self.assertEqual(list(alerts.check_runbooks({"SystemcheckDown"}, {"SystemcheckDown": BOOK.replace("to do", "")})),
                         ["SystemcheckDown: its runbook has no heading '## What to do'"])

    def test_each_severity_is_seen_to_fire_and_each_name_to_be_silent(self):
        look = {"alertname": "SystemcheckDown", "exp_alerts": [{"exp_labels": {"severity": "critical"}}]}
        silent = {"alertname": "SystemcheckDown", "exp_alerts": []}

        def tried(*looks):
            return list(alerts.check_tried([GOOD], *alerts.tried_in([{"tests": [{"alert_rule_test": list(looks)}]}])))

        self.assertEqual(tried(look, silent), [])
        self.assertEqual(tried(silent), ["SystemcheckDown: no test in which it fires as critical"])
        self.assertEqual(tried(look), ["SystemcheckDown: no test in which it does not fire"])

    def test_the_second_address_waits_and_the_first_does_not(self):
        def mail(first, second):
            routes = [{"matchers": ['severity="critical"'], "receiver": name, "group_wait": wait}
                      for name, wait in (("administrator", first), ("second", second))]
            return list(alerts.check_mail({"route": {"routes": routes}}))

        self.assertEqual(mail("5s", "30m"), [])
        self.assertEqual(len(mail("1m", "5m")), 2)


if __name__ == "__main__":
    unittest.main()
