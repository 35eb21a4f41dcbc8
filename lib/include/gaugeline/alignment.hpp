// Aligns two tables that were learnt apart: the rotation that brings the rows of one onto those of the other, in the
// frame of which it is then read. Rows belong together by their tokens.
//
//   R = argmin over O(d) of sum_i w_i |b_i R - a_i|^2,   by the gauge step (gauge.hpp), M = sum_i w_i b_i^T a_i
//
// over the rows that the reference A and the table B have in common. Reflections are allowed. Directions in which the
// common rows hold nothing stay where they are.
//
// Robust weights let rows that moved, as long as they are fewer than half, not drag the frame after them (Welsch's,
// redescending; Holland & Welsch 1977; they are those of the learner's anchors):
//   w_i = exp(-q_i / (6 median q)),   q_i = |b_i R - a_i|^2,   w_i = 1 at first.
//
// The gauge step is taken again from where it has led to, until R stands still to 1e-9 (largest principal angle) or 50
// times: the second one takes away what the regularisation of the first has left, 1e-6 times the condition of M.
//
// Sums in double, over a copy of the common rows. These functions allocate. Thread-safety: they have no state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <Eigen/Core>

#include <gaugeline/error.hpp>
#include <gaugeline/types.hpp>

namespace gaugeline {

struct RowPair {
  RowIndex reference = no_row;
  RowIndex table = no_row;
};

// The rows whose tokens stand in both lists, in the order of the reference. Of a token that stands in a list twice it
// is the first. O(bytes).
[[nodiscard]] std::vector<RowPair> common_rows(const TokenList& reference, const TokenList& table);

enum class AlignmentWeights : std::uint8_t { equal, robust };

struct Alignment {
  Eigen::MatrixXd rotation;  // R, d x d
  double angle = 0;          // its largest principal angle, radians; pi if it reflects
  bool reflects = false;     // det R = -1
  // sqrt(sum w |b R - a|^2 / sum w |a|^2), and the same with R = I.
  double residual = 0;
  double residual_before = 0;
  // Dimensions that the common rows tell of: singular values of M over 1e-6 of the largest, which is where the gauge
  // step lets go. Below d, what lies outside them was not aligned.
  std::size_t rank = 0;
  // The common rows but for those that are zero in either table, which tell nothing; and of each |b R - a| and w.
  std::vector<RowPair> rows;
  std::vector<double> displacement;
  std::vector<double> weight;
  std::size_t zero_rows = 0;  // how many those were
};

// Errors: bad_data where the dimensions differ; not_found where no common row is left. All numbers are finite, and
// indices within the tables. O(rows d^2 + d^3) a step; memory: 16 d bytes a common row.
[[nodiscard]] Expected<Alignment> align(const ConstTable<float>& reference, const ConstTable<float>& table,
                                        std::span<const RowPair> common, AlignmentWeights weights);

// Every row of the table, turned: B R, row-major. O(rows d^2).
[[nodiscard]] std::vector<float> turned_rows(const ConstTable<float>& table, const Eigen::MatrixXd& rotation);

}  // namespace gaugeline
