"""The examples of tools/examples run, on input of a moment, and say what they promise.

    examples.py PACKAGE LIBRARY FOLDER     FOLDER is tools/examples
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

FOLDER, LIBRARY, PACKAGE = (sys.argv.pop() for _ in range(3))


def addresses():
    """Six decades, of which one word changes its company: gold, from coins to medals."""
    for year in range(1800, 1860, 2):
        early = year < 1830
        coins = ["silver", "coin", "gold" if early else "copper", "money", "bank"]
        medals = ["race", "medal", "ribbon" if early else "gold", "winner", "games"]
        text = ". ".join(" ".join(words[shift:] + words[:shift]) for words in (coins, medals) for shift in range(5))
        yield {"time": f"{year}-01-01T00:00:00Z", "text": " ".join([text] * 4)}


class Examples(unittest.TestCase):
    def test_the_state_of_the_union(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "addresses.ndjson"
            file.write_text("".join(json.dumps(event) + "\n" for event in addresses()))
            arguments = [file, "--words", "gold", "winner", "--skip-commonest", "0"]
            told = subprocess.run(
                [sys.executable, "-B", pathlib.Path(FOLDER) / "state_of_the_union.py", *arguments],
                env=dict(os.environ, PYTHONPATH=PACKAGE, GAUGELINE_LIBRARY=LIBRARY),
                capture_output=True, text=True, check=False,
            )
        self.assertEqual((told.returncode, told.stderr), (0, ""))
        lines = told.stdout.splitlines()
        self.assertIn("6 slices; 0 lines could not be used", lines)
        at = lines.index("gold")
        first, last = lines[at + 1].split(), lines[at + 3].split()
        self.assertEqual((first[0], last[0]), ("1810", "1850"))
        self.assertIn(first[1], ("silver", "coin", "money", "bank"))
        self.assertIn(last[1], ("race", "medal", "winner", "games"))
        ranked = lines.index("what moved most from 1810 to 1850, of 9 words")
        self.assertEqual(lines[ranked + 1].split()[0], "gold")
        self.assertTrue(lines[-1].startswith("goes on with slice 6"))


if __name__ == "__main__":
    unittest.main()
