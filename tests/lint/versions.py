#!/usr/bin/env python3
"""Checks that every file that names the project's version names that of CMakeLists.txt.

    versions.py ROOT

Prints one line per violation, FILE: what is wrong; exit status 1 if there is any.
"""

import json
import pathlib
import re
import sys


def versions(root: pathlib.Path) -> dict[str, str]:
    cmake = (root / "CMakeLists.txt").read_text(encoding="utf-8")
    changelog = (root / "tools/package/debian/changelog").read_text(encoding="utf-8")
    return {
        "CMakeLists.txt": re.search(r"^project\(gaugeline VERSION (\S+)", cmake, re.M)[1],
        "vcpkg.json": json.loads((root / "vcpkg.json").read_text(encoding="utf-8"))["version"],
        "tools/package/debian/changelog": re.match(r"gaugeline \((\S+)\)", changelog)[1],
    }


def main() -> int:
    named = versions(pathlib.Path(sys.argv[1]))
    ours = named["CMakeLists.txt"]
    wrong = {file: version for file, version in named.items() if version != ours}
    for file, version in wrong.items():
        print(f"{file}: has version {version}, and CMakeLists.txt {ours}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
