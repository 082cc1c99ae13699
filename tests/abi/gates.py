#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether sdk/abi/compare sees what it is there for: each case is one change to
a copy of the recorded 1.0 headers, and says which checks must refuse it with
which words. A check that is not named must let the change pass. Prints TAP."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

ROOT = pathlib.Path(__file__).resolve().parents[2]
ABI = ROOT / "sdk/abi"
sys.path.insert(0, str(ABI))

import library  # noqa: E402 (found by the line above)

RECORDED = library.recorded(ABI / "1.0.abi")
NEXT_MINOR = ("base.h", "#define OBS_ABI_MINOR 0", "#define OBS_ABI_MINOR 1")
APPENDED = ("request.h", "    size_t n_params;\n} obs_route;",
            "    size_t n_params;\n    const char *more;\n} obs_route;")
NEW_FUNCTION = ("log.h", "OBS_END_DECLS", "OBS_API int obs_news(int number);\nOBS_END_DECLS")
WITHOUT_LOG = {name: node for name, node in RECORDED.items() if name != "obs_log_enabled"}


@dataclass
class Case:
    name: str
    edits: list  # (header, old text, new text)
    refused: dict = field(default_factory=dict)  # check: words of its complaint
    exported: dict = field(default_factory=lambda: RECORDED)


CASES = [
    Case("nothing changed", []),
    Case("two members swapped",
         [("request.h", "const char *permission;\n    const char *limit_class;",
           "const char *limit_class;\n    const char *permission;")],
         {"lock": "obs_route.permission: it is no longer at byte", "types": "limit_class"}),
    Case("a member put in between",
         [NEXT_MINOR,
          ("request.h", "const char *permission;", "long more;\n    const char *permission;")],
         {"lock": "obs_route.permission: it is no longer at byte", "types": "not only additions"}),
    Case("a member removed",
         [("request.h", "    const char *limit_class;\n", "")],
         {"lock": "limit_class", "types": "limit_class"}),
    Case("a parameter of a function made long",
         [("request.h", "int obs_respond(obs_request *req, int status",
           "int obs_respond(obs_request *req, long status")],
         {"lock": "obs_respond(): its type was int (obs_request *, int, ",
          "types": "abi_probe_obs_respond"}),
    Case("a parameter of a table's function made long",
         [("plugin.h", "(*run)(obs_command_call *call, void *self)",
           "(*run)(obs_command_call *call, long self)")],
         {"lock": "obs_command.run: its type was int (*)(obs_command_call *, void *)",
          "types": "obs_command"}),
    Case("a parameter of a callback made long",
         [("request.h", "(*obs_body_fn)(obs_request *req, int status",
           "(*obs_body_fn)(obs_request *req, long status")],
         {"lock": "obs_body_fn: it was void (*)(obs_request *, int, obs_str, void *)",
          "types": "obs_body_fn"}),
    Case("a parameter of a service's function lost its const",
         [("store.h", "(*append)(void *self, const obs_scope *scope",
           "(*append)(void *self, obs_scope *scope")],
         {"lock": "obs_store.append: its type was"}),
    Case("a constant renumbered",
         [("request.h", "#define OBS_PHASE_LOG 5u", "#define OBS_PHASE_LOG 7u")],
         {"lock": "OBS_PHASE_LOG: its value was 5u"}),
    Case("an enumerator renumbered",
         [("base.h", "-4, 503, 1903,", "-6, 503, 1903,")],
         {"lock": "OBS_E_BUSY: its value was -4"}),
    Case("a constant of another type",
         [("request.h", "#define OBS_PUT 8u", "#define OBS_PUT 8ull")],
         {"lock": "OBS_PUT: its type was unsigned int"}),
    Case("a service of another name",
         [("store.h", '"obs.store/1"', '"obs.store/2"')],
         {"lock": "OBS_STORE_ID: its text has changed"}),
    Case("a macro removed",
         [("host.h", "#define OBS_HAS(", "#define OBS_HAS_NOT(")],
         {"lock": "OBS_HAS: there is no such macro"}),
    Case("a member appended in the next minor", [NEXT_MINOR, APPENDED]),
    Case("a member appended in the same minor",
         [APPENDED], {"types": "additions need a new minor"}),
    Case("a member appended to a struct whose size is not known to its readers",
         [NEXT_MINOR, ("base.h", "    size_t len;\n} obs_str;",
                       "    size_t len;\n    long more;\n} obs_str;")],
         {"lock": "obs_str: it may not change its size of 16", "types": "not only additions"}),
    Case("a reserved member named in the next minor",
         [NEXT_MINOR, ("request.h", "/* OBS_PHASE_* */\n    uint32_t reserved;",
                       "/* OBS_PHASE_* */\n    uint32_t priority;")]),
    Case("a constant and an error added in the next minor",
         [NEXT_MINOR,
          ("request.h", "#define OBS_PUT 8u", "#define OBS_PUT 8u\n#define OBS_QUERY 128u"),
          ("base.h", "X(BUSY, ", 'X(NEWS, -6, 500, 1906, "NEWS", "INTERNAL", "news") X(BUSY, ')]),
    Case("a function removed",
         [("log.h", "OBS_API int obs_log_enabled(const obs_instance *instance, uint32_t level);",
           "")],
         {"symbols": "obs_log_enabled() of node OBS_1.0 is gone", "lock": "obs_log_enabled",
          "types": "obs_log_enabled"},
         WITHOUT_LOG),
    Case("a function moved to another node", [NEXT_MINOR],
         {"symbols": "obs_log_enabled() was in node OBS_1.0 and is in OBS_1.1",
          "types": "obs_log_enabled"},
         WITHOUT_LOG | {"obs_log_enabled": "OBS_1.1"}),
    Case("a function added to the node of the next minor",
         [NEXT_MINOR, NEW_FUNCTION], exported=RECORDED | {"obs_news": "OBS_1.1"}),
    Case("a function added to the node of the released minor",
         [NEXT_MINOR, NEW_FUNCTION],
         {"symbols": "obs_news() is newer than ABI 1.0 and in node OBS_1.0"},
         RECORDED | {"obs_news": "OBS_1.0"}),
    Case("a function added without a new minor",
         [NEW_FUNCTION],
         {"symbols": "up to that of OBS_ABI_MINOR", "types": "additions need a new minor"},
         RECORDED | {"obs_news": "OBS_1.1"}),
    Case("a function declared and in no node",
         [NEXT_MINOR, NEW_FUNCTION], {"symbols": "obs_news() is declared and not exported"}),
    Case("a function exported and declared nowhere",
         [NEXT_MINOR], {"symbols": "obs_news() is exported and declared in no public header"},
         RECORDED | {"obs_news": "OBS_1.1"}),
]


def edited(case, include):
    shutil.copytree(ABI / "1.0/include", include)
    for header, old, new in case.edits:
        path = include / "observatory" / header
        text = path.read_text()
        if text.count(old) != 1:
            raise ValueError(f"{header} does not hold {old!r} once")
        path.write_text(text.replace(old, new))


def wrong(case, check, include, exported):
    """Why the answer of `check` is not the expected one, or ''."""
    command = [ABI / "compare", "1.0", check, "--include", include, "--library", exported]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    answer = done.stdout + done.stderr
    words = case.refused.get(check)
    if words is None:
        return "" if done.returncode == 0 else f"{check} refuses it:\n{answer}"
    if done.returncode == 0:
        return f"{check} lets it pass\n"
    return "" if words in answer else f"{check} does not say {words!r} but:\n{answer}"


def tried(case):
    """What is wrong with the answers to this case, '' when nothing is."""
    with tempfile.TemporaryDirectory() as work:
        include = pathlib.Path(work) / "include"
        exported = pathlib.Path(work) / library.SONAME
        edited(case, include)
        library.stand_in(case.exported, exported)
        return "".join(wrong(case, check, include, exported)
                       for check in ("symbols", "lock", "types"))


def main():
    with ThreadPoolExecutor() as pool:
        for case, complaints in zip(CASES, pool.map(tried, CASES)):
            verdict = "refused" if case.refused else "accepted"
            print(f"{'not ' if complaints else ''}ok {case.name}: {verdict}")
            print("".join(f"# {line}\n" for line in complaints.splitlines()), end="", flush=True)


main()
