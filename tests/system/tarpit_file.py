#!/usr/bin/python3
"""A file that hangs whoever reads it, for as long as we say.

    tarpit_file.py FILE SWITCH COMMAND…

runs COMMAND in a mount namespace of its own, in which FILE is served by us: while SWITCH exists, reading it does
not come back, as a file on a dead server; otherwise it says what it always said. Speaks the kernel's own protocol
(fuse(4), linux/fuse.h) in so far as one file needs it: the root of the mount is the file itself.
"""

import contextlib
import ctypes
import errno
import os
import pathlib
import struct
import sys
import threading
import time

GETATTR, OPEN, READ, RELEASE, FLUSH, INIT, INTERRUPT = 3, 14, 15, 18, 25, 26, 36
HEADER = struct.Struct("<IIQQIIII")  # fuse_in_header: length opcode unique node uid gid pid padding
DIRECT_IO = 1  # Every read comes to us, whatever the size says.
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 1 << 18
PROTOCOL = (7, 31)

given_up = set()  # questions of readers that were killed: as behind a lock of the kernel's, that ends their wait

libc = ctypes.CDLL(None, use_errno=True)


def succeed(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def answer(original, opcode, body):
    """The body of the reply, or None for a question that is not for us."""
    if opcode == INIT:
        _, _, read_ahead, _ = struct.unpack_from("<IIII", body)
        return struct.pack("<IIIIHHIIHHI28x", *PROTOCOL, read_ahead, 0, 1, 1, 4096, 1, 1, 0, 0)
    if opcode == GETATTR:
        return struct.pack("<QII", 0, 0, 0) + struct.pack("<QQQQQQIIIIIIIIII", 1, 0, 0, 0, 0, 0, 0, 0, 0, 0o100444, 1, 0, 0, 0, 4096, 0)
    if opcode == OPEN:
        return struct.pack("<QII", 0, DIRECT_IO, 0)
    if opcode == READ:
        _, offset, size = struct.unpack_from("<QQI", body)
        return original.read_bytes()[offset:offset + size]
    return b"" if opcode in (RELEASE, FLUSH) else None


def serve(device, original, switch):
    while True:
        try:
            request = os.read(device, 1 << 20)
        except OSError:
            return
        _, opcode, unique, *_ = HEADER.unpack_from(request)
        if opcode == INTERRUPT:
            given_up.add(struct.unpack_from("<Q", request, HEADER.size)[0])
            continue
        # Each by itself: only reading hangs, whoever closes the file meanwhile gets his answer.
        threading.Thread(target=reply, args=(device, request, original, switch), daemon=True).start()


def reply(device, request, original, switch):
    _, opcode, unique, *_ = HEADER.unpack_from(request)
    while opcode == READ and switch.exists() and unique not in given_up:
        time.sleep(0.005)
    body = answer(original, opcode, request[HEADER.size:])
    error, body = (-errno.ENOSYS, b"") if body is None else (0, body)
    if unique in given_up:
        error, body = -errno.EINTR, b""
    with contextlib.suppress(OSError):  # ENOENT: who asked has gone meanwhile.
        os.write(device, struct.pack("<IiQ", 16 + len(body), error, unique) + body)


def main():
    target, switch, *command = sys.argv[1:]
    # Reading through this descriptor's link still reaches what the mount will hide.
    hidden = os.open(target, os.O_PATH)
    original = pathlib.Path(f"/proc/{os.getpid()}/fd/{hidden}")
    succeed(libc.unshare(CLONE_NEWNS))
    succeed(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))
    device = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={device},rootmode=100444,user_id=0,group_id=0,allow_other"
    succeed(libc.mount(b"tarpit", target.encode(), b"fuse", 0, options.encode()))
    threading.Thread(target=serve, args=(device, original, pathlib.Path(switch)), daemon=True).start()
    # The command is what was asked for; the server lives beside it and ends after it.
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(os.posix_spawn(command[0], command, os.environ), 0)[1]))


if __name__ == "__main__":
    main()
