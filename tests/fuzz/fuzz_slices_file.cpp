// A .slices file of any bytes, read to its end: once as it is, and once with the checksums put right, so that what lies
// behind them is reached.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include <gaugeline/formats/slices_file.hpp>

#include "slices_format.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

class FileInMemory {
 public:
  explicit FileInMemory(std::span<const std::byte> bytes) : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    if (::write(descriptor_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) std::abort();
  }
  FileInMemory(const FileInMemory&) = delete;
  FileInMemory& operator=(const FileInMemory&) = delete;
  ~FileInMemory() { ::close(descriptor_); }
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

void read_all(std::span<const std::byte> bytes) {
  const FileInMemory file(bytes);
  auto reader = SlicesReader::open(file.path(), {.tokens = 1000, .observations = 10000, .bytes = 1U << 20U});
  if (!reader) return;
  // An error of one slice lets the next be read; damage to the file does not.
  for (std::size_t records = 0; records <= bytes.size() / record_header_bytes; ++records) {
    const auto slice = reader->next();
    if (slice && !*slice) return;
  }
}

// The same records, as far as they can be told, with good headers and an end record.
std::vector<std::byte> sealed(std::span<const std::byte> bytes) {
  const auto file_header = slices_file.header();
  std::vector<std::byte> file(file_header.begin(), file_header.end());
  const auto append = [&](std::span<const std::byte> part) { file.insert(file.end(), part.begin(), part.end()); };
  RecordHeader header;
  for (auto rest = bytes.subspan(std::min(bytes.size(), file.size())); rest.size() >= record_header_bytes;) {
    const auto index = header.index;
    header = RecordHeader::parse(rest.first<record_header_bytes>());
    header.kind = RecordKind::slice;
    header.index = index;
    rest = rest.subspan(record_header_bytes);
    header.compressed_bytes = std::min(header.compressed_bytes, static_cast<std::uint32_t>(rest.size()));
    const auto payload = rest.first(header.compressed_bytes);
    append(header.sealed(payload));
    append(payload);
    rest = rest.subspan(payload.size());
    ++header.index;
  }
  append(RecordHeader{.kind = RecordKind::end, .index = header.index}.sealed({}));
  return file;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  read_all(bytes);
  read_all(sealed(bytes));
  return 0;
}
