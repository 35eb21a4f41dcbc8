"""Python reads from a snapshot what C++ reads.

    agreement.py PACKAGE FOLDER     FOLDER with snapshots and facts.ndjson, as write_snapshots leaves them
"""

import json
import pathlib
import sys
import unittest

import numpy as np
import xxhash

FOLDER = pathlib.Path(sys.argv.pop())
sys.path.insert(0, sys.argv.pop())
import gaugeline

SIMILARITY_TOLERANCE = 2e-6  # float sums of up to 64 products, in another order


def digest(*arrays):
    return str(xxhash.xxh3_64_intdigest(b"".join(array.tobytes() for array in arrays)))


def told(found, fact):
    """What was found in the form of the fact: whole numbers are strings there."""
    if isinstance(fact, dict):
        return {name: told(found[name], fact[name]) for name in fact} if found.keys() == fact.keys() else found
    return str(found) if isinstance(fact, str) else found


class Agreement(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        lines = (FOLDER / "facts.ndjson").read_text(encoding="utf-8").splitlines()
        cls.facts = [json.loads(line) for line in lines]
        cls.snapshots = [gaugeline.open(FOLDER / facts["file"]) for facts in cls.facts]

    def each(self):
        self.assertGreater(len(self.facts), 0)
        for facts, snapshot in zip(self.facts, self.snapshots):
            self.file = facts["file"]
            yield facts, snapshot

    def _formatMessage(self, msg, standardMsg):  # that a failure names the snapshot
        return super()._formatMessage(f"{self.file}: {msg}", standardMsg)

    def test_the_summary_has_every_field(self):
        for facts, snapshot in self.each():
            found = dict(vars(snapshot.summary))
            found["sources"] = [[source.name, str(source.sequence)] for source in snapshot.summary.sources]
            self.assertEqual(told(found, facts["summary"]), facts["summary"])

    def test_the_values_the_rotation_and_the_canaries_are_the_same(self):
        for facts, snapshot in self.each():
            self.assertEqual(snapshot.values, facts["values"])
            self.assertEqual(snapshot.contexts_share_tokens, facts["contexts_share_tokens"])
            for name in ("rotation", "canary_rows", "canary_before"):
                self.assertEqual(digest(getattr(snapshot, name)), facts[name], name)

    def test_every_column_has_the_same_bytes(self):
        for facts, snapshot in self.each():
            for side in ("items", "contexts"):
                table = getattr(snapshot, side)
                for name, expected in facts[side]["columns"].items():
                    self.assertEqual(digest(*(getattr(chunk, name) for chunk in table.chunks)), expected, name)
                self.assertEqual(digest(table.candidate_hashes), facts[side]["candidate_hashes"])
                self.assertEqual(digest(table.candidate_counts), facts[side]["candidate_counts"])

    def test_tokens_are_the_same_and_found_by_str_and_by_bytes(self):
        for facts, snapshot in self.each():
            for side in ("items", "contexts"):
                table, expected = getattr(snapshot, side), [bytes.fromhex(token) for token in facts[side]["tokens"]]
                self.assertEqual([token.encode(errors="surrogateescape") for token in table.tokens], expected)
                for row, token in enumerate(expected):
                    self.assertEqual(table.find(token), row)
                self.assertEqual([table.find(token) for token in table.tokens[:3]], list(range(len(table)))[:3])
                self.assertIsNone(table.find(b"\x00 no such token"))

    def test_rows_are_those_of_the_chunks(self):
        for _, snapshot in self.each():
            for table in (snapshot.items, snapshot.contexts):
                rows = [table.row(row) for row in range(len(table))]
                for name in ("embedding", "precision", "uses", "born"):
                    column = "embeddings" if name == "embedding" else name
                    expected = [value for chunk in table.chunks for value in getattr(chunk, column)]
                    np.testing.assert_array_equal([getattr(row, name) for row in rows], expected)
                self.assertRaises(IndexError, table.row, len(table))
                self.assertRaises(IndexError, table.row, -1)

    def test_what_is_stored_is_a_view_that_cannot_be_written(self):
        encodings = set()
        for facts, snapshot in self.each():
            for side in ("items", "contexts"):
                chunks = getattr(snapshot, side).chunks
                self.assertEqual(digest(*(chunk.stored for chunk in chunks)), facts[side]["stored"])
                self.assertEqual(digest(*(chunk.embedding_scale for chunk in chunks)), facts[side]["embedding_scale"])
                for chunk in chunks:
                    encodings.add((chunk.encoding, chunk.stored.dtype.name))
                    self.assertEqual(chunk.embeddings.dtype, np.float32)
                    self.assertFalse(chunk.stored.flags.writeable)
                    self.assertFalse(chunk.stored.flags.owndata)
                    if chunk.encoding == "float32":
                        self.assertTrue(np.shares_memory(chunk.embeddings, chunk.stored))
        self.assertEqual(encodings, {("float32", "float32"), ("bfloat16", "uint16"), ("int8", "int8")})

    def test_neighbors_are_the_same(self):
        for facts, snapshot in self.each():
            for question in facts["neighbors"]:
                token = bytes.fromhex(question["token"])
                if not question["known"]:
                    self.assertRaises(gaugeline.UnknownTokenError, snapshot.neighbors, token, 1)
                    continue
                found = snapshot.neighbors(token, len(snapshot.items))
                self.assert_same_neighbors(found, question["found"])
                self.assertEqual(snapshot.neighbors(token, 3), found[:3])
                for neighbor in found[:3]:
                    self.assertEqual(snapshot.similarity(token, neighbor.token), neighbor.similarity)

    def assert_same_neighbors(self, found, expected):
        """Exactly in the order of C++, but where its similarities differ by no more than rounding."""
        similarity = {bytes.fromhex(token): value for token, value in expected}
        names = [neighbor.token.encode(errors="surrogateescape") for neighbor in found]
        self.assertEqual(sorted(names), sorted(similarity))
        for name, neighbor, (_, at_this_place) in zip(names, found, expected):
            self.assertAlmostEqual(neighbor.similarity, similarity[name], delta=SIMILARITY_TOLERANCE)
            self.assertAlmostEqual(similarity[name], at_this_place, delta=SIMILARITY_TOLERANCE)
        for before, after in zip(found, found[1:]):
            self.assertLess((-before.similarity, before.row), (-after.similarity, after.row))

    def test_the_same_snapshots_are_comparable_for_the_same_reasons(self):
        reasons = set()
        for n, (facts, snapshot) in enumerate(self.each()):
            try:
                gaugeline.check_comparable(self.snapshots[max(n - 1, 0)], snapshot)
                reason = ""
            except gaugeline.NotComparableError as error:
                reason = str(error)
            self.assertEqual(reason, facts["comparability"])
            reasons.add("".join(reason.split()[2:3]))
        self.assertEqual(len(reasons), 5)  # all of them, and none

    def test_frames_are_checked_with_the_same_result(self):
        for facts, snapshot in self.each():
            found = vars(snapshot.check_frame())
            self.assertEqual(str(found.pop("rows")), facts["frame"].pop("rows"))
            for name, value in found.items():
                self.assertAlmostEqual(value, facts["frame"][name], delta=1e-6, msg=name)


if __name__ == "__main__":
    unittest.main()
