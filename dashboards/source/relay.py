"""POP before SMTP: who may send because he has just fetched his mail, the logs that tell, and the mail servers that ask."""

from common import JOB_VARIABLE, MACHINE, MACHINE_VARIABLE, RELAY
from grafana import (
    GREEN, ORANGE, RED, TEXT_COLOUR, YES_IS_GOOD, Column, ask, coloured, dashboard, mark, row, stat, steps, table,
    times,
)  # fmt: skip

BY_LOG = "max by (log)"
BY_MAP = "max by (map)"
UNREADABLE = "unreadable|bad_.*|from_the_future|login_without_address"

NOW = (
    stat("Ready", "Whether the logs are caught up with, so that somebody can be told that he may not send.",
         ask(f"min(systemcheck_relay_ready{{{MACHINE}}})"), meaning=YES_IS_GOOD),
    stat("Addresses", "That may send now.", ask(f"sum(systemcheck_relay_addresses{{{MACHINE}}})"), graph=True),
    stat("Of the most", "Share of the addresses that may at most.",
         ask(f"sum(systemcheck_relay_addresses{{{MACHINE}}}) / sum(systemcheck_relay_addresses_limit{{{MACHINE}}})"), unit="percentunit",
         decimals=1, colours=steps(GREEN, (0.7, ORANGE), (0.9, RED))),
    stat("Users", "Whose logins those are.", ask(f"sum(systemcheck_relay_users{{{MACHINE}}})"), graph=True),
    stat("Shared", "Addresses with logins of more than one user: offices, and providers that put many behind one.",
         ask(f"sum(systemcheck_relay_shared_addresses{{{MACHINE}}})")),
    stat("Logs that are read", "Of those that are configured.", ask(f"sum(systemcheck_relay_log_following{{{MACHINE}}})")),
    stat("Sockets down", "Where mail servers cannot ask.", ask(f"sum(systemcheck_relay_socket_up{{{MACHINE}}} == bool 0) or vector(0)"),
         colours=steps(GREEN, (1, RED))),
    stat("Maps not written", "Maps that could not be written the last time.",
         ask(f"sum(systemcheck_relay_map_ok{{{MACHINE}}} == bool 0) or vector(0)"), colours=steps(GREEN, (1, RED))),
)  # fmt: skip

CLIENTS = (
    times("Addresses", "That may send, and their users.",
          ask(f"systemcheck_relay_addresses{{{MACHINE}}}", "addresses"), ask(f"systemcheck_relay_users{{{MACHINE}}}", "users"),
          ask(f"systemcheck_relay_shared_addresses{{{MACHINE}}}", "shared"),
          overrides=[coloured("addresses", GREEN)]),
    times("Changes", "A second: granted, and granted anew (refreshed), run out (expired), taken away by a person (removed).",
          ask(f"rate(systemcheck_relay_changes_total{{{MACHINE}}}[$__rate_interval])", "{{change}}"), unit="ops"),
    times("Logins that authorise nobody", "By reason.",
          ask(f"increase(systemcheck_relay_refused_total{{{MACHINE}}}[$__rate_interval]) > 0", "{{reason}}"), bars=True, stacked=True),
)  # fmt: skip

LOGS = (
    table("Logs", "Trusted: it is known who wrote its lines, so logins in it count.",
          Column("Log", label="log", custom__width=260),
          Column("Is read", f"{BY_LOG} (systemcheck_relay_log_following{{{MACHINE}}})", mappings=YES_IS_GOOD,
                 custom__cellOptions=TEXT_COLOUR),
          Column("Trusted", f"{BY_LOG} (systemcheck_relay_log_trusted{{{MACHINE}}})", mappings=YES_IS_GOOD,
                 custom__cellOptions=TEXT_COLOUR),
          Column("Behind", f"{BY_LOG} (systemcheck_relay_log_lag_bytes{{{MACHINE}}})", unit="bytes"),
          Column("Logins", f'sum by (log) (increase(systemcheck_relay_log_verdicts_total{{{MACHINE},verdict="login"}}[$__range]))', decimals=0),
          Column("Rotations", f"sum by (log) (increase(systemcheck_relay_log_rotations_total{{{MACHINE}}}[$__range]))", decimals=0),
          Column("Deleted", f"{BY_LOG} (increase(systemcheck_relay_log_deletions_total{{{MACHINE}}}[$__range]))", decimals=0),
          Column("Gaps", f"{BY_LOG} (increase(systemcheck_relay_log_gaps_total{{{MACHINE}}}[$__range]))", decimals=0),
          Column("Lines of strangers", f"{BY_LOG} (increase(systemcheck_relay_log_strangers_total{{{MACHINE}}}[$__range]))", decimals=0),
          Column("Lines too long", f"{BY_LOG} (increase(systemcheck_relay_log_long_lines_total{{{MACHINE}}}[$__range]))", decimals=0),
          sort="Log"),
    times("Lines", "Read from each log, a second.", ask(f"rate(systemcheck_relay_log_lines_total{{{MACHINE}}}[$__rate_interval])", "{{log}}"),
          unit="ops"),
    times("Bytes", "Read from each log, a second.", ask(f"rate(systemcheck_relay_log_bytes_total{{{MACHINE}}}[$__rate_interval])", "{{log}}"),
          unit="Bps"),
    times("Behind", "What is written and not read yet.", ask(f"systemcheck_relay_log_lag_bytes{{{MACHINE}}}", "{{log}}"), unit="bytes"),
    times("What lines were", "Of those that mean something, a second.",
          ask(f'sum by (verdict) (rate(systemcheck_relay_log_verdicts_total{{{MACHINE},verdict!="nothing"}}[$__rate_interval])) > 0', "{{verdict}}"),
          unit="ops", stacked=True),
    times("Not understood", "Share of the lines whose address, user or time cannot be right, or which cannot be read.",
          ask(f'sum by (log) (rate(systemcheck_relay_log_verdicts_total{{{MACHINE},verdict=~"{UNREADABLE}"}}[$__rate_interval]))'
              f" / sum by (log) (rate(systemcheck_relay_log_verdicts_total{{{MACHINE}}}[$__rate_interval]))", "{{log}}"), unit="percentunit"),
    times("Lines of strangers", "Not written by whom they should be, and not believed.",
          ask(f"increase(systemcheck_relay_log_strangers_total{{{MACHINE}}}[$__rate_interval])", "{{log}}"), bars=True, stacked=True),
)  # fmt: skip

SERVERS = (
    times("Questions of mail servers", "A second, by answer.",
          ask(f"sum by (answer) (rate(systemcheck_relay_lookups_total{{{MACHINE}}}[$__rate_interval]))", "{{answer}}"), unit="ops", stacked=True),
    times("Connections of mail servers", "By socket.", ask(f"systemcheck_relay_socket_clients{{{MACHINE}}}", "{{socket}}")),
    table("Sockets", "Where mail servers ask.",
          Column("Socket", label="socket", custom__width=260),
          Column("Answers", f"max by (socket) (systemcheck_relay_socket_up{{{MACHINE}}})", mappings=YES_IS_GOOD,
                 custom__cellOptions=TEXT_COLOUR),
          Column("Connections", f"max by (socket) (systemcheck_relay_socket_clients{{{MACHINE}}})"),
          width=8, sort="Socket"),
    table("Maps", "Files that mail servers look into.",
          Column("Map", label="map", custom__width=260),
          Column("Written", f"{BY_MAP} (systemcheck_relay_map_ok{{{MACHINE}}})", mappings=YES_IS_GOOD, custom__cellOptions=TEXT_COLOUR),
          Column("Entries", f"{BY_MAP} (systemcheck_relay_map_entries{{{MACHINE}}})"),
          Column("Waiting", f"{BY_MAP} (systemcheck_relay_map_waiting{{{MACHINE}}})"),
          Column("Age", f"{BY_MAP} (time() - (systemcheck_relay_map_updated_timestamp_seconds{{{MACHINE}}} > 0))", unit="dtdurations", decimals=0),
          Column("Updates", f"{BY_MAP} (increase(systemcheck_relay_map_updates_total{{{MACHINE}}}[$__range]))", decimals=0),
          Column("Failed", f"{BY_MAP} (increase(systemcheck_relay_map_failures_total{{{MACHINE}}}[$__range]))", decimals=0),
          width=16, sort="Map"),
    times("Updates of maps take", "The last one.", ask(f"systemcheck_relay_map_update_seconds{{{MACHINE}}}", "{{map}}"), unit="s"),
)  # fmt: skip

DASHBOARD = dashboard(
    RELAY,
    "systemcheck: mail relay",
    "Who may send because he has just fetched his mail, the logs that tell, and the mail servers that ask.",
    [JOB_VARIABLE, MACHINE_VARIABLE],
    [row("", 4, *NOW), row("Who may send", 8, *CLIENTS), row("Logs", 8, *LOGS), row("Mail servers", 8, *SERVERS)],
    [mark("A log was deleted", f"increase(systemcheck_relay_log_deletions_total{{{MACHINE}}}[2m]) > 0", "{{log}} was deleted", RED),
     mark("Lines are missing", f"increase(systemcheck_relay_log_gaps_total{{{MACHINE}}}[2m]) > 0", "Lines of {{log}} are missing", ORANGE)],
)  # fmt: skip
