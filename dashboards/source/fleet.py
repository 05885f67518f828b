"""All machines, the worst first."""

from common import DAEMON, FLEET, HOST, JOB, JOB_VARIABLE, SERVICES, STATE_COLOURS, WEAK, WRONG
from grafana import (
    CELL_COLOUR, GREEN, ORANGE, RED, TEXT_COLOUR, YES_IS_GOOD, Column, ask, dashboard, numbered, row, stat, steps, table, times,
    to_dashboard, words,
)  # fmt: skip

COUNT_OF_BAD = steps(GREEN, (1, RED))
COUNT_OF_WEAK = steps(GREEN, (1, ORANGE))
TO_HOST = [to_dashboard(HOST, "The machine", instance="${__data.fields.Machine}")]
USED = f"1 - systemcheck_filesystem_avail_bytes{{{JOB}}} / systemcheck_filesystem_size_bytes{{{JOB}}}"
NONE = f'0 * max by (instance) (up{{{JOB}}})'

# What decides who is worst: a machine that does not answer before a service that is down, and so on.
BADNESS = f"""
  1000 * (1 - max by (instance) (up{{{JOB}}}))
+ (100 * sum by (instance) (systemcheck_service_state{{{JOB},state=~"{WRONG}"}}) or {NONE})
+ (100 * sum by (instance) (systemcheck_memory_shortage{{{JOB},level=~"low|critical"}}) or {NONE})
+ (50 * count by (instance) (ALERTS{{{JOB},alertstate="firing",severity="critical"}}) or {NONE})
+ (10 * sum by (instance) (systemcheck_service_state{{{JOB},state=~"{WEAK}"}}) or {NONE})
+ (5 * count by (instance) (ALERTS{{{JOB},alertstate="firing",severity="warning"}}) or {NONE})
+ (max by (instance) ({USED}) or {NONE})
"""

OVERVIEW = (
    stat("Machines", "Machines that are watched.", ask(f"count(up{{{JOB}}})")),
    stat("Silent", "Machines that do not answer: they, the network or the daemon there are down.",
         ask(f"sum(up{{{JOB}}} == bool 0)"), colours=COUNT_OF_BAD),
    stat("Services wrong", "Services that are down, or being brought back.",
         ask(f'sum(systemcheck_service_state{{{JOB},state=~"{WRONG}"}})'), colours=COUNT_OF_BAD),
    stat("Services weak", "Services that run, but not well, and such as could not be looked at.",
         ask(f'sum(systemcheck_service_state{{{JOB},state=~"{WEAK}"}})'), colours=COUNT_OF_WEAK),
    stat("Held", "Services that somebody has stopped, or keeps from being restarted.",
         ask(f'sum(systemcheck_service_state{{{JOB},state="held"}})')),
    stat("Short of memory", "Machines with less usable memory than their level low.",
         ask(f'sum(systemcheck_memory_shortage{{{JOB},level=~"low|critical"}})'), colours=COUNT_OF_BAD),
    stat("Critical alerts", "Alerts that fire with severity critical.",
         ask(f'count(ALERTS{{{JOB},alertstate="firing",severity="critical"}}) or vector(0)'), colours=COUNT_OF_BAD),
    stat("Warnings", "Alerts that fire with severity warning.",
         ask(f'count(ALERTS{{{JOB},alertstate="firing",severity="warning"}}) or vector(0)'), colours=COUNT_OF_WEAK),
)  # fmt: skip

MACHINES = table(
    "Machines, the worst first",
    "Colours are those of the thresholds that a machine has by default; alerts are those of its own. A click leads to the machine.",
    Column("Machine", label="instance", links=TO_HOST),
    Column("Answers", f"max by (instance) (up{{{JOB}}})", mappings=YES_IS_GOOD, custom__cellOptions=TEXT_COLOUR,
           color={"mode": "thresholds"}),
    Column("Wrong", f'sum by (instance) (systemcheck_service_state{{{JOB},state=~"{WRONG}"}})', custom__cellOptions=CELL_COLOUR,
           thresholds=steps("transparent", (1, RED))),
    Column("Weak", f'sum by (instance) (systemcheck_service_state{{{JOB},state=~"{WEAK}"}})', custom__cellOptions=CELL_COLOUR,
           thresholds=steps("transparent", (1, ORANGE))),
    Column("Usable memory", f"max by (instance) (systemcheck_memory_usable_ratio{{{JOB}}})", unit="percentunit", decimals=0,
           custom__cellOptions=TEXT_COLOUR, thresholds=steps(RED, (0.1, ORANGE), (0.15, "text"))),
    Column("Load per processor", f"max by (instance) (systemcheck_load5{{{JOB}}} / systemcheck_cpus_online{{{JOB}}})", decimals=2,
           custom__cellOptions=TEXT_COLOUR, thresholds=steps("text", (2, ORANGE), (4, RED))),
    Column("Fullest disk", f"max by (instance) ({USED})", unit="percentunit", decimals=0, custom__cellOptions=TEXT_COLOUR,
           thresholds=steps("text", (0.8, ORANGE), (0.9, RED))),
    Column("Alerts", f'count by (instance) (ALERTS{{{JOB},alertstate="firing",severity=~"critical|warning"}}) or {NONE}',
           custom__cellOptions=CELL_COLOUR, thresholds=steps("transparent", (1, RED))),
    Column("Up for", f"max by (instance) (time() - systemcheck_boot_time_seconds{{{JOB}}})", unit="dtdurations", decimals=0),
    Column("Badness", BADNESS, decimals=0, hidden=True),
    sort="-Badness",
)  # fmt: skip

WRONG_SERVICES = table(
    "Services that are not what they should be",
    "All that is neither up nor absent, on all machines.",
    Column("Machine", label="instance", links=TO_HOST),
    Column("Service", label="service",
           links=[to_dashboard(SERVICES, "The service", instance="${__data.fields.Machine}", service="${__data.fields.Service}")]),
    Column("State", numbered("systemcheck_service_state", "state", STATE_COLOURS, JOB, "instance, service") + " != 1 != 10",
           mappings=words(STATE_COLOURS), custom__cellOptions=TEXT_COLOUR, color={"mode": "thresholds"}),
    width=12,
    sort="Machine",
)  # fmt: skip

ALERTS = table(
    "Alerts that fire",
    "As Prometheus has them; who was mailed is Alertmanager's to say.",
    Column("Machine", label="instance", links=TO_HOST),
    Column("Alert", label="alertname", custom__width=260),
    Column("Severity", label="severity", custom__cellOptions=TEXT_COLOUR, mappings=[
        {"type": "value", "options": {"critical": {"color": RED, "index": 0}, "warning": {"color": ORANGE, "index": 1}}}]),
    Column("Service", label="service"),
    Column("Fires", f'max by (alertname, severity, instance, service) (ALERTS{{{JOB},alertstate="firing"}})', hidden=True),
    width=12,
    sort="Severity",
)  # fmt: skip

GRAPHS = (
    times("Load per processor", "Of the ten machines with the highest, averaged over five minutes.",
          ask(f"topk(10, systemcheck_load5{{{JOB}}} / on (job, instance) systemcheck_cpus_online)", "{{instance}}")),
    times("Usable memory", "Of the ten machines with the least.",
          ask(f"bottomk(10, systemcheck_memory_usable_ratio{{{JOB}}})", "{{instance}}"), unit="percentunit", high=1),
    times("Fullest file systems", "The ten that are fullest.",
          ask(f"topk(10, {USED})", "{{instance}} {{mountpoint}}"), unit="percentunit", high=1),
    times("Restarts", "What the daemons have restarted by themselves.",
          ask(f'sum by (instance) (increase(systemcheck_service_restarts_total{{{JOB},reason="down"}}[$__rate_interval])) > 0', "{{instance}}"),
          bars=True, stacked=True),
    times("Deaths", "Services that went away without being asked to, whoever has brought them back.",
          ask(f"sum by (instance) (increase(systemcheck_service_deaths_total{{{JOB}}}[$__rate_interval])) > 0", "{{instance}}"),
          bars=True, stacked=True),
    times("Services by state", "Of all machines.",
          ask(f"sum by (state) (systemcheck_service_state{{{JOB}}}) > 0", "{{state}}"), stacked=True),
)  # fmt: skip

VERSIONS = (
    table("Versions", "Which build of the daemon runs where.",
          Column("Machine", label="instance", links=[to_dashboard(DAEMON, "The daemon", instance="${__data.fields.Machine}")]),
          Column("Version", label="version"),
          Column("Revision", label="revision"),
          Column("Compiler", label="compiler"),
          Column("Is", f"max by (instance, version, revision, compiler) (systemcheck_build_info{{{JOB}}})", hidden=True),
          width=14, sort="Machine"),
    table("Configurations", "Machines whose numbers are equal have equal configurations.",
          Column("Configuration", label="number"),
          Column("Machines", f'count_values("number", systemcheck_config_hash{{{JOB}}})'),
          width=10, sort="-Machines"),
)  # fmt: skip

DASHBOARD = dashboard(
    FLEET,
    "systemcheck: all machines",
    "What is wrong, the worst first.",
    [JOB_VARIABLE],
    [row("", 4, *OVERVIEW), row("", 10, MACHINES), row("", 9, WRONG_SERVICES, ALERTS), row("Over time", 8, *GRAPHS),
     row("Versions", 8, *VERSIONS)],
)  # fmt: skip
