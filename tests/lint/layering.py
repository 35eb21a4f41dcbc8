#!/usr/bin/env python3
"""Checks which layer includes what: an arrow never points up (tools -> stream -> formats -> lib), lib includes only the
standard library and Eigen, and lib is compiled without exceptions and RTTI.

    layering.py ROOT                     the #include lines of the sources below ROOT
    layering.py ROOT --build FOLDER      also the compiler flags, from FOLDER/compile_commands.json

Prints one line per violation, FILE:LINE: what is wrong; exit status 1 if there is any.
"""

import argparse
import json
import pathlib
import re
import sys

import source_files

LAYERS = ("lib", "formats", "stream", "tools")
# What a layer may include besides the standard library and the layers below. `<sys/...>` and the other POSIX headers
# are named, so that a new dependency is a decision and not an accident.
POSIX = r"(fcntl|unistd|dirent|signal|csignal)\.h|sys/\w+\.h"
INTRINSICS = r"immintrin\.h"
FLATBUFFERS = r"flatbuffers/.*|.*_generated\.h"
EXTERNAL = {
    "lib": r"Eigen/.*",
    "formats": rf"Eigen/.*|{FLATBUFFERS}|zstd\.h|xxhash\.h|{INTRINSICS}|{POSIX}",
    "stream": rf"Eigen/.*|{FLATBUFFERS}|xxhash\.h|boost/.*|Spectra/.*|openssl/.*|unicode/\w+\.h|spdlog/.*|{POSIX}",
    "tools": rf".*",
}
# What one file alone may include: the processor's tiles, and how Linux is asked for them.
OF_FILE = {"lib/src/kernel_tiles.cpp": r"(cpuid|immintrin|unistd)\.h|sys/syscall\.h"}
C_INTERFACE = "gaugeline/gaugeline.h"  # stands on all layers
REQUIRED_FLAGS = ("-fno-exceptions", "-fno-rtti")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def layer_of_header(name: str) -> str | None:
    """The layer that a header of ours belongs to, from the way it is included; None for a header of others."""
    if not name.startswith("gaugeline/"):
        return None
    if name == C_INTERFACE:
        return "tools"
    second = name.split("/")[1]
    return second if second in LAYERS else "lib"


def is_standard(name: str) -> bool:
    return re.fullmatch(r"[a-z0-9_]+", name) is not None


def layer_of_file(root: pathlib.Path, path: pathlib.Path) -> str:
    return path.relative_to(root).parts[0]


def violation(root: pathlib.Path, path: pathlib.Path, bracket: str, name: str) -> str | None:
    layer = layer_of_file(root, path)
    if ".." in pathlib.PurePath(name).parts:
        return f"includes \"{name}\" by a path that climbs out of its folder"
    other = layer_of_header(name)
    if other is not None:
        if LAYERS.index(other) > LAYERS.index(layer):
            return f"{layer} includes <{name}> of {other}, the layer above"
        return None
    if bracket == '"' and beside(root, path, name):
        return None
    if is_standard(name) or re.fullmatch(EXTERNAL[layer], name):
        return None
    if re.fullmatch(OF_FILE.get(path.relative_to(root).as_posix(), ""), name):
        return None
    return f"{layer} may not include <{name}>"


def beside(root: pathlib.Path, path: pathlib.Path, name: str) -> bool:
    """Whether a header in quotes is one of the layer's own."""
    layer = layer_of_file(root, path)
    places = (path.parent, root / layer / "src", root / layer)
    return any((place / name).is_file() for place in places)


def check_includes(root: pathlib.Path) -> list[str]:
    found = []
    for path in source_files.cxx_files(root, *LAYERS):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            match = INCLUDE.match(line)
            wrong = match and violation(root, path, *match.groups())
            if wrong:
                found.append(f"{path.relative_to(root)}:{number}: {wrong}")
    return found


def check_flags(root: pathlib.Path, build: pathlib.Path) -> list[str]:
    commands = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    found, seen = [], 0
    for command in commands:
        path = pathlib.Path(command["file"])
        if " -o lib/" not in command["command"]:  # tests compile some of the sources in their own way
            continue
        seen += 1
        flags = command["command"].split()
        found += [f"{path.relative_to(root)}:1: is compiled without {flag}" for flag in REQUIRED_FLAGS if flag not in flags]
    if seen == 0:
        found.append(f"{build}/compile_commands.json:1: names no source of lib")
    return found


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    arguments.add_argument("root", type=pathlib.Path)
    arguments.add_argument("--build", type=pathlib.Path)
    given = arguments.parse_args()
    root = given.root.resolve()
    found = check_includes(root)
    if given.build:
        found += check_flags(root, given.build)
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
