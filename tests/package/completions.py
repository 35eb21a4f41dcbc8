"""The completions are read by bash, zsh and fish, and complete subcommands, options and their values.

  completions.py PREFIX
"""
import pathlib
import subprocess
import sys
import unittest


def out_of(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def in_bash(*words):
    """What bash offers for the last of the words."""
    script = 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; _gaugeline; printf "%s\\n" "${COMPREPLY[@]}"'
    return out_of("bash", "--norc", "-c", script, BASH, *words).split()


def in_fish(line):
    """What fish offers at the end of the line."""
    offered = out_of("fish", "--no-config", "-c", f"source {FISH}; complete -C '{line}'")
    return [each.split("\t")[0] for each in offered.splitlines()]


class Completions(unittest.TestCase):
    def test_the_shells_read_them_without_an_error(self):
        for command in (["bash", "-n", BASH], ["zsh", "-f", "-n", ZSH], ["fish", "--no-execute", FISH]):
            read = subprocess.run(command, capture_output=True, text=True, check=False)
            self.assertEqual((read.returncode, read.stderr), (0, ""), command)

    def test_bash_completes_subcommands(self):
        self.assertEqual(in_bash("gaugeline", "que"), ["query"])
        self.assertEqual(in_bash("gaugeline", "query", "dr"), ["drift"])
        self.assertIn("--data-dir", in_bash("gaugeline", "serve", ""))

    def test_bash_completes_options_and_their_values(self):
        self.assertEqual(in_bash("gaugeline", "query", "drift", "--skip"), ["--skip-commonest"])
        self.assertEqual(in_bash("gaugeline", "serve", "--log-format", "j"), ["json"])
        self.assertEqual(in_bash("gaugeline", "serve", "--log-format", "=", "j"), ["json"])
        self.assertEqual(in_bash("gaugeline", "serve", "--data-dir", "/us"), ["/usr"])
        self.assertEqual(in_bash("gaugeline", "serve", "--dim", ""), [])

    def test_bash_knows_the_command_by_its_name(self):
        self.assertIn("_gaugeline gaugeline", out_of("bash", "--norc", "-c", 'source "$0"; complete -p gaugeline', BASH))

    def test_fish_completes_subcommands_options_and_their_values(self):
        self.assertEqual(in_fish("gaugeline que"), ["query"])
        self.assertEqual(in_fish("gaugeline query dr"), ["drift"])
        self.assertEqual(in_fish("gaugeline query drift --skip"), ["--skip-commonest"])
        self.assertEqual(in_fish("gaugeline serve --log-format "), ["json", "text"])

    def test_zsh_finds_the_function_of_the_command(self):
        script = 'fpath=($0:h $fpath); autoload -U compinit; compinit -u -D; print $_comps[gaugeline]'
        self.assertEqual(out_of("zsh", "-f", "-c", script, ZSH), "_gaugeline\n")


if __name__ == "__main__":
    SHARE = pathlib.Path(sys.argv[1]) / "share"
    BASH = str(SHARE / "bash-completion/completions/gaugeline")
    FISH = str(SHARE / "fish/vendor_completions.d/gaugeline.fish")
    ZSH = str(SHARE / "zsh/site-functions/_gaugeline")
    unittest.main(argv=sys.argv[:1])
