# SPDX-License-Identifier: Apache-2.0
"""What the public headers declare, as clang understands them.

Names, members and types come from clang's syntax tree, values from constants
that clang evaluates: nothing here reads C by itself. What the ABI rules forbid
in a header (a union, a bit-field, a name outside obs_) ends the reading with a
sentence."""

import json
import pathlib
import re
import subprocess
import tempfile
from dataclasses import dataclass, field


class Refused(Exception):
    """A sentence for the user: the headers or the tools are not as expected."""


@dataclass
class Member:
    name: str
    type: str
    offset: int = 0
    bytes: int = 0


@dataclass
class Struct:
    name: str
    members: list
    bytes: int = 0
    align: int = 0
    grows: bool = False  # readers know its size at run time, so it may grow at its end


@dataclass
class Surface:
    headers: list  # file names
    structs: list = field(default_factory=list)
    typedefs: dict = field(default_factory=dict)  # name: type, of everything but structs
    functions: dict = field(default_factory=dict)  # name: type, exported by the library
    inlines: dict = field(default_factory=dict)  # name: type, compiled into the plugin
    integers: dict = field(default_factory=dict)  # name: (type, value)
    strings: dict = field(default_factory=dict)  # name: literal
    macros: list = field(default_factory=list)  # every name, parameters or not

    @property
    def minor(self):
        return self.integers["OBS_ABI_MINOR"][1]

    @property
    def version(self):
        return f"{self.integers['OBS_ABI_MAJOR'][1]}.{self.minor}"


def includes(headers):
    return "".join(f"#include <observatory/{name}>\n" for name in headers)


def run(*command, **options):
    """The finished command; a missing program is a sentence."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, **options)
    except FileNotFoundError:
        raise Refused(f"{command[0]} is missing: packaging/deps.sh build test") from None


class Clang:
    """Runs clang over pieces of C that include all public headers."""

    def __init__(self, include, headers, work):
        self.prologue = includes(headers)
        self.source = pathlib.Path(work) / "surface.c"
        self.command = ["clang", "-std=gnu11", "-I", str(include), "-Werror=gnu-folding-constant",
                        "-ferror-limit=0", "-fno-caret-diagnostics"]

    def run(self, text, *options):
        self.source.write_text(self.prologue + text)
        return run(*self.command, *options, str(self.source))

    def checked(self, text, *options):
        done = self.run(text, *options)
        if done.returncode != 0:
            raise Refused(f"clang does not accept the headers:\n{done.stderr}")
        return done.stdout

    def tree(self, text=""):
        return json.loads(self.checked(text, "-fsyntax-only", "-Xclang", "-ast-dump=json"))

    def macros(self):
        """[(name, has parameters, body)] of every macro of ours."""
        found = re.findall(r"^#define (OBS_\w+)(\([^)]*\))?(?: (.*))?$",
                           self.checked("", "-E", "-dM"), re.MULTILINE)
        return [(name, bool(parameters), body) for name, parameters, body in sorted(found)]

    def accepted(self, lines):
        """The indices of those lines of C that compile."""
        first = self.prologue.count("\n") + 1
        done = self.run("".join(line + "\n" for line in lines), "-fsyntax-only")
        bad = {int(n) - first
               for n in re.findall(rf"{re.escape(str(self.source))}:(\d+):\d+: error", done.stderr)}
        return [i for i in range(len(lines)) if i not in bad]

    def values(self, expressions):
        """{key: (type, value)} of {key: constant integer expression}."""
        keys = list(expressions)
        text = "".join(f"enum {{ value_{i} = {expressions[key]} }};\n"
                       f"__typeof__({expressions[key]}) type_{i};\n" for i, key in enumerate(keys))
        types, values = {}, {}
        for node in self.tree(text)["inner"]:
            if node["kind"] == "EnumDecl" and "value_" in node["inner"][0]["name"]:
                constant = node["inner"][0]
                values[constant["name"][6:]] = constant_value(constant)
            elif node.get("name", "").startswith("type_"):
                types[node["name"][5:]] = spelled(node["type"], desugared=True)
        return {key: (types[str(i)], values[str(i)]) for i, key in enumerate(keys)}


def constant_value(node):
    """Of the outermost ConstantExpr; conversions may stand around it."""
    while node["kind"] != "ConstantExpr":
        node = node["inner"][0]
    return int(node["value"])


def spelled(node_type, desugared=False):
    return (desugared and node_type.get("desugaredQualType")) or node_type["qualType"]


def declarations(tree, folder):
    """The top-level declarations that stand in `folder`. Clang names a file only
    where it differs from the one it named last, in the order of the tree."""
    here = None

    def follow(node):
        nonlocal here
        if isinstance(node, dict):
            here = node.get("file", here)
            for key, value in node.items():
                if key != "includedFrom":
                    follow(value)
        elif isinstance(node, list):
            for value in node:
                follow(value)

    for node in tree["inner"]:
        follow(node.get("loc"))
        if here and pathlib.Path(here).parent == folder:
            yield node
        follow({key: value for key, value in node.items() if key != "loc"})


def read_struct(node):
    members = []
    for member in node.get("inner", []):
        name = member.get("name")
        if member["kind"].endswith("Attr") or member["kind"] == "FullComment":
            continue
        if member["kind"] != "FieldDecl" or not name or member.get("isBitfield"):
            raise Refused(f"struct {node['name']} has a {member['kind']} {name or '(unnamed)'}:"
                          " only plain named members can be locked")
        members.append(Member(name, spelled(member["type"])))
    return Struct(node["name"], members)


def read_declaration(node, surface):
    kind, name = node["kind"], node.get("name", "")
    if kind == "EnumDecl":
        for constant in node["inner"]:
            surface.integers[constant["name"]] = None  # evaluated later
        return
    if not name.startswith("obs_"):
        raise Refused(f"the headers declare '{name}': public names begin with obs_")
    if kind == "RecordDecl" and node.get("completeDefinition"):
        if node["tagUsed"] != "struct":
            raise Refused(f"{node['tagUsed']} {name}: only structs can be locked")
        surface.structs.append(read_struct(node))
    elif kind == "TypedefDecl" and node["inner"][0]["kind"] != "ElaboratedType":
        surface.typedefs[name] = spelled(node["type"])
    elif kind == "FunctionDecl":
        to = surface.inlines if node.get("storageClass") == "static" else surface.functions
        to[name] = spelled(node["type"])


def read_macros(clang, surface):
    macros = clang.macros()
    surface.macros = [name for name, _, _ in macros]
    plain = [name for name, parameters, body in macros if body and not parameters]
    whole = [plain[i] for i in clang.accepted([f"enum {{ v{i} = {name} }};"
                                               for i, name in enumerate(plain)])]
    text = [plain[i] for i in clang.accepted([f'static const char s{i}[] = "" {name};'
                                              for i, name in enumerate(plain)])]
    surface.integers.update(dict.fromkeys(whole))
    bodies = {name: body for name, _, body in macros}
    surface.strings = {name: bodies[name] for name in text}


def measure(clang, surface):
    """Fills in every number: one expression each, evaluated together."""
    expressions = {("integer", name): name for name in surface.integers}
    for struct in surface.structs:
        of = f"struct {struct.name}"
        expressions[struct.name, "bytes"] = f"sizeof({of})"
        expressions[struct.name, "align"] = f"_Alignof({of})"
        for member in struct.members:
            expressions[struct.name, member.name, "at"] = f"__builtin_offsetof({of}, {member.name})"
            expressions[struct.name, member.name, "bytes"] = f"sizeof((({of} *)0)->{member.name})"
    values = clang.values(expressions)
    for name in surface.integers:
        surface.integers[name] = values["integer", name]
    for struct in surface.structs:
        struct.bytes = values[struct.name, "bytes"][1]
        struct.align = values[struct.name, "align"][1]
        for member in struct.members:
            member.offset = values[struct.name, member.name, "at"][1]
            member.bytes = values[struct.name, member.name, "bytes"][1]


def mark_growing(surface):
    """A struct may grow when it carries its own size, or when the descriptor
    carries the size of its elements (obs_route: obs_plugin.route_size)."""
    by_name = {struct.name: struct for struct in surface.structs}
    sizes = {member.name for member in by_name["obs_plugin"].members}
    for struct in surface.structs:
        own = any(m.name == "size" and m.type == "uint32_t" for m in struct.members)
        struct.grows = own or struct.name.removeprefix("obs_") + "_size" in sizes


def read(include):
    """The Surface of the headers in `include`/observatory."""
    folder = pathlib.Path(include).resolve() / "observatory"
    headers = sorted(path.name for path in folder.glob("*.h"))
    if not headers:
        raise Refused(f"there are no headers in {folder}")
    surface = Surface(headers)
    with tempfile.TemporaryDirectory() as work:
        clang = Clang(folder.parent, headers, work)
        for node in declarations(clang.tree(), folder):
            read_declaration(node, surface)
        read_macros(clang, surface)
        measure(clang, surface)
    mark_growing(surface)
    return surface
