// A segment of a journal of any bytes, opened and replayed: once as it is, and once with the checksums put right, so
// that what lies behind them is reached. Whatever is read must be a record as it lies in the file.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <utility>
#include <vector>

#include <gaugeline/formats/journal.hpp>

#include <support/simulated_disk.hpp>

#include "journal_segment.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::vector<std::byte>;

constexpr std::uint64_t first = 7;
constexpr JournalOptions options{.segment_bytes = 512, .max_record_bytes = 4096};

void require(bool condition) {
  if (!condition) std::abort();
}

// Writes on where the journal ends, and reads the new record back.
void write_on(Journal& journal) {
  const auto number = journal.append(1, {});
  require(number && journal.commit(JournalSync::now));
  std::uint64_t last = 0;
  require(journal
              .replay(*number,
                      [&](const JournalRecord& record) -> Expected<> {
                        last = record.number;
                        return {};
                      })
              .has_value());
  require(last == *number);
}

void read_all(const Bytes& file) {
  SimulatedDisk disk(1);
  require(disk.make_folder("j").has_value());
  const auto path = std::filesystem::path("j") / segment_name(first);
  require(disk.create(path).has_value());
  disk.overwrite(path, file);
  auto journal = Journal::open("j", options, disk);
  if (!journal) {
    require(disk.content(path) == file);  // what is refused is left as it was
    return;
  }
  std::size_t offset = segment_header_bytes;
  std::uint64_t due = first;
  const auto replayed = journal->replay(journal->first_number(), [&](const JournalRecord& record) -> Expected<> {
    const auto header = JournalRecordHeader::parse(std::span(file).subspan(offset));
    const auto body = std::span(file).subspan(offset + journal_record_header_bytes, header.length);
    require(header.fits(body) && record.number == due++ && record.number == header.number);
    require(record.kind == header.kind && std::ranges::equal(record.body, body));
    offset += journal_record_header_bytes + body.size();
    return {};
  });
  require(replayed.has_value());
  require(due == journal->next_number());
  const auto cut = journal->torn_tail() ? journal->torn_tail()->bytes : 0;
  require(journal->bytes() + cut == file.size());
  write_on(*journal);
}

// The same records, as far as they can be told, with good headers, but for some whose checksum is left damaged.
Bytes sealed(std::span<const std::byte> bytes) {
  const auto file_header = segment_header(first);
  Bytes file(file_header.begin(), file_header.end());
  const auto append = [&](std::span<const std::byte> part) { file.insert(file.end(), part.begin(), part.end()); };
  std::uint64_t number = first;
  auto rest = bytes.subspan(std::min(bytes.size(), file.size()));
  while (rest.size() >= journal_record_header_bytes) {
    auto header = JournalRecordHeader::parse(rest);
    const bool damaged = header.checksum % 8 == 0;
    rest = rest.subspan(journal_record_header_bytes);
    header.number = number++;
    header.durable = std::min(header.durable, header.number - 1);
    header.length = static_cast<std::uint32_t>(std::min<std::size_t>(header.length % 128, rest.size()));
    const auto body = rest.first(header.length);
    append(header.sealed(body));
    if (damaged) file.back() ^= std::byte{1};
    append(body);
    rest = rest.subspan(body.size());
  }
  append(rest);
  return file;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  read_all({bytes.begin(), bytes.end()});
  read_all(sealed(bytes));
  return 0;
}
