// DIR/late.ndjson: events that came after their window had closed, for LatePolicy::aside. Lines are written, and
// synced, before a checkpoint that counts them can be; what lies behind the checkpoint's length is written again by the
// replay. Thread-safety: none.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/file_system.hpp>

namespace gaugeline::stream {

class LateFile {
 public:
  // `bytes`: the checkpoint's; nullopt: there was none, and what is in the file stays. Whoever has taken lines out of
  // it since, or begun a new one, finds it going on from there. Unless `wanted` no file is made, and none is written.
  [[nodiscard]] Expected<> open(const std::filesystem::path& data_directory, std::optional<std::uint64_t> bytes,
                                bool wanted, formats::FileSystem& files);
  void append(std::string_view line) { lines_ += line; }
  // On disk when it returns. no_space: the same call may be tried again.
  [[nodiscard]] Expected<> write();
  // Once all is written.
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_ + lines_.size(); }

 private:
  std::unique_ptr<formats::OutputFile> file_;
  std::uint64_t bytes_ = 0;  // in the file
  std::string lines_;        // to be written
};

}  // namespace gaugeline::stream
