#include "late_file.hpp"

#include <algorithm>
#include <span>

namespace gaugeline::stream {
namespace {

constexpr std::string_view file_name = "late.ndjson";

Expected<std::uint64_t> size_of(const std::filesystem::path& path, formats::FileSystem& files) {
  const auto file = files.open_to_read(path);
  if (!file) return std::unexpected(file.error());
  return (*file)->size();
}

}  // namespace

Expected<> LateFile::open(const std::filesystem::path& data_directory, std::optional<std::uint64_t> bytes, bool wanted,
                          formats::FileSystem& files) {
  const auto path = data_directory / file_name;
  const auto kind = files.kind(path);
  if (!kind) return std::unexpected(kind.error());
  const bool is_there = *kind != formats::FileKind::none;
  if (is_there) {
    const auto size = size_of(path, files);
    if (!size) return std::unexpected(size.error());
    bytes_ = std::min(bytes.value_or(*size), *size);
  }
  if (!wanted) return {};
  auto file = is_there ? files.open_to_append(path) : files.create(path);
  if (!file) return std::unexpected(file.error());
  file_ = std::move(*file);
  return is_there ? file_->truncate(bytes_) : files.sync_folder(data_directory);
}

Expected<> LateFile::write() {
  if (!file_ || lines_.empty()) return {};
  if (const auto written = file_->append(std::as_bytes(std::span(lines_))); !written) {
    // Nothing else may come behind half a line.
    const auto cut = file_->truncate(bytes_);
    return cut ? written : cut;
  }
  bytes_ += lines_.size();
  lines_.clear();
  return file_->sync();
}

}  // namespace gaugeline::stream
