#include "program.hpp"

using gaugeline::test::contains;
using gaugeline::test::count;
using gaugeline::test::launch;
using gaugeline::test::must;
using gaugeline::test::TemporaryDirectory;
using gaugeline::test::write_text;

namespace {

const std::string good_lines =
    R"({"time": "2001-03-01T00:00:00Z", "text": "The quick brown fox jumps over the lazy dog"}
{"time": "2003-03-01", "tokens": ["login", "open", "read", "logout"]}
{"time": 978307200.5, "bag": ["a.c", "b.c", "c.c"]}
)";

const std::string bad_lines =
    "{\"time\": \"2001-03-01T00:00:00Z\", \"text\": \"fine words here\"}\n"
    "not json at all\n"
    "\n"
    "{\"time\": \"2001-03-01\"}\n"
    "{\"time\": \"yesterday\", \"text\": \"bad time\"}\n"
    "{\"time\": 1e999, \"text\": \"infinite time\"}\n"
    "{\"time\": \"2002-03-01\", \"item\": \"a\", \"context\": \"b\", \"value\": NaN}\n"
    "{\"time\": \"2002-03-01T00:00:00Z\", \"text\": \"more fine words\"}";

}  // namespace

TEST_CASE("events become slices of the period that was asked for") {
  const TemporaryDirectory folder;
  write_text(folder / "events.ndjson", good_lines);
  const auto out = must("slice '" + (folder / "events.ndjson").native() + "' --every year --json --out '" +
                        (folder / "x.slices").native() + "'");
  CHECK(contains(out, "\"every\": \"year\""));
  CHECK(contains(out, "\"events\": 3"));
  CHECK(contains(out, "\"bad_lines\": 0"));
  CHECK(contains(out, "\"slices\": 2"));
  CHECK(contains(out, "\"bytes\": " + std::to_string(std::filesystem::file_size(folder / "x.slices"))));
}

TEST_CASE("without --every a period is chosen, and named") {
  std::string lines;
  for (int year = 1990; year < 2010; ++year) {
    lines += "{\"time\": \"" + std::to_string(year) + "-07-01\", \"tokens\": [\"a\", \"b\"]}\n";
  }
  const TemporaryDirectory folder;
  const auto outcome = launch("slice - --out '" + (folder / "x.slices").native() + "'", lines);
  CHECK(outcome.status == 0);
  CHECK(outcome.out.empty());
  CHECK(contains(outcome.err, "20 slices by year (chosen"));
}

TEST_CASE("bad lines are named, counted and skipped, and nothing else is lost") {
  const TemporaryDirectory folder;
  const std::string file = folder / "events.ndjson";
  write_text(file, bad_lines);
  const auto outcome =
      launch("slice '" + file + "' --every year --json --out '" + (folder / "x.slices").native() + "'");
  CHECK(outcome.status == 0);
  for (const std::string line : {":2: ", ":4: ", ":5: ", ":6: ", ":7: "}) CHECK(contains(outcome.err, file + line));
  CHECK_FALSE(contains(outcome.err, file + ":1: "));
  CHECK_FALSE(contains(outcome.err, file + ":3: "));
  CHECK(contains(outcome.out, "\"events\": 2"));
  CHECK(contains(outcome.out, "\"bad_lines\": 5"));
  CHECK(contains(outcome.out, "\"slices\": 2"));
}

TEST_CASE("--strict stops at the first bad line, and leaves no file") {
  const TemporaryDirectory folder;
  write_text(folder / "events.ndjson", bad_lines);
  const auto outcome = launch("slice '" + (folder / "events.ndjson").native() + "' --every year --strict --out '" +
                              (folder / "x.slices").native() + "'");
  CHECK(outcome.status == 65);
  CHECK(contains(outcome.err, "events.ndjson:2: "));
  CHECK_FALSE(contains(outcome.err, ":4: "));
  CHECK_FALSE(std::filesystem::exists(folder / "x.slices"));
}

TEST_CASE("a line that is too long is skipped, not kept in memory") {
  const TemporaryDirectory folder;
  write_text(folder / "events.ndjson", good_lines + std::string(17U << 20U, 'x') + "\n" + good_lines);
  const auto outcome = launch("slice '" + (folder / "events.ndjson").native() + "' --every year --json --out '" +
                              (folder / "x.slices").native() + "'");
  CHECK(outcome.status == 0);
  CHECK(contains(outcome.err, "events.ndjson:4: longer than 16777216 bytes"));
  CHECK(contains(outcome.out, "\"events\": 6"));
}

TEST_CASE("input without any event is bad data") {
  const TemporaryDirectory folder;
  for (const std::string input : {"", "garbage\nmore garbage\n", "\n\n"}) {
    const auto outcome = launch("slice - --out '" + (folder / "x.slices").native() + "'", input);
    CHECK(outcome.status == 65);
    CHECK(contains(outcome.err, "no events"));
  }
}

TEST_CASE("standard input and output carry the same bytes as files") {
  const TemporaryDirectory folder;
  write_text(folder / "events.ndjson", good_lines);
  must("slice '" + (folder / "events.ndjson").native() + "' --every year --out '" + (folder / "x.slices").native() +
       "'");
  const auto piped = launch("slice - --every year --out -", good_lines);
  CHECK(piped.status == 0);
  CHECK(piped.out == gaugeline::test::read_text(folder / "x.slices"));
}

TEST_CASE("a byte order mark and DOS line breaks are no part of a line") {
  const TemporaryDirectory folder;
  const auto outcome = launch("slice - --every year --json --out '" + (folder / "x.slices").native() + "'",
                              "\xEF\xBB\xBF{\"time\": \"2001\", \"text\": \"one two\"}\r\n"
                              "{\"time\": \"2002\", \"text\": \"three four\"}\r\n");
  CHECK(outcome.status == 0);
  CHECK(contains(outcome.out, "\"bad_lines\": 0"));
}

TEST_CASE("plain text takes its time from --time") {
  const TemporaryDirectory folder;
  write_text(folder / "speech.txt", "We the people, in order to form a more perfect union.\nAnd so on.");
  const auto out = must("slice '" + (folder / "speech.txt").native() +
                        "' --time 1787-09-17 --every year --json --out '" + (folder / "x.slices").native() + "'");
  CHECK(contains(out, "\"slices\": 1"));
  CHECK(contains(out, "\"tokens\": 14"));
}

TEST_CASE("words that are stopped or rare are left out") {
  const TemporaryDirectory folder;
  write_text(folder / "stop.txt", "the\nof\n");
  const auto outcome = launch("slice - --every year --json --min-count 2 --stop-words '" +
                                  (folder / "stop.txt").native() + "' --out '" + (folder / "x.slices").native() + "'",
                              "{\"time\": \"2001\", \"text\": \"the war of the roses and the war of words\"}\n"
                              "{\"time\": \"2002\", \"text\": \"war and war\"}\n");
  CHECK(outcome.status == 0);
  CHECK(contains(outcome.out, "\"tokens\": 6"));  // war and war, twice
}
