// The excitation spectrum of a joint problem: the lowest eigenvalues of its Hessian at a minimum, and what moves in
// them (docs/gauge.md; Bamler & Mandt, ICML 2018, arXiv 1803.03234).
//
// Rotations of single slices cost the coupling alone, so that they are waves over the chain of slices: with the plain
// rule d (d - 1) / 2 a wave number k lie just below
//
//   2 lambda (1 - cos(pi k / T)),     k = 0, ..., T - 1,
//
// in general the k-th eigenvalue of the chain's Laplacian with weights lambda_t, and the one at k = 0 is exactly 0. The
// invariant rule puts all of them at 0. The d (d + 1) / 2 stretches a wave number lie just above the branch, and norms
// rho lift them by about 2 rho.
//
// Method: the exact zero modes are known (symmetry_modes.hpp) and are projected out, as Lanczos sees one vector of a
// degenerate eigenvalue; implicitly restarted Lanczos (the library Spectra) with exact Hessian-vector products finds
// the rest, and is run again with what it found projected out until nothing lower is left, so that other degenerate
// eigenvalues come out with all their vectors.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <Eigen/Core>

#include <gaugeline/error.hpp>
#include <gaugeline/joint_problem.hpp>

namespace gaugeline::stream {

enum class ModeKind : std::uint8_t { rotation, stretch, other };
[[nodiscard]] std::string_view name(ModeKind kind) noexcept;

struct SpectrumOptions {
  LinkRule rule = LinkRule::plain;
  // How many beside the exact zero modes; 0: all rotations and stretches that are left, and 4 more.
  Eigen::Index modes = 0;
  double tolerance = 1e-10;  // of residuals, as a share of |H|
  double soft_below = .1;    // a stretch with a lower eigenvalue counts as soft
  std::uint32_t restarts = 1000;
  std::size_t memory_limit = std::size_t{1} << 30U;  // bytes of Krylov vectors and modes
};

struct ExcitationMode {
  double eigenvalue = 0;
  double residual = 0;                           // |H v - eigenvalue v| for |v| = 1
  double rotation = 0, stretch = 0;              // the parts of |v|^2 = 1 that are rotations and stretches of slices
  ModeKind kind = ModeKind::other;               // the larger part, if both are half of it or more together
  std::optional<Eigen::Index> wave_number = {};  // with the most power; none for other modes
};

struct ModeRange {
  Eigen::Index count = 0;
  double lowest = 0, highest = 0;  // 0 if count is 0
};

struct WaveNumber {
  double predicted = 0;                      // the branch
  Eigen::Index zero_modes = 0;               // rotations that are exact zero modes
  ModeRange rotations = {}, stretches = {};  // those found beside them
};

struct ExcitationSpectrum {
  LinkRule rule = LinkRule::plain;
  double loss = 0, gradient_norm = 0;
  double hessian_norm = 0;  // |H|, the largest eigenvalue, to 2 % from below
  // Exact zero modes: their number, and the largest |H v| / |H| over them. Large where z is not a minimum.
  Eigen::Index zero_modes = 0;
  double zero_residual = 0;
  std::vector<ExcitationMode> modes;  // by rising eigenvalue, without the exact zero modes
  Eigen::MatrixXd vectors;            // column by column as `modes`: a table, row by row
  std::vector<WaveNumber> waves;      // one per slice
  Eigen::Index soft_stretches = 0;    // stretches below soft_below
  std::optional<double> lowest_stretch, lowest_other;
  bool converged = false;  // as many modes as asked for, and none below the highest that was not found
  std::uint64_t hessian_products = 0;
};

// At z, which should be a minimum (newton_polish.hpp). Errors: invalid_argument for a shape, tolerance or number of
// modes out of range (more than there are beside the zero modes), bad_data where z or the Hessian is not finite,
// capacity_exceeded over memory_limit, and out_of_memory. What Lanczos does not bring to converge is left out of the
// modes, and `converged` says so.
// O(products (product + n modes)), n = rows d, with some multiple of `modes` products. Thread-safety: none needed;
// calls may run side by side.
[[nodiscard]] Expected<ExcitationSpectrum> excitation_spectrum(const JointProblem& problem, const ConstTableRef& z,
                                                               const SpectrumOptions& options = {});

// The waves of a chain: eigenvalues, rising, and eigenvectors of its Laplacian with weights coupling[1], ...,
// coupling[T - 1]. For equal weights lambda 2 lambda (1 - cos(pi k / T)) and cosines. O(T^3).
struct ChainWaves {
  Eigen::VectorXd eigenvalues;
  Eigen::MatrixXd waves;  // column by column
};
[[nodiscard]] ChainWaves chain_waves(const std::vector<double>& coupling);

}  // namespace gaugeline::stream
