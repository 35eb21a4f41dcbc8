#include "small_streams.hpp"

using namespace gaugeline::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

namespace {

std::string tables(const std::filesystem::path& run) {
  return must("snapshot export '" + run.native() + "' --format word2vec-binary --out -") +
         must("snapshot export '" + run.native() + "' --format word2vec-binary --table contexts --out -");
}

Outcome send(const std::filesystem::path& file, const Daemon& daemon, const std::string& options = {}) {
  return launch("send '" + file.native() + "' --server " + daemon.address() + " --reconnect 0s --json " + options);
}

}  // namespace

TEST_CASE("a stream and a file leave the same tables") {
  const TemporaryDirectory folder;
  simulate_gaussian(folder / "g.slices", 5);
  must("train '" + (folder / "g.slices").native() + "' --out '" + (folder / "trained").native() + "'" +
       words(small_gaussian_learner));

  Daemon daemon(folder / "served", small_gaussian_learner);
  const auto sent = send(folder / "g.slices", daemon);
  CAPTURE(sent.err);
  CHECK(sent.status == 0);
  CHECK(contains(sent.out, "{\"acknowledged\": 5, \"refused\": 0}"));
  daemon.signal(SIGTERM);
  CHECK(daemon.wait() == 0);

  CHECK(tables(folder / "served") == tables(folder / "trained"));
  CHECK(count(must("snapshot verify '" + (folder / "served").native() + "'"), "ok ") == 5);
}

TEST_CASE("what was sent before is not sent again") {
  const TemporaryDirectory folder;
  simulate_gaussian(folder / "g.slices", 3);
  Daemon daemon(folder / "run", small_gaussian_learner);
  CHECK(send(folder / "g.slices", daemon).status == 0);
  const auto again = send(folder / "g.slices", daemon);
  CHECK(again.status == 0);
  CHECK(contains(again.out, "{\"acknowledged\": 3, \"refused\": 0}"));
  daemon.signal(SIGINT);
  CHECK(daemon.wait() == 0);
  CHECK(count(must("snapshot verify '" + (folder / "run").native() + "'"), "ok ") == 3);
}

TEST_CASE("slices from the past are refused with a reason, and the rest goes on") {
  const TemporaryDirectory folder;
  simulate_gaussian(folder / "g.slices", 3);
  Daemon daemon(folder / "run", small_gaussian_learner);
  CHECK(send(folder / "g.slices", daemon).status == 0);
  const auto refused = send(folder / "g.slices", daemon, "--source another");
  CAPTURE(refused.err);
  CHECK(refused.status == 65);
  CHECK(contains(refused.out, "{\"acknowledged\": 0, \"refused\": 3}"));
  CHECK(contains(refused.err, "slice 1 refused: "));
  CHECK(contains(refused.err, "slice 3 refused: "));
}

TEST_CASE("stopped in the middle of a stream, the daemon leaves whole snapshots, and the sender goes on from there") {
  constexpr int slices = 40;
  const TemporaryDirectory folder;
  simulate_gaussian(folder / "g.slices", slices);
  must("train '" + (folder / "g.slices").native() + "' --out '" + (folder / "trained").native() + "'" +
       words(small_gaussian_learner));
  {
    Daemon daemon(folder / "served", small_gaussian_learner);
    // The sender runs beside the test: it loses the daemon, and gives up at once.
    const std::string sender = "'" GAUGELINE_BINARY "' send '" + (folder / "g.slices").native() + "' --server " +
                               daemon.address() + " --reconnect 0s >/dev/null 2>&1 &";
    REQUIRE(std::system(sender.c_str()) == 0);
    daemon.wait_for("learnt slice");
    daemon.signal(SIGTERM);
    CHECK(daemon.wait() == 0);
  }
  const auto learnt = count(must("snapshot verify '" + (folder / "served").native() + "'"), "ok ");
  CHECK(learnt >= 1);

  Daemon daemon(folder / "served", small_gaussian_learner);
  const auto sent = send(folder / "g.slices", daemon);
  CAPTURE(sent.err);
  CHECK(sent.status == 0);
  CHECK(contains(sent.out, "{\"acknowledged\": 40, \"refused\": 0}"));
  daemon.signal(SIGTERM);
  CHECK(daemon.wait() == 0);
  CHECK(tables(folder / "served") == tables(folder / "trained"));
}

TEST_CASE("events are sent as the slices that they make") {
  const TemporaryDirectory folder;
  write_text(folder / "events.ndjson", moving_word_events());
  Daemon daemon(folder / "run", {"--dim", "6", "--item-capacity", "64", "--context-capacity", "64"});
  const auto sent = send(folder / "events.ndjson", daemon, "--every year");
  CAPTURE(sent.err);
  CHECK(sent.status == 0);
  CHECK(contains(sent.out, "\"acknowledged\": 6"));
}

TEST_CASE("send --end closes the last windows of all sources of a file, also of one that was sent before") {
  const TemporaryDirectory folder;
  const auto event = [](const std::string& hour, const std::string& more) {
    return "{\"time\": \"2024-05-01T" + hour + ":30:00Z\", \"tokens\": [\"sea\", \"ship\", \"sail\"]" + more + "}\n";
  };
  write_text(folder / "events.ndjson", event("09", "") + event("10", R"(, "source": "a \"quoted\" one")") +
                                           "no event\n" + event("12", R"(, "source": "another")"));
  Daemon daemon(folder / "run", {"--every", "1h", "--lateness", "20m", "--idle", "0s", "--dim", "6", "--item-capacity",
                                 "64", "--context-capacity", "64"});
  CHECK(contains(send(folder / "events.ndjson", daemon).out, "\"events_counted\": 3"));
  // All have come before, and are events all the same.
  CHECK(contains(send(folder / "events.ndjson", daemon).out, "\"events_counted\": 0"));
  const auto slices = [&] { return count(launch("snapshot verify '" + (folder / "run").native() + "'").out, "ok "); };
  CHECK(slices() == 0);
  const auto ended = send(folder / "events.ndjson", daemon, "--end");
  CAPTURE(ended.err);
  CHECK(contains(ended.out, "\"acknowledged\": 2, "));  // the lines that were there, and the ends
  CHECK(slices() == 3);
  CHECK(send(folder / "events.ndjson", daemon, "--end").status == 0);
  CHECK(slices() == 3);
  CHECK(send(folder / "events.ndjson", daemon, "--end --every day").status == 2);
}

TEST_CASE("without a daemon, send says so as an input/output error") {
  const TemporaryDirectory folder;
  simulate_gaussian(folder / "g.slices", 1);
  const auto sent = launch("send '" + (folder / "g.slices").native() + "' --server 127.0.0.1:1 --reconnect 0s");
  CHECK(sent.status == 74);
  CHECK(contains(sent.err, "127.0.0.1:1"));
}
