// What tests of the journal have in common: bodies that say which record they belong to, and reading all back.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <gaugeline/formats/journal.hpp>
#include <gaugeline/random.hpp>

namespace gaugeline::test {

inline const std::filesystem::path journal_folder = "/data/journal";

inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

// Of 0 to 60 bytes, from the number and a salt.
inline std::string body_of(std::uint64_t number, std::uint64_t salt = 0) {
  Random random(number * 1000003 + salt);
  std::string body(random.bits() % 61, ' ');
  for (char& c : body) c = static_cast<char>(random.bits());
  return body;
}

struct ReadRecord {
  std::uint64_t number = 0;
  std::uint32_t kind = 0;
  std::string body;
  bool operator==(const ReadRecord&) const = default;
};

inline Expected<std::vector<ReadRecord>> read_from(const formats::Journal& journal, std::uint64_t number) {
  std::vector<ReadRecord> records;
  const auto read = journal.replay(number, [&](const formats::JournalRecord& record) -> Expected<> {
    records.push_back(
        {record.number, record.kind, {reinterpret_cast<const char*>(record.body.data()), record.body.size()}});
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return records;
}

inline std::vector<ReadRecord> read_all(const formats::Journal& journal) {
  auto records = read_from(journal, journal.first_number());
  REQUIRE(records);
  return std::move(*records);
}

inline formats::Journal open_journal(formats::FileSystem& files, const formats::JournalOptions& options = {}) {
  auto journal = formats::Journal::open(journal_folder, options, files);
  REQUIRE_MESSAGE(journal, journal.error().message());
  return std::move(*journal);
}

// One record a group, each synced: 1 to `last`, of bodies body_of(number) and kind number + 7.
inline void fill(formats::Journal& journal, std::uint64_t last) {
  while (journal.next_number() <= last) {
    const auto number = journal.next_number();
    REQUIRE(journal.append(static_cast<std::uint32_t>(number + 7), bytes_of(body_of(number))) == number);
    REQUIRE(journal.commit(formats::JournalSync::now));
  }
}

inline std::vector<ReadRecord> filled(std::uint64_t first, std::uint64_t last) {
  std::vector<ReadRecord> records;
  for (auto number = first; number <= last; ++number)
    records.push_back({number, static_cast<std::uint32_t>(number + 7), body_of(number)});
  return records;
}

}  // namespace gaugeline::test
