"""The project's own files, by kind. Walks the folders, so that a file is checked before it is committed, too."""

import pathlib

FOLDERS = ("lib", "formats", "stream", "tools", "tests")
CXX_SUFFIXES = (".hpp", ".cpp", ".h", ".c")


def cxx_files(root: pathlib.Path, *folders: str) -> list[pathlib.Path]:
    return _files(root, folders or FOLDERS, lambda path: path.suffix in CXX_SUFFIXES)


def shell_scripts(root: pathlib.Path) -> list[pathlib.Path]:
    return _files(root, FOLDERS + (".ci",), _is_shell_script)


def all_sources(root: pathlib.Path) -> list[pathlib.Path]:
    kinds = CXX_SUFFIXES + (".py", ".fbs", ".cmake")
    of_kind = _files(root, FOLDERS + ("cmake",), lambda path: path.suffix in kinds or path.name == "CMakeLists.txt")
    return sorted({root / "CMakeLists.txt", *of_kind, *shell_scripts(root)})


def _files(root: pathlib.Path, folders, wanted) -> list[pathlib.Path]:
    found = []
    for folder in folders:
        found += [path for path in (root / folder).rglob("*") if path.is_file() and wanted(path)]
    return sorted(path for path in found if not {"node_modules", "__pycache__"} & set(path.parts))


def _is_shell_script(path: pathlib.Path) -> bool:
    if path.suffix == ".sh":
        return True
    if path.suffix:
        return False
    with path.open("rb") as file:
        return file.readline().startswith((b"#!/usr/bin/env bash", b"#!/bin/bash", b"#!/bin/sh"))
