// Two states of a learner, compared bit for bit.
#pragma once

#include <algorithm>
#include <cstring>
#include <span>

#include <gaugeline/learner_state.hpp>

namespace gaugeline::testing {

template <class T>
bool same_bits(std::span<const T> a, std::span<const T> b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

inline bool same_table(const ConstTable<float>& a, const ConstTable<float>& b) {
  const auto span = [](const ConstTable<float>& table) {
    return std::span(table.data(), static_cast<std::size_t>(table.size()));
  };
  return a.rows() == b.rows() && same_bits(span(a), span(b));
}

// An empty sketch may be absent, as in a snapshot.
inline bool same_candidates(const SideState<float>& a, const SideState<float>& b) {
  const auto empty = [](const SideState<float>& side) {
    return std::ranges::all_of(side.candidate_counts, [](float count) { return count == 0; });
  };
  return (empty(a) && empty(b)) ||
         (same_bits(a.candidate_hashes, b.candidate_hashes) && same_bits(a.candidate_counts, b.candidate_counts));
}

inline bool same_side(const SideState<float>& a, const SideState<float>& b) {
  return same_bits(a.tokens.bytes(), b.tokens.bytes()) && same_bits(a.tokens.ends(), b.tokens.ends()) &&
         same_table(a.embeddings, b.embeddings) && same_bits(a.precision, b.precision) &&
         same_bits(a.diffusion, b.diffusion) && same_bits(a.count, b.count) && same_bits(a.uses, b.uses) &&
         same_bits(a.null_variance, b.null_variance) && same_bits(a.log_retention, b.log_retention) &&
         same_bits(a.gradient_energy, b.gradient_energy) && same_bits(a.offset, b.offset) &&
         same_bits(a.offset_precision, b.offset_precision) && same_bits(a.baseline_offset, b.baseline_offset) &&
         same_bits(a.baseline_precision, b.baseline_precision) && same_bits(a.frequency, b.frequency) &&
         same_bits(a.born, b.born) && same_candidates(a, b) && same_table(a.anchor, b.anchor) &&
         same_bits(a.anchor_time, b.anchor_time);
}

inline bool same_state(const LearnerState<float>& a, const LearnerState<float>& b) {
  return a.slices == b.slices && a.interval == b.interval && a.time_unit_seconds == b.time_unit_seconds &&
         same_side(a.items, b.items) && same_side(a.contexts, b.contexts) && same_bits(a.rotation, b.rotation) &&
         a.value_scale == b.value_scale && a.values == b.values;
}

}  // namespace gaugeline::testing
