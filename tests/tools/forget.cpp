// forget, end to end: what a data directory says and how it goes on afterwards.
#include "small_streams.hpp"

using namespace gaugeline::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

namespace {

// The moving words, learnt up to 2005, with one more year to come.
struct MovingWords {
  MovingWords() {
    write_text(folder / "events.ndjson", moving_word_events());
    std::string later = moving_word_events();
    for (std::size_t at = later.find("2005-"); at != std::string::npos; at = later.find("2005-", at)) {
      later.replace(at, 4, "2006");
    }
    write_text(folder / "later.ndjson", later.substr(later.find("{\"time\": \"2006")));
    train("events.ndjson", "run");
  }
  [[nodiscard]] std::string path(const char* name) const { return "'" + (folder / name).native() + "'"; }
  void train(const char* events, const char* run) const {
    must("train " + path(events) + " --out " + path(run) + small_skipgram_learner);
  }
  [[nodiscard]] Outcome forget(const std::string& arguments, const std::string& input = {}) const {
    return launch("forget --data " + path("run") + " " + arguments, input);
  }
  [[nodiscard]] Outcome query(const std::string& question) const {
    return launch("query " + question + " --data " + path("run"));
  }
  TemporaryDirectory folder;
};

std::string tables(const std::filesystem::path& run) {
  return must("snapshot export '" + run.native() + "' --out -") +
         must("snapshot export '" + run.native() + "' --table contexts --out -");
}

}  // namespace

TEST_CASE("a forgotten token is unknown in the latest slice and near to nobody; earlier slices still tell of it") {
  const MovingWords words;
  const auto outcome = words.forget("gold nobody medal gold nowhere");
  CHECK(outcome.status == 0);
  CHECK(outcome.out == "forgot 2 tokens; 2 unknown: nobody, nowhere\n");
  CHECK(outcome.err.empty());

  const auto latest = words.query("neighbors --token gold");
  CHECK(latest.status == 1);
  CHECK(contains(latest.err, "the token 'gold' is not known in slice 5"));
  CHECK(words.query("neighbors --token gold --slice 2004").status == 0);
  const auto near = words.query("neighbors --token race --k 20");
  CHECK(contains(near.out, "winner"));
  CHECK_FALSE(contains(near.out, "gold"));
  CHECK_FALSE(contains(near.out, "medal"));
  CHECK_FALSE(contains(tables(words.folder / "run"), "gold"));
  CHECK(count(must("snapshot verify " + words.path("run")), "ok ") == 6);
}

TEST_CASE("what is not forgotten keeps its vector, and the directory its slices and sources") {
  const MovingWords words;
  const std::string before = must("snapshot export " + words.path("run") + " --out -");
  const auto part = [](const std::string& text, const std::string& name) {
    const std::size_t at = text.find("\"" + name + "\": ");
    REQUIRE(at != std::string::npos);
    return text.substr(at, text.find(']', at) - at);
  };
  const std::string info = must("snapshot info --json " + words.path("run"));
  REQUIRE(words.forget("gold").status == 0);
  const std::string after = must("snapshot export " + words.path("run") + " --out -");
  for (const std::string token : {"silver", "winner"}) {
    const std::size_t at = before.find("\n" + token + " ");
    REQUIRE(at != std::string::npos);
    CHECK(contains(after, before.substr(at, before.find('\n', at + 1) - at)));
  }
  const std::string info_after = must("snapshot info --json " + words.path("run"));
  CHECK(part(info_after, "sources") == part(info, "sources"));
  CHECK(contains(info_after, "\"index\": 5, \"begin\": \"2005-01-01T00:00:00Z\""));
}

TEST_CASE("training goes on without the token, and one that is used again is another life of it") {
  const MovingWords words;
  REQUIRE(words.forget("gold").status == 0);
  words.train("later.ndjson", "run");
  CHECK(words.query("neighbors --token gold").status == 0);
  const auto trajectory = words.query("trajectory --token gold --json");
  CHECK(count(trajectory.out, "\"born\": 0") == 5);  // all slices but the one that forgot it
  CHECK(count(trajectory.out, "\"born\": 6") == 1);
  CHECK(count(must("snapshot verify " + words.path("run")), "ok ") == 7);
}

TEST_CASE("a daemon goes on from a directory that has forgotten to the same state as train") {
  const MovingWords words;
  REQUIRE(words.forget("gold bank").status == 0);
  std::filesystem::copy(words.folder / "run", words.folder / "served", std::filesystem::copy_options::recursive);
  words.train("later.ndjson", "run");
  Daemon daemon(words.folder / "served", {"--dim", "6", "--item-capacity", "64", "--context-capacity", "64",
                                          "--slice-token-capacity", "64", "--observation-capacity", "4096"});
  must("send " + words.path("later.ndjson") + " --every year --server " + daemon.address());
  daemon.signal(SIGTERM);
  CHECK(daemon.wait() == 0);
  CHECK(tables(words.folder / "served") == tables(words.folder / "run"));
}

TEST_CASE("a directory that a daemon writes to is refused, and left as it is") {
  const MovingWords words;
  const std::string before = tables(words.folder / "run");
  {
    Daemon daemon(words.folder / "run", {"--dim", "6"});
    const auto outcome = words.forget("gold");
    CHECK(outcome.status == 74);
    CHECK(outcome.out.empty());
    CHECK(contains(outcome.err, (words.folder / "run").native() + ": another program is writing"));
    daemon.signal(SIGKILL);  // leaves no lock behind
    CHECK(daemon.wait() == 128 + SIGKILL);
  }
  CHECK(tables(words.folder / "run") == before);
  CHECK(words.forget("gold").status == 0);
}

TEST_CASE("tokens come from a file as well, or from standard input, one a line") {
  const MovingWords words;
  write_text(words.folder / "list", "gold\r\n\ncoin\n");
  CHECK(words.forget("bank --from-file " + words.path("list")).out == "forgot 3 tokens\n");
  CHECK(words.forget("--from-file -", "silver\nnobody").out == "forgot 1 token; 1 unknown: nobody\n");
  CHECK(words.forget("--from-file nowhere.txt").status == 74);
  CHECK(words.forget("--from-file -", "\n").status == 2);
  CHECK(words.forget("--from-file -", std::string(256, 'x')).status == 65);
}

TEST_CASE("with --json, a program reads what was forgotten and where") {
  const MovingWords words;
  CHECK(words.forget("gold nobody --json").out ==
        "{\"forgotten\": 1, \"unknown\": [\"nobody\"], \"slice\": {\"index\": 5, "
        "\"begin\": \"2005-01-01T00:00:00Z\", \"end\": \"2006-01-01T00:00:00Z\"}}\n");
}

TEST_CASE("if no token is known, they are named, nothing changes and the status is 1") {
  const MovingWords words;
  const auto outcome = words.forget("nobody nowhere");
  CHECK(outcome.status == 1);
  CHECK(outcome.out.empty());
  CHECK(contains(outcome.err, "none is known: nobody, nowhere"));
  CHECK(count(must("snapshot verify " + words.path("run")), "ok ") == 6);
}

TEST_CASE("what is no data directory is not made one") {
  const TemporaryDirectory folder;
  const auto outcome = launch("forget gold --data '" + (folder / "run").native() + "'");
  CHECK(outcome.status == 1);
  CHECK(contains(outcome.err, "is not a data directory"));
  CHECK(folder.names().empty());
}
