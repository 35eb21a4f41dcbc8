#!/usr/bin/env python3
"""Runs a program over all of our files of one kind.

    run_over.py ROOT cxx|shell PROGRAM [OPTION ...]
"""

import pathlib
import subprocess
import sys

import source_files

KINDS = {"cxx": source_files.cxx_files, "shell": source_files.shell_scripts}


def main() -> int:
    root, kind, *command = sys.argv[1:]
    files = [str(path) for path in KINDS[kind](pathlib.Path(root))]
    return subprocess.run([*command, *files], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
