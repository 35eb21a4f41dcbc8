// Files that leave nothing behind.
#pragma once

#include <filesystem>
#include <optional>

#include <gaugeline/error.hpp>

namespace gaugeline::cli {

// A fresh folder under the system's temporary folder ($TMPDIR), removed with everything in it.
class ScratchFolder {
 public:
  [[nodiscard]] static Expected<ScratchFolder> create();
  ScratchFolder(ScratchFolder&& other) noexcept;
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ~ScratchFolder();
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  explicit ScratchFolder(std::filesystem::path path) noexcept : path_(std::move(path)) {}
  std::filesystem::path path_;
};

// A file that is held open, so that it can be read by path() any number of times even after its name has been removed:
// nothing is left of it when the process ends, however it ends. Needs /dev/fd (Linux).
class HeldFile {
 public:
  [[nodiscard]] static Expected<HeldFile> hold(const std::filesystem::path& path);
  HeldFile(HeldFile&& other) noexcept;
  HeldFile& operator=(HeldFile&&) = delete;
  ~HeldFile();
  [[nodiscard]] std::filesystem::path path() const;

 private:
  explicit HeldFile(int descriptor) noexcept : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

// All of standard input, as a file.
[[nodiscard]] Expected<HeldFile> hold_standard_input();

// What a result is written to: `target` itself or, where target is "-", a scratch file that finish() copies to standard
// output.
class OutputFile {
 public:
  [[nodiscard]] static Expected<OutputFile> create(const std::filesystem::path& target);
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] Expected<> finish() const;

 private:
  explicit OutputFile(std::filesystem::path path) noexcept : path_(std::move(path)) {}
  explicit OutputFile(ScratchFolder folder) : folder_(std::move(folder)), path_(folder_->path() / "output") {}
  std::optional<ScratchFolder> folder_;
  std::filesystem::path path_;
};

}  // namespace gaugeline::cli
