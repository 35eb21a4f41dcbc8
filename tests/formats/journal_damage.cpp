// Damage in the middle is an error that names the place, and nothing is changed; at the end it is cut off.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <gaugeline/formats/journal.hpp>

#include <support/simulated_disk.hpp>

#include "checksum.hpp"
#include "journal_records.hpp"
#include "little_endian.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

using Bytes = std::vector<std::byte>;

constexpr JournalOptions small_segments{.segment_bytes = 200};
constexpr std::size_t header_bytes = 32;  // of a segment, and of a record

// 12 records, each synced, in several segments.
struct Example {
  SimulatedDisk disk{1};
  std::vector<std::string> names;

  Example() {
    auto journal = open_journal(disk, small_segments);
    fill(journal, 12);
    names = disk.list(journal_folder).value();
    REQUIRE(names.size() > 3);
  }
  [[nodiscard]] std::filesystem::path file(std::size_t segment) const { return journal_folder / names[segment]; }
  [[nodiscard]] std::filesystem::path last() const { return file(names.size() - 1); }

  // Everything on the disk, to see that nothing has changed.
  [[nodiscard]] std::vector<Bytes> contents() {
    std::vector<Bytes> all;
    for (const auto& name : names) all.push_back(disk.content(journal_folder / name));
    REQUIRE(disk.list(journal_folder) == names);
    return all;
  }

  Error refused() {
    const auto before = contents();
    const auto journal = Journal::open(journal_folder, small_segments, disk);
    REQUIRE(!journal);
    CHECK(contents() == before);
    return journal.error();
  }
};

std::uint64_t first_of(const std::string& name) { return std::stoull(name.substr(0, 20)); }

}  // namespace

TEST_CASE("a change of any byte of an earlier segment is an error that names the file and the offset") {
  Example example;
  const auto path = example.file(1);
  const auto whole = example.disk.content(path);
  for (std::size_t offset = 0; offset < whole.size(); ++offset) {
    CAPTURE(offset);
    auto bytes = whole;
    bytes[offset] ^= std::byte{4};
    example.disk.overwrite(path, bytes);
    const auto error = example.refused();
    const auto message = error.message();
    CHECK((error.code() == ErrorCode::bad_data || error.code() == ErrorCode::checksum_mismatch));
    REQUIRE(message.starts_with(path.native() + ": offset "));
    const auto named = std::stoull(std::string(message.substr(path.native().size() + 9)));
    CHECK(named <= offset);
    CHECK((named == 0) == (offset < header_bytes));
  }
}

TEST_CASE("an earlier segment that is cut at any place is an error") {
  Example example;
  const auto path = example.file(0);
  const auto whole = example.disk.content(path);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    example.disk.overwrite(path, Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    example.refused();
  }
}

TEST_CASE("a bad record in the last segment is an error if one behind it says that it was on disk") {
  SimulatedDisk disk(1);
  {
    auto journal = open_journal(disk);
    fill(journal, 9);
  }
  const auto path = journal_folder / "00000000000000000001.journal";
  const auto whole = disk.content(path);
  const std::size_t last = whole.size() - header_bytes - body_of(9).size();
  for (std::size_t offset = header_bytes; offset < last; ++offset) {
    CAPTURE(offset);
    auto bytes = whole;
    bytes[offset] ^= std::byte{4};
    disk.overwrite(path, bytes);
    const auto journal = Journal::open(journal_folder, {}, disk);
    REQUIRE(!journal);
    CHECK(journal.error().message().starts_with(path.native() + ": offset "));
    CHECK(journal.error().message().find("behind it says that it was on disk") != std::string_view::npos);
    CHECK(disk.content(path) == bytes);
  }
}

TEST_CASE("what is damaged or missing at the end of the last segment is cut off, for good, and reported") {
  for (const bool cut : {true, false}) {
    Example example;
    const auto whole = example.disk.content(example.last());
    const std::size_t last_record = whole.size() - header_bytes - body_of(12).size();
    for (std::size_t offset = last_record; offset < whole.size(); ++offset) {
      if (cut && offset == last_record) continue;  // then nothing is missing
      CAPTURE(offset);
      auto bytes = whole;
      if (cut) {
        bytes.resize(offset);
      } else {
        bytes[offset] ^= std::byte{4};
      }
      example.disk.overwrite(example.last(), bytes);
      const auto journal = open_journal(example.disk, small_segments);
      REQUIRE(journal.torn_tail());
      CHECK(journal.torn_tail()->file == example.last());
      CHECK(journal.torn_tail()->offset == last_record);
      CHECK(journal.torn_tail()->bytes == bytes.size() - last_record);
      CHECK(example.disk.content(example.last()).size() == last_record);
      CHECK(read_all(journal) == filled(1, 11));
    }
  }
}

TEST_CASE("zeros and garbage behind the last record are cut off") {
  for (const std::size_t size : {1U, 31U, 32U, 33U, 1000U, 100'000U}) {
    for (const bool zeros : {true, false}) {
      Example example;
      auto bytes = example.disk.content(example.last());
      const auto whole = bytes.size();
      Random random(size);
      for (std::size_t i = 0; i < size; ++i)
        bytes.push_back(zeros ? std::byte{} : static_cast<std::byte>(random.bits()));
      example.disk.overwrite(example.last(), bytes);
      const auto journal = open_journal(example.disk, small_segments);
      REQUIRE(journal.torn_tail());
      CHECK(journal.torn_tail()->bytes == size);
      CHECK(example.disk.content(example.last()).size() == whole);
      CHECK(read_all(journal) == filled(1, 12));
    }
  }
}

TEST_CASE("a group that reached the disk in another order is cut off, though records behind the bad one are whole") {
  SimulatedDisk disk(1);
  const auto path = journal_folder / "00000000000000000001.journal";
  std::size_t synced = 0;
  {
    auto journal = open_journal(disk);
    fill(journal, 4);
    synced = disk.content(path).size();
    for (int i = 0; i < 5; ++i) REQUIRE(journal.append(0, bytes_of("a body of the group")));
    REQUIRE(journal.commit(JournalSync::now));
  }
  auto bytes = disk.content(path);
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(synced), 60, std::byte{});
  disk.overwrite(path, bytes);
  const auto journal = open_journal(disk);
  REQUIRE(journal.torn_tail());
  CHECK(journal.torn_tail()->offset == synced);
  CHECK(read_all(journal) == filled(1, 4));
}

TEST_CASE("a body that holds records of a journal does not keep a torn tail from being cut") {
  SimulatedDisk disk(1);
  const auto path = journal_folder / "00000000000000000001.journal";
  {
    auto journal = open_journal(disk);
    fill(journal, 3);
    const auto file = disk.content(path);
    for (int i = 0; i < 3; ++i) REQUIRE(journal.append(0, file));
    REQUIRE(journal.commit(JournalSync::now));
  }
  auto bytes = disk.content(path);
  bytes.resize(bytes.size() - 1);
  disk.overwrite(path, bytes);
  CHECK(open_journal(disk).next_number() == 6);
}

TEST_CASE("a last segment whose header was not written whole is removed, and begun again") {
  for (const std::size_t size : {0U, 1U, 31U, 32U}) {
    Example example;
    const auto torn = journal_folder / "00000000000000000013.journal";
    REQUIRE(example.disk.create(torn));
    example.disk.overwrite(torn, Bytes(size));
    auto journal = open_journal(example.disk, {.segment_bytes = 1});
    REQUIRE(journal.torn_tail());
    CHECK(journal.torn_tail()->file == torn);
    CHECK(journal.torn_tail()->offset == 0);
    CHECK(journal.torn_tail()->bytes == size);
    CHECK(example.disk.list(journal_folder) == example.names);
    fill(journal, 14);
    CHECK(read_all(journal) == filled(1, 14));
  }
}

TEST_CASE("a missing segment is an error that names the files on both sides") {
  Example example;
  REQUIRE(example.disk.remove(example.file(1)));
  const auto gone = first_of(example.names[1]);
  example.names.erase(example.names.begin() + 1);
  const auto error = example.refused();
  CHECK(error.code() == ErrorCode::bad_data);
  CHECK(error.message() == example.file(1).native() + ": begins with record " +
                               std::to_string(first_of(example.names[1])) + ", but " + example.file(0).native() +
                               " ends with record " + std::to_string(gone - 1) +
                               ": a segment is missing, or one is there twice");
}

TEST_CASE("a segment under another one's name is an error") {
  Example example;
  const auto content = example.disk.content(example.file(2));
  example.disk.overwrite(example.file(1), content);
  CHECK(example.refused().message().starts_with(example.file(1).native() + ": its header says that it begins with"));
}

TEST_CASE("a record that is missing is an error that names it and the one in its place") {
  SimulatedDisk disk(1);
  {
    auto journal = open_journal(disk);
    fill(journal, 5);
  }
  const auto path = journal_folder / "00000000000000000001.journal";
  auto bytes = disk.content(path);
  const auto second = bytes.begin() + static_cast<std::ptrdiff_t>(2 * header_bytes + body_of(1).size());
  bytes.erase(second, second + static_cast<std::ptrdiff_t>(header_bytes + body_of(2).size()));
  disk.overwrite(path, bytes);
  const auto journal = Journal::open(journal_folder, {}, disk);
  REQUIRE(!journal);
  CHECK(journal.error().message().find("record 2 is due, but record 3 is here") != std::string_view::npos);
}

TEST_CASE("a record over the limit is an error, and not a torn tail") {
  SimulatedDisk disk(1);
  {
    auto journal = open_journal(disk);
    REQUIRE(journal.append(0, bytes_of("a body")));
    REQUIRE(journal.commit(JournalSync::now));
  }
  const auto journal = Journal::open(journal_folder, {.max_record_bytes = 5}, disk);
  REQUIRE(!journal);
  CHECK(journal.error().code() == ErrorCode::capacity_exceeded);
}

TEST_CASE("a segment of another version is refused with both versions") {
  Example example;
  auto bytes = example.disk.content(example.last());
  store(bytes, 8, std::uint32_t{9});
  store(bytes, 24, checksum(std::span(bytes).first(24)));
  example.disk.overwrite(example.last(), bytes);
  const auto error = example.refused();
  CHECK(error.code() == ErrorCode::unsupported_version);
  CHECK(error.message().find("version 9, but this program reads 1") != std::string_view::npos);
}

TEST_CASE("what was damaged after the journal was opened is found by replay") {
  Example example;
  const auto journal = open_journal(example.disk, small_segments);
  auto bytes = example.disk.content(example.file(1));
  bytes.back() ^= std::byte{1};
  example.disk.overwrite(example.file(1), bytes);
  CHECK(read_from(journal, 1).error().code() == ErrorCode::checksum_mismatch);
  bytes.resize(bytes.size() / 2);
  example.disk.overwrite(example.file(1), bytes);
  CHECK(read_from(journal, 1).error().code() == ErrorCode::bad_data);
}
