"""A real terminal: the bar comes after a second and leaves nothing behind; Ctrl-C ends the run and takes the bar with it."""

import os
import pty
import re
import select
import signal
import subprocess
import time
import unittest

from shared import UNCAPPED, folder, program, write

BAR = re.compile(rb"files read|calls and prompts judged|looking for files")


def screen(raw):
    """What stands on a terminal once all was printed: lines, with returns and erasures carried out."""
    lines, at = [""], 0
    for piece in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", raw.decode("utf-8", "replace")):
        if piece == "\n":
            lines.append("")
            at = 0
        elif piece == "\r":
            at = 0
        elif piece in ("\x1b[2K", "\x1b[K"):
            lines[-1] = lines[-1][:at] if piece == "\x1b[K" else ""
        elif re.fullmatch(r"\x1b\[\d*A", piece):
            raise AssertionError("the cursor went up")
        elif not piece.startswith("\x1b"):
            lines[-1] = lines[-1][:at] + piece + lines[-1][at + len(piece) :]
            at += len(piece)
    return lines


class Terminal(unittest.TestCase):
    def start(self, arguments, stdin=None):
        parent, child = pty.openpty()
        process = subprocess.Popen([program(), *arguments], cwd=self.place, stdin=stdin or child, stdout=child, stderr=child, env={**os.environ, "TERM": "xterm"})
        os.close(child)
        self.addCleanup(os.close, parent)
        self.addCleanup(process.kill)
        return process, parent

    def read(self, process, parent, seconds, until=None):
        raw, end = b"", time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([parent], [], [], 0.1)[0]:
                try:
                    piece = os.read(parent, 65536)
                except OSError:
                    break
                if not piece:
                    break
                raw += piece
            if until and until.search(raw):
                break
        return raw

    def setUp(self):
        self.place = folder(self)

    def test_quick_work_has_no_bar(self):
        write(self.place, {"app.py": "x = 1\n"})
        process, parent = self.start(["--format", "concise"])
        raw = self.read(process, parent, 30)
        self.assertEqual(process.wait(), 0)
        self.assertEqual(raw.replace(b"\r\n", b"\n"), b"no findings in 1 file\n")

    def slow(self):
        write(self.place, {f"part{n}.py": UNCAPPED + "".join(f"\n\ndef f{n}_{k}(a):\n    return greet(a + str({k}))\n" for k in range(120)) for n in range(500)})

    def test_the_bar_comes_and_goes(self):
        self.slow()
        process, parent = self.start(["--format", "concise", "--fail-on", "never", "--threads", "1"])
        raw = self.read(process, parent, 240)
        self.assertEqual(process.wait(), 0)
        self.assertRegex(raw, BAR)
        shown = screen(raw)
        self.assertFalse([line for line in shown if BAR.search(line.encode())], shown[:5])
        self.assertTrue(shown[0].startswith("part0.py:7:12: warning["), shown[0])
        # Whoever reads the report from a file gets the report alone.
        with open(self.place / "report", "wb") as report:
            subprocess.run([program(), "--format", "concise", "--fail-on", "never"], cwd=self.place, stdout=report, stderr=subprocess.PIPE, check=True)
        self.assertNotRegex((self.place / "report").read_bytes(), BAR)

    def test_an_interrupt_takes_the_bar_away(self):
        self.slow()
        process, parent = self.start(["--threads", "1"])
        raw = self.read(process, parent, 60, until=BAR)
        self.assertRegex(raw, BAR)
        process.send_signal(signal.SIGINT)
        raw += self.read(process, parent, 30)
        self.assertEqual(process.wait(), 130)
        self.assertEqual(screen(raw)[-1].strip(), "")


if __name__ == "__main__":
    unittest.main()
