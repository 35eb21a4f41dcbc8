"""What Python says of damaged snapshots: an error that names the file, never a crash, a hang or a wrong answer.

    damage.py PACKAGE FOLDER     FOLDER with small-ENCODING.snapshot, as write_snapshots leaves them
"""

import pathlib
import struct
import sys
import tempfile
import unittest

import xxhash

FOLDER = pathlib.Path(sys.argv.pop())
sys.path.insert(0, sys.argv.pop())
import gaugeline

FOOTER_BYTES = 64


def use_all(snapshot):
    snapshot.check_frame()
    gaugeline.check_comparable(snapshot, snapshot)
    for table in (snapshot.items, snapshot.contexts):
        for token in table.tokens:
            table.find(token)
    for row, token in enumerate(snapshot.items.tokens):
        if snapshot.items.known(row) and snapshot.find(token) == row:
            snapshot.neighbors(token, 2)
            snapshot.similarity(token, token)


class Damage:
    encoding: str

    @classmethod
    def setUpClass(cls):
        cls.small = (FOLDER / f"small-{cls.encoding}.snapshot").read_bytes()
        place = len(cls.small) - FOOTER_BYTES
        offset, size = struct.unpack_from("<QQ", cls.small, place + 16)
        cls.manifest = range(offset, offset + size)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = pathlib.Path(folder.name) / "damaged.snapshot"

    def sealed(self, data):
        """With the right checksums of the manifest and the footer."""
        data = bytearray(data)
        place = len(data) - FOOTER_BYTES
        manifest = data[self.manifest.start : self.manifest.stop]
        struct.pack_into("<Q", data, place + 32, xxhash.xxh3_64_intdigest(bytes(manifest)))
        struct.pack_into("<Q", data, place + 56, xxhash.xxh3_64_intdigest(bytes(data[place : place + 56])))
        return bytes(data)

    def changed(self, place, mask):
        return self.small[:place] + bytes([self.small[place] ^ mask]) + self.small[place + 1 :]

    def open(self, data, **how):
        self.file.unlink(missing_ok=True)  # the one before may still be mapped
        self.file.write_bytes(data)
        return gaugeline.open(self.file, **how)

    def assert_refused(self, data, what):
        with self.assertRaises(gaugeline.SnapshotError, msg=what) as caught:
            self.open(data)
        self.assertTrue(str(caught.exception).startswith(f"{self.file}: "), str(caught.exception))

    def assert_harmless(self, data, **how):
        """Refused, or read with other figures."""
        try:
            use_all(self.open(data, **how))
        except (gaugeline.SnapshotError, gaugeline.NotComparableError):
            pass

    def test_the_small_snapshot_itself_is_whole(self):
        small = self.open(self.small)
        use_all(small)
        self.assertEqual(small.summary.encoding, self.encoding)
        self.assertEqual(self.sealed(self.small), self.small)

    def test_every_changed_byte_is_found(self):
        for place in range(len(self.small)):
            self.assert_refused(self.changed(place, 1 << place % 8), f"byte {place}")

    def test_every_truncation_is_found(self):
        for size in range(len(self.small)):
            self.assert_refused(self.small[:size], f"{size} bytes")

    def test_more_bytes_are_found(self):
        self.assert_refused(self.small + b"\0", "a byte more")
        self.assert_refused(self.small + bytes(64), "a part more")

    def test_a_manifest_that_is_wrong_behind_right_checksums_does_no_harm(self):
        for place in self.manifest:
            for mask in (0x01, 0x80):
                self.assert_harmless(self.sealed(self.changed(place, mask)))

    def test_chunks_that_are_damaged_and_not_verified_do_no_harm(self):
        for place in range(64, self.manifest.start):
            for mask in (0x01, 0x80):
                self.assert_harmless(self.changed(place, mask), verify=False)

    def test_a_file_that_is_not_there_is_an_os_error(self):
        self.assertRaises(FileNotFoundError, gaugeline.open, self.file)


class DamagedFloat32(Damage, unittest.TestCase):
    encoding = "float32"


class DamagedBfloat16(Damage, unittest.TestCase):
    encoding = "bfloat16"


class DamagedInt8(Damage, unittest.TestCase):
    encoding = "int8"


if __name__ == "__main__":
    unittest.main()
