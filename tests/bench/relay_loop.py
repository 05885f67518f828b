#!/usr/bin/python3
"""How tools like fail2ban read a log: the date is found and cut out, then what is left is tried against one expression
after the other."""

import re
import sys

DATE = re.compile(r"^(?P<date>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) ")
HEAD = r"^\S+ "
ADDRESS = r"(?:::f{4,6}:)?(?P<host>[\w\-.:]+)"
PATTERNS = [re.compile(HEAD + text) for text in (
    r"dovecot(?:\[\d+\])?: (?:imap|pop3)-login: Login: user=<[^>]*>, method=\S+, rip=" + ADDRESS + r", lip=",
    r"(?:pop3d|imapd)(?:-ssl)?(?:\[\d+\])?: LOGIN, user=\S+, ip=\[" + ADDRESS + r"\]",
    r"cyrus/(?:pop3|imap)s?\[\d+\]: login: (?:\S+ )?\[" + ADDRESS + r"\] \S+ \S+ User logged in",
    r"(?:ipop3d|imapd)\[\d+\]: (?:Login|Authenticated|Auth) user=\S+ host=(?:\S+ )?\[" + ADDRESS + r"\]",
    r"solid-pop3d\[\d+\]: user \S+ authenticated - " + ADDRESS + r"$")]


def main():
    seen = {}
    logins = 0
    with open(sys.argv[1], encoding="utf-8", errors="replace") as log:
        for line in log:
            date = DATE.match(line)
            if not date:
                continue
            rest = line[date.end():].rstrip("\n")
            for pattern in PATTERNS:
                found = pattern.search(rest)
                if found:
                    seen[found.group("host")] = date.group("date")
                    logins += 1
                    break
    print(logins)


if __name__ == "__main__":
    main()
