#include <cmath>
#include <sstream>

#include "small_streams.hpp"

using namespace gaugeline::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

namespace {

// Two numbers a row, by hand; `turn` in radians, and mirrored first if `mirror`.
std::string plane_table(int rows, double turn, bool mirror = false, int moved = 0) {
  std::ostringstream text;
  text.precision(9);
  text << rows << " 2\n";
  for (int row = 0; row < rows; ++row) {
    const double angle = .37 * row + (row < moved ? 1.5 : 0);
    const double length = 1 + .1 * (row % 7);
    const double x = length * std::cos(angle);
    const double y = (mirror ? -1 : 1) * length * std::sin(angle);
    text << "row" << row << ' ' << std::cos(turn) * x - std::sin(turn) * y << ' '
         << std::sin(turn) * x + std::cos(turn) * y << '\n';
  }
  return text.str();
}

struct Files {
  std::string write(const std::string& name, const std::string& text) const {
    write_text(folder / name, text);
    return path(name);
  }
  std::string path(const std::string& name) const { return "'" + (folder / name).native() + "'"; }
  TemporaryDirectory folder;
};

}  // namespace

TEST_CASE("a turned table is brought back: the angle, the residual, and the table in A's frame") {
  const Files files;
  const std::string a = files.write("a", plane_table(40, 0));
  const std::string b = files.write("b", plane_table(40, .25));
  const std::string text = must("align " + a + " " + b + " --k 2 --out " + files.path("c"));
  CHECK(text.starts_with("40 rows in common, of 40 of A and 40 of B\nrotation 0.2500 radians\nresidual 0.000000 of"));
  CHECK(count(text, "\nrow") == 2 + 1);  // and the heading
  const std::string again = must("align --json " + a + " " + files.path("c"));
  CHECK(contains(again, "\"common\": 40, \"zero_rows\": 0, \"dimension\": 2, \"rank\": 2"));
  CHECK(contains(must("align " + a + " " + files.path("c")), "rotation 0.0000 radians"));
}

TEST_CASE("a mirrored table is brought back too") {
  const Files files;
  const std::string a = files.write("a", plane_table(40, 0));
  const std::string json = must("align --json " + a + " " + files.write("b", plane_table(40, .25, true)));
  CHECK(contains(json, "\"rotation_angle\": 3.14159"));
  CHECK(contains(json, "\"reflects\": true, \"residual\": "));
  CHECK(contains(must("align " + a + " " + files.path("b")), "radians, a reflection\nresidual 0.000000"));
}

TEST_CASE("with --robust rows that moved do not drag the frame, and are those that are shown") {
  const Files files;
  const std::string both =
      files.write("a", plane_table(40, 0)) + " " + files.write("b", plane_table(40, .25, false, 10));
  CHECK_FALSE(contains(must("align " + both), "rotation 0.2500"));
  const std::string robust = must("align --robust " + both);
  CHECK(contains(robust, "rotation 0.2500 radians\nresidual 0.000000"));
  const std::string json = must("align --robust --json --k 10 " + both);
  for (int row = 0; row < 10; ++row) CHECK(contains(json, "{\"token\": \"row" + std::to_string(row) + "\", "));
  CHECK(count(json, "\"token\"") == 10);
}

TEST_CASE("only rows in common count, and all of B's are written, in any format") {
  const Files files;
  const std::string a = files.write("a", "3 2\nx 1 0\ny 0 1\nz 3 3\n");
  const std::string b = files.write("b", "3 2\ny -1 0\nnew 0 -2\nx 0 1\n");
  const std::string text = must("align " + a + " " + b + " --out " + files.path("c.npy") + " --format npy");
  CHECK(text.starts_with("2 rows in common, of 3 of A and 3 of B\nrotation 1.5708 radians\n"));
  CHECK(read_text(files.folder / "c.tokens.txt") == "y\nnew\nx\n");
  const auto output = launch("align " + a + " " + files.path("c.npy") + " --out -");
  CHECK(output.status == 0);
  CHECK(output.out.starts_with("3 2\ny "));
  CHECK(contains(output.err, "2 rows in common"));
  CHECK(contains(must("align --json " + files.path("c.npy") + " " + a), "\"rows_a\": 3"));
}

TEST_CASE("what cannot be aligned is refused, and what is doubtful is said") {
  const Files files;
  const std::string a = files.write("a", plane_table(5, 0));
  const auto refused = [&](const std::string& b, int status, std::string_view complaint) {
    const auto outcome = launch("align " + a + " " + files.write("b", b));
    CAPTURE(outcome.err);
    CHECK(outcome.status == status);
    CHECK(outcome.out.empty());
    CHECK(contains(outcome.err, complaint));
  };
  refused("1 3\nrow1 1 2 3\n", 65, "the reference has 2 dimensions and the table 3");
  refused("1 2\nlove 1 2\n", 1, "no row in common");
  refused("1 2\nrow1 0 0\n", 1, "no row in common that is not zero");
  refused("2 2\nrow1 1 2\nrow2 1 x\n", 65, "b: line 3: number 2 of 2");

  const auto few = launch("align " + a + " " + files.write("b", "2 2\nrow1 1 2\nrow2 0 0\n"));
  CHECK(few.status == 0);
  CHECK(contains(few.out, "1 rows in common, of 5 of A and 2 of B; 1 more are zero"));
  CHECK(contains(few.err, "tell of 1 of 2 dimensions"));

  CHECK(launch("align " + a + " nowhere").status == 74);
  CHECK(launch("align " + a).status == 2);
  CHECK(launch("align " + a + " " + a + " --json --out -").status == 2);
  CHECK(launch("align " + a + " " + a + " --slice-b 3").status == 2);
}

TEST_CASE("slices of data directories, snapshot files, and what was exported of them") {
  const Files files;
  simulate_gaussian(files.folder / "g.slices", 3);
  must("train " + files.path("g.slices") + " --out " + files.path("run") + words(small_gaussian_learner));
  const std::string run = files.path("run");
  const std::string same =
      must("align --json " + run + " '" + (files.folder / "run" / "snapshots" / "0000000002.snapshot").native() + "'");
  CHECK(contains(same, "\"common\": 200, "));
  CHECK(contains(same, "\"residual_before\": 0,"));
  for (const std::string format : {"word2vec", "word2vec-binary", "npy"}) {
    const std::string file = files.path("x.npy");
    must("snapshot export " + run + " --slice 0 --format " + format + " --out " + file);
    CHECK(contains(must("align --json --slice-a 0 " + run + " " + file), "\"residual_before\": 0,"));
  }
  const std::string slices = "align --slice-a 0 --slice-b -1 --table contexts " + run + " " + run;
  CHECK(contains(must(slices), "200 rows in common"));
  must(slices + " --format safetensors --out " + files.path("x"));
  CHECK(contains(read_text(files.folder / "x"), "\"precision\""));
}
