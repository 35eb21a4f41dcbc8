#include "small_streams.hpp"

using namespace gaugeline::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

namespace {

std::string table(const std::filesystem::path& run, const std::string& options = {}) {
  return must("snapshot export '" + run.native() + "' --format word2vec-binary --out - " + options);
}

}  // namespace

TEST_CASE("a simulated stream is learnt: a line per slice, and the score rises") {
  const TemporaryDirectory folder;
  simulate_gaussian(folder / "g.slices", 8);
  const std::string train = "train '" + (folder / "g.slices").native() + "' --out '" + (folder / "run").native() + "'" +
                            words(small_gaussian_learner);
  const std::string lines = must(train + " --json");
  CHECK(count(lines, "\n") == 8);
  CHECK(count(lines, "\"score\": null") == 1);  // the first slice has no model before it
  CHECK(count(lines, "\"rotation_angle\": ") == 8);
  const auto score_of_last = std::stod(lines.substr(lines.rfind("\"score\": ") + 9));
  CHECK(score_of_last > -2);
  CHECK(score_of_last < 0);
  CHECK(contains(lines, "{\"index\": 7, \"begin\": \"2000-01-08T00:00:00Z\", \"end\": \"2000-01-09T00:00:00Z\""));
}

TEST_CASE("training again goes on after the slices that are there, to the same state") {
  const TemporaryDirectory folder;
  simulate_gaussian(folder / "long.slices", 6);
  simulate_gaussian(folder / "short.slices", 4);  // the same stream, cut short
  const auto train = [&](const char* slices, const char* run) {
    return launch("train '" + (folder / slices).native() + "' --out '" + (folder / run).native() + "'" +
                  words(small_gaussian_learner));
  };
  CHECK(count(train("long.slices", "straight").out, "\n") == 6);
  CHECK(count(train("short.slices", "resumed").out, "\n") == 4);
  const auto rest = train("long.slices", "resumed");
  CHECK(rest.status == 0);
  CHECK(count(rest.out, "\n") == 2);
  CHECK(contains(rest.err, "4 slices lie before the end"));
  CHECK(table(folder / "straight") == table(folder / "resumed"));
  CHECK(table(folder / "straight", "--table contexts") == table(folder / "resumed", "--table contexts"));
  CHECK(train("long.slices", "resumed").out.empty());
}

TEST_CASE("the state is the same for any number of threads") {
  const TemporaryDirectory folder;
  simulate_gaussian(folder / "g.slices", 3);
  for (const std::string threads : {"1", "3"}) {
    must("train '" + (folder / "g.slices").native() + "' --threads " + threads + " --out '" +
         (folder / ("run" + threads)).native() + "'" + words(small_gaussian_learner));
  }
  CHECK(table(folder / "run1") == table(folder / "run3"));
}

TEST_CASE("the model follows from the data") {
  const TemporaryDirectory folder;
  const auto model_of = [&](const std::string& lines, const char* run) {
    const auto outcome = launch("train - --out '" + (folder / run).native() + "'" + small_skipgram_learner, lines);
    CAPTURE(outcome.err);
    REQUIRE(outcome.status == 0);
    return must("snapshot info --json '" + (folder / run).native() + "'");
  };
  CHECK(contains(model_of("{\"time\": \"2001\", \"text\": \"one two three\"}\n", "text"), "\"model\": \"skipgram\""));
  CHECK(contains(model_of("{\"time\": \"2001\", \"item\": \"u\", \"context\": \"f\", \"value\": 4.5}\n", "values"),
                 "\"model\": \"gaussian\""));
}

TEST_CASE("events are learnt as the slices that they make") {
  const TemporaryDirectory folder;
  write_text(folder / "events.ndjson", moving_word_events());
  const std::string events = "'" + (folder / "events.ndjson").native() + "'";
  must("slice " + events + " --every year --out '" + (folder / "x.slices").native() + "'");
  must("train '" + (folder / "x.slices").native() + "' --out '" + (folder / "sliced").native() + "'" +
       small_skipgram_learner);
  must("train " + events + " --out '" + (folder / "direct").native() + "'" + small_skipgram_learner);
  CHECK(table(folder / "sliced") == table(folder / "direct"));
}

TEST_CASE("a run is not continued with other options, and the error names the first that differs") {
  const TemporaryDirectory folder;
  simulate_gaussian(folder / "g.slices", 2);
  const std::string train = "train '" + (folder / "g.slices").native() + "' --out '" + (folder / "run").native() + "'" +
                            words(small_gaussian_learner);
  must(train);
  const auto outcome = launch(train + " --diffusion .5");
  CHECK(outcome.status == 2);
  CHECK(contains(outcome.err, "diffusion"));
}

TEST_CASE("garbage instead of slices is bad data, and the file is named") {
  const TemporaryDirectory folder;
  simulate_gaussian(folder / "g.slices", 2);
  const std::string whole = read_text(folder / "g.slices");
  const std::vector<std::pair<std::string, std::string>> cases{
      {"random.slices", "\x01\x02 this is no file of slices at all, whatever its name says"},
      {"cut.slices", whole.substr(0, whole.size() - 10)},
      {"flipped.slices", whole.substr(0, whole.size() / 2) + "????" + whole.substr(whole.size() / 2 + 4)}};
  for (const auto& [name, bytes] : cases) {
    CAPTURE(name);
    write_text(folder / name, bytes);
    const auto outcome = launch("train '" + (folder / name).native() + "' --out '" + (folder / "run").native() + "'" +
                                words(small_gaussian_learner));
    CAPTURE(outcome.err);
    CHECK(outcome.status == 65);
    CHECK(contains(outcome.err, name));
    std::filesystem::remove_all(folder / "run");
  }
}

TEST_CASE("the truth of a simulation names every token and what drifts") {
  const TemporaryDirectory folder;
  must("simulate --model skipgram --slices 1 --out '" + (folder / "s.slices").native() + "' --truth '" +
       (folder / "truth.tsv").native() + "'");
  const std::string truth = read_text(folder / "truth.tsv");
  CHECK(truth.starts_with("side\ttoken\tdrifts\nitem\titem-0000\t"));
  CHECK(count(truth, "\n") == 2001);
  CHECK(count(truth, "\t1\n") > 100);
  CHECK(count(truth, "\t0\n") > 1000);
}

TEST_CASE("a joint fit prints the filter's slices, tells its sweeps, and leaves other tables") {
  const TemporaryDirectory folder;
  simulate_gaussian(folder / "g.slices", 5);
  const auto train = [&](const std::string& options, const char* run) {
    return launch("train '" + (folder / "g.slices").native() + "' --out '" + (folder / run).native() + "' " + options +
                  words(small_gaussian_learner));
  };
  const auto joint = train("--smooth --smooth-sweeps 3", "joint");
  CHECK(joint.status == 0);
  CHECK(count(joint.out, "\n") == 5);
  CHECK(contains(joint.err, "sweep 3"));
  CHECK(train("", "filter").out.size() == joint.out.size());
  CHECK(table(folder / "joint") != table(folder / "filter"));
  const auto again = train("--smooth", "joint");
  CHECK(again.status == 2);
  CHECK(contains(again.err, "a joint fit needs all slices"));
  CHECK(train("--smooth --lag 3", "both").status == 2);
  CHECK(train("--smooth-cold", "cold").status == 2);
  CHECK(train("--smooth --smooth-cold --smooth-gauge-free", "cold").status == 0);
}

TEST_CASE("a lag leaves corrected slices beside the filter's") {
  const TemporaryDirectory folder;
  simulate_gaussian(folder / "g.slices", 5);
  for (const std::string lag : {"", " --lag 3"}) {
    must("train '" + (folder / "g.slices").native() + "' --out '" + (folder / ("run" + lag)).native() + "'" + lag +
         words(small_gaussian_learner));
  }
  CHECK(table(folder / "run") == table(folder / "run --lag 3"));
  CHECK(table(folder / "run --lag 3" / "smoothed", "--slice 2") != table(folder / "run", "--slice 2"));
  must("snapshot verify '" + (folder / "run --lag 3" / "smoothed").native() + "'");
}

TEST_CASE("smoothed slices have drift, and no p-values that are not theirs") {
  const TemporaryDirectory folder;
  const std::string out = (folder / "run").native();
  REQUIRE(launch("train - --smooth --out '" + out + "'" + small_skipgram_learner, moving_word_events()).status == 0);
  const std::string drift =
      must("query drift --data '" + out + "' --from 0 --to -1 --min-uses 1 --skip-commonest 0 --json");
  CHECK(contains(drift, "\"displacement\": "));
  CHECK(contains(drift, "the slices are smoothed"));
  CHECK(contains(must("snapshot info '" + out + "'"), ", smoothed"));
}
