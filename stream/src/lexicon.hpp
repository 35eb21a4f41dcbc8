// The distinct tokens of an input, each stored once and numbered in the order of first use, with the number of its
// uses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gaugeline::stream {

class Lexicon {
 public:
  // The token's id; a new token gets the next one. O(bytes of the token).
  [[nodiscard]] std::uint32_t intern(std::string_view token) {
    const auto found = ids_.find(token);
    if (found != ids_.end()) return found->second;
    const auto id = static_cast<std::uint32_t>(entries_.size());
    entries_.push_back({&ids_.emplace(token, id).first->first});
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
  [[nodiscard]] std::string_view token(std::uint32_t id) const noexcept { return *entries_[id].token; }
  [[nodiscard]] std::uint64_t uses(std::uint32_t id) const noexcept { return entries_[id].uses; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view token) const noexcept { return std::hash<std::string_view>{}(token); }
  };
  struct Entry {
    const std::string* token;  // a key of ids_, whose nodes do not move
    std::uint64_t uses = 0;
  };
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> ids_;
  std::vector<Entry> entries_;
  std::size_t token_bytes_ = 0;
};

}  // namespace gaugeline::stream
