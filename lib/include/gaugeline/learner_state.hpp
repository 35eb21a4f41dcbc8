// The whole state of a learner between two slices, as a view: what a snapshot holds, what queries read, and what a
// learner can be restored from, bit for bit.
#pragma once

#include <cstdint>
#include <span>

#include <gaugeline/types.hpp>

namespace gaugeline {

// One side's rows. All spans have one entry per row; row i belongs to tokens[i].
template <class Scalar>
struct SideState {
  TokenList tokens;
  ConstTable<Scalar> embeddings{nullptr, 0, 0};  // rows x dimension
  std::span<const Scalar> precision;             // p: posterior precision per coordinate
  std::span<const Scalar> diffusion;             // D: variance gained per coordinate and time unit
  std::span<const Scalar> count;                 // observations, faded by Options::count_decay per slice
  std::span<const Scalar> uses;                  // uses in the last slice
  std::span<const Scalar> null_variance;         // C: see drift.hpp; 0 as long as the row was never in data
  std::span<const Scalar> log_retention;         // sum of log(1 - gain) since the row was made: see drift.hpp
  std::span<const Scalar> gradient_energy;       // E: AdaGrad accumulator of the passes over sequences; > 0

  // Only where the model has offsets (fits_offsets(options)), otherwise empty; in units of the values.
  std::span<const Scalar> offset = {};            // a of items, b of contexts
  std::span<const Scalar> offset_precision = {};  // posterior
  std::span<const Scalar> baseline_offset = {};   // the same of the model without embeddings
  std::span<const Scalar> baseline_precision = {};

  std::span<const Scalar> frequency;  // uses, faded by .9 per slice: the lowest are replaced first
  // Number of slices that had been learnt when the token got its row. Token and born together are one life of a row: a
  // token that lost its row and came back is another.
  std::span<const std::uint32_t> born;
  // Tokens without a row and their faded uses, as a sketch of fixed size (hash 0, count 0: an empty place). Both may be
  // absent: an empty sketch.
  std::span<const std::uint64_t> candidate_hashes;
  std::span<const float> candidate_counts;

  // Only with Options::anchor_memory, otherwise empty (and where both are, a learner with anchors starts them anew).
  ConstTable<Scalar> anchor{nullptr, 0, 0};  // rows x dimension: the fading mean of where the row was; it turns with
                                             // the frame
  std::span<const Scalar> anchor_time = {};  // time units that this mean holds, at most anchor_memory; 0: no anchor yet

  [[nodiscard]] std::size_t size() const noexcept { return tokens.size(); }
};

// What the Gaussian model believes besides its rows, in units of the values. All 0 for skip-gram, and sigma as long as
// there were no data to estimate it from.
struct ValueState {
  double mean = 0;                      // mu
  double mean_precision = 0;            // posterior
  double noise_deviation = 0;           // sigma in force
  double noise_weight = 0;              // faded number of the values that it was estimated from
  double baseline_noise_deviation = 0;  // the same of the model without embeddings
  double baseline_noise_weight = 0;
  friend bool operator==(const ValueState&, const ValueState&) = default;
};

template <class Scalar>
struct LearnerState {
  std::uint64_t slices = 0;      // learnt so far; everything below is as after slice number slices - 1
  TimeInterval interval;         // of the last slice
  double time_unit_seconds = 0;  // in force since the first slice
  std::uint32_t dimension = 0;
  SideState<Scalar> items;
  SideState<Scalar> contexts;
  // The rotation that the last gauge step applied, dimension x dimension, row-major; Z was replaced by Z * rotation
  // (before the rows in data were brought back onto the anchors).
  std::span<const double> rotation;
  // s, the unit of the priors in units of the values, frozen since the first data: see Options::noise_deviation.
  double value_scale = 1;
  ValueState values = {};

  [[nodiscard]] const SideState<Scalar>& operator[](Side side) const noexcept {
    return side == Side::items ? items : contexts;
  }
};

// What happened in one slice.
struct SliceReport {
  std::uint64_t slice = 0;  // index, from 0
  TimeInterval interval;
  double elapsed_units = 0;    // dt since the slice before; 0 for the first
  double observations = 0;     // total weight of pairs, or number of values, that were learnt
  std::uint64_t distinct = 0;  // distinct pairs, or values
  // Prequential: of the model before it saw the slice, over the observations whose two tokens it knew.
  double scored = 0;            // their weight; 0 in the first slice
  double score = 0;             // mean log-likelihood in nats of a positive with its k negatives (skip-gram), or of a
                                // value (Gaussian); higher is better; 0 if scored is 0
  double rotation_angle = 0;    // radians: the largest principal angle of the gauge step's rotation
  double gauge_residual = 0;    // |Z R - ref|_p / |ref|_p, weighted by prior precision; 0 in the first slice
  std::uint32_t item_rows = 0;  // after the slice
  std::uint32_t context_rows = 0;
  std::uint32_t new_item_rows = 0;
  std::uint32_t new_context_rows = 0;
  std::uint32_t unadmitted_tokens = 0;  // used too seldom, or no room left
  double unadmitted_observations = 0;   // observations that were left out because of them
  double baseline_score = 0;  // the score, over the same values, of the online offset model by itself: N(mu + a_i +
                              // b_j, its own sigma^2), filtered alike; 0 if there are no offsets or nothing was scored
  // Radians: the largest principal angle by which the frame had turned away from the anchors since the last slice, and
  // was turned back: what is left of a way round the loop from the anchors, over the slices, and back (its holonomy). 0
  // without anchors.
  double holonomy_angle = 0;
};

}  // namespace gaugeline
