// In-slice held-out likelihood: how well a skip-gram model that has just learnt a slice expects sequences of the same
// time that it was not given.
//
// Kept are the tokens used at least min_uses times over all slices of the data directory; the others are taken out of
// a sequence before windows are applied, as in training. Every ordered pair of positions at most `window` apart is a
// pair of a centre i and a context j, for which `negatives` other contexts k are drawn from q, the kept tokens' uses to
// the power .75 (Mikolov et al., arXiv 1310.4546):
//
//     score = mean over pairs of  log s(u_i . v_j) + sum over k of log s(-u_i . v_k)      nats a pair; below 0
//     area  = mean over pairs and k of  outranks(u_i . v_j, u_i . v_k)                    area_under_curve.hpp
//
// u and v are the item and the context row after the slice, whatever life of its token that is. A token without a row
// there is a zero vector: of a model that knows no token the score is -(1 + negatives) log 2, and the area 1/2.
//
// Uses are those of item rows, summed over the snapshots that are there; uses without a row are not in them. Draws
// begin anew with the seed in every slice, for pairs in the order of their centres, contexts from left to right, and
// of events as they were added; q counts the most used token first, equal uses by text. So directories whose snapshots
// hold the same uses are asked the same, and a slice's figures do not depend on the others.
//
// A model is judged by these figures only if it has not learnt from the events, which cannot be seen here.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/snapshot_store.hpp>
#include <gaugeline/stream/events.hpp>
#include <gaugeline/stream/query.hpp>

namespace gaugeline::stream {

struct HeldOutOptions {
  std::uint32_t window = 5;     // 1 to max_window
  std::uint32_t negatives = 5;  // contexts drawn for a pair; 1 to 1000
  float min_uses = 10;          // of a kept token; 0 or more
  std::uint64_t seed = 11;      // of the draws
};

struct HeldOutScore {
  std::uint64_t pairs = 0;
  double score = 0, area = 0;  // both 0 if there is no pair
};

struct HeldOutSlice {
  SliceStamp slice;
  std::uint64_t events = 0;
  HeldOutScore score;
};

struct HeldOutScores {
  HeldOutScore total;                  // over the pairs of all slices
  std::vector<HeldOutSlice> slices;    // of the directory, in the order of time
  std::uint64_t events = 0;            // taken
  std::uint64_t events_outside = 0;    // of these: at a time that lies in no slice
  std::uint64_t tokens = 0;            // uses of tokens in the events inside
  std::uint64_t tokens_left_out = 0;   // of these: of tokens that are not kept
  std::uint64_t oversized_tokens = 0;  // words of text longer than max_token_bytes: not tokens
  std::size_t kept = 0;                // distinct tokens
};

// Thread-safety: none. Memory: the distinct tokens of the directory, 4 bytes per held-out token, one snapshot.
class HeldOutEvaluation {
 public:
  // Reads every snapshot for its uses. The store must outlive the evaluation, and its snapshots stay. Errors:
  // ErrorCode::invalid_argument for an option out of range or a model of values, not_found if there is no snapshot, and
  // those of reading.
  [[nodiscard]] static Expected<HeldOutEvaluation> open(const formats::SnapshotStore& store,
                                                        const HeldOutOptions& options);
  HeldOutEvaluation(HeldOutEvaluation&&) noexcept;
  HeldOutEvaluation& operator=(HeldOutEvaluation&&) noexcept;
  ~HeldOutEvaluation();

  // Text, cut into tokens as a Slicer does, or tokens; in any order of time; a WatermarkEvent is ignored.
  // ErrorCode::bad_data for other forms.
  [[nodiscard]] Expected<> add(const Event& event);
  // Of the events so far. ErrorCode::bad_data if they give no pair at all, and those of reading.
  // O(pairs negatives dimension), and each snapshot that has events is loaded once more.
  [[nodiscard]] Expected<HeldOutScores> score() const;

 private:
  struct Impl;
  explicit HeldOutEvaluation(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gaugeline::stream
