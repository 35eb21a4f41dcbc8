// The same laws for the disk of this machine and for the simulated one that stands in for it in other tests.
#include <doctest/doctest.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <gaugeline/formats/file_system.hpp>

#include <support/simulated_disk.hpp>

#include "temporary_directory.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

using Names = std::vector<std::string>;

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

struct RealDisk {
  TemporaryDirectory directory;
  std::filesystem::path folder = directory.path();
  FileSystem& files = system_files();
};

struct PretendedDisk {
  SimulatedDisk disk{1};
  std::filesystem::path folder = "/data";
  FileSystem& files = disk;
  PretendedDisk() { REQUIRE(disk.make_folder(folder)); }
};

void write_file(FileSystem& files, const std::filesystem::path& path, std::string_view text) {
  const auto file = files.create(path);
  REQUIRE(file);
  REQUIRE((*file)->append(bytes_of(text)));
}

std::string text_of(const InputFile& file) {
  std::string text(file.size().value(), ' ');
  REQUIRE(file.read(0, std::as_writable_bytes(std::span(text))) == text.size());
  return text;
}

std::string text_of(FileSystem& files, const std::filesystem::path& path) {
  const auto file = files.open_to_read(path);
  REQUIRE(file);
  return text_of(**file);
}

template <class T>
ErrorCode code_of(const Expected<T>& failed) {
  REQUIRE(!failed);
  return failed.error().code();
}

}  // namespace

TEST_CASE_TEMPLATE("what is appended is read back, from any offset, and no further than the end", Disk, RealDisk,
                   PretendedDisk) {
  Disk disk;
  const auto file = disk.files.create(disk.folder / "a");
  REQUIRE(file);
  REQUIRE((*file)->append(bytes_of("one ")));
  REQUIRE((*file)->append(bytes_of("two")));
  REQUIRE((*file)->sync());
  const auto input = disk.files.open_to_read(disk.folder / "a");
  REQUIRE(input);
  CHECK((*input)->size() == 7U);
  std::string text(10, '.');
  CHECK((*input)->read(2, std::as_writable_bytes(std::span(text))) == 5U);
  CHECK(text == "e two.....");
  CHECK((*input)->read(7, std::as_writable_bytes(std::span(text))) == 0U);
  CHECK((*input)->read(99, std::as_writable_bytes(std::span(text))) == 0U);
}

TEST_CASE_TEMPLATE("a file that is cut goes on where it ends now", Disk, RealDisk, PretendedDisk) {
  Disk disk;
  write_file(disk.files, disk.folder / "a", "one two");
  const auto file = disk.files.open_to_append(disk.folder / "a");
  REQUIRE(file);
  REQUIRE((*file)->truncate(4));
  REQUIRE((*file)->append(bytes_of("three")));
  CHECK(text_of(disk.files, disk.folder / "a") == "one three");
}

TEST_CASE_TEMPLATE("a file is made once", Disk, RealDisk, PretendedDisk) {
  Disk disk;
  write_file(disk.files, disk.folder / "a", "old");
  CHECK(code_of(disk.files.create(disk.folder / "a")) == ErrorCode::invalid_argument);
  CHECK(code_of(disk.files.create(disk.folder)) == ErrorCode::invalid_argument);
  CHECK(text_of(disk.files, disk.folder / "a") == "old");
}

TEST_CASE_TEMPLATE("what is not there is named", Disk, RealDisk, PretendedDisk) {
  Disk disk;
  const auto path = disk.folder / "missing";
  CHECK(code_of(disk.files.open_to_read(path)) == ErrorCode::not_found);
  CHECK(code_of(disk.files.open_to_append(path)) == ErrorCode::not_found);
  CHECK(code_of(disk.files.remove(path)) == ErrorCode::not_found);
  CHECK(code_of(disk.files.rename(path, disk.folder / "b")) == ErrorCode::not_found);
  CHECK(code_of(disk.files.list(path)) == ErrorCode::not_found);
  CHECK(code_of(disk.files.sync_folder(path)) == ErrorCode::not_found);
  CHECK(code_of(disk.files.create(path / "a")) == ErrorCode::not_found);
  CHECK(disk.files.open_to_read(path).error().message().starts_with(path.native() + ": "));
  CHECK(disk.files.kind(path) == FileKind::none);
}

TEST_CASE_TEMPLATE("a file takes another's place, and whoever reads the other goes on", Disk, RealDisk, PretendedDisk) {
  Disk disk;
  write_file(disk.files, disk.folder / "a", "new");
  write_file(disk.files, disk.folder / "b", "old");
  const auto reader = disk.files.open_to_read(disk.folder / "b");
  REQUIRE(reader);
  REQUIRE(disk.files.rename(disk.folder / "a", disk.folder / "b"));
  CHECK(text_of(disk.files, disk.folder / "b") == "new");
  CHECK(text_of(**reader) == "old");
  CHECK(disk.files.list(disk.folder) == Names{"b"});
}

TEST_CASE_TEMPLATE("a folder takes the place of an empty one, and of no other", Disk, RealDisk, PretendedDisk) {
  Disk disk;
  for (const auto* name : {"full", "empty", "third"}) REQUIRE(disk.files.make_folder(disk.folder / name));
  write_file(disk.files, disk.folder / "full" / "a", "1");
  write_file(disk.files, disk.folder / "third" / "b", "2");
  CHECK(code_of(disk.files.rename(disk.folder / "third", disk.folder / "full")) == ErrorCode::io_error);
  REQUIRE(disk.files.rename(disk.folder / "full", disk.folder / "empty"));
  CHECK(disk.files.list(disk.folder) == Names{"empty", "third"});
  CHECK(text_of(disk.files, disk.folder / "empty" / "a") == "1");
}

TEST_CASE_TEMPLATE("folders are made once and listed by name", Disk, RealDisk, PretendedDisk) {
  Disk disk;
  REQUIRE(disk.files.make_folder(disk.folder / "f"));
  REQUIRE(disk.files.make_folder(disk.folder / "f"));
  for (const auto* name : {"b", ".c", "a"}) write_file(disk.files, disk.folder / "f" / name, "");
  CHECK(disk.files.list(disk.folder / "f") == Names{".c", "a", "b"});
  CHECK(disk.files.kind(disk.folder / "f") == FileKind::folder);
  CHECK(disk.files.kind(disk.folder / "f" / "a") == FileKind::regular);
  CHECK(code_of(disk.files.make_folder(disk.folder / "f" / "a")) == ErrorCode::io_error);
  CHECK(code_of(disk.files.open_to_read(disk.folder / "f")) == ErrorCode::io_error);
  REQUIRE(disk.files.remove(disk.folder / "f" / "a"));
  CHECK(disk.files.list(disk.folder / "f") == Names{".c", "b"});
}

TEST_CASE_TEMPLATE("a lock has one holder, and is free when the holder is gone", Disk, RealDisk, PretendedDisk) {
  Disk disk;
  auto first = disk.files.lock(disk.folder / "lock");
  REQUIRE(first);
  REQUIRE(*first);
  CHECK(disk.files.lock(disk.folder / "lock").value() == nullptr);
  first->reset();
  CHECK(disk.files.lock(disk.folder / "lock").value() != nullptr);
  CHECK(disk.files.list(disk.folder) == Names{"lock"});
}

TEST_CASE_TEMPLATE("a durable folder is made with all above it, and may be there already", Disk, RealDisk,
                   PretendedDisk) {
  Disk disk;
  REQUIRE(make_durable_folder(disk.files, disk.folder / "a" / "b" / "c" / ""));
  REQUIRE(make_durable_folder(disk.files, disk.folder / "a" / "b" / "c"));
  CHECK(disk.files.kind(disk.folder / "a" / "b" / "c") == FileKind::folder);
  write_file(disk.files, disk.folder / "file", "");
  CHECK(!make_durable_folder(disk.files, disk.folder / "file" / "d"));
}

TEST_CASE("a durable folder survives every crash, also one that a killed process had made") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SimulatedDisk disk(seed);
    REQUIRE(disk.make_folder("a"));
    disk.kill();
    REQUIRE(make_durable_folder(disk, "a"));
    REQUIRE(make_durable_folder(disk, "b/c"));
    disk.crash();
    CHECK(disk.list("/") == Names{"a", "b"});
    CHECK(disk.list("b") == Names{"c"});
  }
}

TEST_CASE("a full disk can be told from other failures") {
  const auto full = system_files().open_to_append("/dev/full");
  REQUIRE(full);
  CHECK(code_of((*full)->append(bytes_of("x"))) == ErrorCode::no_space);
  CHECK(system_files().kind("/dev/full") == FileKind::other);
}
