#include <algorithm>

#include "program.hpp"

using gaugeline::test::contains;
using gaugeline::test::launch;
using gaugeline::test::TemporaryDirectory;
using gaugeline::test::write_text;

TEST_CASE("flags win over the environment, and the environment over the file") {
  const TemporaryDirectory folder;
  const std::string file = folder / "gaugeline.toml";
  write_text(file, "threads = 3\n\n[train]\ndim = 10\nnegatives = 7\nstrict = true\n");
  const std::string print = "train --print-config --config '" + file + "'";

  CHECK(contains(launch(print).out, "\ndim = 10\n"));
  CHECK(contains(launch(print, {}, "GAUGELINE_DIM=11").out, "\ndim = 11\n"));
  CHECK(contains(launch(print + " --dim 12", {}, "GAUGELINE_DIM=11").out, "\ndim = 12\n"));

  const std::string all = launch(print, {}, "GAUGELINE_DIM=11").out;
  CHECK(all.starts_with("[train]\n"));
  CHECK(contains(all, "\nnegatives = 7\n"));
  CHECK(contains(all, "\nthreads = 3\n"));
  CHECK(contains(all, "\nstrict = true\n"));
  CHECK(contains(all, "\njson = false\n"));
}

TEST_CASE("the file can be named by the environment") {
  const TemporaryDirectory folder;
  write_text(folder / "gaugeline.toml", "[train]\ndim = 10\n");
  const auto outcome =
      launch("train --print-config", {}, "GAUGELINE_CONFIG='" + (folder / "gaugeline.toml").native() + "'");
  CHECK(contains(outcome.out, "\ndim = 10\n"));
}

TEST_CASE("a table of a nested subcommand wins over its parent's, and that over the top") {
  const TemporaryDirectory folder;
  const std::string file = folder / "gaugeline.toml";
  write_text(file, "k = 1\ndata = 'everywhere'\n[query]\nk = 2\nslice = 1862-05-20\n[query.neighbors]\nk = 3\n");
  const std::string neighbors = launch("query neighbors --print-config --config '" + file + "'").out;
  CHECK(contains(neighbors, "\nk = 3\n"));
  CHECK(contains(neighbors, "1862-05-20"));
  CHECK(contains(neighbors, "everywhere"));
  CHECK(contains(launch("query drift --print-config --config '" + file + "'").out, "\nk = 2\n"));
}

TEST_CASE("an unknown key is an error that names key, file and line") {
  const TemporaryDirectory folder;
  const std::string file = folder / "gaugeline.toml";
  const std::string train = "train x --out y --config '" + file + "'";

  write_text(file, "# a comment\n\n[train]\ndim = 8\ndimension = 9\n");
  auto outcome = launch(train);
  CHECK(outcome.status == 2);
  CHECK(contains(outcome.err, file + ":5: unknown key 'dimension' for train"));

  write_text(file, "[serve]\nlissten = '127.0.0.1:1'\n");
  outcome = launch(train);
  CHECK(outcome.status == 2);
  CHECK(contains(outcome.err, file + ":2: unknown key 'lissten' for serve"));

  write_text(file, "[dance]\nstep = 1\n");
  outcome = launch(train);
  CHECK(outcome.status == 2);
  CHECK(contains(outcome.err, file + ":1: unknown table 'dance'"));
}

TEST_CASE("a value that does not fit names where it came from") {
  const TemporaryDirectory folder;
  const std::string file = folder / "gaugeline.toml";
  write_text(file, "[train]\n\ndim = 'many'\n");
  auto outcome = launch("train x --out y --config '" + file + "'");
  CHECK(outcome.status == 2);
  CHECK(contains(outcome.err, file + ":3: --dim: 'many' is not a whole number"));

  outcome = launch("train x --out y", {}, "GAUGELINE_SWEEPS=-1");
  CHECK(outcome.status == 2);
  CHECK(contains(outcome.err, "GAUGELINE_SWEEPS: --sweeps: '-1' is not a whole number"));

  write_text(file, "[train\n");
  outcome = launch("train x --out y --config '" + file + "'");
  CHECK(outcome.status == 2);
  CHECK(contains(outcome.err, file + ":1: "));
}

TEST_CASE("what --print-config prints can be read back") {
  const TemporaryDirectory folder;
  const std::string file = folder / "gaugeline.toml";
  const std::string first =
      launch("serve --print-config --model gaussian --dim 5 --time-unit 2d --data-dir 'a \"b\"'").out;
  CHECK(contains(first, "\nprior-precision = 3\n"));
  CHECK(contains(first, "\ndata-dir = "));
  write_text(file, first);
  CHECK(launch("serve --print-config --config '" + file + "'").out == first);
}

TEST_CASE("names that HTTP answers to come from flags, the environment or the file, one or several") {
  const TemporaryDirectory folder;
  const std::string file = folder / "gaugeline.toml";
  const std::string both = "\nhttp-host = [\"a.example\", \"b.example\"]\n";
  const std::string print = "serve --data-dir d --print-config ";
  write_text(file, "[serve]\nhttp-host = ['a.example', 'b.example']\n");
  // TOML has either kind of quotes.
  const auto names = [](std::string text) {
    std::ranges::replace(text, '\'', '"');
    return text;
  };
  CHECK(contains(names(launch(print + "--http-host a.example --http-host b.example").out), both));
  CHECK(contains(names(launch(print, "", "GAUGELINE_HTTP_HOST=a.example,b.example").out), both));
  CHECK(contains(names(launch(print + "--config '" + file + "'").out), both));
  CHECK(launch("serve --data-dir d --check-config --http-host a.example:80").status == 2);
}

TEST_CASE("defaults that wait for the data are told as a comment") {
  CHECK(contains(launch("train --print-config").out, "\n# prior-precision: 10, gaussian: 3\n"));
  CHECK(contains(launch("train --print-config --model gaussian").out, "\nprior-precision = 3\n"));
}
