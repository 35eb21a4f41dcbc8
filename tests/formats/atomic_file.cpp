#include <doctest/doctest.h>

#include <span>
#include <string>
#include <utility>

#include <gaugeline/formats/atomic_file.hpp>

#include "temporary_directory.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

}  // namespace

TEST_CASE("a committed file is there, whole, with nothing beside it") {
  const TemporaryDirectory folder;
  auto file = AtomicFile::create(folder / "a");
  REQUIRE(file);
  REQUIRE(file->write(bytes_of("one ")));
  REQUIRE(file->write(bytes_of("two")));
  REQUIRE(file->commit());
  CHECK(read_text(folder / "a") == "one two");
  CHECK(folder.names() == std::vector<std::string>{"a"});
}

TEST_CASE("until it is committed, the file has its old content") {
  const TemporaryDirectory folder;
  write_bytes(folder / "a", bytes_of("old"));
  {
    auto file = AtomicFile::create(folder / "a");
    REQUIRE(file);
    REQUIRE(file->write(bytes_of("new")));
    CHECK(read_text(folder / "a") == "old");
    CHECK(folder.names().size() == 2);
  }
  CHECK(read_text(folder / "a") == "old");
  CHECK(folder.names().size() == 1);
}

TEST_CASE("temporary files can be told by their names") {
  const TemporaryDirectory folder;
  const auto file = AtomicFile::create(folder / "a");
  REQUIRE(file);
  REQUIRE(folder.names().size() == 1);
  CHECK(folder.names()[0].starts_with(temporary_file_prefix));
}

TEST_CASE("two writers of one file do not mix; the last to commit wins") {
  const TemporaryDirectory folder;
  auto first = AtomicFile::create(folder / "a");
  auto second = AtomicFile::create(folder / "a");
  REQUIRE(first);
  REQUIRE(second);
  REQUIRE(first->write(bytes_of("first")));
  REQUIRE(second->write(bytes_of("second")));
  REQUIRE(second->commit());
  REQUIRE(first->commit());
  CHECK(read_text(folder / "a") == "first");
}

TEST_CASE("after commit nothing can be written or committed again") {
  const TemporaryDirectory folder;
  auto file = AtomicFile::create(folder / "a");
  REQUIRE(file);
  REQUIRE(file->commit());
  CHECK(file->write(bytes_of("x")).error().code() == ErrorCode::invalid_argument);
  CHECK(file->commit().error().code() == ErrorCode::invalid_argument);
}

TEST_CASE("a moved-from file is closed, and the other goes on") {
  const TemporaryDirectory folder;
  auto file = AtomicFile::create(folder / "a");
  REQUIRE(file);
  AtomicFile other = std::move(*file);
  auto replaced = AtomicFile::create(folder / "b");
  REQUIRE(replaced);
  *replaced = std::move(other);  // the temporary file of b goes away
  REQUIRE(replaced->write(bytes_of("moved")));
  REQUIRE(replaced->commit());
  CHECK(read_text(folder / "a") == "moved");
  CHECK(folder.names().size() == 1);
}

TEST_CASE("a missing folder is named") {
  const TemporaryDirectory folder;
  const auto file = AtomicFile::create(folder / "missing" / "a");
  REQUIRE(!file);
  CHECK(file.error().code() == ErrorCode::not_found);
  CHECK(file.error().message().find("missing/a") != std::string_view::npos);
}

TEST_CASE("a folder or a device is not replaced") {
  const TemporaryDirectory folder;
  CHECK(AtomicFile::create(folder.path()).error().code() == ErrorCode::invalid_argument);
  CHECK(AtomicFile::create("/dev/null").error().code() == ErrorCode::invalid_argument);
}
