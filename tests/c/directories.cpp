// Learners on a data directory, and snapshot files that cannot be gone on with.
#include <doctest/doctest.h>

#include <formats/temporary_directory.hpp>
#include <gaugeline/formats/atomic_file.hpp>
#include <gaugeline/stream/learning_run.hpp>
#include <gaugeline/stream/query.hpp>
#include <support/text_slice.hpp>

#include "c_learner.hpp"

namespace gaugeline::test {
namespace {

using testing::SequenceSlice;

CLearner open(const std::string& folder, const COptions& options) {
  gaugeline_learner* learner = nullptr;
  Call call;
  const auto status = gaugeline_learner_open(folder.c_str(), options.get(), &learner, call);
  REQUIRE_MESSAGE(status == GAUGELINE_OK, call.message());
  return {learner, gaugeline_learner_destroy};
}

CLearner load(const std::string& file) {
  gaugeline_learner* learner = nullptr;
  Call call;
  const auto status = gaugeline_learner_load(file.c_str(), nullptr, &learner, call);
  REQUIRE_MESSAGE(status == GAUGELINE_OK, call.message());
  return {learner, gaugeline_learner_destroy};
}

TEST_CASE("every step leaves a snapshot that questions are answered from") {
  const TemporaryDirectory folder;
  const std::string data = folder / "data";
  const CLearner learner = open(data, small_c_options());
  learn(learner.get(), SequenceSlice(0, 60).view());
  learn(learner.get(), SequenceSlice(1, 60).view());

  const auto store = formats::SnapshotStore::open(data);
  REQUIRE(store);
  CHECK(store->slices()->size() == 2);
  const auto answer = stream::find_neighbors(*store, {.token = "w7", .count = 3});
  REQUIRE(answer);
  std::vector<gaugeline_neighbor> found(3);
  std::uint32_t count = 0;
  Call call;
  REQUIRE(gaugeline_learner_neighbors(learner.get(), "w7", 2, 0, found.data(), 3, &count, call) == GAUGELINE_OK);
  REQUIRE(count == answer->neighbors.size());
  for (std::size_t i = 0; i < count; ++i) {
    CHECK(token(table(learner.get()), found[i].row) == answer->neighbors[i].token);
    CHECK(found[i].similarity == answer->neighbors[i].similarity);
  }
}

TEST_CASE("a directory is gone on with, as if the learner had never stopped") {
  const TemporaryDirectory folder;
  const std::string data = folder / "data";
  const CLearner whole = make_learner(small_c_options());
  learn(whole.get(), SequenceSlice(0, 60).view());
  learn(open(data, small_c_options()).get(), SequenceSlice(0, 60).view());
  const CLearner again = open(data, small_c_options());
  auto last = sized<gaugeline_report>();
  Call call;
  REQUIRE(gaugeline_learner_report(again.get(), &last, call) == GAUGELINE_OK);
  CHECK(last.slice == 0);
  CHECK(last.item_rows == 60);
  const auto a = learn(whole.get(), SequenceSlice(1, 60).view());
  const auto b = learn(again.get(), SequenceSlice(1, 60).view());
  CHECK(b.slice == 1);
  CHECK(a.score == b.score);

  // What it leaves is a snapshot as any other: it can be saved elsewhere, and loaded.
  const std::string file = folder / "copy.snapshot";
  REQUIRE(gaugeline_learner_save(again.get(), file.c_str(), call) == GAUGELINE_OK);
  CHECK(learn(load(file).get(), SequenceSlice(2, 60).view()).score ==
        learn(again.get(), SequenceSlice(2, 60).view()).score);
}

TEST_CASE("forgotten tokens are not in the latest snapshot") {
  const TemporaryDirectory folder;
  const std::string data = folder / "data";
  const CLearner learner = open(data, small_c_options());
  testing::OwnedTokens tokens;
  tokens.add("w7");
  const gaugeline_tokens list = in_c(tokens.list());
  std::uint64_t forgotten = 9;
  Call call;
  REQUIRE(gaugeline_learner_forget(learner.get(), &list, &forgotten, call) == GAUGELINE_OK);
  CHECK(forgotten == 0);
  learn(learner.get(), SequenceSlice(0, 60).view());
  REQUIRE(gaugeline_learner_forget(learner.get(), &list, &forgotten, call) == GAUGELINE_OK);
  CHECK(forgotten == 1);
  const auto store = formats::SnapshotStore::open(data);
  REQUIRE(store);
  CHECK(!stream::find_neighbors(*store, {.token = "w7"}));
  CHECK(stream::find_neighbors(*store, {.token = "w8"}));
}

TEST_CASE("a directory belongs to one learner, and to one set of options") {
  const TemporaryDirectory folder;
  const std::string data = folder / "data";
  gaugeline_learner* second = nullptr;
  Call call;
  {
    const CLearner first = open(data, small_c_options());
    learn(first.get(), SequenceSlice(0, 60).view());
    CHECK(gaugeline_learner_open(data.c_str(), small_c_options().get(), &second, call) == GAUGELINE_IO_ERROR);
  }
  const auto other = small_c_options("skipgram", {{"dimension", "8"}});
  CHECK(gaugeline_learner_open(data.c_str(), other.get(), &second, call) == GAUGELINE_INVALID_ARGUMENT);
  CHECK(call.message().find("option dimension is 8") != std::string::npos);
  CHECK(second == nullptr);
  CHECK(gaugeline_learner_open("/proc/nowhere", small_c_options().get(), &second, call) != GAUGELINE_OK);
}

TEST_CASE("a file that is missing, damaged or of other options says so") {
  const TemporaryDirectory folder;
  const std::string file = folder / "a.snapshot";
  gaugeline_learner* learner = nullptr;
  gaugeline_options* options = nullptr;
  Call call;
  CHECK(gaugeline_learner_load(file.c_str(), nullptr, &learner, call) == GAUGELINE_NOT_FOUND);
  CHECK(gaugeline_options_load(file.c_str(), &options, call) == GAUGELINE_NOT_FOUND);
  CHECK(call.message().find(file) == 0);

  const CLearner saved = make_learner(small_c_options());
  learn(saved.get(), SequenceSlice(0, 60).view());
  REQUIRE(gaugeline_learner_save(saved.get(), file.c_str(), call) == GAUGELINE_OK);
  const auto other = small_c_options("skipgram", {{"seed", "2"}});
  CHECK(gaugeline_learner_load(file.c_str(), other.get(), &learner, call) == GAUGELINE_INVALID_ARGUMENT);
  CHECK(call.message().find("option seed is 2") != std::string::npos);

  auto bytes = read_bytes(file);
  bytes[bytes.size() / 2] ^= std::byte{1};
  write_bytes(file, bytes);
  CHECK(gaugeline_learner_load(file.c_str(), nullptr, &learner, call) == GAUGELINE_CHECKSUM_MISMATCH);
  CHECK(learner == nullptr);
  CHECK(gaugeline_learner_save(saved.get(), (folder / "no/folder/b.snapshot").c_str(), call) != GAUGELINE_OK);
}

TEST_CASE("a compact snapshot is not gone on from") {
  const TemporaryDirectory folder;
  const std::string file = folder / "a.snapshot";
  Call call;
  const CLearner saved = make_learner(small_c_options());
  learn(saved.get(), SequenceSlice(0, 60).view());
  REQUIRE(gaugeline_learner_save(saved.get(), file.c_str(), call) == GAUGELINE_OK);
  const auto whole = formats::read_snapshot(file);
  REQUIRE(whole);
  auto compact = whole->view();
  compact.encoding = formats::Encoding::bfloat16;
  std::vector<std::byte> workspace(formats::snapshot_workspace_bytes(compact));
  auto output = formats::AtomicFile::create(file);
  REQUIRE(output);
  REQUIRE(formats::encode_snapshot(compact, workspace, *output));
  REQUIRE(output->commit());
  gaugeline_learner* learner = nullptr;
  CHECK(gaugeline_learner_load(file.c_str(), nullptr, &learner, call) == GAUGELINE_INVALID_ARGUMENT);
  CHECK(call.message().find("bfloat16") != std::string::npos);
  CHECK(learner == nullptr);
}

TEST_CASE("a snapshot's options can be taken on, with events of their own") {
  const TemporaryDirectory folder;
  const std::string file = folder / "a.snapshot";
  Call call;
  const CLearner saved = make_learner(small_c_options("skipgram", {{"seed", "77"}}));
  learn(saved.get(), SequenceSlice(0, 60).view());
  REQUIRE(gaugeline_learner_save(saved.get(), file.c_str(), call) == GAUGELINE_OK);

  gaugeline_options* loaded = nullptr;
  REQUIRE(gaugeline_options_load(file.c_str(), &loaded, call) == GAUGELINE_OK);
  const COptions options(loaded, gaugeline_options_destroy);
  REQUIRE(gaugeline_options_set(loaded, "every", "day", call) == GAUGELINE_OK);
  gaugeline_learner* learner = nullptr;
  REQUIRE(gaugeline_learner_load(file.c_str(), loaded, &learner, call) == GAUGELINE_OK);
  const CLearner resumed(learner, gaugeline_learner_destroy);
  auto taken = sized<gaugeline_events_taken>();
  const char* const lines =
      "{\"time\": \"2000-01-01\", \"tokens\": [\"a\", \"b\"]}\n"  // is learnt already
      "{\"time\": \"2000-01-02\", \"tokens\": [\"a\", \"b\"]}\n";
  REQUIRE(gaugeline_learner_feed_events(learner, lines, GAUGELINE_NUL_TERMINATED, &taken, call) == GAUGELINE_OK);
  CHECK(taken.late == 1);
  CHECK(taken.counted == 1);
  REQUIRE(gaugeline_learner_end_events(learner, call) == GAUGELINE_OK);
  CHECK(step(learner).slice == 1);
}

}  // namespace
}  // namespace gaugeline::test
