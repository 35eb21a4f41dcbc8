// Analogies over time: "what stands at time t' where `token` stood at time t?" Candidates are the known rows used at
// least min_uses times in the slice of t', the token itself among them, ranked by cosine with its vector at t. The rank
// of the expected token is 1 + the number of candidates that are strictly more similar.
//
//     MRR = mean of 1/rank,   precision at k = share of ranks that are at most k       both over the answered
//
// Thread-safety: the functions share nothing. Cost: O(rows dimension) per analogy; each slice is loaded once.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/snapshot_store.hpp>

namespace gaugeline::stream {

struct Analogy {
  std::string token, time;        // asked about; times name slices as in query.hpp
  std::string expected, at_time;  // the answer
};

enum class Unanswerable { no_slice, token_unknown, expected_unknown, expected_rare };

struct AnalogyResult {
  std::size_t rank = 0;  // from 1; 0 if unanswerable
  std::optional<Unanswerable> reason;
};

struct AnalogyScores {
  std::size_t answered = 0;
  double mean_reciprocal_rank = 0;  // 0 if none is answered, and so are the precisions
  double precision_at_1 = 0, precision_at_5 = 0, precision_at_10 = 0;
};

// One result per analogy, in their order. Errors are those of reading snapshots.
[[nodiscard]] Expected<std::vector<AnalogyResult>> answer_analogies(const formats::SnapshotStore& store,
                                                                    std::span<const Analogy> analogies, float min_uses);
[[nodiscard]] AnalogyScores score_analogies(std::span<const AnalogyResult> results) noexcept;

}  // namespace gaugeline::stream
