"""The services of a machine: what became of them, why, what was done, what they use."""

from common import JOB_VARIABLE, MACHINE_VARIABLE, MARKS, OWNER_COLOURS, SERVICE, SERVICE_VARIABLE, SERVICES, STATE_COLOURS
from grafana import (
    CELL_COLOUR, GREEN, ORANGE, RED, TEXT_COLOUR, YES_IS_NEWS, Column, ask, dashboard, numbered, row, states, steps, table, times, words,
)  # fmt: skip

BY_SERVICE = "max by (service)"


def counted(metric, by, more=""):
    """How often it happened in each interval, by service and a label."""
    return ask(f"sum by (service, {by}) (increase({metric}{{{SERVICE}{more}}}[$__rate_interval])) > 0", f"{{{{service}}}} {{{{{by}}}}}")


STATES = states(
    "States",
    "In which state each service was when.",
    ask(numbered("systemcheck_service_state", "state", STATE_COLOURS, SERVICE, "service"), "{{service}}"),
    colours=STATE_COLOURS,
)

NOW = table(
    "Now",
    "What systemcheckctl explain tells in words, in numbers.",
    Column("Service", label="service"),
    Column("State", numbered("systemcheck_service_state", "state", STATE_COLOURS, SERVICE, "service"), mappings=words(STATE_COLOURS),
           custom__cellOptions=TEXT_COLOUR),
    Column("May", label="mode"), Column("Restarted by", label="manager"), Column("Unit", label="unit"), Column("User", label="user"),
    Column("Is", f"max by (service, mode, manager, unit, user) (systemcheck_service_info{{{SERVICE}}})", hidden=True),
    Column("Processes", f"{BY_SERVICE} (systemcheck_service_processes{{{SERVICE}}})"),
    Column("Runs for", f"{BY_SERVICE} (time() - (systemcheck_service_oldest_start_time_seconds{{{SERVICE}}} > 0))", unit="dtdurations",
           decimals=0),
    Column("Restarts a day", f"sum by (service) (increase(systemcheck_service_restarts_total{{{SERVICE}}}[1d]))", decimals=0),
    Column("Down a day", f"sum by (service) (increase(systemcheck_service_downtime_seconds_total{{{SERVICE}}}[1d])) > 0", unit="s"),
    Column("Next in", f"{BY_SERVICE} (systemcheck_service_restart_backoff_seconds{{{SERVICE}}} > 0)", unit="s", decimals=0),
    Column("Slowed down", f"{BY_SERVICE} (systemcheck_service_at_cap{{{SERVICE}}})", mappings=YES_IS_NEWS,
           custom__cellOptions=TEXT_COLOUR),
    Column("Old program", f"{BY_SERVICE} (systemcheck_service_stale_binary{{{SERVICE}}})", mappings=YES_IS_NEWS,
           custom__cellOptions=TEXT_COLOUR),
    sort="Service",
)  # fmt: skip

LAST = table(
    "Last times",
    "How long ago it was seen up, when it was last restarted and how long that took; how many processes it is to have.",
    Column("Service", label="service"),
    Column("Last up", f"{BY_SERVICE} (time() - (systemcheck_service_last_up_timestamp_seconds{{{SERVICE}}} > 0))", unit="dtdurations",
           decimals=0),
    Column("Last restart", f"{BY_SERVICE} (time() - (systemcheck_service_last_restart_timestamp_seconds{{{SERVICE}}} > 0))",
           unit="dtdurations", decimals=0),
    Column("It took", f"{BY_SERVICE} (systemcheck_service_last_restart_duration_seconds{{{SERVICE}}} > 0)", unit="s"),
    Column("Processes at least", f"{BY_SERVICE} (systemcheck_service_processes_min{{{SERVICE}}})"),
    Column("At most", f"{BY_SERVICE} (systemcheck_service_processes_max{{{SERVICE}}} < +Inf)"),
    sort="Service",
)  # fmt: skip

WHAT_HAPPENED = (
    times("Deaths", "Times it went away without being asked to, by what ended it.", counted("systemcheck_service_deaths_total", "cause"),
          bars=True, stacked=True),
    times("Restarts", "down: by itself; ordered: somebody has asked for it.", counted("systemcheck_service_restarts_total", "reason"),
          bars=True, stacked=True),
    times("Restarts that failed", "They ended with an error, took too long, or it was not up thereafter.",
          ask(f"sum by (service) (increase(systemcheck_service_restart_failures_total{{{SERVICE}}}[$__rate_interval])) > 0", "{{service}}"),
          bars=True, stacked=True),
    times("Restarts that did not happen", "They were due, by what stood in the way.",
          counted("systemcheck_restarts_suppressed_total", "reason"), bars=True, stacked=True),
    times("Failed checks", "By kind of check, and cycles in a row in which the one of the processes failed.",
          counted("systemcheck_service_check_failures_total", "check"),
          ask(f"systemcheck_service_consecutive_failures{{{SERVICE}}} > 0", "{{service}} in a row")),
    times("Pid files that were not believed", "By what was wrong with the process that they name.",
          counted("systemcheck_service_identity_mismatch_total", "kind"), bars=True, stacked=True),
)  # fmt: skip

HOLDS = (
    states("Held by", "Who keeps the daemon from restarting it: the first of them.",
           ask(numbered("systemcheck_service_held", "by", OWNER_COLOURS, SERVICE, "service")
               + f"\nor 0 * sum by (service) (systemcheck_service_held{{{SERVICE}}})", "{{service}}"),
           colours=OWNER_COLOURS, width=16),
    table("Holds that end by themselves", "Maintenance with a time, and what waits for packages.",
          Column("Service", label="service"), Column("Held by", label="by"),
          Column("Ends in", f"max by (service, by) (systemcheck_service_hold_remaining_seconds{{{SERVICE}}})", unit="dtdurations",
                 decimals=0),
          width=8, sort="Ends in"),
)  # fmt: skip

USE = (
    times("Processor time", "Of all its processes; 100 %: one processor.",
          ask(f"sum by (service) (rate(systemcheck_service_cpu_seconds_total{{{SERVICE}}}[$__rate_interval]))", "{{service}}"),
          unit="percentunit", stacked=True),
    times("Resident memory", "Pages that its processes share count for each.",
          ask(f"systemcheck_service_resident_memory_bytes{{{SERVICE}}}", "{{service}}"), unit="bytes", stacked=True),
    times("Swapped out", "Of all its processes.", ask(f"systemcheck_service_swap_bytes{{{SERVICE}}}", "{{service}}"), unit="bytes",
          stacked=True),
    times("Processes", "That belong to it.", ask(f"systemcheck_service_processes{{{SERVICE}}}", "{{service}}")),
    times("Threads", "Of all its processes.", ask(f"systemcheck_service_threads{{{SERVICE}}}", "{{service}}")),
    times("New processes", "A second. Many: it forks for each request, or dies and is started all the time.",
          ask(f"rate(systemcheck_service_process_starts_total{{{SERVICE}}}[$__rate_interval])", "{{service}}"), unit="ops"),
)  # fmt: skip

PROBES = (
    states("Probes", "Whether the last answer was right.", ask(f"systemcheck_probe_success{{{SERVICE}}}", "{{service}} {{probe}}"),
           colours={"wrong": RED, "right": GREEN}, width=12),
    times("How long answers take", "95 of 100 take less.",
          ask(f"histogram_quantile(0.95, sum by (service, probe, le) (rate(systemcheck_probe_duration_seconds_bucket{{{SERVICE}}}[$__rate_interval])))",
              "{{service}} {{probe}}"), unit="s", width=12),
    times("Answers that were not right", "By class; unknown: it could not be asked, which says nothing of the service.",
          ask(f"sum by (service, probe, class) (increase(systemcheck_probe_failures_total{{{SERVICE}}}[$__rate_interval])) > 0",
              "{{service}} {{probe}} {{class}}"), bars=True, stacked=True, width=12),
    table("Certificates", "That probes were shown.",
          Column("Service", label="service"), Column("Probe", label="probe"),
          Column("Expires in", f"max by (service, probe) (systemcheck_probe_certificate_expiry_timestamp_seconds{{{SERVICE}}} - time())",
                 unit="dtdurations", decimals=0, custom__cellOptions=CELL_COLOUR,
                 thresholds=steps(RED, (7 * 86400, ORANGE), (21 * 86400, "transparent"))),
          width=12, sort="Expires in"),
)  # fmt: skip

DASHBOARD = dashboard(
    SERVICES,
    "systemcheck: services",
    "What became of them, why, what was done, and what they use.",
    [JOB_VARIABLE, MACHINE_VARIABLE, SERVICE_VARIABLE],
    [row("", 9, STATES), row("", 9, NOW), row("", 8, LAST), row("What happened", 8, *WHAT_HAPPENED), row("Holds", 7, *HOLDS), row("What they use", 8, *USE),
     row("Probes", 8, *PROBES)],
    MARKS,
)  # fmt: skip
