"""The daemon itself: whether it keeps up, and what it costs."""

from common import DAEMON, JOB_VARIABLE, MACHINE, MACHINE_VARIABLE
from grafana import (
    GREEN, GREY, ORANGE, RED, YES_IS_BAD, YES_IS_GOOD, Column, ask, dashboard, mark, row, stat, states, steps, table,
    threshold_line, times,
)  # fmt: skip

NOW = (
    stat("Last look", "How old what it shows is.", ask(f"time() - systemcheck_cycle_last_timestamp_seconds{{{MACHINE}}}"), unit="s",
         decimals=0, colours=steps(GREEN, (180, ORANGE), (300, RED))),
    stat("Up for", "Since the daemon was started.", ask(f"time() - process_start_time_seconds{{{MACHINE}}}"), unit="dtdurations", decimals=0),
    stat("Configuration", "Whether it was accepted when it was last read.",
         ask(f"systemcheck_config_last_reload_successful{{{MACHINE}}}"), meaning=YES_IS_GOOD),
    stat("Read", "When a configuration was last accepted.",
         ask(f"time() - systemcheck_config_last_reload_success_timestamp_seconds{{{MACHINE}}}"), unit="dtdurations", decimals=0),
    stat("History is written", "If not, what was done and why is kept in memory until it can be.",
         ask(f"systemcheck_history_ok{{{MACHINE}}}"), meaning=YES_IS_GOOD),
    stat("Kill switch", "While its file exists nothing is touched.", ask(f"systemcheck_actions_disabled{{{MACHINE}}}"),
         meaning=YES_IS_BAD),
    stat("Kernel tells of ends", "If not, as in a container, the cause of a death is read from the dead process, or not known.",
         ask(f"systemcheck_process_connector_up{{{MACHINE}}}"), meaning=YES_IS_GOOD),
    stat("An upgrade hangs", "Packages are being changed for so long that services are no longer held back for it.",
         ask(f"systemcheck_upgrade_hold_expired{{{MACHINE}}}"), meaning=YES_IS_BAD),
)  # fmt: skip

COST = (
    times("Processor", "Share of one processor.", ask(f"rate(process_cpu_seconds_total{{{MACHINE}}}[$__rate_interval])", "daemon"),
          unit="percentunit", decimals=3),
    times("Memory", "Resident, and what it has reserved.", ask(f"process_resident_memory_bytes{{{MACHINE}}}", "resident"),
          ask(f"process_virtual_memory_bytes{{{MACHINE}}}", "virtual"), unit="bytes"),
    times("File descriptors", "Open ones, and how many there may be.", ask(f"process_open_fds{{{MACHINE}}}", "open"),
          ask(f"process_max_fds{{{MACHINE}}}", "limit"), overrides=[threshold_line("limit", RED)]),
)  # fmt: skip

CYCLES = (
    times("A look takes", "The last one; the dashed line: when the next one is due.",
          ask(f"systemcheck_cycle_duration_seconds{{{MACHINE}}}", "duration"),
          ask(f"systemcheck_cycle_interval_seconds{{{MACHINE}}}", "interval"), unit="s", overrides=[threshold_line("interval", RED)]),
    times("Collectors take", "In the last look.", ask(f"systemcheck_collector_duration_seconds{{{MACHINE}}}", "{{collector}}"), unit="s",
          stacked=True),
    states("Collectors", "Whether what they read could be read.", ask(f"systemcheck_collector_success{{{MACHINE}}}", "{{collector}}"),
           colours={"failed": RED, "read": GREEN}, width=8),
    times("Looks", "A minute, and those that were left out because the one before was still under way.",
          ask(f"rate(systemcheck_cycles_total{{{MACHINE}}}[$__rate_interval]) * 60", "looks"),
          ask(f"increase(systemcheck_cycle_overruns_total{{{MACHINE}}}[$__rate_interval])", "left out")),
    times("Processes that could not be read", "They ended meanwhile, which is no error; or for another reason.",
          ask(f"increase(systemcheck_process_scan_races_total{{{MACHINE}}}[$__rate_interval])", "ended"),
          ask(f"increase(systemcheck_process_read_errors_total{{{MACHINE}}}[$__rate_interval])", "errors")),
    times("Late", "How much later than it was meant to it came to look at memory: 99 of 100 times less.",
          ask(f"histogram_quantile(0.99, sum by (le) (rate(systemcheck_loop_lateness_seconds_bucket{{{MACHINE}}}[$__rate_interval])))", "late"),
          unit="s"),
)  # fmt: skip

OUTSIDE = (
    times("HTTP requests", "A second, by page and status code.",
          ask(f"sum by (handler, code) (rate(systemcheck_http_requests_total{{{MACHINE}}}[$__rate_interval]))", "{{handler}} {{code}}"),
          unit="reqps", stacked=True),
    times("What the kernel tells", "Ends of main processes, messages that were lost, and such as were not believed.",
          ask(f"increase(systemcheck_process_connector_ends_total{{{MACHINE}}}[$__rate_interval])", "ends"),
          ask(f"increase(systemcheck_process_connector_losses_total{{{MACHINE}}}[$__rate_interval])", "lost"),
          ask(f"increase(systemcheck_process_connector_invalid_total{{{MACHINE}}}[$__rate_interval])", "not believed")),
    table("Left out", "Series beyond the limit of a metric, in the last look: no graph and no alert sees them.",
          Column("Metric", label="metric"),
          Column("Series", f"sum by (metric) (systemcheck_series_dropped{{{MACHINE}}})"), width=8, sort="-Series"),
)  # fmt: skip

HISTORY = (
    times("Records", "Written to the history, a minute, by kind.",
          ask(f"sum by (kind) (rate(systemcheck_history_records_total{{{MACHINE}}}[$__rate_interval])) * 60", "{{kind}}"), stacked=True),
    times("Size", "On disk, without its log.", ask(f"systemcheck_history_size_bytes{{{MACHINE}}}", "history"), unit="bytes"),
    times("Trouble", "Attempts to write that failed, and records that are lost.",
          ask(f"increase(systemcheck_history_write_errors_total{{{MACHINE}}}[$__rate_interval])", "errors"),
          ask(f"increase(systemcheck_history_dropped_total{{{MACHINE}}}[$__rate_interval])", "lost")),
)  # fmt: skip

DASHBOARD = dashboard(
    DAEMON,
    "systemcheck: the daemon",
    "Whether it keeps up, and what it costs.",
    [JOB_VARIABLE, MACHINE_VARIABLE],
    [row("", 4, *NOW), row("What it costs", 8, *COST), row("Looks", 8, *CYCLES), row("To the outside", 8, *OUTSIDE),
     row("History", 8, *HISTORY)],
    [mark("Started", f"process_start_time_seconds{{{MACHINE}}} * 1000", "The daemon was started", GREY, of_time=True)],
)  # fmt: skip
