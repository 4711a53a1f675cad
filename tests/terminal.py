# SPDX-License-Identifier: Apache-2.0
"""terminal - a program on a terminal that a test types on and looks at (python3-pyte draws it)."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import harness


class Terminal:
    """`rows` by `columns`; with it the program is killed at the end."""

    def __init__(self, command, rows=24, columns=100, seconds=90, **environ):
        try:
            import pyte
        except ImportError:
            raise harness.Skip("python3-pyte is not installed")
        self.seconds = seconds
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self._side, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        environ = dict(os.environ, TERM="xterm", LC_ALL="C.UTF-8", TZ="UTC", ASAN_OPTIONS="detect_leaks=1:abort_on_error=0", **environ)

        def own():  # the terminal is the one that Ctrl-C comes from
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(command, stdin=other, stdout=other, stderr=other, env=environ, preexec_fn=own)
        os.close(other)

    def _read(self, wait):
        if select.select([self._side], [], [], wait)[0]:
            try:
                self._stream.feed(os.read(self._side, 1 << 16))
            except OSError:
                return False
        return True

    def text(self):
        """What is on the screen, lines without the spaces at their ends."""
        while select.select([self._side], [], [], 0)[0] and self._read(0):
            pass
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    def until(self, pattern, what=None):
        """Waits until the pattern is on the screen; returns what was found."""
        limit = time.monotonic() + self.seconds
        while True:
            found = re.search(pattern, self.text(), re.M)
            if found:
                return found
            if time.monotonic() > limit:
                raise harness.Failure(f"waited {self.seconds} s for {what or pattern}; on the screen is\n{self.text()}")
            self._read(0.05)

    def type(self, text):
        os.write(self._side, text.encode())

    def line(self, text):
        self.type(text + "\r")

    def end(self):
        """The exit code, when it has ended by itself."""
        limit = time.monotonic() + self.seconds
        while self.process.poll() is None:
            if not self._read(0.05):
                time.sleep(0.02)
            if time.monotonic() > limit:
                raise harness.Failure(f"did not end within {self.seconds} s; on the screen is\n{self.text()}")
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        os.close(self._side)
