"""The packages for Debian are made from the build, hold what they should, and run from where they are unpacked.

  debs.py BUILD FOLDER

Nothing is installed: the packages are unpacked below FOLDER.
"""
import ctypes
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import unittest
import urllib.request

NAMES = ("gaugeline", "libgaugeline-dev", "libgaugeline0", "python3-gaugeline")


def out_of(*command):
    return subprocess.run([str(each) for each in command], capture_output=True, text=True, check=True).stdout


def field(package, name):
    return out_of("dpkg-deb", "-f", PACKAGES[package], name).strip()


class Packages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for package, file in PACKAGES.items():
            subprocess.run(["dpkg-deb", "-x", file, FOLDER / package], check=True)
        cls.root = FOLDER / "gaugeline"

    def files(self, package):
        root = FOLDER / package
        return {str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir()}

    def test_they_say_what_they_are(self):
        version = out_of(self.root / "usr/bin/gaugeline", "--version").split()[1]
        for package in PACKAGES:
            self.assertEqual(field(package, "Package"), package)
            self.assertEqual(field(package, "Version"), version)
            self.assertIn("@", field(package, "Maintainer"))
            self.assertGreater(len(field(package, "Description").splitlines()), 2)

    def test_the_command_needs_the_libraries_that_it_is_linked_with(self):
        for library in ("libc6", "libssl3", "libicu", "libzstd1"):
            self.assertRegex(field("gaugeline", "Depends"), rf"(^|, ){library}")
        for library in ("libc6", "libicu"):
            self.assertRegex(field("libgaugeline0", "Depends"), rf"(^|, ){library}")

    def test_the_libraries_need_the_headers_that_they_include(self):
        self.assertIn("libeigen3-dev", field("libgaugeline-dev", "Depends"))
        self.assertIn(f"libgaugeline0 (= {field('libgaugeline0', 'Version')})", field("libgaugeline-dev", "Depends"))

    def test_each_holds_its_part(self):
        command, library, shared, python = map(self.files, NAMES)
        self.assertEqual(len(command | library | shared | python), sum(map(len, (command, library, shared, python))))
        self.assertLessEqual({
            "etc/gaugeline/serve.toml", "usr/bin/gaugeline", "usr/lib/systemd/system/gaugeline.service",
            "usr/lib/systemd/system/gaugeline.socket", "usr/share/man/man1/gaugeline.1.gz",
            "usr/share/bash-completion/completions/gaugeline", "usr/share/zsh/vendor-completions/_gaugeline",
            "usr/share/fish/vendor_completions.d/gaugeline.fish", "usr/share/doc/gaugeline/copyright"}, command)
        self.assertFalse({name for name in command if name.endswith((".a", ".hpp", ".cmake", ".pc"))})
        self.assertLessEqual({"usr/include/gaugeline/online_learner.hpp", "usr/share/doc/libgaugeline-dev/copyright"}, library)
        for suffix in ("libgaugeline_stream.a", "gaugeline-config.cmake", "gaugeline-stream.pc"):
            self.assertTrue([name for name in library if name.endswith(suffix)], suffix)
        self.assertFalse({name for name in library if name.startswith(("usr/bin", "etc"))})
        self.assertIn("usr/include/gaugeline/gaugeline.h", library)
        self.assertTrue([name for name in library if name.endswith("/libgaugeline.so")])
        self.assertTrue([name for name in shared if name.endswith("/libgaugeline.so.0")])
        self.assertFalse({name for name in shared if name.endswith((".a", ".so", ".h", ".hpp"))})

    def test_python_learns_from_where_it_is_unpacked(self):
        (library,) = (FOLDER / "libgaugeline0").rglob("libgaugeline.so.0")
        environment = dict(os.environ, GAUGELINE_LIBRARY=str(library),
                           PYTHONPATH=str(FOLDER / "python3-gaugeline/usr/lib/python3/dist-packages"))
        script = "import gaugeline; print(gaugeline.Learner(item_capacity=9, context_capacity=9).step())"
        told = subprocess.run(["/usr/bin/python3", "-B", "-c", script], env=environment, capture_output=True, text=True)
        self.assertEqual((told.stdout, told.stderr), ("None\n", ""))
        self.assertIn("python3-numpy", field("python3-gaugeline", "Depends"))

    def test_the_shared_library_can_be_loaded_where_it_is_unpacked(self):
        (library,) = (FOLDER / "libgaugeline0").rglob("libgaugeline.so.0")
        loaded = ctypes.CDLL(str(library))
        loaded.gaugeline_version.restype = ctypes.c_char_p
        self.assertEqual(loaded.gaugeline_version().decode(), field("libgaugeline0", "Version"))
        self.assertEqual(loaded.gaugeline_abi_version(), 0)

    def test_the_configuration_is_kept_when_the_package_changes(self):
        control = FOLDER / "control"
        subprocess.run(["dpkg-deb", "-e", PACKAGES["gaugeline"], control], check=True)
        self.assertEqual((control / "conffiles").read_text(), "/etc/gaugeline/serve.toml\n")
        for script in ("postinst", "prerm"):
            subprocess.run(["sh", "-n", control / script], check=True)

    def test_the_service_of_the_unpacked_unit_starts_with_the_packaged_configuration(self):
        unit = (self.root / "usr/lib/systemd/system/gaugeline.service").read_text()
        command = re.search(r"^ExecStart=(.*)$", unit, re.M)[1]
        command = command.replace("${STATE_DIRECTORY}", str(FOLDER / "state"))
        command = [str(self.root) + word if word.startswith(("/usr/", "/etc/")) else word for word in command.split()]
        self.assertEqual(command[:2], [str(self.root / "usr/bin/gaugeline"), "serve"])
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
            notified.bind(str(FOLDER / "notify"))
            notified.settimeout(60)
            # Ports of the test's own, since those of the configuration may be in use. The environment goes before the file.
            environment = dict(os.environ, NOTIFY_SOCKET=str(FOLDER / "notify"), GAUGELINE_LISTEN="127.0.0.1:0",
                               GAUGELINE_HTTP="127.0.0.1:0", GAUGELINE_PORT_FILE=str(FOLDER / "ports"))
            with subprocess.Popen(command, env=environment) as daemon:
                try:
                    self.assertIn("READY=1", notified.recv(4096).decode().split("\n"))
                    port = re.search(r"^http (\d+)$", (FOLDER / "ports").read_text(), re.M)[1]
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=60) as answer:
                        self.assertEqual(answer.read().decode().strip(), "ready")
                finally:
                    daemon.terminate()
                self.assertEqual(daemon.wait(60), 0)
        self.assertTrue((FOLDER / "state/lock").exists())


if __name__ == "__main__":
    BUILD, FOLDER = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    shutil.rmtree(FOLDER, ignore_errors=True)
    subprocess.run(["cpack", "--config", BUILD / "CPackConfig.cmake", "-B", FOLDER], check=True)
    PACKAGES = {file.name.split("_")[0]: file for file in FOLDER.glob("*.deb")}
    assert set(PACKAGES) == set(NAMES), PACKAGES
    unittest.main(argv=sys.argv[:1])
