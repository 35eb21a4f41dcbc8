// Who may read and who may write: bearer tokens, as HTTP (RFC 6750) and the hello frame carry them.
//
// A file of tokens has one token a line; empty lines and lines that begin with # are skipped. A token has 16 to 512
// bytes: letters, digits and - . _ ~ + /, then any number of =. `openssl rand -base64 32` makes one. Whoever may write
// may read. Without any file everything is allowed; as soon as there is one, everything needs a token, and what no
// file gives (writing, if there are only tokens that read) nobody may.
//
// A token is compared by its SHA-256 digest with all digests of both files, in constant time: how long it takes tells
// neither whether there is a similar token nor where it stands. No error and no log line ever holds a token.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <gaugeline/error.hpp>

namespace gaugeline::stream {

enum class Access : std::uint8_t { read, write };

inline constexpr std::size_t min_access_token_bytes = 16;
inline constexpr std::size_t max_access_token_bytes = 512;

// Length and characters; the error does not show it.
[[nodiscard]] Expected<> validate_token(std::string_view token) noexcept;

// The only token of a file: what a client sends. Errors are those of AccessList::open.
[[nodiscard]] Expected<std::string> read_token(const std::filesystem::path& file);

struct AccessOptions {
  std::filesystem::path read_tokens;   // empty: there is no such file
  std::filesystem::path write_tokens;  // likewise
};

// Thread-safe. allows() costs one digest and a comparison a token.
class AccessList {
 public:
  // Errors name file and line: io_error (it cannot be read), bad_data (no token, or one that is none; a file that every
  // user of the machine can read or write).
  [[nodiscard]] static Expected<std::shared_ptr<AccessList>> open(const AccessOptions& options);
  AccessList(const AccessList&) = delete;
  AccessList& operator=(const AccessList&) = delete;
  ~AccessList();

  // Reads both files again. On an error, the tokens that were in force stay in force.
  [[nodiscard]] Expected<> reload();
  // An empty token: none was shown.
  [[nodiscard]] bool allows(std::string_view token, Access access) const;
  // False if everything is allowed to everybody.
  [[nodiscard]] bool needs_tokens() const noexcept;

 private:
  struct Impl;
  explicit AccessList(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gaugeline::stream
