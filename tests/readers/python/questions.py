"""Python answers questions to snapshots as the command does.

    questions.py PACKAGE FOLDER     FOLDER with runs and answers.ndjson, as ask.py leaves them
"""

import json
import pathlib
import sys
import unittest

FOLDER = pathlib.Path(sys.argv.pop())
sys.path.insert(0, sys.argv.pop())
import gaugeline

TOLERANCE = 1e-5  # of float sums in another order, relative to 1 or to the figure


class Questions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.asked = None
        cls.answers = [json.loads(line) for line in (FOLDER / "answers.ndjson").read_text().splitlines()]
        cls.runs = {
            run: [gaugeline.open(path) for path in sorted((FOLDER / run / "snapshots").glob("*.snapshot"))]
            for run in ("words", "values")
        }

    def each(self, verb):
        found = [one for one in self.answers if one["question"]["verb"] == verb]
        self.assertTrue(found)
        for one in found:
            self.asked = one["question"]
            yield one["question"], one["answer"], self.runs[one["run"]]

    def _formatMessage(self, msg, standardMsg):  # that a failure names the question
        return super()._formatMessage(f"{self.asked}: {msg}", standardMsg)

    def near(self, found, told):
        self.assertLess(abs(found - told), TOLERANCE * max(1, abs(told)))

    def same_neighbors(self, found, told):
        self.assertEqual([one.token for one in found], [one["token"] for one in told])
        for one, other in zip(found, told):
            self.near(one.similarity, other["similarity"])
            self.assertEqual(one.uses, other["uses"])

    def same_movement(self, found, told):
        for name in ("distance", "displacement"):
            self.near(getattr(found, name), told[name])
        self.near(found.similarity, told["self_similarity"])

    def test_neighbors(self):
        for asked, answer, run in self.each("neighbors"):
            snapshot, least = run[int(asked["slice"])], float(asked["min-uses"])
            found = snapshot.neighbors(asked["token"], int(asked["k"]), least)
            self.same_neighbors(found, answer["neighbors"])
            vector = snapshot.items.row(snapshot.require(asked["token"])).embedding
            of_vector = snapshot.neighbors(vector, len(found) + 1, least)
            self.assertEqual([one for one in of_vector if one.token != asked["token"]][: len(found)], found)
            self.assertRaisesRegex(ValueError, "a vector of 2 numbers", snapshot.neighbors, vector[:2], 1)

    def test_similarity(self):
        for asked, answer, run in self.each("similarity"):
            found = run[int(asked["slice"])].similarity(asked["token"], asked["other"])
            self.near(found, answer["similarity"][0]["similarity"])

    def test_score(self):
        for asked, answer, run in self.each("score"):
            found = run[int(asked["slice"])].score(asked["item"], int(asked["k"]))
            self.assertEqual([one.token for one in found], [one["token"] for one in answer["score"]])
            for one, told in zip(found, answer["score"]):
                self.near(one.score, told["score"])

    def test_translate(self):
        for asked, answer, run in self.each("translate"):
            ends = run[int(asked["from"])], run[int(asked["to"])]
            found = gaugeline.translate(*ends, asked["token"], int(asked["k"]), float(asked["min-uses"]))
            self.same_neighbors(found, answer["translate"])

    def test_drift(self):
        for asked, answer, run in self.each("drift"):
            conditions = float(asked["min-uses"]), int(asked["skip-commonest"])
            found = gaugeline.drift(run[int(asked["from"])], run[int(asked["to"])], int(asked["k"]), *conditions)
            self.near(found.overdispersion, answer["overdispersion"])
            self.assertEqual(found.compared, answer["compared"])
            self.assertEqual([one.token for one in found.tokens], [one["token"] for one in answer["drift"]])
            for one, told in zip(found.tokens, answer["drift"]):
                self.same_movement(one.movement, told)
                self.assertEqual((one.uses_from, one.uses_to), (told["uses_from"], told["uses_to"]))
                self.same_neighbors(one.neighbors_from, told["neighbors_from"])
                self.same_neighbors(one.neighbors_to, told["neighbors_to"])
                self.assertEqual((one.gained, one.lost), (told["gained"], told["lost"]))

    def test_trajectory(self):
        lives = set()
        for asked, answer, run in self.each("trajectory"):
            others = asked["other"].split(",") if "other" in asked else []
            around = int(asked.get("k", 5)), float(asked.get("min-uses", 0))
            points = gaugeline.trajectory(run, asked["token"], others, *around)
            self.assertEqual([one.slice for one in points], [told["slice"]["index"] for told in answer["trajectory"]])
            for one, told in zip(points, answer["trajectory"]):
                self.assertEqual((one.uses, one.born), (told["uses"], told["born"]))
                self.same_movement(one.since_first, told)
                self.same_neighbors(one.neighbors, told.get("neighbors", []))
                for similarity, of_other in zip(one.similarities, told.get("similarities", [])):
                    self.assertEqual(similarity is None, of_other["similarity"] is None)
                    if similarity is not None:
                        self.near(similarity, of_other["similarity"])
                lives.add((asked["token"], one.born))
        self.assertGreater(len(lives), len({token for token, _ in lives}))  # one at least began anew

    def test_what_cannot_be_answered_is_refused(self):
        words, values = self.runs["words"], self.runs["values"]
        for question in (
            lambda: gaugeline.drift(words[-1], values[-1], 1),
            lambda: gaugeline.translate(words[-1], values[-1], "word-0-0", 1),
            lambda: gaugeline.trajectory([*words, values[-1]], "word-0-0"),
        ):
            with self.assertRaisesRegex(gaugeline.NotComparableError, "has a frame of its own"):
                question()
        for question in (
            lambda: words[0].neighbors("no such word", 1),
            lambda: words[0].score("no such word", 1),
            lambda: gaugeline.translate(words[0], words[1], "no such word", 1),
            lambda: gaugeline.movement(words[0], words[1], "no such word"),
            lambda: gaugeline.trajectory(words, "no such word"),
            lambda: gaugeline.trajectory(words, "word-0-0", ["no such word"]),
        ):
            with self.assertRaisesRegex(gaugeline.UnknownTokenError, "no such word"):
                question()
        for question in (
            lambda: gaugeline.drift(words[3], words[1], 1),
            lambda: gaugeline.movement(words[3], words[1], "word-0-0"),
            lambda: gaugeline.trajectory(words[::-1], "word-0-0"),
        ):
            with self.assertRaisesRegex(ValueError, "the earlier snapshot comes first"):
                question()
        points = gaugeline.trajectory(words, "word-5-9")
        anew = next(after for before, after in zip(points, points[1:]) if after.born != before.born)
        with self.assertRaisesRegex(gaugeline.NotComparableError, "began anew"):
            gaugeline.movement(words[points[0].slice], words[anew.slice], "word-5-9")


if __name__ == "__main__":
    unittest.main()
