#!/usr/bin/python3
"""draw_episode.py RECORD.csv >episode.svg

Draws what `tests/brink/run.py --record RECORD.csv` has recorded of one episode: usable memory against time, and when
each service was there.
"""

import csv
import sys

WIDTH, TOP, HEIGHT, LEFT, RIGHT = 760, 34, 170, 66, 14
ROW = 20
BEGIN, END = -20.0, 226.0  # seconds from the beginning of the leak
THRESHOLDS = ((0.15, "warn"), (0.10, "below"), (0.05, "critical"))
NOT_SERVICES = ("seconds", "usable_mib", "swap_free_mib", "oom_kills", "services_up")


def read(path):
    with open(path, newline="", encoding="ascii") as file:
        rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
    return [row for row in rows if BEGIN <= row["seconds"] <= END]


def spans(rows, service):
    """[(from, to)] in which it was there."""
    found, since = [], None
    for row in rows:
        if row[service] and since is None:
            since = row["seconds"]
        if not row[service] and since is not None:
            found.append((since, row["seconds"]))
            since = None
    return found + ([(since, rows[-1]["seconds"])] if since is not None else [])


def main():
    rows = read(sys.argv[1])
    services = [key for key in rows[0] if key not in NOT_SERVICES]
    total = float(sys.argv[2]) if len(sys.argv) > 2 else 480.0
    most = max(row["usable_mib"] for row in rows) * 1.1

    def x(seconds):
        return LEFT + (seconds - BEGIN) / (END - BEGIN) * (WIDTH - LEFT - RIGHT)

    def y(mib):
        return TOP + HEIGHT * (1 - mib / most)

    bottom = TOP + HEIGHT
    tall = bottom + 30 + ROW * len(services) + 26
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {tall}" font-family="sans-serif" '
           f'font-size="12" fill="#24292f">',
           f'<rect width="{WIDTH}" height="{tall}" fill="#ffffff"/>',
           f'<text x="{LEFT}" y="20">usable memory, MiB</text>']
    for share, name in THRESHOLDS:
        level = y(share * total)
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{level:.1f}" y2="{level:.1f}" stroke="#cf222e" '
                   f'stroke-dasharray="4 4" stroke-opacity="0.6"/>')
        out.append(f'<text x="{WIDTH - RIGHT}" y="{level - 3:.1f}" text-anchor="end" fill="#cf222e" font-size="10">{name}</text>')
    for mib in range(0, int(most), 50):
        out.append(f'<text x="{LEFT - 6}" y="{y(mib) + 4:.1f}" text-anchor="end">{mib}</text>')
    line = " ".join(f'{x(row["seconds"]):.1f},{y(row["usable_mib"]):.1f}' for row in rows)
    out.append(f'<polyline points="{line}" fill="none" stroke="#0969da" stroke-width="1.6"/>')
    for place, service in enumerate(services):
        middle = bottom + 30 + ROW * place
        out.append(f'<text x="{LEFT - 6}" y="{middle + 9}" text-anchor="end">{service}</text>')
        for begin, end in spans(rows, service):
            out.append(f'<rect x="{x(begin):.1f}" y="{middle}" width="{max(1.0, x(end) - x(begin)):.1f}" height="12" '
                       f'rx="2" fill="#1a7f37"/>')
    for seconds in range(0, int(END), 30):
        out.append(f'<text x="{x(seconds):.1f}" y="{bottom + 16}" text-anchor="middle">{seconds} s</text>')
        out.append(f'<line x1="{x(seconds):.1f}" x2="{x(seconds):.1f}" y1="{bottom}" y2="{bottom + 4}" stroke="#24292f"/>')
    out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{bottom}" y2="{bottom}" stroke="#24292f"/>')
    out.append(f'<text x="{LEFT}" y="{tall - 8}">a service leaks 20 MiB a second from 0 s on, on a machine of 512 MiB; '
               "green: the service is there</text>")
    print("\n".join(out + ["</svg>"]))


if __name__ == "__main__":
    main()
