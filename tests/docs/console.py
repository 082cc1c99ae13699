#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the console blocks of one section of a page, in one shell, and compares
what is printed with what stands there ("…" is anything):

    console.py PAGE SECTION [FROM=TO…]

FROM=TO replaces text in commands and output, such as a port. Prints a TAP line
for each command; a command without output below it only has to succeed."""
import re
import subprocess
import sys
import tempfile
import threading

TIMEOUT_S = 120


def blocks(page, section):
    text = open(page, encoding="utf-8").read()
    found = re.search(rf"^## {re.escape(section)}\n(.*?)(?=^## |\Z)", text, re.S | re.M)
    if not found:
        sys.exit(f"{page} has no section {section}")
    return re.findall(r"^```console\n(.*?)^```", found[1], re.S | re.M)


def steps(text):
    """[command, expected output] for each command."""
    found = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append([line[2:], ""])
        elif found[-1][0].endswith("\\"):
            found[-1][0] += "\n" + line
        else:
            found[-1][1] += line + "\n"
    return found


class Shell:
    """bash that lives through all commands, so that cd and jobs work."""

    def __init__(self):
        self.errors = tempfile.NamedTemporaryFile("r")
        self.process = subprocess.Popen(["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, bufsize=1)
        self.n = 0

    def run(self, command):
        self.n += 1
        mark = f"-- end of command {self.n} --"
        timer = threading.Timer(TIMEOUT_S, self.process.kill)
        timer.start()
        # what stands on the page is standard output; the rest is for whoever debugs
        self.process.stdin.write(f"{{ {command}\n}} 2>{self.errors.name}\ncode=$?; echo; echo '{mark}' $code\n")
        self.process.stdin.flush()
        out = ""
        for line in self.process.stdout:
            if line.startswith(mark):
                timer.cancel()
                return int(line[len(mark):]), out.rstrip("\n")
            out += line
        return -1, out + "\n(timed out or the shell died)"


def matches(expected, found):
    """Each expected line in this order; what "…" stands for may span lines."""
    pattern = re.escape(expected.strip()).replace(re.escape("…"), ".*")
    return re.fullmatch(pattern, found.strip(), re.S) is not None


def main():
    page, section, *replacements = sys.argv[1:]
    shell = Shell()
    bad = 0
    for block in blocks(page, section):
        for command, expected in steps(block):
            for replacement in replacements:
                old, new = replacement.split("=", 1)
                command, expected = command.replace(old, new), expected.replace(old, new)
            code, found = shell.run(command)
            good = code == 0 and (not expected or matches(expected, found))
            print(f"{'ok' if good else 'not ok'} {section}: {command.splitlines()[0]}", flush=True)
            if not good:
                bad += 1
                print(f"# exit code {code}; expected:\n{expected}\n# found:\n{found}\n"
                      f"# errors:\n{shell.errors.read()}", flush=True)
    shell.process.stdin.close()
    shell.process.wait(10)
    sys.exit(bad > 0)


main()
