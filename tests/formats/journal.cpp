#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include <gaugeline/formats/journal.hpp>

#include <support/simulated_disk.hpp>

#include "journal_records.hpp"
#include "temporary_directory.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

using Names = std::vector<std::string>;

// Two to three of the records of fill() a segment.
constexpr JournalOptions small_segments{.segment_bytes = 200};

}  // namespace

TEST_CASE("what was appended and committed is replayed in order, also after reopening, on the disk of this machine") {
  const TemporaryDirectory folder;
  {
    auto journal = Journal::open(folder / "deep" / "journal", small_segments);
    REQUIRE(journal);
    CHECK(!journal->torn_tail());
    fill(*journal, 20);
    CHECK(read_all(*journal) == filled(1, 20));
  }
  auto journal = Journal::open(folder / "deep" / "journal", small_segments);
  REQUIRE(journal);
  CHECK(!journal->torn_tail());
  CHECK(journal->next_number() == 21);
  CHECK(read_all(*journal) == filled(1, 20));
  fill(*journal, 25);
  CHECK(read_all(*journal) == filled(1, 25));
}

TEST_CASE("a new journal is empty and begins with record 1") {
  SimulatedDisk disk(1);
  const auto journal = open_journal(disk);
  CHECK(journal.next_number() == 1);
  CHECK(journal.first_number() == 1);
  CHECK(journal.bytes() == 0);
  CHECK(read_all(journal).empty());
  CHECK(disk.list(journal_folder) == Names{});
}

TEST_CASE("records are in the file once they are committed, and not before") {
  SimulatedDisk disk(1);
  auto journal = open_journal(disk);
  CHECK(journal.append(5, bytes_of("body")) == 1U);
  CHECK(read_all(journal).empty());
  CHECK(journal.first_number() == 1);
  REQUIRE(journal.commit(JournalSync::later));
  CHECK(read_all(journal) == std::vector<ReadRecord>{{1, 5, "body"}});
  CHECK(journal.bytes() == 32 + 32 + 4);
  CHECK(disk.list(journal_folder) == Names{"00000000000000000001.journal"});
}

TEST_CASE("a group is one write and one sync, and a commit of nothing does nothing") {
  SimulatedDisk disk(1);
  auto journal = open_journal(disk);
  fill(journal, 1);
  for (int i = 0; i < 100; ++i) REQUIRE(journal.append(0, bytes_of("body")));
  const auto before = disk.operations();
  REQUIRE(journal.commit(JournalSync::now));
  CHECK(disk.operations() == before + 2);
  REQUIRE(journal.commit(JournalSync::now));
  CHECK(disk.operations() == before + 2);
}

TEST_CASE("a committed record is read from its place, as commit and replay tell it, also while the journal goes on") {
  SimulatedDisk disk(1);
  auto journal = open_journal(disk, small_segments);
  std::vector<JournalPlace> places;
  for (std::uint64_t number = 1; number <= 20; ++number) {
    REQUIRE(journal.append(static_cast<std::uint32_t>(number) + 7, bytes_of(body_of(number))));
    if (number % 3 != 0 && number != 20) continue;
    REQUIRE(journal.commit(number % 2 == 0 ? JournalSync::now : JournalSync::later));
    places.insert(places.end(), journal.last_committed().begin(), journal.last_committed().end());
  }
  std::vector<JournalPlace> replayed;
  REQUIRE(journal.replay(1, [&](const JournalRecord& record) -> Expected<> {
    replayed.push_back(record.place);
    return {};
  }));
  REQUIRE(places.size() == 20);
  REQUIRE(replayed.size() == 20);
  std::vector<std::byte> buffer;
  for (std::uint64_t number = 20; number >= 1; --number) {
    const JournalPlace& place = places[number - 1];
    CHECK(place.number == number);
    CHECK(place.segment == replayed[number - 1].segment);
    CHECK(place.offset == replayed[number - 1].offset);
    const auto record = read_journal_record(journal_folder, place, buffer, disk);
    REQUIRE(record);
    CHECK(record->kind == number + 7);
    CHECK(std::ranges::equal(record->body, bytes_of(body_of(number))));
  }
}

TEST_CASE(
    "a record that is not at its place is an error: of another number, at another offset, in a segment that went") {
  SimulatedDisk disk(1);
  auto journal = open_journal(disk, small_segments);
  std::vector<JournalPlace> places;
  for (std::uint64_t number = 1; number <= 20; ++number) {
    fill(journal, number);
    places.push_back(journal.last_committed().back());
  }
  std::vector<std::byte> buffer;
  const auto code = [&](JournalPlace place) {
    const auto record = read_journal_record(journal_folder, place, buffer, disk);
    REQUIRE_FALSE(record);
    return record.error().code();
  };
  JournalPlace other = places[3];
  ++other.number;
  CHECK(code(other) == ErrorCode::not_found);
  for (std::uint64_t offset = 0; offset < 400; ++offset) {
    if (offset == places[3].offset) continue;
    const ErrorCode found = code({.number = 4, .segment = places[3].segment, .offset = offset});
    CHECK((found == ErrorCode::not_found || found == ErrorCode::checksum_mismatch));
  }
  CHECK(code({.number = 4, .segment = places[3].segment, .offset = ~std::uint64_t{0}}) == ErrorCode::not_found);
  REQUIRE(journal.remove_before(10));
  CHECK_FALSE(read_journal_record(journal_folder, places[0], buffer, disk));
}

TEST_CASE("a commit that may be synced later is synced by the next that may not") {
  SimulatedDisk disk(1);
  auto journal = open_journal(disk);
  fill(journal, 1);
  REQUIRE(journal.append(0, bytes_of("body")));
  const auto before = disk.operations();
  REQUIRE(journal.commit(JournalSync::later));
  CHECK(disk.operations() == before + 1);
  REQUIRE(journal.commit(JournalSync::now));
  CHECK(disk.operations() == before + 2);
}

TEST_CASE("segments end where the next record would grow them too far; a larger record has one of its own") {
  SimulatedDisk disk(1);
  auto journal = open_journal(disk, {.segment_bytes = 100});
  for (const std::size_t size : {4U, 0U, 1U, 500U, 500U, 2U})
    REQUIRE(journal.append(0, bytes_of(std::string(size, 'x'))));
  REQUIRE(journal.commit(JournalSync::now));  // 32 + 36 + 32 = 100
  CHECK(disk.list(journal_folder) == Names{"00000000000000000001.journal", "00000000000000000003.journal",
                                           "00000000000000000004.journal", "00000000000000000005.journal",
                                           "00000000000000000006.journal"});
  CHECK(disk.content(journal_folder / "00000000000000000001.journal").size() == 100);
  CHECK(read_all(journal).size() == 6);
  CHECK(journal.bytes() == 5 * 32 + 6 * 32 + 4 + 1 + 500 + 500 + 2);
  CHECK(read_all(open_journal(disk)) == read_all(journal));
}

TEST_CASE("replay begins where it is told, and says so if the journal does not reach there") {
  SimulatedDisk disk(1);
  auto journal = open_journal(disk, small_segments);
  fill(journal, 20);
  for (std::uint64_t first = 1; first <= 21; ++first) CHECK(read_from(journal, first) == filled(first, 20));
  CHECK(read_from(journal, 22).error().code() == ErrorCode::not_found);
  CHECK(read_from(journal, 0).error().code() == ErrorCode::not_found);
  REQUIRE(journal.append(0, {}));
  CHECK(read_from(journal, 22).error().message() ==
        "/data/journal: is to be read from record 22, but it holds 1 to 20");
}

TEST_CASE("an error of the visitor ends the replay") {
  SimulatedDisk disk(1);
  auto journal = open_journal(disk, small_segments);
  fill(journal, 5);
  std::uint64_t last = 0;
  const auto replayed = journal.replay(1, [&](const JournalRecord& record) -> Expected<> {
    last = record.number;
    if (last == 3) return fail(ErrorCode::out_of_memory, "no more");
    return {};
  });
  CHECK(replayed.error().message() == "no more");
  CHECK(last == 3);
}

TEST_CASE("only whole segments below the number are removed, and never the last") {
  SimulatedDisk disk(1);
  auto journal = open_journal(disk, {.segment_bytes = 1});  // one record a segment
  fill(journal, 9);
  REQUIRE(journal.remove_before(4));
  CHECK(journal.first_number() == 4);
  CHECK(disk.list(journal_folder)->size() == 6);
  CHECK(read_all(journal) == filled(4, 9));
  CHECK(read_from(journal, 3).error().code() == ErrorCode::not_found);
  REQUIRE(journal.remove_before(4));
  REQUIRE(journal.remove_before(100));
  CHECK(journal.first_number() == 9);
  CHECK(journal.next_number() == 10);
  auto reopened = open_journal(disk);
  CHECK(reopened.first_number() == 9);
  fill(reopened, 12);
  CHECK(read_all(reopened) == filled(9, 12));
}

TEST_CASE("what was removed stays removed after a crash") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SimulatedDisk disk(seed);
    {
      auto journal = open_journal(disk, {.segment_bytes = 1});
      fill(journal, 5);
      REQUIRE(journal.remove_before(4));
    }
    disk.crash();
    CHECK(open_journal(disk).first_number() == 4);
  }
}

TEST_CASE("a record over the limit is refused, and the next takes its number") {
  SimulatedDisk disk(1);
  auto journal = open_journal(disk, {.max_record_bytes = 4});
  CHECK(journal.append(0, bytes_of("12345")).error().code() == ErrorCode::capacity_exceeded);
  CHECK(journal.append(0, bytes_of("1234")) == 1U);
  CHECK(Journal::open(journal_folder, {.max_record_bytes = std::size_t{1} << 32U}, disk).error().code() ==
        ErrorCode::invalid_argument);
}

TEST_CASE("a large body is written and read whole") {
  SimulatedDisk disk(1);
  auto journal = open_journal(disk, {.segment_bytes = 1U << 20U});
  std::string body(3'000'000, ' ');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * i / 7);
  REQUIRE(journal.append(1, bytes_of("small")));
  REQUIRE(journal.append(2, bytes_of(body)));
  REQUIRE(journal.append(3, bytes_of("small")));
  REQUIRE(journal.commit(JournalSync::now));
  const std::vector<ReadRecord> expected{{1, 1, "small"}, {2, 2, body}, {3, 3, "small"}};
  CHECK(read_all(journal) == expected);
  CHECK(read_all(open_journal(disk)) == expected);
}

TEST_CASE("other files in the folder are left alone") {
  SimulatedDisk disk(1);
  auto journal = open_journal(disk);
  fill(journal, 3);
  for (const auto* name : {"notes.txt", "1.journal", "00000000000000000000.journal", "0000000000000000000x.journal"})
    REQUIRE(disk.create(journal_folder / name));
  CHECK(read_all(open_journal(disk)) == filled(1, 3));
  CHECK(disk.list(journal_folder)->size() == 5);
}
