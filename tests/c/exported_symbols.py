"""The shared library exports what its header declares, and nothing else: no C++ that could meet another copy of itself.

  exported_symbols.py NM LIBRARY HEADER
"""

import pathlib
import re
import subprocess
import sys


def main() -> int:
    nm, library, header = sys.argv[1:]
    lines = subprocess.run([nm, "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    symbols = [line.split()[-2:] for line in lines.splitlines()]
    exported = {name.partition("@")[0] for kind, name in symbols if kind != "A"}  # A: the version's own name
    code = re.sub(r"/\*.*?\*/", "", pathlib.Path(header).read_text(encoding="utf-8"), flags=re.S)
    declared = set(re.findall(r"GAUGELINE_API[^;(]*?\b(gaugeline_\w+)\(", code))
    for name in sorted(exported ^ declared):
        print(name, "is exported, but not declared" if name in exported else "is declared, but not exported")
    print(len(declared), "functions")
    return 0 if exported == declared and declared else 1


if __name__ == "__main__":
    sys.exit(main())
