// An append-only log in a folder: what was appended and synced comes back after any crash, in order and unchanged.
//
//   auto journal = Journal::open(data_directory / "journal");
//   if (journal->torn_tail()) ...                                 // what a crash had cut short: tell somebody
//   journal->replay(first, [](const JournalRecord& record) { ... });
//   journal->append(kind, body);                                  // into memory
//   journal->commit(JournalSync::now);                            // one write and one sync for all appended since
//
// The records are numbered from 1 without a gap. They lie in segments, files named by their first record
// (00000000000000000042.journal), of which old ones are removed whole. Byte level: docs/formats.md.
//
// Law: after a crash at any operation, open() succeeds, and what is there is a prefix of what was appended that holds
// everything whose commit(JournalSync::now) had returned.
//
// Every byte is checked on open, in one sequential read. A tail that a crash may have torn (a bad record in the last
// segment, behind which no record says that this one was synced before it) is cut off and reported. Other damage, and a
// missing segment, is an error that names file and offset, and changes nothing on disk. What a crash tore and what was
// damaged later cannot be told apart in the last group that was written: whoever keeps the number of a record elsewhere
// (a snapshot does) learns from replay() if the journal ends before it.
//
// Memory: the pending records; on open and replay a buffer of 64 KiB, or of the largest record. Thread-safety: none.
// There is one journal in a folder at a time; the lock of the data directory (SnapshotStore) sees to that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/file_system.hpp>

namespace gaugeline::formats {

struct JournalOptions {
  // A segment that would grow beyond this is closed and a new one begun; a record that is larger has one of its own.
  std::size_t segment_bytes = std::size_t{64} << 20U;
  // Of a body; at most 2^32 - 1. A journal with a longer record is refused, not cut.
  std::size_t max_record_bytes = std::size_t{64} << 20U;
};

// Where a record lies.
struct JournalPlace {
  std::uint64_t number = 0;
  std::uint64_t segment = 0;  // number of its first record
  std::uint64_t offset = 0;
};

struct JournalRecord {
  std::uint64_t number = 0;
  std::uint32_t kind = 0;  // the caller's
  std::span<const std::byte> body;
  JournalPlace place;
};

// One record that was committed, checked again, in the memory of `buffer`. May be called from any thread while the
// journal goes on, which must not remove the record's segment meanwhile. not_found: no such record lies there.
[[nodiscard]] Expected<JournalRecord> read_journal_record(const std::filesystem::path& folder,
                                                          const JournalPlace& place, std::vector<std::byte>& buffer,
                                                          FileSystem& files = system_files());

// What open() has cut off.
struct TornTail {
  std::filesystem::path file;
  std::uint64_t offset = 0;  // 0: the file was removed; its header had not been written whole
  std::uint64_t bytes = 0;
};

enum class JournalSync {
  now,    // what was appended until now survives the loss of power once commit() returns
  later,  // it survives the death of the process, and the loss of power after a later commit
};

class Journal {
 public:
  // Makes the folder if it is missing. What was found is durable when this returns.
  [[nodiscard]] static Expected<Journal> open(const std::filesystem::path& folder, const JournalOptions& options = {},
                                              FileSystem& files = system_files());

  [[nodiscard]] const std::optional<TornTail>& torn_tail() const noexcept { return torn_tail_; }

  // Returns the record's number. capacity_exceeded: the body is too long.
  [[nodiscard]] Expected<std::uint64_t> append(std::uint32_t kind, std::span<const std::byte> body);

  // Writes what was appended. ErrorCode::no_space: the disk is full; no half record is left in the file, what could not
  // be written stays pending, and commit() may be called again. After any other error the journal is of no more use:
  // what is on disk is not known, and every later call gives the same error.
  [[nodiscard]] Expected<> commit(JournalSync sync);
  // Where the records lie that the last commit wrote, in their order; with those of the calls before it that met a full
  // disk.
  [[nodiscard]] std::span<const JournalPlace> last_committed() const noexcept { return last_committed_; }

  // The committed records from `number` on, each checked again; an error of `visit` ends it and is returned.
  // not_found: the journal begins after `number`, or ends before the record before it.
  using Visit = std::function<Expected<>(const JournalRecord&)>;
  [[nodiscard]] Expected<> replay(std::uint64_t number, const Visit& visit) const;

  // Removes the segments all of whose records are below `number`; the last segment stays.
  [[nodiscard]] Expected<> remove_before(std::uint64_t number);

  [[nodiscard]] std::uint64_t next_number() const noexcept { return next_; }  // of the next append
  [[nodiscard]] std::uint64_t first_number() const noexcept;  // of the first that is kept; the next commit's if none is
  [[nodiscard]] std::uint64_t bytes() const noexcept;         // of all segments

 private:
  struct Segment {
    std::uint64_t first = 1;
    std::uint64_t bytes = 0;
  };
  Journal(FileSystem& files, std::filesystem::path folder, const JournalOptions& options)
      : files_(&files), folder_(std::move(folder)), options_(options) {}

  [[nodiscard]] Expected<> find_segments();
  [[nodiscard]] Expected<> check_segment(std::size_t index);
  [[nodiscard]] Expected<> check_beginning(std::size_t index, std::uint64_t first) const;
  [[nodiscard]] Expected<> cut_torn_tail();
  [[nodiscard]] Expected<> resume();

  [[nodiscard]] Expected<> write_pending();
  [[nodiscard]] Expected<> begin_segment();
  [[nodiscard]] Expected<> sync_written();
  [[nodiscard]] std::unexpected<Error> give_up(const Error& error);
  [[nodiscard]] std::unexpected<Error> give_up_unless_full(const Error& error);
  [[nodiscard]] std::filesystem::path file(const Segment& segment) const;

  FileSystem* files_;
  std::filesystem::path folder_;
  JournalOptions options_;
  std::optional<TornTail> torn_tail_;
  std::vector<Segment> segments_;
  std::unique_ptr<OutputFile> output_;  // the last segment
  std::vector<std::byte> pending_;      // records as they will lie in the file
  std::vector<JournalPlace> last_committed_;
  std::uint64_t next_ = 1;
  std::uint64_t written_ = 0;        // the last record in the files
  std::uint64_t durable_ = 0;        // the last record that is synced
  std::uint64_t durable_bytes_ = 0;  // of the last segment
  std::optional<Error> failure_;
};

}  // namespace gaugeline::formats
