// The journal on a disk that is crashed, filled up and made to fail, against a plain list of what was appended.
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <gaugeline/formats/journal.hpp>
#include <gaugeline/random.hpp>

#include <support/simulated_disk.hpp>

#include "journal_records.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

constexpr JournalOptions small_segments{.segment_bytes = 300};

// What a journal is held against.
struct Model {
  std::vector<ReadRecord> appended;  // record n at n - 1
  std::uint64_t synced = 0;          // the last whose sync has returned
  std::uint64_t removed = 0;         // the last that may have been removed

  void append(Journal& journal, std::uint64_t salt) {
    const std::uint64_t number = appended.size() + 1;
    const auto body = body_of(number, salt);
    const auto kind = static_cast<std::uint32_t>(salt);
    if (journal.append(kind, bytes_of(body))) appended.push_back({number, kind, body});
  }
  void commit(Journal& journal, JournalSync sync) {
    if (journal.commit(sync) && sync == JournalSync::now) synced = appended.size();
  }
  void remove_before(Journal& journal, std::uint64_t number) {
    removed = std::max(removed, number - 1);
    [[maybe_unused]] const auto outcome = journal.remove_before(number);  // the disk may have stopped
  }

  // What is there is a prefix of what was appended, holds all that was synced, and counts as synced from now on.
  void check_reopened(SimulatedDisk& disk) {
    const auto journal = open_journal(disk, small_segments);
    const std::uint64_t last = journal.next_number() - 1;
    REQUIRE(last >= synced);
    REQUIRE(last <= appended.size());
    CHECK(journal.first_number() <= removed + 1);
    appended.resize(last);
    synced = last;
    const auto kept = appended.begin() + static_cast<std::ptrdiff_t>(journal.first_number() - 1);
    CHECK(read_all(journal) == std::vector<ReadRecord>(kept, appended.end()));
  }
};

// Groups of several records, over several segments, with and without syncs, and old ones that go.
void write_some(SimulatedDisk& disk, Model& model) {
  auto opened = Journal::open(journal_folder, small_segments, disk);
  if (!opened) return;
  for (std::uint64_t group = 1; group <= 8; ++group) {
    for (std::uint64_t i = 0; i < group % 5 + 1; ++i) model.append(*opened, group);
    model.commit(*opened, group % 3 == 0 ? JournalSync::later : JournalSync::now);
    if (group == 5) model.remove_before(*opened, 6);
  }
}

}  // namespace

TEST_CASE("after a crash at any operation a prefix is there that holds everything synced, and it can be written on") {
  std::uint64_t cuts = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    bool undisturbed = false;
    for (std::uint64_t operations = 0; !undisturbed; ++operations) {
      CAPTURE(seed);
      CAPTURE(operations);
      SimulatedDisk disk(seed);
      Model model;
      disk.stop_after(operations);
      write_some(disk, model);
      undisturbed = !disk.stopped();
      disk.crash();
      {
        const auto journal = open_journal(disk, small_segments);
        cuts += journal.torn_tail() ? 1 : 0;
      }
      CHECK(!open_journal(disk, small_segments).torn_tail());  // it was cut for good
      model.check_reopened(disk);
      write_some(disk, model);
      disk.crash();
      model.check_reopened(disk);
    }
  }
  CHECK(cuts > 100);
}

TEST_CASE("after a crash at any operation of reopening a torn journal, it can be reopened") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    for (std::uint64_t operations = 0; operations < 8; ++operations) {
      CAPTURE(seed);
      CAPTURE(operations);
      SimulatedDisk disk(seed);
      Model model;
      disk.stop_after(seed % 40);
      write_some(disk, model);
      disk.crash();
      disk.stop_after(operations);
      if (const auto journal = Journal::open(journal_folder, small_segments, disk)) {
        const std::uint64_t last = journal->next_number() - 1;
        CHECK(last >= model.synced);
        model.synced = last;  // what was found may have been told to others
      }
      disk.crash();
      model.check_reopened(disk);
    }
  }
}

TEST_CASE("what is found after the process was killed stays, whatever happens to the machine") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    SimulatedDisk disk(seed);
    Model model;
    disk.stop_after(seed % 40);
    write_some(disk, model);
    disk.kill();
    model.check_reopened(disk);
    disk.crash();
    model.check_reopened(disk);
  }
}

TEST_CASE("what is written after the process was killed is as safe as ever") {
  for (std::uint64_t operations = 0; operations < 60; ++operations) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      CAPTURE(seed);
      CAPTURE(operations);
      SimulatedDisk disk(seed);
      Model model;
      disk.stop_after(operations);
      write_some(disk, model);
      disk.kill();
      model.check_reopened(disk);
      {
        auto journal = open_journal(disk, small_segments);
        model.append(journal, 1);
        model.commit(journal, JournalSync::now);
      }
      if (seed % 2 == 0) write_some(disk, model);
      disk.crash();
      model.check_reopened(disk);
    }
  }
}

TEST_CASE("any life of a journal, with crashes, kills, a full disk and failing syncs, keeps its promise") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    SimulatedDisk disk(seed + 1);
    Model model;
    for (int life = 0; life < 6; ++life) {
      {
        auto journal = open_journal(disk, small_segments);
        // Not both: a process killed between the failure and the cut that follows it leaves bytes in the system's
        // memory which nobody can tell from those on disk.
        const auto accident = random.bits() % 4;
        if (accident < 2) disk.stop_after(random.bits() % 60);
        if (accident == 2) disk.fail_sync(1 + random.bits() % 20);
        for (int step = 0; step < 60; ++step) {
          const auto drawn = random.bits() % 16;
          if (drawn < 9) model.append(journal, random.bits());
          if (drawn == 9) model.commit(journal, JournalSync::later);
          if (drawn > 9 && drawn < 14) model.commit(journal, JournalSync::now);
          if (drawn == 14)
            disk.set_capacity(random.bits() % 2 == 0 ? UINT64_MAX : journal.bytes() + random.bits() % 400);
          if (drawn == 15 && model.synced > 10) model.remove_before(journal, model.synced - 10);
        }
      }
      disk.set_capacity(UINT64_MAX);
      if (random.bits() % 4 == 0) {
        disk.kill();
        model.check_reopened(disk);
      }
      disk.crash();
      model.check_reopened(disk);
    }
  }
}

TEST_CASE("a full disk leaves no half record, and the commit succeeds when there is room") {
  for (std::uint64_t room = 0; room < 700; room += 7) {
    CAPTURE(room);
    SimulatedDisk disk(room);
    Model model;
    {
      auto journal = open_journal(disk, small_segments);
      fill(journal, 4);
      for (const auto& record : read_all(journal)) model.appended.push_back(record);
      model.synced = 4;
      disk.set_capacity(journal.bytes() + room);
      for (std::uint64_t i = 0; i < 12; ++i) model.append(journal, 5);
      for (int tries = 0; tries < 3; ++tries) {
        const auto full = journal.commit(JournalSync::now);
        if (full) break;
        CHECK(full.error().code() == ErrorCode::no_space);
        CHECK(!read_all(journal).empty());
        std::uint64_t in_files = 0;
        const auto names = disk.list(journal_folder).value();
        for (const auto& name : names) in_files += disk.content(journal_folder / name).size();
        CHECK(in_files == journal.bytes());
      }
      disk.set_capacity(UINT64_MAX);
      model.append(journal, 5);
      REQUIRE(journal.commit(JournalSync::now));
      model.synced = model.appended.size();
      CHECK(read_all(journal) == model.appended);
    }
    disk.crash();
    model.check_reopened(disk);
    CHECK(model.appended.size() == 17);
  }
}

TEST_CASE("after a sync that failed every call gives its error, until the journal is opened again") {
  SimulatedDisk disk(1);
  {
    auto journal = open_journal(disk, small_segments);
    fill(journal, 4);
    REQUIRE(journal.append(0, bytes_of("lost")));
    disk.fail_sync(1);
    const auto failed = journal.commit(JournalSync::now);
    REQUIRE(!failed);
    CHECK(failed.error().code() == ErrorCode::io_error);
    for (const Error& error : {journal.commit(JournalSync::now).error(), journal.append(0, {}).error(),
                               read_from(journal, 1).error(), journal.remove_before(2).error()})
      CHECK(error.message() == failed.error().message());
  }
  disk.crash();
  auto journal = open_journal(disk, small_segments);
  CHECK(read_all(journal) == filled(1, 4));
  fill(journal, 9);
  CHECK(read_all(journal) == filled(1, 9));
}
