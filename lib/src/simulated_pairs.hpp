// Constants of simulated skip-gram pairs, for the streams and for the chains alike: docs/algorithm.md quotes results
// for them.
#pragma once

namespace gaugeline {

inline constexpr double skipgram_scale = 1.3;   // of the truth, times d^(-1/4)
inline constexpr double frequency_offset = 10;  // Zipf-Mandelbrot: base_j = 1 / (j + 10)
inline constexpr double largest_score = 8;      // caps exp(u . v): no pair takes all draws

}  // namespace gaugeline
