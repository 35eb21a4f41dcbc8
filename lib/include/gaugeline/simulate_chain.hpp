// Joint problems with a known truth, of any length: the reference case G1 of docs/algorithm.md, draw for draw, and
// larger ones with sparse values and with counts for experiments; starts for them.
//
// For research and tests: they allocate, and do not check their options (all sizes above 0). The same options give the
// same problem on every machine but for the rounding of products of matrices.
#pragma once

#include <cstdint>

#include <gaugeline/joint_problem.hpp>

namespace gaugeline {

struct ChainOptions {
  std::uint64_t seed = 1;
  Eigen::Index rows = 100;  // items, and as many contexts
  Eigen::Index dimension = 8;
  Eigen::Index slices = 30;
  double coupling = 1;  // lambda_t of every link
  double norm = 0;      // rho_t of every slice
};

// G1: rows of the truth start from N(0, d^(-1/2) I) and walk at random, by N(0, .05^2 d^(-1/2) I) per slice; every pair
// of every slice has a value, y_ij = u_i . v_j + N(0, .3^2), and the model takes sigma = 1. O(slices rows^2 d).
[[nodiscard]] JointProblem gaussian_chain(const ChainOptions& options);

struct SparseChainOptions {
  ChainOptions chain;
  Eigen::Index values_per_item = 60;  // Gaussian: drawn per item and slice, of contexts drawn uniformly
  double noise_deviation = .5;        // Gaussian: of the values, and of the model
  double pairs_per_slice = 1e5;       // skip-gram
  double negatives = 5;               // skip-gram: k of the model
  double step = .05;                  // of a row of the truth per slice, in units of its spread
};

// In both, all rows of the truth move by a stationary Ornstein-Uhlenbeck step, z <- (1 - step^2)^(1/2) z + step n, so
// that their spread does not grow with the number of slices. O(slices rows values_per_item d).
[[nodiscard]] JointProblem sparse_gaussian_chain(const SparseChainOptions& options);

// Pairs as in SkipGramStream (simulate.hpp): p(j | i) proportional to base_j exp(u_i . v_j), base_j = 1/(j + 10), items
// as frequent as base. q of a slice comes from its own counts, to the power 3/4. O(slices rows^2 d).
[[nodiscard]] JointProblem skipgram_chain(const SparseChainOptions& options);

// Every slice in a frame of its own: entries N(0, .3^2 d^(-1/2)). About half of the links of such a table are
// reflected.
[[nodiscard]] DoubleTable random_chain_start(const JointShape& shape, std::uint64_t seed = 4242);

// A pure excitation of the Goldstone modes: the frames walk at random, R_t = R_t-1 exp(A_t), R_0 = I, where the skew
// A_t has a random direction and the Frobenius norm `step`. No likelihood and no norm changes but for rounding.
void excite_goldstone_modes(const JointShape& shape, TableRef z, double step = .3, std::uint64_t seed = 777);

}  // namespace gaugeline
