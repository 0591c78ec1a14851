"""Runs a command in a pseudo-terminal: terminal.py COLUMNS STEPS COMMAND [ARGUMENT ...]

STEPS is JSON: [{"after": text, "type": keys}, ...]. Each is done once its text has been shown. Prints JSON: the exit
code, and everything that the terminal was sent.
"""

import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios
import time

MAX_SECONDS = 240


def main() -> None:
    columns, steps, command = int(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    output = b""
    end = time.monotonic() + MAX_SECONDS
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        try:
            data = os.read(terminal, 65536)
        except OSError:  # Linux says so when the last process has closed the terminal.
            break
        if not data:
            break
        output += data
        while steps and steps[0]["after"].encode() in output:
            os.write(terminal, steps.pop(0)["type"].encode())
    else:
        os.kill(pid, 9)
    _, status = os.waitpid(pid, 0)
    json.dump({"code": os.waitstatus_to_exitcode(status), "output": output.decode(errors="replace")}, sys.stdout)


main()
