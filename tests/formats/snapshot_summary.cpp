#include <doctest/doctest.h>

#include <fstream>
#include <string>

#include <gaugeline/formats/snapshot_store.hpp>
#include <gaugeline/formats/snapshot_summary.hpp>

#include "example_snapshot.hpp"
#include "temporary_directory.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

struct Published {
  Published() {
    auto store = SnapshotStore::create(folder.path()).value();
    REQUIRE(store.publish(ExampleSnapshot(5, 6, 3).view()));
    file = store.file(ExampleSnapshot(5, 6, 3).view().report.slice);
    bytes = read_text(file);
  }
  // The summary of these bytes instead.
  [[nodiscard]] Expected<SnapshotSummary> of(const std::string& other) const {
    std::ofstream(folder / "other", std::ios::binary) << other;
    return read_snapshot_summary(folder / "other");
  }
  TemporaryDirectory folder;
  std::filesystem::path file;
  std::string bytes;
};

}  // namespace

TEST_CASE("the summary says what the whole snapshot says") {
  const Published published;
  const auto whole = read_snapshot(published.file).value();
  const auto summary = read_snapshot_summary(published.file).value();
  CHECK(summary.run == whole.view().lineage.run);
  CHECK(summary.program == whole.view().lineage.program);
  CHECK(summary.smoothed == whole.view().lineage.smoothed);
  CHECK(summary.checksum == whole.checksum());
  CHECK(summary.bytes == published.bytes.size());
  CHECK(summary.options == whole.view().options);
  CHECK(summary.report.slice == whole.view().report.slice);
  CHECK(summary.report.interval == whole.view().report.interval);
  CHECK(summary.report.item_rows == whole.view().report.item_rows);
}

TEST_CASE("a file that is cut off has no summary") {
  const Published published;
  for (std::size_t size = 0; size < published.bytes.size(); ++size) {
    CAPTURE(size);
    CHECK(!published.of(published.bytes.substr(0, size)));
  }
}

// Rows that are damaged are found by who reads them.
TEST_CASE("a changed byte outside the rows is found, and the file named") {
  const Published published;
  std::size_t found = 0;
  for (std::size_t at = 0; at < published.bytes.size(); ++at) {
    std::string damaged = published.bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    const auto summary = published.of(damaged);
    if (at < 64 || at >= published.bytes.size() - 64) CHECK_MESSAGE(!summary, "byte ", at);
    if (summary) continue;
    ++found;
    CHECK(summary.error().message().starts_with((published.folder / "other").native()));
  }
  CHECK(found > 500);  // header, manifest and footer
}

TEST_CASE("a file that is not there is not found") {
  const TemporaryDirectory folder;
  CHECK(read_snapshot_summary(folder / "nothing").error().code() == ErrorCode::not_found);
}
