// Files with certificates, keys and tokens, as tests write them.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace gaugeline::stream {

// As a careful person leaves it: only the owner can read it.
inline std::filesystem::path write_file(const std::filesystem::path& path, const std::string& text,
                                        ::mode_t mode = 0600) {
  std::ofstream(path) << text;
  ::chmod(path.c_str(), mode);
  return path;
}

}  // namespace gaugeline::stream
