"""How memory became short, what was turned off for it, what that gave back, and when it came on again."""

from common import (
    JOB_VARIABLE, MACHINE, MACHINE_VARIABLE, MARKS, MEMORY, MODE_COLOURS, SHED_PHASE_COLOURS, SHED_STATE_COLOURS, SHORTAGE_COLOURS,
)  # fmt: skip
from grafana import (
    BLUE, GREEN, ORANGE, RED, YELLOW, Column, ask, coloured, dashboard, numbered, override, row, stat, states, steps, table,
    threshold_line, times, words,
)  # fmt: skip

NOW = (
    stat("May be done", "What may be done for want of memory. observe: it is only told what would be.",
         ask(numbered("systemcheck_shed_mode", "mode", MODE_COLOURS, MACHINE, "instance")), meaning=words(MODE_COLOURS)),
    stat("Is done", "What is being done. stuck: nothing is left that would help; blind: memory cannot be read.",
         ask(numbered("systemcheck_shed_state", "state", SHED_STATE_COLOURS, MACHINE, "instance")), meaning=words(SHED_STATE_COLOURS)),
    stat("Usable", "Share of all memory.", ask(f"systemcheck_memory_usable_ratio{{{MACHINE}}}"), unit="percentunit", decimals=1, graph=True,
         colours=steps(RED, (0.1, ORANGE), (0.15, GREEN))),
    stat("Critical in", "If it goes on falling like this; while it does not fall there is no value.",
         ask(f"systemcheck_memory_to_critical_seconds{{{MACHINE}}}"), unit="s", decimals=0, colours=steps(RED, (60, ORANGE), (600, GREEN))),
    stat("Services off", "Turned off for want of memory; in mode observe, would be.",
         ask(f'sum(systemcheck_service_shed_phase{{{MACHINE},phase=~"stopping|refusing|settling|shed"}}) or vector(0)'),
         colours=steps(GREEN, (1, ORANGE))),
    stat("Shortages", "In the time that is shown.",
         ask(f'sum(increase(systemcheck_shed_episodes_total{{{MACHINE},result="relieved"}}[$__range]))'), decimals=0),
    stat("Stuck", "How often nothing was left that would help, in the time that is shown.",
         ask(f'sum(increase(systemcheck_shed_episodes_total{{{MACHINE},result="stuck"}}[$__range]))'), decimals=0,
         colours=steps(GREEN, (1, RED))),
    stat("Killed by the kernel", "For want of memory, in the time that is shown.",
         ask(f"sum(increase(systemcheck_oom_kills_total{{{MACHINE}}}[$__range]))"), decimals=0, colours=steps(GREEN, (1, RED))),
)  # fmt: skip

EPISODE = (
    times("Usable memory", "The dashed lines: where each level begins, by the configuration.",
          ask(f"systemcheck_memory_usable_ratio{{{MACHINE}}}", "usable"),
          ask(f"systemcheck_shed_threshold_ratio{{{MACHINE}}}", "{{level}}"),
          unit="percentunit", high=1, width=24,
          overrides=[coloured("usable", GREEN), threshold_line("warn", YELLOW), threshold_line("low", ORANGE),
                     threshold_line("critical", RED)]),
)  # fmt: skip

BANDS = (
    states("The machine", "How short memory was, and what was done.",
           ask(numbered("systemcheck_shed_state", "state", SHED_STATE_COLOURS, MACHINE, "instance"), "done"), colours=SHED_STATE_COLOURS,
           width=12),
    states("Level", "How short memory was.",
           ask(numbered("systemcheck_memory_shortage", "level", SHORTAGE_COLOURS, MACHINE, "instance"), "level"), colours=SHORTAGE_COLOURS,
           width=12),
)  # fmt: skip

SERVICES_OFF = (
    states("The services", "Each that may be turned off, and where it stood.",
           ask(numbered("systemcheck_service_shed_phase", "phase", SHED_PHASE_COLOURS, MACHINE, "service"), "{{service}}"),
           colours=SHED_PHASE_COLOURS),
)  # fmt: skip

FIGURES = (
    table("What it brings", "Expected and actual: of the last time that it was turned off.",
          Column("Service", label="service"),
          Column("Would give back now", f"sum by (service) (systemcheck_service_shed_bytes{{{MACHINE}}})", unit="bytes"),
          Column("Expected", f'sum by (service) (systemcheck_service_shed_gain_bytes{{{MACHINE},kind="predicted"}} > 0)', unit="bytes"),
          Column("Actual", f'sum by (service) (systemcheck_service_shed_gain_bytes{{{MACHINE},kind="actual"}} > 0)', unit="bytes"),
          Column("Turned off", f"sum by (service) (increase(systemcheck_service_sheds_total{{{MACHINE}}}[$__range]))", decimals=0),
          Column("Came back", f'sum by (service) (increase(systemcheck_service_restores_total{{{MACHINE},result="succeeded"}}[$__range]))',
                 decimals=0),
          Column("Did not start", f'sum by (service) (increase(systemcheck_service_restores_total{{{MACHINE},result="failed"}}[$__range]))',
                 decimals=0),
          Column("Off for", f"sum by (service) (increase(systemcheck_service_shed_seconds_total{{{MACHINE}}}[$__range]))", unit="dtdurations",
                 decimals=0),
          Column("May return in", f"sum by (service) (systemcheck_service_shed_backoff_seconds{{{MACHINE}}} > 0)", unit="dtdurations",
                 decimals=0),
          sort="Service"),
)  # fmt: skip

DETAILS = (
    times("Turned off", "By cause: a level, the forecast, swap, pressure, or once more after a restart of the daemon.",
          ask(f"sum by (service, cause) (increase(systemcheck_service_sheds_total{{{MACHINE}}}[$__rate_interval])) > 0",
              "{{service}} {{cause}}"), bars=True, stacked=True),
    times("Yet to come back", "Memory that services which are being turned off have yet to give back.",
          ask(f"systemcheck_shed_pending_bytes{{{MACHINE}}}", "pending"), unit="bytes"),
    times("What each would give back", "Or, while it is off, would take.",
          ask(f"systemcheck_service_shed_bytes{{{MACHINE}}}", "{{service}}"), unit="bytes", stacked=True),
    times("Tasks wait for memory", "Share of the time in which at least one did, and in which all did; and how often the kernel alarmed us.",
          ask(f'rate(systemcheck_pressure_waiting_seconds_total{{{MACHINE},resource="memory"}}[$__rate_interval])', "one"),
          ask(f'rate(systemcheck_pressure_stalled_seconds_total{{{MACHINE},resource="memory"}}[$__rate_interval])', "all"),
          ask(f"increase(systemcheck_memory_pressure_alarms_total{{{MACHINE}}}[$__rate_interval])", "alarms"),
          unit="percentunit", overrides=[override("alarms", unit="short", custom__drawStyle="points", custom__axisPlacement="right")]),
    times("Swap", "What is moved in and out each second.",
          ask(f"rate(systemcheck_swap_in_bytes_total{{{MACHINE}}}[$__rate_interval])", "in"),
          ask(f"rate(systemcheck_swap_out_bytes_total{{{MACHINE}}}[$__rate_interval])", "out"), unit="Bps"),
    times("The daemon is late", "How much later than it was meant to it came to look at memory: half of the time less, and 99 of 100 times less.",
          ask(f"histogram_quantile(0.5, sum by (le) (rate(systemcheck_loop_lateness_seconds_bucket{{{MACHINE}}}[$__rate_interval])))", "half"),
          ask(f"histogram_quantile(0.99, sum by (le) (rate(systemcheck_loop_lateness_seconds_bucket{{{MACHINE}}}[$__rate_interval])))",
              "99 of 100"), unit="s", overrides=[coloured("half", BLUE)]),
)  # fmt: skip

DASHBOARD = dashboard(
    MEMORY,
    "systemcheck: memory and shedding",
    "How memory became short, what was turned off for it, what that gave back, and when it came on again.",
    [JOB_VARIABLE, MACHINE_VARIABLE],
    [row("", 4, *NOW), row("", 9, *EPISODE), row("", 4, *BANDS), row("", 7, *SERVICES_OFF), row("", 7, *FIGURES),
     row("Details", 8, *DETAILS)],
    MARKS,
)  # fmt: skip
