"""What tests/lint/dashboards.py complains of."""

import copy
import unittest

import dashboards

SOURCE = dashboards.SOURCE


def panel(panel_id, x, y, **more):
    return {
        "id": panel_id, "type": "timeseries", "title": f"Load {panel_id}", "description": "How many want to run.",
        "gridPos": {"x": x, "y": y, "w": 12, "h": 8}, "datasource": SOURCE, "fieldConfig": {"defaults": {"unit": "short"}, "overrides": []},
        "targets": [{"refId": "A", "expr": 'systemcheck_load1{instance=~"$instance"}'}], **more,
    }


def row(panel_id, y, *inside, collapsed=False):
    return {"id": panel_id, "type": "row", "title": "Row", "gridPos": {"x": 0, "y": y, "w": 24, "h": 1},
            "collapsed": collapsed, "panels": list(inside)}


GOOD = {
    "uid": "systemcheck-host", "title": "One machine", "tags": ["systemcheck"],
    "links": [{"title": "Others", "type": "dashboards", "tags": ["systemcheck"]}],
    "annotations": {"list": [{"name": "Restarts", "datasource": SOURCE, "target": {"expr": 'up{instance="$instance"}'}}]},
    "templating": {"list": [
        {"name": "datasource", "type": "datasource", "query": "prometheus"},
        {"name": "instance", "type": "query", "datasource": SOURCE, "query": "label_values(systemcheck_load1, instance)"},
    ]},
    "panels": [row(1, 0), panel(2, 0, 1), panel(3, 12, 1), row(4, 9, panel(5, 0, 10), collapsed=True), row(6, 10)],
}


class Dashboards(unittest.TestCase):
    def complaints(self, change=lambda dashboard: None, others=()):
        dashboard = copy.deepcopy(GOOD)
        change(dashboard)
        return list(dashboards.complaints({"host.json": dashboard, **dict(others)}))

    def assert_complains(self, change, *expected):
        self.assertEqual(self.complaints(change), [f"host.json: {complaint}" for complaint in expected])

    def test_a_good_one_is_fine(self):
        self.assertEqual(self.complaints(), [])

    def test_ids_are_numbers_of_one_panel_each_in_closed_rows_as_well(self):
        self.assert_complains(lambda it: it["panels"][3]["panels"][0].update(id=2), "2 panels have the id 2")
        self.assert_complains(lambda it: it["panels"][1].update(id="2"), "1 panel has the id 2")

    def test_panels_are_within_the_columns(self):
        self.assert_complains(lambda it: it["panels"][2]["gridPos"].update(x=13), "panel 3 (Load 3): is not within 24 columns")
        self.assert_complains(lambda it: it["panels"][2]["gridPos"].update(h=0), "panel 3 (Load 3): is not within 24 columns")

    def test_panels_do_not_lie_over_each_other(self):
        self.assert_complains(lambda it: it["panels"][2]["gridPos"].update(x=11), "panel 2 (Load 2): lies over panel 3 (Load 3)")
        self.assert_complains(lambda it: it["panels"][1]["gridPos"].update(y=0), "panel 1 (Row): lies over panel 2 (Load 2)")
        self.assert_complains(lambda it: it["panels"][3]["panels"].append(panel(7, 0, 17)), "panel 5 (Load 5): lies over panel 7 (Load 7)")

    def test_only_a_closed_row_has_its_panels_inside(self):
        self.assert_complains(lambda it: it["panels"][3].update(collapsed=False), "panel 4 (Row): is open, but has its panels inside")
        self.assert_complains(lambda it: it["panels"][0].update(collapsed=True), "panel 1 (Row): is closed over nothing")

    def test_variables_that_are_used_are_defined(self):
        for text in ("$machine", "${machine}", "${machine:regex}", "[[machine]]"):
            self.assert_complains(lambda it, text=text: it["panels"][1].update(title=text), "${machine} is not defined")
        self.assert_complains(lambda it: it["panels"][1]["targets"][0].update(expr="up{a=~'$1', b='$__rate_interval'}"))
        self.assert_complains(lambda it: it["panels"][1].update(title="${__data.fields.Name} ${__field.labels.a}"))
        self.assert_complains(lambda it: it["panels"][1].update(title="$__rates_interval"), "${__rates_interval} is not defined")

    def test_variables_that_are_defined_are_used(self):
        extra = {"name": "job", "type": "query", "datasource": SOURCE, "query": "label_values(job)"}
        self.assert_complains(lambda it: it["templating"]["list"].append(extra), "variable job: nothing uses it")

    def test_a_variable_uses_only_those_above_it(self):
        self.assert_complains(lambda it: it["templating"]["list"][1].update(query='label_values({job="$job"}, instance)'),
                              "variable instance: uses ${job}, which is not defined above it")
        self.assert_complains(lambda it: it["templating"]["list"].append(it["templating"]["list"][1]), "variable instance: is defined twice")

    def test_whatever_asks_asks_the_chosen_data_source(self):
        fixed = {"type": "prometheus", "uid": "abc"}
        self.assert_complains(lambda it: it["panels"][1].update(datasource=fixed), f"panel 2 (Load 2): its datasource is not {SOURCE}")
        self.assert_complains(lambda it: it["panels"][1]["targets"][0].update(datasource=fixed),
                              f"panel 2 (Load 2): the datasource of A is not {SOURCE}")
        self.assert_complains(lambda it: it["templating"]["list"][1].pop("datasource"), f"variable instance: its datasource is not {SOURCE}")
        self.assert_complains(lambda it: it["annotations"]["list"][0].update(datasource=fixed),
                              f"annotation Restarts: its datasource is not {SOURCE}")
        self.assert_complains(lambda it: it["annotations"]["list"][0].update(datasource=dashboards.BUILT_IN))
        self.assert_complains(lambda it: it["templating"]["list"][0].update(query="loki"),
                              "its first variable is not datasource, of type datasource, with the query prometheus")

    def test_a_panel_says_what_it_shows_and_in_which_unit(self):
        self.assert_complains(lambda it: it["panels"][1].pop("title"), "panel 2 (without a title): has no title")
        self.assert_complains(lambda it: it["panels"][1].update(description=""), "panel 2 (Load 2): has no description")
        self.assert_complains(lambda it: it["panels"][1]["fieldConfig"].update(defaults={}),
                              "panel 2 (Load 2): has neither a unit nor words for its values")
        self.assert_complains(lambda it: it["panels"][1]["fieldConfig"].update(defaults={"mappings": []}))
        by_override = {"defaults": {}, "overrides": [{"matcher": {}, "properties": [{"id": "unit", "value": "s"}]}]}
        self.assert_complains(lambda it: it["panels"][1].update(fieldConfig=by_override))

    def test_a_text_speaks_for_itself(self):
        text = {"id": 7, "type": "text", "title": "", "gridPos": {"x": 0, "y": 20, "w": 24, "h": 2}}
        self.assert_complains(lambda it: it["panels"].append(text))

    def test_a_panel_asks_something_and_each_query_has_its_letter(self):
        self.assert_complains(lambda it: it["panels"][1].update(targets=[]), "panel 2 (Load 2): asks nothing")
        self.assert_complains(lambda it: it["panels"][1]["targets"].append(it["panels"][1]["targets"][0]), "panel 2 (Load 2): has two queries A")

    def test_columns_that_are_renamed_are_those_of_a_query(self):
        def rename(column, *letters):
            return lambda it: it["panels"][1].update(
                targets=[{"refId": letter, "expr": "up"} for letter in letters],
                transformations=[{"id": "organize", "options": {"renameByName": {column: "Up $instance"}}}])

        self.assert_complains(rename("Value #B", "A", "B"))
        self.assert_complains(rename("Value #C", "A", "B"), "panel 2 (Load 2): has no column Value #C")
        self.assert_complains(rename("Value #A", "A"), "panel 2 (Load 2): has no column Value #A")

    def test_it_is_of_no_particular_grafana(self):
        self.assert_complains(lambda it: it.update(id=7), "has an id, which is of one Grafana only")
        self.assert_complains(lambda it: it.update(id=None))

    def test_uids_and_titles_are_each_dashboards_own(self):
        twin = {"twin.json": copy.deepcopy(GOOD)}
        self.assertEqual(len(self.complaints(others=twin)), 4)
        self.assert_complains(lambda it: it.update(uid="a b"), "its uid is not of at most 40 letters, digits, _ and -")
        self.assert_complains(lambda it: it.update(uid="a" * 41), "its uid is not of at most 40 letters, digits, _ and -")

    def test_links_lead_to_dashboards_and_variables_that_there_are(self):
        def link(url):
            return lambda it: it["panels"][1]["fieldConfig"]["defaults"].update(links=[{"title": "More", "url": url}])

        self.assert_complains(link("/d/systemcheck-host?var-instance=${__data.fields.Machine}&from=now-1h"))
        self.assert_complains(link("https://example.org/d"))
        self.assert_complains(link("/d/systemcheck-hosts/x"), "leads to /d/systemcheck-hosts, which is none of these dashboards")
        self.assert_complains(link("/d/systemcheck-host?a=1&var-machine=x"), "sets machine, which systemcheck-host does not have")
        self.assert_complains(lambda it: it["links"][0].update(tags=["others"]), "link Others: no dashboard has the tag others")


if __name__ == "__main__":
    unittest.main()
