#!/usr/bin/env python3
"""Rules on the text of our sources that no compiler checks: their length, and words that may not stand in them.

    text_rules.py ROOT

Prints one line per violation, FILE:LINE: what is wrong; exit status 1 if there is any.
"""

import pathlib
import re
import sys

import source_files

LONGEST_FILE = 400  # lines
# What may not stand where, and why. -ffast-math made NaNs in the prototype.
FORBIDDEN = (
    ("", re.compile(r"\b(TODO|FIXME|XXX)\b"), "work left undone belongs into an issue"),
    ("lib", re.compile(r"\bstd::\w+_distribution\b"), "its draws differ between standard libraries; use gaugeline::Random"),
    ("", re.compile(r"-f(fast-math|unsafe-math-optimizations|finite-math-only)\b"), "breaks NaN checks and reproducibility"),
)


def check(root: pathlib.Path) -> list[str]:
    found = []
    for path in source_files.all_sources(root):
        if path == pathlib.Path(__file__).resolve():
            continue
        name = path.relative_to(root)
        lines = path.read_text(encoding="utf-8").splitlines()
        if len(lines) > LONGEST_FILE:
            found.append(f"{name}:{len(lines)}: longer than {LONGEST_FILE} lines")
        rules = [(pattern, why) for folder, pattern, why in FORBIDDEN if not folder or name.parts[0] == folder]
        for number, line in enumerate(lines, start=1):
            matches = [(pattern.search(line), why) for pattern, why in rules]
            found += [f"{name}:{number}: {match.group()}: {why}" for match, why in matches if match]
    return found


def main() -> int:
    found = check(pathlib.Path(sys.argv[1]).resolve())
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
