"""Runs gaugeline as its users do and reads what it learnt: the tables of every slice, and the CPU time of a command."""

import datetime
import json
import pathlib
import resource
import subprocess
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
RELEASE = ROOT / "build/release/tools/gaugeline"


def run(*command) -> str:
    """Standard output of a command; what it says on standard error is shown only if it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit status {done.returncode}\n{done.stderr}")
    return done.stdout


def cpu_seconds_of(*command) -> float:
    """User and system time of a command and what it started."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run(*command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def read_events(path, field: str):
    """Pairs of (time, value of the field) of an NDJSON file."""
    return read_lines(path, lambda event: event[field], f"'{field}'")


def read_text_or_tokens(path):
    """Pairs of (time, list of tokens or text) of an NDJSON file."""
    return read_lines(path, lambda event: event["tokens"] if "tokens" in event else event["text"],
                      "'tokens' or 'text'")


def read_lines(path, value_of, wanted: str):
    """Pairs of (time, value_of(event)) of an NDJSON file. A file or a line that cannot be read ends the program."""
    try:
        file = open(path, "rb")
    except OSError as error:
        sys.exit(f"{path}: {error.strerror}")
    with file:
        for number, line in enumerate(file, start=1):
            try:
                event = json.loads(line)
                yield event["time"], value_of(event)
            except (ValueError, KeyError, TypeError) as error:
                sys.exit(f"{path}:{number}: not an event with 'time' and {wanted}: {error}")


def write_events(path, slices):
    """{time: lists of tokens} as events of tokens; an empty list makes none."""
    with open(path, "w", encoding="utf-8") as file:
        for time, sentences in slices.items():
            for tokens in filter(None, sentences):
                file.write(json.dumps({"time": time, "tokens": tokens}) + "\n")


def slice_begins(gaugeline, data) -> list[datetime.datetime]:
    """When each slice of a data directory begins, by index."""
    count = json.loads(run(gaugeline, "snapshot", "info", data, "--slice", "-1", "--json"))["report"]["index"] + 1
    infos = (json.loads(run(gaugeline, "snapshot", "info", data, "--slice", index, "--json")) for index in range(count))
    return [datetime.datetime.fromisoformat(info["report"]["begin"].replace("Z", "+00:00")) for info in infos]


def read_table(gaugeline, data, index: int, side: str) -> tuple[list[str], np.ndarray]:
    """Tokens and rows (n x d) of one side, items or contexts, after a slice."""
    text = run(gaugeline, "snapshot", "export", data, "--slice", index, "--table", side, "--out", "-")
    header, *lines = text.rstrip("\n").split("\n")
    dimension = int(header.split()[1])
    cells = [line.rsplit(" ", dimension) for line in lines]
    rows = np.array([cell[1:] for cell in cells], np.float32).reshape(len(cells), dimension)
    return [cell[0] for cell in cells], rows
