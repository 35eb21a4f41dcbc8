"""Every command has a man page that names all that its --help names, and that man and groff set without a warning.

  man_pages.py GAUGELINE PREFIX
"""
import gzip
import os
import pathlib
import re
import subprocess
import sys
import unittest


def help_of(words):
    return subprocess.run([GAUGELINE, *words, "--help"], capture_output=True, text=True, check=True).stdout


def commands(words=()):
    """This command and all below it, as tuples of words."""
    yield words
    below = re.search(r"^Subcommands:\n((?:  .*\n)+)", help_of(words), re.M)
    for name in re.findall(r"^  ([a-z]\S*)", below[1], re.M) if below else []:
        yield from commands((*words, name))


def page_of(words):
    return FOLDER / ("-".join(["gaugeline", *words]) + ".1.gz")


class ManPages(unittest.TestCase):
    def test_every_command_has_a_page_and_every_page_a_command(self):
        self.assertEqual(sorted(page_of(words) for words in commands()), sorted(FOLDER.iterdir()))

    def test_a_page_names_every_option_that_help_names(self):
        for words in commands():
            page = gzip.decompress(page_of(words).read_bytes()).decode().replace("\\-", "-")
            options = re.findall(r"^  (?:-\w,)?(--[a-z-]+)", help_of(words), re.M)
            self.assertTrue(options)
            for option in options:
                self.assertIn(f"\\fB{option}\\fR", page, words)

    def test_pages_are_set_without_a_warning(self):
        for page in sorted(FOLDER.iterdir()):
            environment = dict(os.environ, LC_ALL="C.UTF-8", MANWIDTH="80")
            shown = subprocess.run(["man", "--warnings", "-l", page], capture_output=True, text=True, check=True, env=environment)
            self.assertEqual(shown.stderr, "", page)
            self.assertIn("SEE ALSO", shown.stdout)
            groff = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z"], input=gzip.decompress(page.read_bytes()),
                                   capture_output=True, check=True)
            self.assertEqual(groff.stderr, b"", page)


if __name__ == "__main__":
    GAUGELINE, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2]) / "share/man/man1"
    unittest.main(argv=sys.argv[:1])
