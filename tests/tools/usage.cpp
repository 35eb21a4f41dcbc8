#include "program.hpp"

using gaugeline::test::contains;
using gaugeline::test::launch;

namespace {

const std::vector<std::string> subcommands{"slice",
                                           "train",
                                           "serve",
                                           "send",
                                           "simulate",
                                           "query",
                                           "query neighbors",
                                           "query trajectory",
                                           "query drift",
                                           "query translate",
                                           "query similarity",
                                           "query score",
                                           "evaluate",
                                           "evaluate heldout",
                                           "evaluate drift",
                                           "evaluate analogies",
                                           "snapshot",
                                           "snapshot info",
                                           "snapshot verify",
                                           "snapshot export",
                                           "align",
                                           "forget",
                                           "bench",
                                           "spectrum"};

}  // namespace

TEST_CASE("help begins with an example, of the command and of each subcommand") {
  CHECK(launch("--help").out.starts_with("Example:\n  gaugeline slice "));
  for (const std::string& name : subcommands) {
    CAPTURE(name);
    const auto help = launch(name + " --help");
    CHECK(help.status == 0);
    CHECK(help.out.starts_with("Example:\n  gaugeline " + name));
    CHECK(help.err.empty());
  }
}

TEST_CASE("the version goes to standard output") {
  const auto version = launch("--version");
  CHECK(version.status == 0);
  CHECK(version.out.starts_with("gaugeline 0."));
}

TEST_CASE("wrong usage has status 2, says what is wrong on standard error, and how to get help") {
  struct Case {
    std::string arguments;
    std::string complaint;
  };
  const std::vector<Case> cases{
      {"", "subcommand is required"},
      {"dance", "dance"},
      {"train --dance", "--dance"},
      {"train data.slices", "--out is required"},
      {"slice --out x.slices", "no FILE is given"},
      {"train x.slices --out run --dim many", "--dim: 'many' is not a whole number"},
      {"train x.slices --out run --model poisson", "--model: 'poisson' is neither skipgram nor gaussian"},
      {"train x.slices --out run --threads 0", "--threads"},
      {"slice x.ndjson --out y --every fortnight", "--every"},
      {"slice x.ndjson --out y --lateness soon", "--lateness"},
      {"slice x.ndjson --out y --time once", "--time"},
      {"serve --data-dir run --listen 7077", "--listen: '7077' is not of the form HOST:PORT"},
      {"serve --data-dir run --listen 127.0.0.1:70777", "65535"},
      {"send - --server 127.0.0.1:1", "--source"},
      {"query neighbors --data run", "--token is required"},
      {"evaluate heldout --data run", "--held is required"},
      {"evaluate drift --data run", "--gold is required"},
      {"evaluate drift --data run --gold x --side 0", "--side"},
      {"evaluate heldout --data run --held x --negatives 0", "--negatives"},
      {"snapshot export run --out x --format excel", "--format"},
      {"forget war", "--data is required"},
      {"forget --data run", "no TOKEN is given"},
  };
  for (const auto& [arguments, complaint] : cases) {
    CAPTURE(arguments);
    const auto outcome = launch(arguments);
    CAPTURE(outcome.err);
    CHECK(outcome.status == 2);
    CHECK(outcome.out.empty());
    CHECK(contains(outcome.err, complaint));
  }
}

TEST_CASE("a file that is not there is an input error, and named") {
  for (const std::string arguments :
       {"train nowhere.slices --out run", "slice nowhere.ndjson --out x.slices", "send nowhere.slices",
        "snapshot info nowhere.snapshot", "train x --config nowhere.toml --out run"}) {
    CAPTURE(arguments);
    const auto outcome = launch(arguments);
    CAPTURE(outcome.err);
    CHECK(outcome.status == 74);
    CHECK(contains(outcome.err, "nowhere"));
  }
}
