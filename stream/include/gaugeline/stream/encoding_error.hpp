// What an embedding table loses when it is stored in fewer bytes, as its readers would notice it.
#pragma once

#include <cstddef>

#include <gaugeline/learner_state.hpp>

namespace gaugeline::stream {

// Over rows that were ever in data (null_variance > 0) and are not zero.
struct EncodingError {
  std::size_t rows = 0;      // compared
  double mean_cosine = 0;    // between a row as it was and as it comes out
  double least_cosine = 0;   // of the row that suffers most
  std::size_t asked = 0;     // rows whose neighbours were compared: those used most (frequency)
  double overlap_at_10 = 0;  // mean share of their ten nearest neighbours that stay among the ten
};

// `exact` and `stored` have the same rows, else the result is of none. O(asked rows d).
[[nodiscard]] EncodingError encoding_error(const SideState<float>& exact, const SideState<float>& stored,
                                           std::size_t most_asked = 1000);

}  // namespace gaugeline::stream
