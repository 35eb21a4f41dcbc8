#include "small_streams.hpp"

using namespace gaugeline::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

namespace {

struct TrainedRun {
  explicit TrainedRun(int slices) {
    simulate_gaussian(folder / "g.slices", slices);
    must("train '" + (folder / "g.slices").native() + "' --out '" + (folder / "run").native() + "'" +
         words(small_gaussian_learner));
  }
  [[nodiscard]] std::string path() const { return "'" + (folder / "run").native() + "'"; }
  [[nodiscard]] std::filesystem::path file(int slice) const {
    return folder / "run" / "snapshots" / ("000000000" + std::to_string(slice) + ".snapshot");
  }
  TemporaryDirectory folder;
};

}  // namespace

TEST_CASE("verify names every file of a directory, and damage makes it fail") {
  const TrainedRun run(3);
  const std::string whole = must("snapshot verify " + run.path());
  CHECK(count(whole, "ok ") == 3);
  CHECK(contains(whole, run.file(2).native()));

  std::string bytes = read_text(run.file(1));
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  write_text(run.file(1), bytes);
  const auto damaged = launch("snapshot verify " + run.path());
  CHECK(damaged.status == 65);
  CHECK(count(damaged.out, "ok ") == 2);
  CHECK(contains(damaged.out, "DAMAGED  " + run.file(1).native()));
  CHECK(contains(damaged.err, "1 of 3 files damaged"));
  CHECK(launch("snapshot verify '" + run.file(1).native() + "'").status == 65);
  CHECK(launch("snapshot verify '" + run.file(0).native() + "'").status == 0);
  CHECK(contains(launch("snapshot verify --json " + run.path()).out, "\"ok\": false, \"damage\": "));
}

TEST_CASE("verify finds a snapshot that is whole but of another run") {
  const TrainedRun run(3);
  const TrainedRun other(3);
  std::filesystem::copy_file(other.file(1), run.file(1), std::filesystem::copy_options::overwrite_existing);
  const auto swapped = launch("snapshot verify " + run.path());
  CHECK(swapped.status == 65);
  CHECK(contains(swapped.out, "is of another run"));
}

TEST_CASE("a damaged snapshot is not trained on, nor queried") {
  const TrainedRun run(2);
  write_text(run.file(1), "not a snapshot");
  const auto trained =
      launch("train '" + (run.folder / "g.slices").native() + "' --out " + run.path() + words(small_gaussian_learner));
  CHECK(trained.status == 65);
  CHECK(contains(trained.err, run.file(1).filename().native()));
  CHECK(launch("query neighbors --token item-0001 --data " + run.path()).status == 65);
}

TEST_CASE("info tells what a snapshot holds") {
  const TrainedRun run(2);
  const std::string text = must("snapshot info " + run.path());
  CHECK(text.starts_with("slice   1  2000-01-02"));
  CHECK(contains(text, "dimension 6, 200 items, 200 contexts"));
  CHECK(contains(text, "source train up to message 2"));
  CHECK(contains(text, " model=gaussian dim=6 "));
  const std::string first = must("snapshot info --json --slice 0 " + run.path());
  CHECK(contains(first, "\"parent_checksum\": \"0000000000000000\""));
  CHECK(contains(first, "\"index\": 0, \"begin\": \"2000-01-01T00:00:00Z\""));
  CHECK(launch("snapshot info --slice 7 " + run.path()).status != 0);
}

TEST_CASE("export writes the table that was asked for, as word2vec does") {
  const TrainedRun run(2);
  const std::string items = must("snapshot export --out - " + run.path());
  CHECK(items.starts_with("200 6\nitem-0"));
  CHECK(count(items, "\n") == 201);
  const std::string contexts = must("snapshot export --out - --table contexts --slice 0 " + run.path());
  CHECK(contains(contexts, "\ncontext-0007 "));
  must("snapshot export --format word2vec-binary --out '" + (run.folder / "x.bin").native() + "' " + run.path());
  const std::string binary = read_text(run.folder / "x.bin");
  CHECK(binary.starts_with("200 6\n"));
  CHECK(binary.size() > 200 * 6 * sizeof(float));
  CHECK(binary.size() < items.size());
}

TEST_CASE("export writes arrays, a folder for the projector, and safetensors") {
  const TrainedRun run(2);
  const auto exported = [&](const std::string& format, const std::string& name) {
    must("snapshot export --format " + format + " --out '" + (run.folder / name).native() + "' " + run.path());
    return run.folder / name;
  };
  CHECK(contains(read_text(exported("npy", "x.npy")), "'shape': (200, 6)"));
  CHECK(count(read_text(run.folder / "x.tokens.txt"), "\n") == 200);
  CHECK(count(read_text(exported("tsv", "p") / "vectors.tsv"), "\t") == 200 * 5);
  CHECK(read_text(run.folder / "p" / "metadata.tsv").starts_with("token\tuses\tprecision\nitem-0"));
  const std::string tensors = read_text(exported("safetensors", "x.safetensors"));
  CHECK(contains(tensors, "\"shape\":[200,6]"));
  CHECK(must("snapshot export --format safetensors --out - " + run.path()) == tensors);
}

TEST_CASE("a format of several files is not written to standard output") {
  const TrainedRun run(1);
  for (const std::string format : {"npy", "tsv"}) {
    const auto refused = launch("snapshot export --out - --format " + format + " " + run.path());
    CHECK(refused.status == 2);
    CHECK(contains(refused.err, "more than one file"));
  }
}

TEST_CASE("an empty data directory has nothing to verify, and says so") {
  const TemporaryDirectory folder;
  const auto outcome = launch("snapshot verify '" + folder.path().native() + "'");
  CHECK(outcome.status != 0);
  CHECK_FALSE(outcome.err.empty());
}

TEST_CASE("diff tells what moved between two slices of a run, and refuses those of two runs with the reason") {
  const TrainedRun run(4);
  const std::string text = must("snapshot diff " + run.path() + " --from 1 --k 3 --min-uses 1");
  CHECK(contains(text, "From slice 1"));
  CHECK(contains(text, "to slice 3"));
  CHECK(contains(text, " kept, 0 new, 0 gone, 0 gone and begun anew"));
  CHECK(contains(text, "of the movement"));
  const std::string json =
      must("snapshot diff '" + run.file(0).native() + "' '" + run.file(2).native() + "' --json --k 3 --min-uses 1");
  CHECK(count(json, "\"self_similarity\": ") == 3);
  CHECK(contains(json, "\"from\": {\"index\": 0, "));

  const TrainedRun other(2);
  const auto refused = launch("snapshot diff '" + run.file(0).native() + "' '" + other.file(1).native() + "'");
  CHECK(refused.status == 2);
  CHECK(contains(refused.err, "each of which has a frame of its own"));
  CHECK(launch("snapshot diff " + run.path() + " --from 2 --to 2").status == 2);
}

TEST_CASE("compact writes a smaller snapshot that can be asked, tells what that costs, and is not trained on") {
  const TrainedRun run(2);
  for (const std::string encoding : {"bfloat16", "int8"}) {
    const auto file = run.folder / (encoding + ".snapshot");
    const std::string compact =
        "snapshot compact " + run.path() + " --encoding " + encoding + " --out '" + file.native() + "'";
    const std::string told = must(compact);
    CHECK(contains(told, "as float32, which also holds the anchors"));
    CHECK(contains(told, "\nitems "));
    CHECK(contains(told, "\ncontexts "));
    const std::string json = must(compact + " --json");
    CHECK(json.starts_with("{\"encoding\": \"" + encoding +
                           "\", \"bytes\": " + std::to_string(std::filesystem::file_size(file)) +
                           ", \"float32_bytes\": " + std::to_string(std::filesystem::file_size(run.file(1)))));
    CHECK(count(json, "\"mean_cosine\": 0.9999") == 2);
    CHECK(count(json, "\"overlap_at_10\": 0.9") == 2);
    CHECK(contains(must("snapshot info '" + file.native() + "'"), "200 contexts, embeddings as " + encoding));
    CHECK(contains(must("snapshot info --json '" + file.native() + "'"), "\"encoding\": \"" + encoding + "\""));
    CHECK(contains(must("snapshot verify '" + file.native() + "'"), "ok "));
    CHECK(must("snapshot export --out - '" + file.native() + "'").starts_with("200 6\nitem-0"));
    CHECK(contains(launch("snapshot compact '" + file.native() + "' --out '" + file.native() + "'").err,
                   "is compact already (" + encoding + ")"));
  }
  const std::string whole = read_text(run.file(1));
  const auto over = launch("snapshot compact " + run.path() + " --out '" + run.file(1).native() + "'");
  CHECK(over.status == 2);
  CHECK(contains(over.err, "would take the place of the snapshot that it is made of"));
  CHECK(read_text(run.file(1)) == whole);

  std::filesystem::copy_file(run.folder / "int8.snapshot", run.file(1),
                             std::filesystem::copy_options::overwrite_existing);
  CHECK(must("query neighbors --json --token item-0001 --data " + run.path()).find("similarity") != std::string::npos);
  const auto trained =
      launch("train '" + (run.folder / "g.slices").native() + "' --out " + run.path() + words(small_gaussian_learner));
  CHECK(trained.status == 2);
  CHECK(contains(trained.err, "is a compact snapshot"));
}

TEST_CASE("a delta brings a snapshot up to date, and is refused by another; damage is found") {
  const TrainedRun run(4);
  const auto path = [&](const char* name) { return "'" + (run.folder / name).native() + "'"; };
  const auto slice = [&](int index) { return "'" + run.file(index).native() + "'"; };
  const std::string told = must("snapshot delta " + run.path() + " --from 1 --to 2 --out " + path("2.delta"));
  CHECK(contains(told, "From slice 1 to slice 2: "));
  CHECK(contains(told, " % of the snapshot's "));
  CHECK(
      contains(must("snapshot delta " + run.path() + " --out " + path("3.delta") + " --json"), "\"base_slice\": 2, "));
  CHECK(contains(must("snapshot apply " + slice(1) + " " + path("2.delta") + " " + path("3.delta") + " --out " +
                      path("there.snapshot")),
                 "slice 3"));
  CHECK(read_text(run.folder / "there.snapshot") == read_text(run.file(3)));

  const std::string held = must("snapshot info " + path("2.delta"));
  CHECK(contains(held, told.substr(0, told.find('\n'))));
  CHECK(contains(held, "vectors exact"));
  const std::string target = must("snapshot info " + slice(2));
  CHECK(contains(held, target.substr(target.find("checksum "), std::string_view("checksum 0123456789abcdef").size())));
  CHECK(contains(must("snapshot info --json " + path("3.delta")), "\"base_slice\": 2, \"slice\": 3, "));
  const auto misplaced = launch("snapshot info --slice 1 " + path("2.delta"));
  CHECK(misplaced.status == 2);
  CHECK(contains(misplaced.err, "needs a data directory"));

  const std::string loose =
      must("snapshot delta " + slice(0) + " " + slice(3) + " --tolerance 0.5 --out " + path("x.delta"));
  CHECK(contains(loose, "From slice 0 to slice 3: "));
  CHECK(contains(must("snapshot info " + path("x.delta")), "vectors to within 0.5 deviations"));
  must("snapshot apply " + slice(0) + " " + path("x.delta") + " --out " + path("near.snapshot"));
  CHECK(contains(must("snapshot diff " + slice(2) + " " + path("near.snapshot") + " --min-uses 0"), "to slice 3"));

  const auto other = launch("snapshot apply " + slice(0) + " " + path("3.delta") + " --out " + path("no.snapshot"));
  CHECK(other.status == 2);
  CHECK(contains(other.err, "the delta is for slice 2 of run "));
  CHECK_FALSE(std::filesystem::exists(run.folder / "no.snapshot"));

  CHECK(contains(must("snapshot verify " + path("2.delta")), "delta from slice 1 to slice 2"));
  std::string bytes = read_text(run.folder / "2.delta");
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
  write_text(run.folder / "2.delta", bytes);
  CHECK(launch("snapshot verify " + path("2.delta")).status == 65);
  CHECK(launch("snapshot info " + path("2.delta")).status == 65);
  CHECK(launch("snapshot apply " + slice(1) + " " + path("2.delta") + " --out " + path("no.snapshot")).status == 65);
}
