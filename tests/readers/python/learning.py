"""A learner in Python learns what the command learns, says what is wrong, and never shows memory that is gone.

    learning.py PACKAGE LIBRARY GAUGELINE
"""

import datetime
import gc
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest

import numpy as np

GAUGELINE, LIBRARY, PACKAGE = (sys.argv.pop() for _ in range(3))
os.environ["GAUGELINE_LIBRARY"] = LIBRARY
sys.path.insert(0, PACKAGE)
import gaugeline

SMALL = {"dimension": 8, "item_capacity": 64, "context_capacity": 64, "observation_capacity": 4096}
SMALL_FLAGS = ["--dim", "8", "--item-capacity", "64", "--context-capacity", "64", "--observation-capacity", "4096"]
FRUIT, CARS = ["apple", "pear", "juice", "ripe"], ["wheel", "brake", "road", "engine"]


def events(days=3):
    for day in range(1, days + 1):
        for repeat in range(20):
            words = (FRUIT, CARS)[repeat % 2]
            shift = repeat % len(words)
            yield {"time": f"2024-05-{day:02}", "tokens": words[shift:] + words[:shift]}


def learnt(**options):
    learner = gaugeline.Learner(every="day", **SMALL, **options)
    learner.feed(events())
    learner.end()
    learner.learn()
    return learner


class Learning(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def query(self, *arguments):
        out = subprocess.run([GAUGELINE, "query", *arguments, "--json"], capture_output=True, text=True, check=True)
        return json.loads(out.stdout)

    def test_what_is_learnt_is_what_the_command_learns(self):
        file = self.folder / "events.ndjson"
        file.write_text("".join(json.dumps(event) + "\n" for event in events()))
        subprocess.run([GAUGELINE, "train", file, "--every", "day", "--out", self.folder / "theirs", *SMALL_FLAGS],
                       stdout=subprocess.DEVNULL, check=True)
        with learnt(data_dir=self.folder / "ours") as learner:
            ours = {token: learner.items.embeddings[row].copy() for row, token in enumerate(learner.items.tokens)}
        theirs = gaugeline.open(self.folder / "theirs/snapshots/0000000002.snapshot").items
        self.assertEqual(sorted(ours), sorted(theirs.tokens))
        for token, vector in ours.items():
            np.testing.assert_array_equal(vector, theirs.row(theirs.find(token)).embedding)

    def test_the_command_answers_from_the_directory_that_a_learner_leaves(self):
        with learnt(data_dir=self.folder / "data") as learner:
            found = learner.neighbors("apple", 3)
        told = self.query("neighbors", "--data", self.folder / "data", "--token", "apple", "--k", "3")["neighbors"]
        self.assertEqual([one["token"] for one in told], [one.token for one in found])
        self.assertEqual({one.token for one in found}, set(FRUIT) - {"apple"})
        with gaugeline.Learner(data_dir=self.folder / "data", **SMALL) as again:
            self.assertEqual(again.report.slice, 2)
            self.assertEqual(again.neighbors("apple", 3), found)

    def test_a_saved_learner_goes_on_bit_for_bit_and_is_a_snapshot(self):
        learner = learnt()
        learner.save(self.folder / "a.snapshot")
        loaded = gaugeline.Learner.load(self.folder / "a.snapshot", every="day")
        for one in (learner, loaded):
            one.feed_slice("2024-05-04", "2024-05-05", ["apple", "cider"], sequences=[[0, 1] * 10])
            one.step()
            one.save(self.folder / f"{id(one)}.snapshot")
        files = [(self.folder / f"{id(one)}.snapshot").read_bytes() for one in (learner, loaded)]
        self.assertEqual(*files)
        snapshot = gaugeline.open(self.folder / "a.snapshot")
        self.assertAlmostEqual(snapshot.similarity("pear", "juice"),
                               gaugeline.Learner.load(self.folder / "a.snapshot").similarity("pear", "juice"), 5)

    def test_arrays_are_learnt_as_the_events_that_they_stand_for(self):
        by_arrays = gaugeline.Learner(**SMALL)
        words = FRUIT + CARS
        day = [event["tokens"] for event in events(1)]
        by_arrays.feed_slice(datetime.date(2024, 5, 1), np.datetime64("2024-05-02"), words,
                             sequences=[[words.index(word) for word in tokens] for tokens in day])
        by_events = gaugeline.Learner(every="day", **SMALL)
        by_events.feed(events(1))
        by_events.end()
        a, b = by_arrays.step(), by_events.step()
        self.assertEqual((a.begin, a.end, a.observations), (b.begin, b.end, b.observations))
        self.assertEqual(a.item_rows, 8)

    def test_values_are_predicted(self):
        learner = gaugeline.Learner("gaussian", **SMALL)
        items, contexts = np.divmod(np.arange(200) % 40, 8)
        figures = np.where(items % 2 == contexts % 2, 4., 1.)
        names = ([f"{side}{i}" for i in range(8)] for side in ("user", "film"))
        learner.feed_slice(0, 10**6, *names, values=(items, contexts, figures))
        self.assertEqual(learner.step().observations, 200)
        self.assertGreater(learner.score("user2", "film4"), learner.score("user2", "film3") + 1)
        self.assertEqual(len(learner.contexts.offset), 8)

    def test_what_moved_is_told_against_a_mark(self):
        learner = learnt()
        mark = learner.mark()
        self.assertEqual(learner.displacement("pear", mark), (0, 0))
        learner.feed_slice("2024-06-01", "2024-06-02", ["pear", *CARS, "new"], sequences=[[0, 1, 2, 3, 4, 5] * 4])
        learner.step()
        moved = learner.displacement("pear", mark)
        then = mark.embeddings[mark.rows["pear"]]
        self.assertAlmostEqual(moved.distance, float(np.linalg.norm(learner.embeddings[learner.find("pear")] - then)), 5)
        self.assertEqual(learner.neighbors(then, 1)[0].token, learner.neighbors(then.tolist(), 9)[0].token)
        with self.assertRaises(gaugeline.UnknownTokenError):
            learner.displacement("new", mark)

    def test_forgotten_tokens_are_gone(self):
        learner = learnt()
        self.assertEqual(learner.forget("apple", "never seen"), 1)
        self.assertIsNone(learner.find("apple"))
        self.assertNotIn("apple", learner.items.tokens)

    def test_views_are_read_only_and_outlive_the_learner(self):
        learner = learnt()
        items = learner.items
        copies = items.embeddings.copy(), items.uses.copy()
        self.assertFalse(items.embeddings.flags.writeable)
        with self.assertRaises(ValueError):
            items.embeddings[0, 0] = 1
        rows, uses = items.embeddings[3:5], items.uses
        learner.close()
        del learner, items
        gc.collect()
        held = [np.zeros(2**20, np.uint8) for _ in range(64)]  # takes what might have been given back
        np.testing.assert_array_equal(rows, copies[0][3:5])
        np.testing.assert_array_equal(uses, copies[1])
        del held

    def test_an_empty_learner_has_empty_tables(self):
        learner = gaugeline.Learner(**SMALL)
        self.assertEqual((len(learner.items), learner.items.tokens, learner.waiting), (0, [], 0))
        self.assertEqual(learner.embeddings.size, 0)
        self.assertIsNone(learner.step())
        self.assertEqual(learner.learn(), [])

    def test_a_closed_learner_says_so_and_frees_its_directory(self):
        with gaugeline.Learner(data_dir=self.folder / "data", **SMALL) as learner:
            with self.assertRaises(OSError):
                gaugeline.Learner(data_dir=self.folder / "data", **SMALL)
        for use in (learner.step, learner.mark, learner.end, lambda: learner.items, lambda: learner.neighbors("a")):
            with self.assertRaisesRegex(ValueError, "the learner is closed"):
                use()
        gaugeline.Learner(data_dir=self.folder / "data", **SMALL).close()

    def test_threads_may_ask_while_one_learns(self):
        learner, failures = learnt(), []

        def ask():
            try:
                for _ in range(200):
                    assert len(learner.neighbors("apple", 3)) == 3
            except Exception as failure:  # shown by the test's own thread
                failures.append(failure)

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        for day in range(10, 20):
            learner.feed_slice(f"2024-05-{day}", f"2024-05-{day + 1}", FRUIT, sequences=[[0, 1, 2, 3] * 5])
            learner.step()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])


class Refusals(unittest.TestCase):
    def assert_refused(self, error, part, call, *arguments, **named):
        with self.assertRaises(error) as caught:
            call(*arguments, **named)
        self.assertIn(part, str(caught.exception))
        return caught.exception

    def test_options_that_do_not_exist_or_fit(self):
        self.assert_refused(TypeError, "did you mean dimension", gaugeline.Learner, dimensions=8)
        self.assert_refused(gaugeline.LearnerError, "dimension is 0", gaugeline.Learner, dimension=0)
        self.assert_refused(gaugeline.LearnerError, "seed: '1.5'", gaugeline.Learner, seed=1.5)
        self.assert_refused(gaugeline.LearnerError, "neither skipgram nor gaussian", gaugeline.Learner, "other")
        gaugeline.Learner(every=datetime.timedelta(hours=3), lateness=datetime.timedelta(minutes=1), **SMALL)
        self.assertIn("every", gaugeline.option_names())

    def test_events(self):
        self.assert_refused(gaugeline.LearnerError, "'every'", gaugeline.Learner(**SMALL).feed, "")
        learner = gaugeline.Learner(every="day", **SMALL)
        taken = learner.feed('{"time": 1, "tokens": ["a", "b"]}\nnot JSON\n')
        self.assertEqual((taken.counted, taken.refused, taken.first_refused_line), (1, 1, 2))
        self.assertTrue(taken.first_reason)
        self.assert_refused(TypeError, "set", learner.feed, {"time": 1, "tokens": {1}})

    def test_slices(self):
        learner = gaugeline.Learner(**SMALL)
        bad = gaugeline.LearnerError
        self.assertEqual(self.assert_refused(bad, "interval", learner.feed_slice, 1, 1, ["a"]).kind, "bad data")
        self.assert_refused(bad, "256", learner.feed_slice, 0, 1, ["a" * 256])
        self.assert_refused(bad, "sequence_ids[0] is 9", learner.feed_slice, 0, 1, ["a"], sequences=[[9]])
        self.assert_refused(ValueError, "whole numbers", learner.feed_slice, 0, 1, ["a"], sequences=[[-1]])
        self.assert_refused(ValueError, "whole numbers", learner.feed_slice, 0, 1, ["a"], sequences=[[.5]])
        self.assert_refused(ValueError, "shapes", learner.feed_slice, 0, 1, ["a"], pairs=([0], [0], [1, 2]))
        self.assert_refused(bad, "nan", learner.feed_slice, 0, 1, ["a"], ["b"], values=([0], [0], [np.nan]))
        self.assert_refused(ValueError, "item_uses", learner.feed_slice, 0, 1, ["a"], item_uses=[1, 2])
        learner.feed_slice(5, 9, ["a", "b"], sequences=[[0, 1]])
        self.assertEqual(self.assert_refused(bad, "before", learner.feed_slice, 0, 1, ["a"]).kind, "out of order")

    def test_questions(self):
        learner = learnt()
        self.assert_refused(gaugeline.UnknownTokenError, "'plum'", learner.neighbors, "plum")
        self.assert_refused(gaugeline.UnknownTokenError, "'plum'", learner.similarity, "apple", "plum")
        self.assert_refused(gaugeline.LearnerError, "dimension is 3", learner.neighbors, np.ones(3))
        self.assertEqual(learner.neighbors("apple", 0), [])
        self.assertEqual(len(learner.neighbors("apple", 10**12)), 7)
        self.assertRaises(IndexError, learner.items.token, 99)

    def test_files(self):
        self.assertRaises(FileNotFoundError, gaugeline.Learner.load, "/nowhere/a.snapshot")
        self.assertRaises(ValueError, gaugeline.Learner.load, "a\0b")
        self.assert_refused(gaugeline.LearnerError, "nothing was learnt", gaugeline.Learner(**SMALL).save, "a")

    def test_without_the_library_only_learning_fails_and_says_what_to_do(self):
        script = "import gaugeline; print(gaugeline.open.__name__); gaugeline.Learner()"
        environment = dict(os.environ, GAUGELINE_LIBRARY="/nowhere/libgaugeline.so.0", PYTHONPATH=PACKAGE)
        told = subprocess.run([sys.executable, "-B", "-c", script], env=environment, capture_output=True, text=True)
        self.assertEqual((told.returncode, told.stdout), (1, "open\n"))
        last = told.stderr.splitlines()[-1]
        self.assertIn("LibraryMissingError", last)
        self.assertIn("libgaugeline0", last)
        self.assertIn("GAUGELINE_LIBRARY", last)


if __name__ == "__main__":
    unittest.main()
