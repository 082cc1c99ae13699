# SPDX-License-Identifier: Apache-2.0
"""The library of an ABI: which functions it exports under which version node,
and its description by libabigail.

What is described is not the library itself, whose debug information is full of
the host's own types, but a stand-in: the same symbols under the same nodes,
plus a variable of each public type and function type, compiled from the public
headers. So the description holds what plugins see, and nothing else."""

import pathlib
import re
import tempfile
import xml.etree.ElementTree as xml

from surface import Refused, includes, run

SONAME = "libobservatory.so.1"
NODE = re.compile(r"OBS_(\d+)\.(\d+)")
PROBES = "ABI_PROBES"  # the node of the variables in a stand-in


def checked(*command, **options):
    done = run(*command, **options)
    if done.returncode != 0:
        raise Refused(f"{' '.join(command)}:\n{done.stdout}{done.stderr}")
    return done.stdout


def exported(library):
    """{function: node} of the nodes of the ABI."""
    nodes = {}
    for line in checked("nm", "-D", "--defined-only", str(library)).splitlines():
        name, _, node = line.split()[-1].partition("@")
        node = node.lstrip("@")
        if name == node or not NODE.fullmatch(node):
            continue
        if name in nodes:
            raise Refused(f"{name} is in two nodes: {nodes[name]} and {node}")
        nodes[name] = node
    return nodes


def recorded(description):
    """{function: node} of a description."""
    symbols = xml.parse(description).getroot().iterfind("elf-function-symbols/elf-symbol")
    return {symbol.get("name"): symbol.get("version") for symbol in symbols}


def version_script(nodes):
    script, before = "", ""
    for node in sorted(set(nodes.values()), key=lambda n: [int(i) for i in NODE.match(n).groups()]):
        names = "".join(f"{name};" for name in nodes if nodes[name] == node)
        script += f"{node} {{ global: {names} }}{before};\n"
        before = f" {node}"
    return script + f"{PROBES} {{ global: abi_probe_*; local: *; }};\n"


def stand_in(nodes, output, probes="", include="."):
    """Makes a shared library with these functions, which do nothing, and the
    variables of the C source `probes`, which finds its headers in `include`."""
    with tempfile.TemporaryDirectory() as work:
        folder = pathlib.Path(work)
        (folder / "functions.c").write_text("".join(f"void {n}(void) {{ }}\n" for n in nodes))
        (folder / "probes.c").write_text(probes)
        (folder / "map").write_text(version_script(nodes))
        # the functions without debug information: their types are the probes'
        options = ("-std=gnu11", "-fPIC", "-c")
        checked("gcc", *options, "-w", "functions.c", cwd=work)
        checked("gcc", *options, "-g", "-I", str(pathlib.Path(include).resolve()), "probes.c",
                cwd=work)
        checked("gcc", "-shared", "-nostdlib", "functions.o", "probes.o", f"-Wl,-soname,{SONAME}",
                "-Wl,--version-script=map", "-o", str(pathlib.Path(output).resolve()), cwd=work)


def probes(surface):
    """C with a variable of each public type, so that all types are reachable."""
    lines = [f"const struct {s.name} *const abi_probe_{s.name};" for s in surface.structs]
    lines += [f"const {name} abi_probe_{name};" for name in surface.typedefs]
    lines += [f"__typeof__({name}) *const abi_probe_{name};" for name in surface.functions]
    return includes(surface.headers) + "\n".join(lines) + "\n"


def describe(nodes, surface, include, output):
    """Writes the description of these functions and types to `output`."""
    with tempfile.TemporaryDirectory() as work:
        library = pathlib.Path(work) / SONAME
        stand_in(nodes, library, probes(surface), include)
        checked("abidw", "--no-show-locs", "--no-corpus-path", "--no-comp-dir-path",
                "--no-elf-needed", "--no-architecture", "--drop-undefined-syms",
                "--out-file", str(output), str(library))
