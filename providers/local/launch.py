"""Starts a command as a process of its own: `python launch.py LOG COMMAND…`, whose output is the new pid.

The process gets its own session, no terminal, no input, the log file for what it writes, and no parent
of ours: it outlives the operator, and ends without leaving a zombie behind.
"""

import os
import sys


def main() -> None:
    log, *command = sys.argv[1:]
    pid = os.fork()
    if pid:
        sys.stdout.write(f"{pid}\n")
        return
    os.setsid()
    null = os.open(os.devnull, os.O_RDONLY)
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(null, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.closerange(3, 256)
    os.execv(command[0], command)  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main()
