#!/usr/bin/python3
"""Boots a Debian with systemd as its first process and lets the daemon heal it.

    run.py [--build DIR] SCENARIO      prints one line a check; exit code 0 if all of them hold

The machine (make_tree.sh) is kept and never changed: each run writes to memory only. It has a network
of its own with nothing but loopback. It takes root and systemd-nspawn; where one of them is missing
the exit code is 77, which ctest shows as skipped.
"""

import argparse
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SCENARIOS = ("healing", "decisions", "jobs", "interruptions", "memory", "stack")
SKIPPED = 77
BOOT_LIMIT_SECONDS = 300


def skip(why):
    """Loudly: a machine on which this is never run proves nothing of what systemd has a part in."""
    print(f"SKIPPED, NOTHING WAS TRIED: {why}")
    print(f"booted scenarios were skipped: {why}", file=sys.stderr)
    sys.exit(SKIPPED)


def read(path):
    return path.read_text(errors="replace") if path.exists() else ""


def mounted(kind, option):
    """Where something of this kind is mounted with this option; None: nowhere."""
    fields = [line.split() for line in read(pathlib.Path("/proc/mounts")).splitlines()]
    places = [place for _, place, its_kind, options, *_ in fields if its_kind == kind and option in options.split(",")]
    return pathlib.Path(places[0]) if places else None


@contextlib.contextmanager
def control_group(above, name):
    group = above / name
    try:
        group.mkdir()
    except OSError as problem:
        skip(f"no control group can be made: {problem}")
    try:
        yield group
    finally:
        for folder, _, _ in os.walk(group, topdown=False):
            with contextlib.suppress(OSError):  # What is busy still says more than that it cannot be removed.
                os.rmdir(folder)


def boot(tree, build, scenario, results):
    """Runs the machine to its end. Its console goes to a file, for the case that it says nothing else."""
    name = f"systemcheck-{scenario}-{os.getpid()}"
    above = mounted("cgroup2", "rw")
    if above is None:
        skip("this machine has no control groups of version 2")
    with contextlib.ExitStack() as stack:
        # Machines that are begun in one control group share it, and each kills what it finds in there.
        group = stack.enter_context(control_group(above, name))
        binds = bind_limited_memory(stack, above, name) if scenario == "memory" else []
        binds += bind_stack(tree) if scenario == "stack" else []
        return boot_in(group, nspawn_command(name, tree, build, scenario, results) + binds, results)


def bind_limited_memory(stack, above, name):
    """The systemd in there limits memory, where it has the controller. Where an older hierarchy has it, it cannot: then
    it is given a control group of that one."""
    if "memory" in read(above / "cgroup.subtree_control").split():
        return []
    legacy = mounted("cgroup", "memory")
    if legacy is None:
        skip("this machine lets nobody limit memory")
    return [f"--bind={stack.enter_context(control_group(legacy, name))}:/limited"]


def bind_stack(tree):
    """As the package of systemcheck installs it; and an archive of Debian's packages, as there is no network in there."""
    made = subprocess.run([HERE / "make_packages.sh", tree, "prometheus", "prometheus-alertmanager"], check=True,
                          stdout=subprocess.PIPE, text=True).stdout.strip()
    source, share = HERE.parents[1], "/usr/share/systemcheck"
    return [f"--bind-ro={made}:/packages", f"--bind-ro={source}/alerts:{share}/alerts",
            f"--bind-ro={source}/contrib/stack:{share}/stack", f"--bind-ro={source}/contrib/grafana:{share}/grafana"]


def nspawn_command(name, tree, build, scenario, results):
    return [
        "systemd-nspawn", "--quiet", f"--machine={name}", f"--directory={tree}", "--boot",
        "--register=no", "--keep-unit", "--private-network", "--volatile=overlay", "--console=pipe",
        f"--bind-ro={build}:/build", f"--bind-ro={HERE}:/scenario", f"--bind={results}:/results",
        f"--bind-ro={HERE.parents[1]}/contrib/systemd:/shipped",
        f"--bind-ro={HERE}/{scenario}.sh:/run-scenario.sh",
        f"--bind-ro={HERE}/scenario.service:/etc/systemd/system/scenario.service",
    ]


def boot_in(group, command, results):
    environment = {**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
    with open(results / "console", "wb") as console:
        machine = subprocess.Popen(
            ["/bin/sh", "-c", 'echo $$ >"$0/cgroup.procs" && exec "$@"', group, *command, "systemd.unit=scenario.service"],
            env=environment, stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT,
        )
        try:
            return machine.wait(timeout=BOOT_LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            # nspawn ends its machine in an orderly way at the first signal.
            machine.terminate()
            try:
                machine.wait(timeout=30)
            except subprocess.TimeoutExpired:
                machine.kill()
                machine.wait()
            return None


def judge_shutdown(results):
    """What the daemon, which is stopped after the services, and the services themselves wrote meanwhile."""
    said = read(results / "daemon.log").splitlines()[int(read(results / "said-before-shutdown") or 0):]
    checks = {
        "the daemon sees the machine go down": any("the machine is going down" in line for line in said),
        "it restarts nothing then": not any("restarting it" in line for line in said),
        "nothing is started then": not read(results / "starts").split(),
    }
    return [f"{'ok' if holds else 'not ok'} - {what}" for what, holds in checks.items()]


def judge(code, results):
    """Prints the report and returns what failed."""
    report = read(results / "report").splitlines()
    failed = [line for line in report if line.startswith("not ok")]
    if code != 0:
        failed.append(f"not ok - the machine ended with {code}")
    if "done" not in report:
        failed.append("not ok - the scenario came to its end")
    else:
        report += [line for line in judge_shutdown(results) if line.startswith("ok")]
        failed += [line for line in judge_shutdown(results) if not line.startswith("ok")]
    print("\n".join(line for line in report if line != "done" and not line.startswith("not ok")))
    print("\n".join(failed))
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("--build", default=os.environ.get("SYSTEMCHECK_BUILD", "build"))
    arguments = parser.parse_args()
    build = pathlib.Path(arguments.build).resolve()
    if os.geteuid() != 0:
        skip("only root can boot a machine")
    for needed in ("systemd-nspawn", "mmdebstrap"):
        if not shutil.which(needed):
            skip(f"{needed} is not installed (see tests/system/packages.txt)")
    if arguments.scenario == "stack" and not shutil.which("dpkg-scanpackages"):
        skip("dpkg-scanpackages is not installed (see contrib/packages/package.txt)")
    if subprocess.run(["unshare", "--mount", "--pid", "--net", "--fork", "true"], check=False).returncode != 0:
        skip("this machine does not let even root make namespaces")
    tree = subprocess.run([HERE / "make_tree.sh"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    with tempfile.TemporaryDirectory(prefix="systemcheck-booted-") as scratch:
        results = pathlib.Path(scratch)
        failed = judge(boot(tree, build, arguments.scenario, results), results)
        if failed:
            print(read(results / "evidence") or read(results / "console")[-4000:])
            print("--- the daemon\n" + read(results / "daemon.log")[-6000:])
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
