"""The Dockerfile where it can be checked without Docker: what it copies is there, it does not run as root, its ports and
its volume are those of the daemon that it starts, and its health check tells a daemon that is ready from one that is not.

  dockerfile.py SOURCE GAUGELINE
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest


def instructions():
    text = (SOURCE / "Dockerfile").read_text().replace("\\\n", " ")
    return [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]


def of_last_stage(name):
    stage = instructions()
    while any(instruction == "FROM" for instruction, _ in stage[1:]):
        stage = stage[1:]
    return [value for instruction, value in stage if instruction == name]


def with_ports_of_ours(text, ports):
    return text.replace("7077", str(ports["listen"])).replace("7078", str(ports["http"]))


class Dockerfile(unittest.TestCase):
    def setUp(self):
        self.command = json.loads(of_last_stage("ENTRYPOINT")[0])

    def test_what_it_copies_is_there(self):
        for instruction, value in instructions():
            if instruction == "COPY" and not value.startswith("--from="):
                self.assertTrue((SOURCE / value.split()[0]).exists(), value)

    def test_the_daemon_does_not_run_as_root(self):
        self.assertEqual(of_last_stage("USER"), ["gaugeline"])

    def test_volume_and_ports_are_those_of_the_daemon(self):
        self.assertEqual(of_last_stage("VOLUME"), [self.command[self.command.index("--data-dir") + 1]])
        ports = [self.command[self.command.index(flag) + 1].rpartition(":")[2] for flag in ("--listen", "--http")]
        self.assertEqual(of_last_stage("EXPOSE")[0].split(), ports)

    def test_the_daemon_takes_the_flags(self):
        subprocess.run([GAUGELINE, *self.command[1:], "--check-config"], check=True)

    def test_the_health_check_tells_a_ready_daemon_from_none(self):
        check = json.loads(of_last_stage("HEALTHCHECK")[0].partition("CMD ")[2])
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            command = [GAUGELINE, *self.command[1:]]
            for flag, value in {"--data-dir": folder / "data", "--listen": "127.0.0.1:0", "--http": "127.0.0.1:0"}.items():
                command[command.index(flag) + 1] = value
            with subprocess.Popen([*command, "--port-file", folder / "ports"]) as daemon:
                try:
                    while not (folder / "ports").exists() and daemon.poll() is None:
                        time.sleep(.05)
                    ports = dict(re.findall(r"^(\w+) (\d+)$", (folder / "ports").read_text(), re.M))
                    check = [with_ports_of_ours(word, ports) for word in check]
                    self.assertEqual(subprocess.run(check, timeout=60, check=False).returncode, 0)
                finally:
                    daemon.terminate()
            self.assertNotEqual(subprocess.run(check, stderr=subprocess.DEVNULL, timeout=60, check=False).returncode, 0)


if __name__ == "__main__":
    SOURCE, GAUGELINE = pathlib.Path(sys.argv[1]), sys.argv[2]
    unittest.main(argv=sys.argv[:1])
