#!/usr/bin/env python3
# %% [markdown]
# # Two centuries of words, learnt as they come
#
# The State of the Union addresses, 1790 to 2021, one event an address. A learner takes them in decade by decade, and
# can be asked at any time. Because its frame holds still, what it said in 1860 can be compared with what it says today.
#
# A script and a notebook: the lines with percent signs are cells for editors that know them. How to run it:
#
#     tools/demo-data/fetch addresses.ndjson                    # needs npm; tools/demo --text leaves it in demo/
#     cmake --build --preset release --target gaugeline_c
#     tools/readers/python/assemble build/readers/python
#     export PYTHONPATH=build/readers/python GAUGELINE_LIBRARY=build/release/tools/c/libgaugeline.so.0
#     tools/examples/state_of_the_union.py addresses.ndjson

# %%
import argparse
import datetime
import pathlib
import tempfile

import gaugeline
import numpy as np

parser = argparse.ArgumentParser(description="What two centuries of addresses say about words")
parser.add_argument("file", nargs="?", default="demo/addresses.ndjson", help="events, one JSON object a line")
parser.add_argument("--every", default="decade", help="the length of a slice")
parser.add_argument("--min-uses", type=float, default=20, help="answers are words that a slice uses so often")
parser.add_argument("--skip-commonest", type=int, default=100, help="so many words move for grammar's sake")
parser.add_argument("--words", nargs="+", default=["energy", "gold", "care", "union", "security"])
asked, _ = parser.parse_known_args()  # a notebook has arguments of its own

# %% [markdown]
# ## Learning
# Events are fed as they come; a window of time that is over waits for a step. `score` is how well the words of a slice
# were predicted before they were learnt, `rotation` how far the slice would have turned the frame, had the gauge step
# not turned it back.

# %%
learner = gaugeline.Learner(dimension=64, every=asked.every, min_count=5, item_capacity=1 << 14, context_capacity=1 << 14)
reports, near, marks = [], [], []


def begin_of(report):
    return (datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=report.begin)).year


def ask_as_it_learns():
    for report in iter(learner.step, None):
        reports.append(report)
        known = [word for word in asked.words if learner.find(word) is not None]
        near.append({word: learner.neighbors(word, 5, min_uses=asked.min_uses) for word in known})
        marks.append((learner.mark(), learner.items.uses.copy()))
        print(
            f"{begin_of(report)}  {report.observations:>9,.0f} pairs  {report.item_rows:>6,} words  "
            + (f"score {report.score:.3f}  rotation {report.rotation_angle:.3f}" if report.scored else "")
        )


refused = 0
with pathlib.Path(asked.file).open(encoding="utf-8") as lines:
    for line in lines:
        refused += learner.feed(line).refused
        ask_as_it_learns()
learner.end()
ask_as_it_learns()
print(f"{len(reports)} slices; {refused} lines could not be used")

# %% [markdown]
# ## What words stood near
# Early, later, and in the last slice that is not just begun: the same learner, asked at three times.

# %%
enough = np.median([report.observations for report in reports]) / 4
last = max(time for time, report in enumerate(reports) if report.observations >= enough)
times = sorted({last // 3, 2 * last // 3, last})
for word in asked.words:
    print(f"\n{word}")
    for time in times:
        found = " ".join(neighbor.token for neighbor in near[time].get(word, []))
        print(f"  {begin_of(reports[time])}  {found or '-'}")

# %% [markdown]
# ## What moved most
# The square of a displacement in units of what a row at rest shows. Text varies more than counts that are drawn at
# random, so the ratios of all words are scaled until their median is 1. The commonest words are left out.

# %%
(then, uses_then), (lately, uses_lately) = marks[times[0]], marks[last]
uses_now = {token: uses_lately[row] for token, row in lately.rows.items()}
commonest = sorted(uses_now, key=uses_now.get, reverse=True)[: asked.skip_commonest]
moved = {}
for word, row in then.rows.items():
    if min(uses_then[row], uses_now.get(word, 0)) >= asked.min_uses:
        try:
            moved[word] = learner.displacement(word, then).ratio
        except gaugeline.UnknownTokenError:
            pass  # a full vocabulary gave its row to another
scale = np.median(list(moved.values()) or [1])
ranked = sorted(set(moved).difference(commonest), key=moved.get, reverse=True)
print(f"\nwhat moved most from {begin_of(reports[times[0]])} to {begin_of(reports[last])}, of {len(moved)} words")
for word in ranked[:8]:
    print(f"  {word:<14} {np.sqrt(moved[word] / scale):4.1f}")

# %% [markdown]
# ## What stood there
# A vector of today, looked up among the words of back then: no alignment is needed, since it is one frame.

# %%
print(f"\nwhat stood in {begin_of(reports[times[0]])} where a word stands in {begin_of(reports[last])}")
well_used = np.flatnonzero(uses_then >= asked.min_uses)
tokens_then = list(then.rows)
table = then.embeddings[well_used]
table = table / np.linalg.norm(table, axis=1, keepdims=True)
for word in asked.words:
    if word in lately.rows:
        best = np.argsort(-(table @ lately.embeddings[lately.rows[word]]))[:5]
        print(f"  {word:<10} {' '.join(tokens_then[well_used[place]] for place in best)}")

# %% [markdown]
# ## Keeping it
# A snapshot is the whole state: a reader maps it, another learner goes on from it.

# %%
with tempfile.TemporaryDirectory() as folder:
    file = pathlib.Path(folder) / "union.snapshot"
    learner.save(file)
    print(f"\nsaved: {file.stat().st_size:,} bytes, run {gaugeline.open(file).summary.run}")
    print(f"goes on with slice {gaugeline.Learner.load(file).report.slice + 1}")
