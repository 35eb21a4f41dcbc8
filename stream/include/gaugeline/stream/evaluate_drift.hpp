// Drift that is known: how well a data directory tells tokens whose use changed from tokens whose use did not.
//
// Two statistics of every frequent token, which is one used at least min_uses times over all slices:
//
//     over cuts       maximum over the cuts between slices of  adjusted(1 - cos(a, b)),  a and b the means of the
//                     token's vectors in the `side` slices before and the `side` slices after the cut
//     first to last   adjusted(1 - cos(z_first, z_last)),  z_first of the first slice in which the token has a row
//
//     adjusted(x) = x' - (c + m log uses),  x' = x / median of x,  c and m by least squares over the frequent tokens
//
// Rarely used tokens move more; the line takes out what uses alone explain. The median and the line are those of one
// cut, so that cuts between slices of much and of little text compare. A vector is the item row after a slice, whatever
// life of its token that is; a token without a row there has the zero vector, whose cosine with any other is 0. Units:
// the distance of the median token (at least 1e-12). Where it hardly moves, a cut outweighs all others: min_uses and
// side should be such that most frequent tokens are used on both sides.
//
// Uses are those of item rows, summed over the snapshots that are there; uses without a row are not in them.
//
// Thread-safety: the functions share nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/snapshot_store.hpp>
#include <gaugeline/stream/area_under_curve.hpp>

namespace gaugeline::stream {

struct DriftProtocol {
  float min_uses = 150;  // of a frequent token; above 0
  std::size_t side = 5;  // slices on each side of a cut; 1 or more
};

struct TokenDrift {
  std::string token;
  double uses = 0;
  double over_cuts = 0, first_last = 0;
};

struct DriftStatistics {
  std::size_t slices = 0;            // of the directory
  std::vector<TokenDrift> frequent;  // the most used first, equal uses by text
  std::vector<std::string> rare;     // tokens used less often, in no order: nothing is said of them
};

// Loads each slice twice. Errors: ErrorCode::invalid_argument for an option out of range, or fewer slices than 2 side;
// bad_data if no token is frequent; not_found if there is no snapshot; those of reading.
// O(slices side frequent dimension); memory: 2 side + 1 tables of the frequent tokens, two of means, one snapshot.
[[nodiscard]] Expected<DriftStatistics> measure_drift(const formats::SnapshotStore& store,
                                                      const DriftProtocol& protocol);

enum class KnownDrift { still, drifts };

struct DriftTarget {
  std::string token;
  KnownDrift known = KnownDrift::still;
};

// How well one statistic ranks the targets that drift above ...
struct DriftAreas {
  std::optional<AreaUnderCurve> controls;    // ... the targets that stand still
  std::optional<AreaUnderCurve> all_others;  // ... all other frequent tokens, those among them
};  // nullopt where there is nothing to compare

struct DriftScores {
  std::size_t drifting = 0, still = 0;  // targets that are judged
  std::size_t unknown = 0, rare = 0;    // targets left out: never had a row; used less than min_uses times
  DriftAreas over_cuts, first_last;
};

// Each token is a target once. O(frequent log frequent).
[[nodiscard]] DriftScores score_drift(const DriftStatistics& statistics, std::span<const DriftTarget> targets);

}  // namespace gaugeline::stream
