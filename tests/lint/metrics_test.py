import unittest

import metrics


class Metrics(unittest.TestCase):
    def complaints(self, source, question, unseen=()):
        return list(metrics.complaints(metrics.exported_by([source]), metrics.asked_by([question]), dict.fromkeys(unseen)))

    def test_what_is_exported_and_asked_for_is_fine(self):
        self.assertEqual(self.complaints('gauge("systemcheck_load1")', "systemcheck_load1 > 1"), [])

    def test_a_metric_that_nobody_looks_at_is_found(self):
        (complaint,) = self.complaints('gauge("systemcheck_load1"); gauge("systemcheck_load5")', "systemcheck_load5")
        self.assertIn("systemcheck_load1: no rule", complaint)

    def test_what_is_listed_need_not_be_looked_at(self):
        self.assertEqual(self.complaints('"systemcheck_load1"', "", ["systemcheck_load1"]), [])
        self.assertEqual(len(self.complaints('"systemcheck_load1"', "systemcheck_load1", ["systemcheck_load1"])), 1)

    def test_a_question_for_what_is_not_exported_is_found(self):
        (complaint,) = self.complaints('"systemcheck_load1"', "systemcheck_load1 / systemcheck_cpus")
        self.assertIn("systemcheck_cpus: is asked for", complaint)

    def test_a_histogram_is_asked_for_by_its_parts(self):
        self.assertEqual(self.complaints('"systemcheck_x_seconds"', "rate(systemcheck_x_seconds_bucket[5m])"), [])

    def test_what_a_rule_records_is_no_metric(self):
        self.assertEqual(self.complaints('"systemcheck_a"', "systemcheck_a service:systemcheck_b:bool"), [])


if __name__ == "__main__":
    unittest.main()
