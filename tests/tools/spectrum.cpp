#include <cmath>
#include <string>

#include "small_streams.hpp"

using namespace gaugeline::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

namespace {

// The number after `"name": `, from the place where `after` stands.
double number(const std::string& json, const std::string& name, const std::string& after = "{") {
  const std::size_t begin = json.find(after);
  REQUIRE(begin != std::string::npos);
  const std::string key = "\"" + name + "\": ";
  const std::size_t at = json.find(key, begin);
  REQUIRE(at != std::string::npos);
  return std::stod(json.substr(at + key.size()));
}

}  // namespace

TEST_CASE("the spectrum of the reference chain, with both couplings") {
  const std::string json = must("spectrum --rows 20 --dim 3 --slices 12 --json");
  CHECK(std::abs(number(json, "loss") - 160.58460406) < 1e-7);
  CHECK(number(json, "gradient_norm") < 1e-11);
  CHECK(number(json, "rotations_removed") == 33);
  CHECK(number(json, "zero_modes", "\"coupling\": \"plain\"") == 3);
  CHECK(number(json, "zero_modes", "\"coupling\": \"invariant\"") == 36);
  CHECK(std::abs(number(json, "lowest_stretch", "\"coupling\": \"plain\"") - .0121) < 1e-5);
  CHECK(std::abs(number(json, "lowest_other", "\"coupling\": \"invariant\"") - 4.819) < 1e-3);
  CHECK(number(json, "soft_stretches", "\"coupling\": \"invariant\"") == 12);
  CHECK(count(json, "\"converged\": true") == 2);
  CHECK(count(json, "\"rotations\": {\"count\": 3, ") == 11);  // plain, without k = 0
  CHECK(count(json, "\"zero_modes\": 3, \"rotations\": {\"count\": 0}") == 13);
  CHECK(count(json, "\"stretches\": {\"count\": 6, ") == 24);
  CHECK(count(json, "\"kind\": \"rotation\"") == 33);
  CHECK(count(json, "\"kind\": \"stretch\"") == 144);
  CHECK(count(json, "\"wave_number\": null") == count(json, "\"kind\": \"other\""));
}

TEST_CASE("norms lift the stretches; the table says so") {
  const std::string text = must("spectrum --norm 0.1");
  CHECK(
      text.starts_with("Chain of 12 slices, 20 items and as many contexts, dimension 3, lambda 1, rho 0.1, seed 1\n"));
  CHECK(contains(text, "loss 202.04636118"));
  CHECK(contains(text, "removes 33 rotations"));
  CHECK(count(text, "0 stretches below 0.100; lowest stretch 0.212") == 2);
  CHECK(contains(text, "3 at 0"));
}

TEST_CASE("a picture of the spectrum has a dot for every mode with a wave number") {
  const TemporaryDirectory folder;
  const std::string file = folder / "spectrum.svg";
  const std::string json = must("spectrum --rows 10 --dim 2 --slices 5 --coupling 0.5 --json --svg '" + file + "'");
  const std::string picture = read_text(file);
  CHECK(picture.starts_with("<svg "));
  CHECK(picture.ends_with("</svg>\n"));
  const std::size_t zero_modes = 1 + 5;
  const std::size_t modes = count(json, "\"kind\": \"rotation\"") + count(json, "\"kind\": \"stretch\"");
  CHECK(count(picture, "<circle ") == 2 + zero_modes + modes);  // 2 in the legend
  CHECK_FALSE(contains(picture, "nan"));
  CHECK(count(picture, "predicted branch") == 1);
  CHECK(launch("spectrum --rows 5 --dim 2 --slices 2 --svg '" + (folder / "no" / "x.svg").native() + "'").status == 1);
}

TEST_CASE("the links of a data directory: no walls in a frame that holds still") {
  const TemporaryDirectory folder;
  simulate_gaussian(folder / "g.slices", 4);
  const std::string run = "'" + (folder / "run").native() + "'";
  must("train '" + (folder / "g.slices").native() + "' --out " + run + words(small_gaussian_learner));
  const std::string json = must("spectrum --data " + run + " --json");
  CHECK(number(json, "domain_walls") == 0);
  CHECK(number(json, "holonomy_angle") < .5);
  CHECK(number(json, "holonomy_determinant") == 1);
  CHECK(count(json, "\"determined\": true, \"determinant\": 1, ") == 4);  // three links, and the direct one
  CHECK(number(json, "rows") == 400);
  CHECK(number(json, "distance_turned") <= number(json, "distance") + 1e-12);
  const std::string text = must("spectrum --data " + run);
  CHECK(contains(text, "3 links, 0 domain walls; holonomy"));
  CHECK(contains(text, "2000-01-01  2000-01-04"));
}

TEST_CASE("one snapshot has no link") {
  const TemporaryDirectory folder;
  simulate_gaussian(folder / "g.slices", 1);
  const std::string run = "'" + (folder / "run").native() + "'";
  must("train '" + (folder / "g.slices").native() + "' --out " + run + words(small_gaussian_learner));
  const auto outcome = launch("spectrum --data " + run);
  CHECK(outcome.status == 1);
  CHECK(contains(outcome.err, "two snapshots"));
}

TEST_CASE("help begins with an example; wrong usage is told") {
  CHECK(must("spectrum --help").starts_with("Example:\n  gaugeline spectrum --rows 20"));
  CHECK(launch("spectrum --rows 0").status == 2);
  CHECK(launch("spectrum --coupling -1").status == 2);
  CHECK(launch("spectrum --data x --rows 4").status == 2);
  CHECK(launch("spectrum --data /no/such/directory").status == 1);
  const auto large = launch("spectrum --rows 2000 --dim 64 --slices 1000");
  CHECK(large.status == 2);
  CHECK(contains(large.err, "over the limit of 50000"));
  CHECK(launch("spectrum --rows 2 --dim 2 --slices 2 --modes 100").status == 2);
}
