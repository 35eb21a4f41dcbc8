#include "line_reader.hpp"

#include <algorithm>

namespace gaugeline::cli {

Expected<LineReader> LineReader::open(const std::filesystem::path& path, std::size_t max_line_bytes) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return fail(ErrorCode::io_error, path.native(), ": is a directory");
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::io_error, path.native(), ": cannot be opened");
  return LineReader(std::move(file), max_line_bytes);
}

LineReader::LineReader(std::ifstream file, std::size_t max_line_bytes)
    : file_(std::move(file)), max_line_bytes_(max_line_bytes), buffer_(std::size_t{1} << 16U) {}

bool LineReader::next() {
  line_.clear();
  too_long_ = false;
  if (rest_.empty() && !refill()) return false;
  ++number_;
  do {
    const std::size_t end = rest_.find('\n');
    append(rest_.substr(0, end));
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    if (end != std::string_view::npos) break;
  } while (refill());
  return true;
}

std::string_view LineReader::line() const noexcept {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  std::string_view line = line_;
  if (number_ == 1 && line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool LineReader::refill() {
  file_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  rest_ = {buffer_.data(), static_cast<std::size_t>(file_.gcount())};
  return !rest_.empty();
}

void LineReader::append(std::string_view part) {
  const std::size_t room = max_line_bytes_ - line_.size();
  too_long_ = too_long_ || part.size() > room;
  line_ += part.substr(0, std::min(part.size(), room));
}

Expected<std::vector<std::string>> read_lines(const std::filesystem::path& path, std::size_t max_line_bytes) {
  auto reader = LineReader::open(path, max_line_bytes);
  if (!reader) return std::unexpected(reader.error());
  std::vector<std::string> lines;
  while (reader->next()) {
    if (reader->too_long()) {
      return fail(ErrorCode::bad_data, path.native(), ":", reader->number(), ": longer than ", max_line_bytes,
                  " bytes");
    }
    if (!reader->line().empty()) lines.emplace_back(reader->line());
  }
  return lines;
}

}  // namespace gaugeline::cli
