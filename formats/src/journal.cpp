#include <gaugeline/formats/journal.hpp>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "journal_segment.hpp"

namespace gaugeline::formats {
namespace {

namespace fs = std::filesystem;

Expected<> check_options(const JournalOptions& options) {
  if (options.max_record_bytes > std::numeric_limits<std::uint32_t>::max())
    return fail(ErrorCode::invalid_argument, "max_record_bytes is ", options.max_record_bytes, ", above 2^32 - 1");
  return {};
}

bool is_damage(const Error& error) noexcept {
  return error.code() == ErrorCode::bad_data || error.code() == ErrorCode::checksum_mismatch;
}

// The pending records, from the first on, that go into a segment of `used` bytes. An empty one takes a record of any
// size.
struct Group {
  std::size_t bytes = 0;
  std::uint64_t records = 0;
};
Group group_that_fits(std::span<const std::byte> pending, std::uint64_t used, std::uint64_t segment_bytes) {
  Group group;
  while (group.bytes < pending.size()) {
    const auto header = JournalRecordHeader::parse(pending.subspan(group.bytes));
    const std::size_t record = journal_record_header_bytes + header.length;
    if (used != segment_header_bytes && record > segment_bytes - std::min(used, segment_bytes)) break;
    used += record;
    group.bytes += record;
    ++group.records;
  }
  return group;
}

}  // namespace

Expected<Journal> Journal::open(const fs::path& folder, const JournalOptions& options, FileSystem& files) {
  if (const auto valid = check_options(options); !valid) return std::unexpected(valid.error());
  if (const auto made = make_durable_folder(files, folder); !made) return std::unexpected(made.error());
  Journal journal(files, folder, options);
  if (const auto found = journal.find_segments(); !found) return std::unexpected(found.error());
  for (std::size_t index = 0; index < journal.segments_.size(); ++index) {
    if (const auto ok = journal.check_segment(index); !ok) return std::unexpected(ok.error());
  }
  // Until here nothing has been changed.
  if (const auto cut = journal.cut_torn_tail(); !cut) return std::unexpected(cut.error());
  if (const auto resumed = journal.resume(); !resumed) return std::unexpected(resumed.error());
  return journal;
}

Expected<> Journal::find_segments() {
  const auto names = files_->list(folder_);
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names) {  // sorted by name, and so by number
    if (const auto first = segment_first(name)) segments_.push_back({.first = *first});
  }
  if (!segments_.empty()) next_ = segments_.front().first;
  return {};
}

// Finds next_, and the torn tail if there is one.
Expected<> Journal::check_segment(std::size_t index) {
  Segment& segment = segments_[index];
  const bool last = index + 1 == segments_.size();
  auto reader = SegmentReader::open(*files_, file(segment), options_.max_record_bytes);
  if (!reader) return std::unexpected(reader.error());
  segment.bytes = reader->size();
  const auto first = reader->read_header();
  if (!first) {
    // Records follow only once the header is synced.
    if (!last || !is_damage(first.error()) || reader->size() > segment_header_bytes)
      return std::unexpected(first.error());
    torn_tail_ = {.file = file(segment), .offset = 0, .bytes = reader->size()};
    return {};
  }
  if (const auto ok = check_beginning(index, *first); !ok) return ok;
  for (;;) {
    const auto record = reader->next(next_);
    if (record && !*record) return {};
    if (record) {
      ++next_;
      continue;
    }
    if (!last || !is_damage(record.error())) return std::unexpected(record.error());
    const auto witness = reader->witness(next_);
    if (!witness) return std::unexpected(witness.error());
    if (*witness)
      return fail(record.error().code(), record.error().message(), "; record ", (*witness)->number,
                  " behind it says that it was on disk, so this is no torn tail");
    torn_tail_ = {.file = file(segment), .offset = reader->offset(), .bytes = reader->size() - reader->offset()};
    return {};
  }
}

Expected<> Journal::check_beginning(std::size_t index, std::uint64_t first) const {
  const Segment& segment = segments_[index];
  const auto path = file(segment);
  if (first != segment.first)
    return fail(ErrorCode::bad_data, path.native(), ": its header says that it begins with record ", first);
  if (index == 0 || first == next_) return {};
  const auto before = file(segments_[index - 1]);
  return fail(ErrorCode::bad_data, path.native(), ": begins with record ", first, ", but ", before.native(),
              " ends with record ", next_ - 1, ": a segment is missing, or one is there twice");
}

Expected<> Journal::cut_torn_tail() {
  if (!torn_tail_) return {};
  if (torn_tail_->offset == 0) {
    segments_.pop_back();
    return files_->remove(torn_tail_->file);
  }
  const auto output = files_->open_to_append(torn_tail_->file);
  if (!output) return std::unexpected(output.error());
  segments_.back().bytes = torn_tail_->offset;
  return (*output)->truncate(torn_tail_->offset);  // resume() syncs it
}

// What a killed process had written may not be on disk yet; from here on it counts as synced.
Expected<> Journal::resume() {
  written_ = durable_ = next_ - 1;
  if (auto synced = files_->sync_folder(folder_); !synced) return synced;
  if (segments_.empty()) return {};
  auto output = files_->open_to_append(file(segments_.back()));
  if (!output) return std::unexpected(output.error());
  output_ = std::move(*output);
  durable_bytes_ = segments_.back().bytes;
  return output_->sync();
}

Expected<std::uint64_t> Journal::append(std::uint32_t kind, std::span<const std::byte> body) {
  if (failure_) return std::unexpected(*failure_);
  if (body.size() > options_.max_record_bytes)
    return fail(ErrorCode::capacity_exceeded, folder_.native(), ": a record of ", body.size(),
                " bytes is over the limit of ", options_.max_record_bytes);
  const JournalRecordHeader header{
      .length = static_cast<std::uint32_t>(body.size()), .kind = kind, .number = next_, .durable = durable_};
  if (pending_.empty()) last_committed_.clear();
  const auto sealed = header.sealed(body);
  pending_.insert(pending_.end(), sealed.begin(), sealed.end());
  pending_.insert(pending_.end(), body.begin(), body.end());
  return next_++;
}

Expected<> Journal::commit(JournalSync sync) {
  if (failure_) return std::unexpected(*failure_);
  while (!pending_.empty()) {
    if (auto written = write_pending(); !written) return written;
  }
  return sync == JournalSync::now ? sync_written() : Expected<>();
}

// As many of the pending records as go into one segment.
Expected<> Journal::write_pending() {
  const auto group_here = [this] { return group_that_fits(pending_, segments_.back().bytes, options_.segment_bytes); };
  if (segments_.empty() || group_here().records == 0) {
    if (auto begun = begin_segment(); !begun) return begun;
  }
  const Group group = group_here();
  if (const auto written = output_->append(std::span(pending_).first(group.bytes)); !written) {
    if (const auto cut = output_->truncate(segments_.back().bytes); !cut) return give_up(cut.error());
    return give_up_unless_full(written.error());
  }
  for (std::size_t at = 0; at < group.bytes;) {
    last_committed_.push_back(
        {.number = ++written_, .segment = segments_.back().first, .offset = segments_.back().bytes + at});
    at += journal_record_header_bytes + JournalRecordHeader::parse(std::span(pending_).subspan(at)).length;
  }
  segments_.back().bytes += group.bytes;
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(group.bytes));
  return {};
}

// Only the last segment may have a torn tail, so the one before is synced first; and the new one is there for good
// before a record in it is.
Expected<> Journal::begin_segment() {
  if (auto synced = sync_written(); !synced) return synced;
  const Segment segment{.first = written_ + 1, .bytes = segment_header_bytes};
  const auto path = file(segment);
  auto output = files_->create(path);
  if (!output) return give_up_unless_full(output.error());
  auto made = (*output)->append(segment_header(segment.first));
  if (made) made = (*output)->sync();
  if (made) made = files_->sync_folder(folder_);
  if (!made) {
    if (const auto removed = files_->remove(path); !removed) return give_up(removed.error());
    return give_up_unless_full(made.error());
  }
  output_ = std::move(*output);
  segments_.push_back(segment);
  durable_bytes_ = segment.bytes;
  return {};
}

Expected<> Journal::sync_written() {
  if (durable_ == written_) return {};
  if (const auto synced = output_->sync(); !synced) {
    // The system may keep the bytes in memory as if they were on disk; the next process would find them and trust them.
    [[maybe_unused]] const auto cut = output_->truncate(durable_bytes_);
    return give_up(synced.error());
  }
  durable_ = written_;
  durable_bytes_ = segments_.back().bytes;
  return {};
}

Expected<> Journal::replay(std::uint64_t number, const Visit& visit) const {
  if (failure_) return std::unexpected(*failure_);
  if (number < first_number() || number > written_ + 1)
    return fail(ErrorCode::not_found, folder_.native(), ": is to be read from record ", number, ", but it holds ",
                first_number(), " to ", written_);
  for (auto segment = segments_.begin(); segment != segments_.end(); ++segment) {
    const auto next_segment = std::next(segment);
    const std::uint64_t end = next_segment == segments_.end() ? written_ + 1 : next_segment->first;
    if (end <= number) continue;
    auto reader = SegmentReader::open(*files_, file(*segment), options_.max_record_bytes);
    if (!reader) return std::unexpected(reader.error());
    reader->end_at(segment->bytes);
    if (const auto first = reader->read_header(); !first) return std::unexpected(first.error());
    for (std::uint64_t due = segment->first; due != end; ++due) {
      const auto record = reader->next(due);
      if (!record) return std::unexpected(record.error());
      if (!*record) return fail(ErrorCode::bad_data, file(*segment).native(), ": ends before record ", due);
      if (due < number) continue;
      if (auto visited = visit(**record); !visited) return visited;
    }
  }
  return {};
}

Expected<> Journal::remove_before(std::uint64_t number) {
  if (failure_) return std::unexpected(*failure_);
  // One by one, each for good, so that no crash leaves a gap.
  while (segments_.size() > 1 && segments_[1].first <= number) {
    if (auto removed = files_->remove(file(segments_.front())); !removed) return removed;
    segments_.erase(segments_.begin());
    if (const auto synced = files_->sync_folder(folder_); !synced) return give_up(synced.error());
  }
  return {};
}

std::uint64_t Journal::first_number() const noexcept {
  return segments_.empty() ? written_ + 1 : segments_.front().first;
}

std::uint64_t Journal::bytes() const noexcept {
  std::uint64_t sum = 0;
  for (const Segment& segment : segments_) sum += segment.bytes;
  return sum;
}

Expected<JournalRecord> read_journal_record(const fs::path& folder, const JournalPlace& place,
                                            std::vector<std::byte>& buffer, FileSystem& files) {
  const fs::path path = folder / segment_name(place.segment);
  const auto input = files.open_to_read(path);
  if (!input) return std::unexpected(input.error());
  const auto size = (*input)->size();
  if (!size) return std::unexpected(size.error());
  const auto missing = [&] {
    return fail(ErrorCode::not_found, path.native(), ": offset ", place.offset, ": no record ", place.number);
  };
  // Reads so many bytes from the record's beginning on.
  const auto read = [&](std::size_t bytes) -> Expected<bool> {
    if (place.offset > *size || bytes > *size - place.offset) return false;
    if (buffer.size() < bytes) buffer.resize(bytes);
    const auto count = (*input)->read(place.offset, std::span(buffer).first(bytes));
    if (!count) return std::unexpected(count.error());
    return *count == bytes;
  };
  const auto has_header = read(journal_record_header_bytes);
  if (!has_header) return std::unexpected(has_header.error());
  if (!*has_header) return missing();
  const auto header = JournalRecordHeader::parse(buffer);
  const auto has_body = read(journal_record_header_bytes + header.length);
  if (!has_body) return std::unexpected(has_body.error());
  if (!*has_body || header.number != place.number) return missing();
  const auto body = std::span(buffer).subspan(journal_record_header_bytes, header.length);
  if (!header.fits(body))
    return fail(ErrorCode::checksum_mismatch, path.native(), ": offset ", place.offset, ": record ", place.number,
                " is damaged: its checksum does not fit its bytes");
  return JournalRecord{.number = place.number, .kind = header.kind, .body = body, .place = place};
}

fs::path Journal::file(const Segment& segment) const { return folder_ / segment_name(segment.first); }

// no_space would call for another try.
std::unexpected<Error> Journal::give_up(const Error& error) {
  failure_ = error.code() == ErrorCode::no_space ? Error(ErrorCode::io_error, error.message()) : error;
  return std::unexpected(*failure_);
}

std::unexpected<Error> Journal::give_up_unless_full(const Error& error) {
  return error.code() == ErrorCode::no_space ? std::unexpected(error) : give_up(error);
}

}  // namespace gaugeline::formats
