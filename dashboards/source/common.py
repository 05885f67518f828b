"""What several dashboards say alike: states and their colours, selectors, variables, marks."""

from grafana import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, YELLOW, mark, variable

FLEET, HOST, SERVICES, MEMORY, RELAY, DAEMON = (
    f"systemcheck-{name}" for name in ("fleet", "host", "services", "memory", "relay", "daemon")
)

JOB = 'job=~"$job"'
MACHINE = f'{JOB},instance=~"$instance"'
SERVICE = f'{MACHINE},service=~"$service"'

STATE_COLOURS = {
    "unknown": GREY,
    "up": GREEN,
    "degraded": YELLOW,
    "overloaded": "dark-yellow",
    "suspect": "light-orange",
    "down": RED,
    "restarting": BLUE,
    "waiting": ORANGE,
    "flapping": "dark-red",
    "held": PURPLE,
    "absent": "#404040",
}
SHORTAGE_COLOURS = {"normal": GREEN, "warn": YELLOW, "low": ORANGE, "critical": RED}
SHED_STATE_COLOURS = {
    "normal": GREEN,
    "warn": YELLOW,
    "low": "light-orange",
    "stopping": ORANGE,
    "settle": "light-blue",
    "hold": PURPLE,
    "restoring": BLUE,
    "stuck": RED,
    "blind": GREY,
}
SHED_PHASE_COLOURS = {
    "up": GREEN,
    "stopping": ORANGE,
    "refusing": RED,
    "settling": "light-blue",
    "shed": PURPLE,
    "starting": BLUE,
    "warming": YELLOW,
}
OWNER_COLOURS = {
    "nobody": GREEN,
    "shutdown": GREY,
    "admin": PURPLE,
    "maintenance": "light-purple",
    "upgrade": BLUE,
    "shed": ORANGE,
    "systemd": "light-blue",
}
MODE_COLOURS = {"disabled": GREY, "observe": BLUE, "act": GREEN}

# States in which a service is not what it should be, and nobody has asked for that.
WRONG = "suspect|down|restarting|waiting|flapping"
WEAK = "degraded|overloaded|unknown"

JOB_VARIABLE = variable("job", "Job", "systemcheck_build_info", many=True)
MACHINE_VARIABLE = variable("instance", "Machine", 'systemcheck_build_info{job=~"$job"}')
SERVICE_VARIABLE = variable("service", "Service", 'systemcheck_service_info{job=~"$job",instance=~"$instance"}', many=True)

MARKS = (
    mark(
        "Restarts",
        f"(systemcheck_service_last_restart_timestamp_seconds{{{MACHINE}}} > 0) * 1000",
        "{{service}} was restarted",
        BLUE,
        of_time=True,
    ),
    mark(
        "Turned off for want of memory",
        f'changes(systemcheck_service_shed_phase{{{MACHINE},phase="shed"}}[2m]) > 0 and systemcheck_service_shed_phase == 1',
        "{{service}} is off for want of memory",
        PURPLE,
    ),
    mark("Killed by the kernel", f"increase(systemcheck_oom_kills_total{{{MACHINE}}}[2m]) > 0", "The kernel has killed for want of memory", RED),
    mark("Boot", f"systemcheck_boot_time_seconds{{{MACHINE}}} * 1000", "The machine was booted", GREY, of_time=True),
)
