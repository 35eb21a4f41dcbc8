// The second half of what becomes of an event: its tokens get ids, which go into the bucket of a window. A Slicer has
// one pair of tables for all its buckets, an Intake one for each.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/stream/slicer.hpp>

#include "checked_event.hpp"
#include "lexicon.hpp"
#include "slice_builder.hpp"

namespace gaugeline::stream {

// ErrorCode::invalid_argument names the option that is out of range.
[[nodiscard]] Expected<> check(const SlicerOptions& options) noexcept;

class EventTables {
 public:
  // O(tokens).
  void add(const CheckedEvent& event, Bucket& bucket);
  // Builds slices of buckets that were filled here, with the tokens that the vocabulary options keep of these tables.
  // Refers to them.
  [[nodiscard]] SliceBuilder builder(InputKind kind, const SlicerOptions& options) const;

  [[nodiscard]] const Lexicon& items() const noexcept { return items_; }  // of text, tokens and bags too
  [[nodiscard]] const Lexicon& contexts() const noexcept { return contexts_; }
  [[nodiscard]] Lexicon& items() noexcept { return items_; }
  [[nodiscard]] Lexicon& contexts() noexcept { return contexts_; }

 private:
  Lexicon items_;
  Lexicon contexts_;
  std::vector<std::uint32_t> ids_;  // of the event that is being added
};

}  // namespace gaugeline::stream
