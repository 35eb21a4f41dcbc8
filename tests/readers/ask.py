"""Two runs, and what the command answers to questions about them, for readers to be held against.

    ask.py GAUGELINE FOLDER

FOLDER/words and FOLDER/values are data directories, of skip-gram and of values; a line of FOLDER/answers.ndjson is a
question, named by the run and the flags of `gaugeline query`, and its answer.
"""

import json
import pathlib
import random
import shutil
import subprocess
import sys

GAUGELINE, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
DAYS = 6
FEW_ROWS = ["--dim", "6", "--item-capacity", "48", "--context-capacity", "48", "--admission-uses", "1"]


def words(day, numbers):
    """Sixty words of which some rest, so that they lose their rows, and of which some change their company."""
    for _ in range(120):
        topic = numbers.randrange(6)
        about = [f"word-{(topic + (day if n == 3 else 0)) % 6}-{n}" for n in range(10)]
        awake = [word for n, word in enumerate(about) if n < 6 or (day + topic) % 3 == 0]
        yield {"time": f"2024-05-{day + 1:02}", "tokens": numbers.choices(awake, k=8)}


def values(day, numbers):
    """Tastes of three kinds, of which some users' turn."""
    tastes = random.Random(2)
    users = [[tastes.gauss(0, 1) for _ in range(3)] for _ in range(20)]
    films = [[tastes.gauss(0, 1) for _ in range(3)] for _ in range(15)]
    for _ in range(300):
        user, film = numbers.randrange(20), numbers.randrange(15)
        taste = users[user] if user % 4 else users[user][:1] + users[(user + day) % 20][1:]
        value = 3 + sum(a * b for a, b in zip(taste, films[film])) + numbers.gauss(0, 0.1)
        yield {"time": f"2024-05-{day + 1:02}", "item": f"user-{user}", "context": f"film-{film}", "value": value}


def train(name, events, *flags):
    numbers = random.Random(1)
    lines = FOLDER / f"{name}.ndjson"
    lines.write_text("".join(json.dumps(event) + "\n" for day in range(DAYS) for event in events(day, numbers)))
    command = [GAUGELINE, "train", lines, "--every", "day", "--out", FOLDER / name, *FEW_ROWS, *flags]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)


def questions():
    yield "words", {"verb": "drift", "from": "0", "to": "-1", "k": "20", "min-uses": "1", "skip-commonest": "3"}
    yield "words", {"verb": "drift", "from": "2", "to": "3", "k": "5", "min-uses": "20", "skip-commonest": "0"}
    yield "values", {"verb": "drift", "from": "1", "to": "4", "k": "20", "min-uses": "10", "skip-commonest": "0"}
    for token in ("word-0-0", "word-2-3", "word-5-9"):
        yield "words", {"verb": "trajectory", "token": token, "k": "4", "min-uses": "2"}
        yield "words", {"verb": "trajectory", "token": token, "other": "word-1-1,word-3-2"}
    for token in ("word-0-0", "word-2-3"):
        yield "words", {"verb": "translate", "token": token, "from": "-1", "to": "1", "k": "7", "min-uses": "3"}
        yield "words", {"verb": "neighbors", "token": token, "slice": "4", "k": "7", "min-uses": "25"}
        yield "words", {"verb": "similarity", "token": token, "slice": "3", "other": "word-1-1"}
        yield "words", {"verb": "score", "item": token, "slice": "2", "k": "10"}
    yield "values", {"verb": "score", "item": "user-7", "slice": "-1", "k": "100"}


def ask(run, question):
    flags = [text for name, value in question.items() if name != "verb" for text in (f"--{name}", value)]
    command = [GAUGELINE, "query", question["verb"], "--data", FOLDER / run, "--json", *flags]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


shutil.rmtree(FOLDER, ignore_errors=True)
FOLDER.mkdir(parents=True)
train("words", words, "--window", "3")
train("values", values, "--model", "gaussian")
with (FOLDER / "answers.ndjson").open("w") as answers:
    for run, question in questions():
        print(json.dumps({"run": run, "question": question, "answer": ask(run, question)}), file=answers)
