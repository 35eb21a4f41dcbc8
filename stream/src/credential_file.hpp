// Small files that prove who somebody is: certificates, keys, tokens.
#pragma once

#include <filesystem>
#include <string>

#include <gaugeline/error.hpp>

namespace gaugeline::stream {

struct CredentialFile {
  std::string text;
  bool is_open_to_others = false;  // users outside the file's group may read or write it
};

// io_error: it cannot be read; bad_data: it is no regular file, or has more than 1 MiB. Text and permissions are those
// of the same file, also when another is moved to its place meanwhile.
[[nodiscard]] Expected<CredentialFile> read_credential_file(const std::filesystem::path& path);

}  // namespace gaugeline::stream
