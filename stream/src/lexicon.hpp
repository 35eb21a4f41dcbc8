// The distinct tokens of an input, each stored once and numbered in the order of first use, with the number of its
// uses.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace gaugeline::stream {

class Lexicon {
 public:
  Lexicon() = default;
  Lexicon(Lexicon&&) = default;
  Lexicon& operator=(Lexicon&&) = default;
  Lexicon(const Lexicon&) = delete;
  Lexicon& operator=(const Lexicon&) = delete;
  ~Lexicon() = default;

  // The token's id; a new token gets the next one. O(bytes of the token).
  [[nodiscard]] std::uint32_t intern(std::string_view token) {
    const auto found = ids_.find(token);
    if (found != ids_.end()) return found->second;
    const auto id = static_cast<std::uint32_t>(entries_.size());
    entries_.push_back({.token = std::string(token)});
    try {
      ids_.emplace(entries_.back().token, id);
    } catch (...) {  // out of memory: as if nothing had been asked
      entries_.pop_back();
      throw;
    }
    token_bytes_ += token.size();
    return id;
  }
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view token) const {
    const auto found = ids_.find(token);
    return found == ids_.end() ? std::nullopt : std::optional(found->second);
  }
  void count_use(std::uint32_t id) noexcept { ++entries_[id].uses; }

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] std::size_t token_bytes() const noexcept { return token_bytes_; }  // of all tokens
  [[nodiscard]] std::string_view token(std::uint32_t id) const noexcept { return entries_[id].token; }
  [[nodiscard]] std::uint64_t uses(std::uint32_t id) const noexcept { return entries_[id].uses; }

 private:
  struct Hash {
    using is_avalanching = void;  // all bits of the hash are good ones
    std::size_t operator()(std::string_view token) const noexcept { return XXH3_64bits(token.data(), token.size()); }
  };
  struct Entry {
    std::string token;
    std::uint64_t uses = 0;
  };
  std::deque<Entry> entries_;  // which do not move: the keys of ids_ are views of their tokens
  boost::unordered_flat_map<std::string_view, std::uint32_t, Hash> ids_;
  std::size_t token_bytes_ = 0;
};

}  // namespace gaugeline::stream
