// Questions to the snapshots of a data directory: what a token stood near, how it moved, what once stood where it
// stands today. The `query` command and later the HTTP server answer from these functions.
//
// All similarities are cosines between rows of the item table. A row is known in a slice if it has been learnt from by
// then; only known rows are answers. Tokens are matched exactly; an unknown one gives ErrorCode::not_found with the
// closest spellings.
//
// A token can lose its row and later be given one again: that is another life, and nothing of the first is told by the
// second. Movements are between two slices of one life only.
//
// A slice is named by text: an integer in [0, number of slices) is its index; a negative one counts from the end (-1 is
// the last); anything else is a time (parse_time: "1862", "1862-05-20", ...) and names the slice whose interval holds
// it, or, in a gap, the last one before. A name that is out of range gives ErrorCode::not_found.
//
// Thread-safety: the functions share nothing. Every call reads the snapshots that it needs, and verifies them.
// Cost: the size of those snapshots, O(rows dimension) per list of neighbours.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/snapshot_store.hpp>
#include <gaugeline/types.hpp>

namespace gaugeline::stream {

// Loads the slice that a name stands for; a time is found by bisection, O(log slices) snapshots.
[[nodiscard]] Expected<formats::Snapshot> load_slice(const formats::SnapshotStore& store, std::string_view name);

struct SliceStamp {
  std::uint64_t index = 0;
  TimeInterval interval;
};

struct ScoredToken {
  std::string token;
  float similarity = 0;  // cosine
  float uses = 0;        // in the slice
};

// ---- neighbors: what a token stands near in one slice --------------------------------------------------------------
struct NeighborsQuestion {
  std::string token;
  std::string slice = "-1";
  std::size_t count = 10;
  float min_uses = 0;  // neighbours used less often in that slice are left out
};
struct NeighborsAnswer {
  SliceStamp slice;
  float uses = 0;
  std::vector<ScoredToken> neighbors;  // best first
};
[[nodiscard]] Expected<NeighborsAnswer> find_neighbors(const formats::SnapshotStore& store,
                                                       const NeighborsQuestion& question);

// ---- translate: which rows of slice `to` stand where a token stood in slice `from`
// -----------------------------------
struct TranslationQuestion {
  std::string token;
  std::string from = "-1";
  std::string to = "0";
  std::size_t count = 10;
  float min_uses = 0;  // in `to`
};
struct TranslationAnswer {
  SliceStamp from, to;
  std::vector<ScoredToken> translations;  // best first; the token itself may be one
};
[[nodiscard]] Expected<TranslationAnswer> translate(const formats::SnapshotStore& store,
                                                    const TranslationQuestion& question);

// ---- similarity: of a token to others in one slice
// -------------------------------------------------------------------
struct SimilarityQuestion {
  std::string token;
  std::vector<std::string> others;
  std::string slice = "-1";
};
struct SimilarityAnswer {
  SliceStamp slice;
  std::vector<ScoredToken> similarities;  // in the order of `others`
};
[[nodiscard]] Expected<SimilarityAnswer> measure_similarity(const formats::SnapshotStore& store,
                                                            const SimilarityQuestion& question);

// How far a row moved between two slices.
struct Movement {
  float distance = 0;       // |z_to - z_from|
  double displacement = 0;  // in units of its uncertainty: about 1 for a row that stood still (drift.hpp: the root of
                            // the ratio over the overdispersion of all rows used in both slices)
  float similarity = 0;     // cos(z_from, z_to)
};

// ---- trajectory: one token through the slices
// ------------------------------------------------------------------------
struct TrajectoryQuestion {
  std::string token;
  std::vector<std::string> others;  // empty: the nearest neighbours instead
  std::string from = "0";
  std::string to = "-1";
  std::size_t count = 5;  // neighbours per slice
  float min_uses = 0;     // of neighbours
};
struct TrajectoryPoint {
  SliceStamp slice;
  float uses = 0;
  std::uint64_t born = 0;  // slice in which this life of the token began: where it changes, the token begins anew
  Movement since_first;    // since the first point of this life
  std::vector<std::optional<float>> similarities;  // in the order of `others`; nullopt: not known yet
  std::vector<ScoredToken> neighbors;
};
// One point for every slice in which the token is known.
[[nodiscard]] Expected<std::vector<TrajectoryPoint>> follow_trajectory(const formats::SnapshotStore& store,
                                                                       const TrajectoryQuestion& question);

// ---- drift: what moved most, and how one token moved
// -----------------------------------------------------------------
struct DriftQuestion {
  std::string from = "0";
  std::string to = "-1";
  std::size_t count = 10;
  float min_uses = 100;              // in both slices; also of the neighbours
  std::size_t skip_commonest = 100;  // so many of the most used items are left out: they move for grammar's sake
  std::size_t neighbors = 5;
};
// Whether the data carry a p-value for an item, and if not, why.
enum class Evidence : std::uint8_t {
  sufficient,
  few_uses,    // used less than min_uses in one of the slices: insufficient data
  few_items,   // fewer items to compare with than a null distribution takes, or all alike: insufficient data
  few_slices,  // fewer pairs of consecutive slices up to the later one than a null distribution takes: insufficient
               // data
  smoothed,    // a slice is a smoother's: its rows share data with all others, and successive ones hardly move
};

// Neighbours among the nearest at one of the two times only, best first.
struct NeighborChange {
  std::vector<std::string> gained;  // near it in `to`, not in `from`
  std::vector<std::string> lost;    // near it in `from`, not in `to`
};

// p_value: the chance that an item that stood still moved as much, beside the items of like frequency known in both
// slices and used min_uses times in each, and by the null (drift_significance.hpp) of the last 16 pairs of consecutive
// slices up to the later one. Set if evidence is sufficient.
struct DriftingToken {
  std::string token;
  Movement movement;
  float uses_from = 0, uses_to = 0;
  std::vector<ScoredToken> neighbors_from, neighbors_to;
  NeighborChange change;
  std::optional<double> p_value;
  std::optional<double> false_discovery_rate;  // expected share of false alarms if all items up to this p are called
};
struct DriftAnswer {
  SliceStamp from, to;
  double overdispersion = 1;
  std::size_t compared = 0;           // items that met the conditions
  std::size_t insufficient_data = 0;  // items known in a slice that carry no p-value
  Evidence evidence = Evidence::sufficient;
  std::vector<DriftingToken> tokens;  // largest displacement first
};
// ErrorCode::invalid_argument unless `from` is earlier than `to`. Reads up to 19 snapshots, two at a time in memory.
[[nodiscard]] Expected<DriftAnswer> find_drift(const formats::SnapshotStore& store, const DriftQuestion& question);

struct TokenDriftQuestion {
  std::string token;
  std::string from = "0";
  std::string to = "-1";
  float min_uses = 100;  // as in DriftQuestion
  std::size_t neighbors = 5;
};
struct DriftStep {
  SliceStamp from, to;
  Movement movement;  // says nothing if evidence is few_uses
  float uses_from = 0, uses_to = 0;
  Evidence evidence = Evidence::sufficient;
  std::optional<double> p_value;
  NeighborChange change;  // empty if evidence is few_uses
};
// One step for every two consecutive slices in which the token is known, in the same life.
[[nodiscard]] Expected<std::vector<DriftStep>> follow_drift(const formats::SnapshotStore& store,
                                                            const TokenDriftQuestion& question);

// ---- score: what a model expects of an item with each context
// ----------------------------------------------------------
struct ScoreQuestion {
  std::string item;
  std::string slice = "-1";
  std::size_t count = 10;
};
struct ScoredContext {
  std::string token;
  double score = 0;  // Gaussian: mu + a_i + b_j + u_i . v_j, the expected value; skip-gram: u_i . v_j
};
struct ScoreAnswer {
  SliceStamp slice;
  std::vector<ScoredContext> contexts;  // highest first; of equal ones the earlier row
};
// Over all contexts that were ever in data.
[[nodiscard]] Expected<ScoreAnswer> score_contexts(const formats::SnapshotStore& store, const ScoreQuestion& question);

}  // namespace gaugeline::stream
