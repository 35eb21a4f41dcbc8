"""The layering check itself: it accepts what is allowed and names each kind of planted violation."""

import json
import pathlib
import tempfile
import unittest

import layering


class Layering(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def found(self, path, *lines):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return layering.check_includes(self.root)

    def command(self, source, output, flags):
        return {"file": str(self.root / source), "command": f"c++ {flags} -o {output} -c {source}"}

    def test_allowed_includes_pass(self):
        self.found("lib/src/a.hpp", "#pragma once")
        self.found("lib/src/a.cpp", "#include <cmath>", "#include <Eigen/Core>", "#include <gaugeline/slice.hpp>", '#include "a.hpp"')
        self.found("formats/src/b.cpp", "#include <zstd.h>", "#include <unistd.h>", "#include <gaugeline/slice.hpp>")
        self.found("stream/src/c.cpp", "#include <boost/asio/write.hpp>", "#include <Spectra/SymEigsSolver.h>", "#include <gaugeline/formats/snapshot.hpp>")
        self.assertEqual(self.found("tools/cli/d.cpp", "#include <CLI/CLI.hpp>", "#include <gaugeline/stream/server.hpp>"), [])

    def test_an_include_of_the_layer_above_is_named_with_its_line(self):
        found = self.found("lib/src/a.cpp", "#include <vector>", "#  include <gaugeline/formats/snapshot.hpp>")
        self.assertEqual(found, ["lib/src/a.cpp:2: lib includes <gaugeline/formats/snapshot.hpp> of formats, the layer above"])

    def test_formats_may_not_include_stream(self):
        self.assertEqual(len(self.found("formats/include/gaugeline/formats/a.hpp", '#include "gaugeline/stream/server.hpp"')), 1)

    def test_stream_may_not_include_tools(self):
        self.assertEqual(len(self.found("stream/src/a.cpp", '#include "../../tools/cli/options.hpp"')), 1)

    def test_the_c_interface_belongs_to_tools(self):
        self.assertEqual(self.found("tools/c/src/a.cpp", "#include <gaugeline/gaugeline.h>"), [])
        (line,) = self.found("stream/src/a.cpp", "#include <gaugeline/gaugeline.h>")
        self.assertIn("stream includes <gaugeline/gaugeline.h> of tools, the layer above", line)

    def test_lib_may_not_include_posix_or_flatbuffers_or_boost(self):
        found = self.found("lib/src/a.cpp", "#include <unistd.h>", "#include <flatbuffers/flatbuffers.h>", "#include <boost/json.hpp>")
        self.assertEqual(len(found), 3)

    def test_one_file_of_lib_may_ask_for_tiles(self):
        self.assertEqual(self.found("lib/src/kernel_tiles.cpp", "#include <sys/syscall.h>", "#include <cpuid.h>"), [])
        self.assertEqual(len(self.found("lib/src/kernel_tiles.cpp", "#include <fcntl.h>")), 1)

    def test_formats_may_not_include_boost(self):
        self.assertEqual(len(self.found("formats/src/a.cpp", "#include <boost/crc.hpp>")), 1)

    def test_a_source_of_lib_that_is_compiled_with_exceptions_is_named(self):
        commands = [
            self.command("lib/src/a.cpp", "lib/a.o", "-fno-rtti -fno-exceptions"),
            self.command("lib/src/b.cpp", "lib/b.o", "-fno-rtti"),
            self.command("lib/src/b.cpp", "tests/lib/b.o", ""),
            self.command("formats/src/c.cpp", "formats/c.o", ""),
        ]
        (self.root / "compile_commands.json").write_text(json.dumps(commands), encoding="utf-8")
        found = layering.check_flags(self.root, self.root)
        self.assertEqual(found, ["lib/src/b.cpp:1: is compiled without -fno-exceptions"])

    def test_a_build_without_lib_is_an_error(self):
        (self.root / "compile_commands.json").write_text("[]", encoding="utf-8")
        self.assertEqual(len(layering.check_flags(self.root, self.root)), 1)


if __name__ == "__main__":
    unittest.main()
