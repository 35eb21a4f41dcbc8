#include <gaugeline/stream/access.hpp>

#include <array>
#include <mutex>
#include <utility>
#include <vector>

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "credential_file.hpp"
#include "token_lines.hpp"

namespace gaugeline::stream {
namespace {

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;
using Digests = std::vector<Digest>;

Digest digest_of(std::string_view token) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return digest;
}

Expected<CredentialFile> read_secret_file(const std::filesystem::path& path) {
  auto file = read_credential_file(path);
  if (file && file->is_open_to_others) {
    return fail(ErrorCode::bad_data, path.native(),
                ": every user of this machine can read or write these tokens; chmod o= it, and make new ones");
  }
  return file;
}

Expected<Digests> read_digests(const std::filesystem::path& path) {
  if (path.empty()) return Digests{};
  const auto file = read_secret_file(path);
  if (!file) return std::unexpected(file.error());
  const auto tokens = parse_tokens(file->text);
  if (!tokens) return std::unexpected(tokens.error().within(path.native()));
  Digests digests;
  digests.reserve(tokens->size());
  for (const auto token : *tokens) digests.push_back(digest_of(token));
  return digests;
}

// Looks at all of them, wherever it is found.
bool holds(const Digests& digests, const Digest& wanted) {
  unsigned found = 0;
  for (const Digest& digest : digests) {
    found |= static_cast<unsigned>(CRYPTO_memcmp(digest.data(), wanted.data(), wanted.size()) == 0);
  }
  return found != 0;
}

struct Tokens {
  Digests read;
  Digests write;
};

}  // namespace

struct AccessList::Impl {
  explicit Impl(AccessOptions files) : options(std::move(files)) {}
  [[nodiscard]] std::shared_ptr<const Tokens> current() const {
    const std::scoped_lock lock(mutex);
    return tokens;
  }

  const AccessOptions options;
  mutable std::mutex mutex;
  std::shared_ptr<const Tokens> tokens;
};

AccessList::AccessList(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
AccessList::~AccessList() = default;

Expected<std::shared_ptr<AccessList>> AccessList::open(const AccessOptions& options) {
  std::shared_ptr<AccessList> list(new AccessList(std::make_unique<Impl>(options)));
  if (const auto read = list->reload(); !read) return std::unexpected(read.error());
  return list;
}

Expected<> AccessList::reload() {
  auto read = read_digests(impl_->options.read_tokens);
  if (!read) return std::unexpected(read.error());
  auto write = read_digests(impl_->options.write_tokens);
  if (!write) return std::unexpected(write.error());
  auto tokens = std::make_shared<const Tokens>(std::move(*read), std::move(*write));
  const std::scoped_lock lock(impl_->mutex);
  impl_->tokens = std::move(tokens);
  return {};
}

bool AccessList::allows(std::string_view token, Access access) const {
  if (!needs_tokens()) return true;
  const auto tokens = impl_->current();
  const auto shown = digest_of(token);
  const bool may_read = holds(tokens->read, shown);
  const bool may_write = holds(tokens->write, shown);
  return may_write || (may_read && access == Access::read);
}

bool AccessList::needs_tokens() const noexcept {
  return !impl_->options.read_tokens.empty() || !impl_->options.write_tokens.empty();
}

Expected<std::string> read_token(const std::filesystem::path& path) {
  const auto file = read_secret_file(path);
  if (!file) return std::unexpected(file.error());
  const auto tokens = parse_tokens(file->text);
  if (!tokens) return std::unexpected(tokens.error().within(path.native()));
  if (tokens->size() != 1) {
    return fail(ErrorCode::bad_data, path.native(), ": holds ", tokens->size(), " tokens; a client shows one");
  }
  return std::string(tokens->front());
}

}  // namespace gaugeline::stream
