"""One machine."""

from common import (
    HOST, JOB_VARIABLE, MACHINE, MACHINE_VARIABLE, MARKS, MEMORY, MODE_COLOURS, SERVICES, SHED_STATE_COLOURS, STATE_COLOURS, WRONG,
)  # fmt: skip
from grafana import (
    GREEN, ORANGE, RED, TEXT_COLOUR, YES_IS_NEWS, Column, ask, bars, coloured, dashboard, numbered, row, stat, states, steps, table,
    threshold_line, times, to_dashboard, words,
)  # fmt: skip

DISK = f"systemcheck_filesystem_avail_bytes{{{MACHINE}}}"
USED = f"1 - {DISK} / systemcheck_filesystem_size_bytes{{{MACHINE}}}"
INODES = f"systemcheck_filesystem_files{{{MACHINE}}}"
INODES_USED = f"1 - systemcheck_filesystem_files_free{{{MACHINE}}} / ({INODES} > 0)"
TO_SERVICES = [to_dashboard(SERVICES, "Services", instance="${instance}")]
TO_MEMORY = [to_dashboard(MEMORY, "Memory", instance="${instance}")]

AT_A_GLANCE = (
    stat("Up for", "Since the machine was booted.", ask(f"time() - systemcheck_boot_time_seconds{{{MACHINE}}}"), unit="dtdurations",
         decimals=0),
    stat("The daemon may", "disabled: nothing; observe: decide and tell; act: restart services that have died.",
         ask(numbered("systemcheck_mode", "mode", MODE_COLOURS, MACHINE, "instance")), meaning=words(MODE_COLOURS)),
    stat("Services wrong", "Services that are down, or being brought back.",
         ask(f'sum(systemcheck_service_state{{{MACHINE},state=~"{WRONG}"}})'), colours=steps(GREEN, (1, RED)), links=TO_SERVICES),
    stat("Load per processor", "Averaged over five minutes. 1: the processors are just busy.",
         ask(f"systemcheck_load5{{{MACHINE}}} / on (job, instance) systemcheck_cpus_online"), decimals=2, graph=True,
         colours=steps(GREEN, (2, ORANGE), (4, RED))),
    stat("Usable memory", "What is left of all memory, in the sense of the thresholds.",
         ask(f"systemcheck_memory_usable_ratio{{{MACHINE}}}"), unit="percentunit", decimals=0, graph=True,
         colours=steps(RED, (0.1, ORANGE), (0.15, GREEN)), links=TO_MEMORY),
    stat("Memory", "What is being done for want of memory.",
         ask(numbered("systemcheck_shed_state", "state", SHED_STATE_COLOURS, MACHINE, "instance")), meaning=words(SHED_STATE_COLOURS),
         links=TO_MEMORY),
    stat("Fullest file system", "Used share of the space that ordinary users have.", ask(f"max({USED})"), unit="percentunit", decimals=0,
         colours=steps(GREEN, (0.8, ORANGE), (0.9, RED))),
    stat("Packages change", "Whether packages are being installed or upgraded: services that are gone are left to that.",
         ask(f"systemcheck_package_transaction{{{MACHINE}}}"), meaning=YES_IS_NEWS),
)  # fmt: skip

SERVICE_STATES = states(
    "Services",
    "In which state each service was when.",
    ask(numbered("systemcheck_service_state", "state", STATE_COLOURS, MACHINE, "service"), "{{service}}"),
    colours=STATE_COLOURS,
)

WORK = (
    times("Load", "Tasks that ran or waited. The dashed line: more for each processor is too much, by the configuration.",
          ask(f"systemcheck_load1{{{MACHINE}}}", "1 minute"), ask(f"systemcheck_load5{{{MACHINE}}}", "5 minutes"),
          ask(f"systemcheck_load15{{{MACHINE}}}", "15 minutes"),
          ask(f"systemcheck_load_warn_ratio{{{MACHINE}}} * on (job, instance) systemcheck_cpus_online", "too high"),
          overrides=[threshold_line("too high", RED)]),
    times("Processors", "Share of the time of all processors.",
          ask(f'sum by (mode) (rate(systemcheck_cpu_seconds_total{{{MACHINE},mode!="idle"}}[$__rate_interval]))'
              f" / on () group_left () systemcheck_cpus_online{{{MACHINE}}}", "{{mode}}"),
          unit="percentunit", stacked=True, high=1),
    times("Tasks wait for", "Share of the time in which at least one task waited for it (dark), and in which all did (bright).",
          ask(f"rate(systemcheck_pressure_waiting_seconds_total{{{MACHINE}}}[$__rate_interval])", "{{resource}}"),
          ask(f"rate(systemcheck_pressure_stalled_seconds_total{{{MACHINE}}}[$__rate_interval])", "{{resource}}, all"),
          unit="percentunit"),
    times("Memory", "What processes could still have, and of that what is free, caches and buffers.",
          ask(f"systemcheck_memory_total_bytes{{{MACHINE}}}", "all"), ask(f"systemcheck_memory_usable_bytes{{{MACHINE}}}", "usable"),
          ask(f"systemcheck_memory_available_bytes{{{MACHINE}}}", "available"), ask(f"systemcheck_memory_free_bytes{{{MACHINE}}}", "free"),
          ask(f"systemcheck_memory_cached_bytes{{{MACHINE}}}", "cached"), ask(f"systemcheck_memory_buffers_bytes{{{MACHINE}}}", "buffers"),
          unit="bytes", overrides=[threshold_line("all", "text"), coloured("usable", GREEN)]),
    times("Swap", "How much of it is used, and what is moved in and out each second.",
          ask(f"systemcheck_swap_total_bytes{{{MACHINE}}}", "all"),
          ask(f"systemcheck_swap_total_bytes{{{MACHINE}}} - systemcheck_swap_free_bytes", "used"),
          ask(f"rate(systemcheck_swap_in_bytes_total{{{MACHINE}}}[$__rate_interval])", "in, a second"),
          ask(f"rate(systemcheck_swap_out_bytes_total{{{MACHINE}}}[$__rate_interval])", "out, a second"),
          unit="bytes", overrides=[threshold_line("all", "text")]),
    times("Tasks now", "Tasks that run or could run, and such as wait for a disk.",
          ask(f"systemcheck_procs_running{{{MACHINE}}}", "run"), ask(f"systemcheck_procs_blocked{{{MACHINE}}}", "blocked")),
)  # fmt: skip

PROCESSES = (
    times("Processes", "By state.", ask(f"systemcheck_processes{{{MACHINE}}} > 0", "{{state}}"), stacked=True),
    times("Threads", "And how many processes and threads there may be.",
          ask(f"systemcheck_threads{{{MACHINE}}}", "threads"), ask(f"systemcheck_pids_max{{{MACHINE}}}", "limit"),
          overrides=[threshold_line("limit", RED)]),
    times("Forks and switches", "Processes and threads that are created, and switches between tasks, a second.",
          ask(f"rate(systemcheck_forks_total{{{MACHINE}}}[$__rate_interval])", "forks"),
          ask(f"rate(systemcheck_context_switches_total{{{MACHINE}}}[$__rate_interval])", "switches"), unit="ops"),
    table("Users", "By effective user; those with the most memory.",
          Column("User", label="user"),
          Column("Processes", f"sum by (user) (systemcheck_user_processes{{{MACHINE}}}) > 0"),
          Column("Resident memory", f"sum by (user) (systemcheck_user_resident_memory_bytes{{{MACHINE}}}) > 0", unit="bytes"),
          width=8, sort="-Resident memory"),
    times("Memory by user", "Resident; pages that processes share count for each.",
          ask(f"topk(10, systemcheck_user_resident_memory_bytes{{{MACHINE}}} > 0)", "{{user}}"), unit="bytes", stacked=True),
    times("Processes of no service", "They belong to none that is configured.",
          ask(f"systemcheck_unmatched_processes{{{MACHINE}}}", "processes")),
)  # fmt: skip

DISK_COLOURS = steps(GREEN, (0.8, ORANGE), (0.9, RED))
DISKS = (
    bars("File systems", "Used share of the space that ordinary users have.", ask(USED, "{{mountpoint}}"), colours=DISK_COLOURS, width=12),
    bars("Inodes", "Used share. File systems that make them when needed have no limit.", ask(INODES_USED, "{{mountpoint}}"),
         colours=DISK_COLOURS, width=12),
    table("File systems now", "Full in: if it goes on as in the last six hours.",
          Column("Mounted on", label="mountpoint"), Column("Device", label="device"), Column("Type", label="fstype"),
          Column("Size", f"sum by (mountpoint, device, fstype) (systemcheck_filesystem_size_bytes{{{MACHINE}}})", unit="bytes"),
          Column("Free", f"sum by (mountpoint, device, fstype) (systemcheck_filesystem_free_bytes{{{MACHINE}}})", unit="bytes"),
          Column("Full in", f"""
              sum by (mountpoint, device, fstype) (
                {DISK} / (deriv({DISK}[6h]) < 0) * -1 < 90 * 86400
              )""", unit="dtdurations", decimals=0),
          Column("Read-only", f"sum by (mountpoint, device, fstype) (systemcheck_filesystem_readonly{{{MACHINE}}})",
                 mappings=YES_IS_NEWS, custom__cellOptions=TEXT_COLOUR),
          Column("Silent", f"sum by (mountpoint, device, fstype) (systemcheck_filesystem_device_error{{{MACHINE}}})",
                 mappings=YES_IS_NEWS, custom__cellOptions=TEXT_COLOUR),
          sort="Mounted on"),
    times("Used over time", "The dashed lines: when it is a warning, and critical, by the configuration.", ask(USED, "{{mountpoint}}"),
          ask(f"systemcheck_filesystem_warn_ratio{{{MACHINE}}}", "warning"), ask(f"systemcheck_filesystem_critical_ratio{{{MACHINE}}}", "critical"),
          unit="percentunit", high=1, overrides=[threshold_line("warning", ORANGE), threshold_line("critical", RED)]),
    times("Bytes", "Read and written, a second.",
          ask(f"rate(systemcheck_disk_read_bytes_total{{{MACHINE}}}[$__rate_interval])", "{{device}} read"),
          ask(f"rate(systemcheck_disk_written_bytes_total{{{MACHINE}}}[$__rate_interval])", "{{device}} written"), unit="Bps"),
    times("Requests", "Reads and writes, a second.",
          ask(f"rate(systemcheck_disk_reads_completed_total{{{MACHINE}}}[$__rate_interval])", "{{device}} reads"),
          ask(f"rate(systemcheck_disk_writes_completed_total{{{MACHINE}}}[$__rate_interval])", "{{device}} writes"), unit="iops"),
    times("Disks busy", "Share of the time in which the disk had something to do.",
          ask(f"rate(systemcheck_disk_io_time_seconds_total{{{MACHINE}}}[$__rate_interval])", "{{device}}"), unit="percentunit", high=1),
)  # fmt: skip

DASHBOARD = dashboard(
    HOST,
    "systemcheck: one machine",
    "Its services, load, memory, processes and disks.",
    [JOB_VARIABLE, MACHINE_VARIABLE],
    [row("", 4, *AT_A_GLANCE), row("", 8, SERVICE_STATES), row("Work", 8, *WORK), row("Processes", 8, *PROCESSES),
     row("Disks", 7, *DISKS)],
    MARKS,
)  # fmt: skip
