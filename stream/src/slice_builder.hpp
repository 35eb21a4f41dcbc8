// From the events of one window to its slice: leaves out the tokens that the vocabulary has not kept, numbers the
// others by their use in the window, and lays out sequences, pairs and values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/slice_codec.hpp>
#include <gaugeline/stream/slicer.hpp>

#include "lexicon.hpp"
#include "pair_counter.hpp"
#include "runs.hpp"

namespace gaugeline::stream {

struct ItemAndContext {
  std::uint32_t item;
  std::uint32_t context;
};

// The events of one window, as ids of the lexicons, in the order of their coming.
struct Bucket {
  Runs sequences;
  Runs bags;  // each token once in its bag
  std::vector<ItemAndContext> pairs;
  std::vector<PairValue> values;
};

// The tokens of one side of a slice.
class SideTokens {
 public:
  // `kept` holds one flag per id of the lexicon.
  SideTokens(const Lexicon& lexicon, std::vector<bool> kept);

  [[nodiscard]] bool kept(std::uint32_t id) const noexcept { return kept_[id]; }
  // Counts a use in this slice of a token that is kept.
  void count_use(std::uint32_t id);
  // Ends the counting: numbers the tokens used, the most used first, and writes them out.
  void rank(std::vector<char>& bytes, std::vector<std::uint32_t>& ends, std::vector<float>& uses);
  // The number of a token in the slice, after rank().
  [[nodiscard]] std::uint32_t number(std::uint32_t id) const noexcept { return numbers_[id]; }

 private:
  std::reference_wrapper<const Lexicon> lexicon_;
  std::vector<bool> kept_;
  std::vector<std::uint64_t> uses_;     // in this slice, by id; zero outside used_
  std::vector<std::uint32_t> numbers_;  // by id
  std::vector<std::uint32_t> used_;     // ids
};

// Builds one slice after another; the tables by id are reused. The slices are as slicer.hpp says.
class SliceBuilder {
 public:
  // For text, tokens and bags.
  SliceBuilder(SideTokens tokens, const SlicerOptions& options);
  // For items and contexts.
  SliceBuilder(SideTokens items, SideTokens contexts, const SlicerOptions& options);

  // ErrorCode::capacity_exceeded names the limit.
  [[nodiscard]] Expected<formats::SliceData> build(const Bucket& bucket, TimeInterval interval);

 private:
  [[nodiscard]] Expected<> build_one_table(const Bucket& bucket, formats::SliceData& slice);
  [[nodiscard]] Expected<> build_two_tables(const Bucket& bucket, formats::SliceData& slice);
  [[nodiscard]] Expected<> copy_sequences(const Runs& sequences, formats::SliceData& slice) const;
  [[nodiscard]] Expected<> count_sequences(const Runs& sequences, PairCounter& counter) const;
  [[nodiscard]] Expected<> count_bags(const Runs& bags, PairCounter& counter) const;
  // The numbers of a run's tokens that are kept, in `numbers`.
  void number_run(std::span<const std::uint32_t> run, std::vector<std::uint32_t>& numbers) const;

  SideTokens items_;
  std::optional<SideTokens> contexts_;
  std::uint32_t window_;
  WindowWeights window_weights_;
  SequenceForm form_;
};

}  // namespace gaugeline::stream
