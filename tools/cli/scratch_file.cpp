#include "scratch_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <system_error>
#include <utility>

namespace gaugeline::cli {
namespace {

std::unexpected<Error> system_failure(std::string_view what) {
  return fail(ErrorCode::io_error, what, ": ", std::string_view(std::generic_category().message(errno)));
}

}  // namespace

Expected<ScratchFolder> ScratchFolder::create() {
  std::error_code error;
  const auto parent = std::filesystem::temp_directory_path(error);
  if (error) return fail(ErrorCode::io_error, "there is no temporary folder: ", std::string_view(error.message()));
  std::string path = (parent / "gaugeline-XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) return system_failure(path);
  return ScratchFolder(path);
}

ScratchFolder::ScratchFolder(ScratchFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;  // what a system cleans up later is no reason to fail
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

Expected<HeldFile> HeldFile::hold(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return system_failure(path.native());
  return HeldFile(descriptor);
}

HeldFile::HeldFile(HeldFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

HeldFile::~HeldFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::filesystem::path HeldFile::path() const { return "/dev/fd/" + std::to_string(descriptor_); }

Expected<HeldFile> hold_standard_input() {
  const auto folder = ScratchFolder::create();
  if (!folder) return std::unexpected(folder.error());
  const auto path = folder->path() / "input";
  auto held = [&]() -> Expected<HeldFile> {
    const int created = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (created < 0) return system_failure(path.native());
    ::close(created);
    return HeldFile::hold(path);
  }();
  if (!held) return held;
  std::ofstream copy(path, std::ios::binary);
  std::filesystem::remove(path);
  if (std::cin.peek() != std::char_traits<char>::eof()) copy << std::cin.rdbuf();
  copy.close();
  if (!copy) return fail(ErrorCode::io_error, "standard input does not fit into the temporary folder");
  return held;
}

Expected<OutputFile> OutputFile::create(const std::filesystem::path& target) {
  if (target != "-") return OutputFile(target);
  auto folder = ScratchFolder::create();
  if (!folder) return std::unexpected(folder.error());
  return OutputFile(std::move(*folder));
}

Expected<> OutputFile::finish() const {
  if (!folder_) return {};
  std::ifstream file(path_, std::ios::binary);
  if (file.peek() != std::char_traits<char>::eof()) std::cout << file.rdbuf();
  if (!std::cout.flush()) return fail(ErrorCode::io_error, "standard output cannot be written");
  return {};
}

}  // namespace gaugeline::cli
