// What a learner can be told. The defaults are right for most streams; `Options::skipgram()` and `Options::gaussian()`
// give those that were measured for each likelihood (docs/algorithm.md).
#pragma once

#include <cstddef>
#include <cstdint>

#include <gaugeline/error.hpp>

namespace gaugeline {

enum class Likelihood : std::uint8_t {
  skipgram = 0,  // Bernoulli skip-gram on pair counts (Bamler & Mandt, arXiv 1702.08359)
  gaussian = 1,  // values y_ij ~ N(mu + a_i + b_j + u_i . v_j, sigma^2)
};

enum class Coupling : std::uint8_t {
  random_walk = 0,  // z_t ~ N(z_t-1, D dt): each slice starts from the last one and is tied to it
  none = 1,         // every slice is fitted alone from its own random start, then only aligned: the baseline
};

enum class GaugeFixing : std::uint8_t {
  procrustes = 0,  // after each slice the exact weighted polar factor turns it back into the frame of the last one
  none = 1,        // for comparison
};

enum class Offsets : std::uint8_t {
  fitted = 0,  // values have a mean mu and an offset per item and per context, filtered like the rows
  none = 1,    // y_ij ~ N(u_i . v_j, sigma^2): for values that are centred already
};

// The factors of a pass's products of matrices (sequence_pass.hpp), in learners of float.
enum class PassProducts : std::uint8_t {
  full = 0,
  // Rounded to 8 binary digits (bfloat16) where the processor multiplies such numbers (x86-64 with AMX or AVX512_BF16,
  // on Linux), and as `full` elsewhere. A run takes nine tenths of the time and predicts as well, but processors with
  // other units then learn different rows, and tables turned beforehand turn what is learnt only about.
  rounded = 1,
};

struct Options {
  // ---- changes behaviour -------------------------------------------------------------------------------------------
  Likelihood likelihood = Likelihood::skipgram;
  Coupling coupling = Coupling::random_walk;
  GaugeFixing gauge = GaugeFixing::procrustes;
  std::uint64_t seed = 1;        // of the first slice's random start, and of the draws of negatives
  std::uint32_t dimension = 64;  // d, 1 to 1024; time and memory grow in proportion, the gauge step with d^3

  float prior_precision = 10;  // p0 of a new row, per coordinate
  float diffusion = 1e-2F;     // D0: variance that a row gains per coordinate and time unit; >= 0
  float diffusion_rate = 0;    // rho in [0, 1]: how fast D_i follows what row i does; 0: not
  // eta in [0, 4]: how fast all D_i together follow what later slices say of the rows' way, D <- D alpha^eta with alpha
  // of diffusion_prior.hpp; new rows then start with the mean D. A gain goes with the root of D, so 2 changes it as
  // alpha asks. 0: not. Two more scores per slice, and it needs anchors.
  float diffusion_score_rate = 2;
  float diffusion_min = 1e-6F;  // D_i stays in [min, max]
  float diffusion_max = .3F;
  double time_unit_seconds = 0;  // unit of dt between the middles of slices; 0: the length of the first slice

  std::uint32_t sweeps = 2;              // S: alternations over both tables per slice
  std::uint32_t first_slice_sweeps = 8;  // the same for the first slice (and for every one with Coupling::none)

  // skip-gram only
  std::uint32_t negatives = 5;  // k: negatives per positive; 1 to 1000
  float count_decay = .9F;      // cumulative counts fade by this factor per slice; 0: the slice's own counts only
  // Stochastic passes over a slice's sequences before its sweeps (sequence_pass.hpp); 0: sweeps alone. Slices that hold
  // only counts have none. A pass moves the rows so far that one sweep is enough after it, in the first slice too.
  std::uint32_t passes = 1;
  // Only so many slices, the first ones, have them, and those that start at random; 0: all. Later ones have pass_sweeps
  // alone, for less time; small slices then predict better (docs/experiments.md, "Passes in the first slices").
  std::uint32_t pass_slices = 0;
  float pass_rate = .12F;  // AdaGrad rate of the passes; > 0
  // Sweeps after passes, and of the slices later than pass_slices, instead of sweeps and first_slice_sweeps. 0: passes
  // alone, for small machines: eight tenths of the time, precisions from the squares of the gradients; predicts less
  // well (docs/experiments.md). Then all slices have passes.
  std::uint32_t pass_sweeps = 1;
  std::uint32_t conjugate_gradient_steps = 1;
  std::uint32_t negative_head = 128;  // the sum over negatives takes so many most frequent rows exactly ...
  std::uint32_t negative_tail = 128;  // ... and so many drawn from the rest; exact if no rest is left

  // Gaussian only
  // sigma, in units of the values; 0: estimated online. Then the priors too are in the values' own unit, their spread s
  // (LearnerState::value_scale): p0/e and D e for rows, e = s sqrt(4.5/d), so that u_i . v_j has a prior variance of
  // s^2/2 in any dimension if p0 = 3; precision/s^2 and D s^2 for offsets. Where sigma is given, e = s = 1.
  float noise_deviation = 0;
  Offsets offsets = Offsets::fitted;
  float offset_precision = 1;      // of a new row's offset
  float offset_diffusion = 1e-3F;  // variance that an offset, and mu, gains per time unit

  // A new token gets a row when its uses, faded by .9 per slice, reach this; >= 1. When there is no room left it takes
  // that of the least used token, if it is used more itself. 2^32 - 1: none does, the vocabulary is that of `admit`.
  std::uint32_t admission_uses = 1;

  // T: the frame is held where it was over the last T time units; without it, it follows rows that move coherently.
  // Long is steady, but a frame that all rows leave together takes T to follow. 0: no anchor, only the last slice
  // counts; saves one table per side, in memory and in snapshots, and two sums over the rows per slice. With
  // Coupling::none or GaugeFixing::none there is none.
  float anchor_memory = 300;
  // theta, per time unit: rows return to 0 as e^(-theta dt) between slices (Ornstein-Uhlenbeck), with the stationary
  // precision p0; D is then 2 theta/p0 for every row, and the options of diffusion have no effect. 0: a random walk.
  // For streams whose rows all change; it costs one table per side, and rows that are not seen are forgotten.
  float mean_reversion = 0;

  // ---- changes memory and speed, and how passes round and share what they learn -------------------------------------
  std::uint32_t item_capacity = 1U << 16U;  // rows; reserved at the start (see memory_bytes)
  std::uint32_t context_capacity = 1U << 16U;
  std::uint32_t token_bytes_per_row = 24;           // room for token text, on the average
  std::uint32_t slice_token_capacity = 1U << 18U;   // distinct tokens per side that one slice may name
  std::uint32_t observation_capacity = 1U << 23U;   // distinct pairs, or values, that one slice may hold
  std::uint32_t worker_capacity = 1;                // most workers that an Executor may have
  PassProducts pass_products = PassProducts::full;  // and rounding; not kept in snapshots: said at each start
  // Parts of a large slice that are passed over at the same time, by as many workers, whose tables are then averaged; 1
  // to 16. What is learnt depends on it: two predict better than one (docs/experiments.md, "The pass in parts"). Each
  // after the first takes memory for two tables more. Said at each start, too.
  std::uint32_t pass_parts = 2;

  [[nodiscard]] static Options skipgram() noexcept { return {}; }
  [[nodiscard]] static Options gaussian() noexcept {
    Options options;
    options.likelihood = Likelihood::gaussian;
    options.prior_precision = 3;
    options.diffusion = 3e-3F;
    options.diffusion_rate = .3F;
    options.diffusion_score_rate = 0;
    options.diffusion_min = 1e-5F;
    options.diffusion_max = .1F;
    options.first_slice_sweeps = 60;
    return options;
  }
  friend bool operator==(const Options&, const Options&) = default;
};

// True if the model has a mean and offsets.
[[nodiscard]] constexpr bool fits_offsets(const Options& options) noexcept {
  return options.likelihood == Likelihood::gaussian && options.offsets == Offsets::fitted;
}

[[nodiscard]] constexpr bool estimates_noise(const Options& options) noexcept {
  return options.likelihood == Likelihood::gaussian && options.noise_deviation == 0;
}

// True if every row has an anchor.
[[nodiscard]] constexpr bool keeps_anchors(const Options& options) noexcept {
  return options.anchor_memory > 0 && options.gauge == GaugeFixing::procrustes &&
         options.coupling == Coupling::random_walk;
}

// True if all D_i together follow the scores of later slices.
[[nodiscard]] constexpr bool follows_score(const Options& options) noexcept {
  return options.diffusion_score_rate > 0 && options.mean_reversion == 0 && keeps_anchors(options);
}

// Every range stated above; the error names the option.
[[nodiscard]] Expected<> validate(const Options& options) noexcept;

}  // namespace gaugeline
