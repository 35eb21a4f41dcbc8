#include <gaugeline/stream/excitation_spectrum.hpp>

#include <algorithm>
#include <cmath>
#include <exception>
#include <new>
#include <string_view>
#include <utility>

#include <Eigen/Eigenvalues>

#include <gaugeline/symmetry_modes.hpp>

#include "lowest_modes.hpp"

namespace gaugeline::stream {
namespace {

using Eigen::Index;

// The basis that modes are told apart in.
class Classifier {
 public:
  // The invariant rule leaves every slice in a frame of its own, of which waves must not depend: there slices are
  // brought into the frame of the first, link by link.
  Classifier(const JointProblem& problem, const ConstTableRef& z, LinkRule rule)
      : shape_(problem.shape()), chain_(chain_waves(problem.prior().coupling)) {
    DoubleTable turned = z;
    for (Index t = 0; t < shape_.slices; ++t) {
      auto rows = slice_rows(turned, shape_, t);
      frames_.push_back(Eigen::MatrixXd::Identity(z.cols(), z.cols()));
      if (rule == LinkRule::invariant && t > 0)
        frames_.back() = polar_factor(rows.transpose() * slice_rows(turned, shape_, t - 1));
      rows = (rows * frames_.back()).eval();
      rotations_.push_back(rotation_directions(shape_, turned, t, 1));
      stretches_.push_back(stretch_directions(shape_, turned, t, rotations_.back()));
    }
  }

  [[nodiscard]] const ChainWaves& chain() const noexcept { return chain_; }

  void classify(const Eigen::Ref<const Eigen::VectorXd>& v, ExcitationMode& mode) const {
    const Index split = rotations_.front().basis.cols();
    Eigen::MatrixXd parts(split + stretches_.front().basis.cols(), shape_.slices);
    const Eigen::Map<const DoubleTable> table(v.data(), shape_.rows(), shape_.dimension);
    for (Index t = 0; t < shape_.slices; ++t) {
      const auto slice = static_cast<std::size_t>(t);
      const DoubleTable rows = slice_rows(table, shape_, t) * frames_[slice];
      const auto moved = rows.reshaped<Eigen::RowMajor>();
      parts.col(t) << rotations_[slice].basis.transpose() * moved, stretches_[slice].basis.transpose() * moved;
    }
    mode.rotation = parts.topRows(split).squaredNorm();
    mode.stretch = parts.bottomRows(parts.rows() - split).squaredNorm();
    if (mode.rotation + mode.stretch < .5) return;
    mode.kind = mode.rotation > mode.stretch ? ModeKind::rotation : ModeKind::stretch;
    Index strongest = 0;
    (parts * chain_.waves).colwise().squaredNorm().maxCoeff(&strongest);
    mode.wave_number = strongest;
  }

 private:
  JointShape shape_;
  ChainWaves chain_;
  std::vector<Eigen::MatrixXd> frames_;
  std::vector<SliceDirections> rotations_, stretches_;
};

void widen(ModeRange& range, double eigenvalue) {
  range.lowest = range.count == 0 ? eigenvalue : std::min(range.lowest, eigenvalue);
  range.highest = range.count == 0 ? eigenvalue : std::max(range.highest, eigenvalue);
  ++range.count;
}

// A rotation of one slice with its number j is a wave of the same j over the slices that have it: as many waves as
// slices. Turning m slices together is the lowest of their waves.
void count_zero_modes(const ZeroModes& zero_modes, std::vector<WaveNumber>& waves) {
  std::vector<Index> groups_with;  // a j-th rotation
  for (const SliceDirections& group : zero_modes.groups()) {
    const auto turns = static_cast<std::size_t>(group.rank);
    if (groups_with.size() < turns) groups_with.resize(turns, 0);
    for (std::size_t j = 0; j < turns; ++j) ++groups_with[j];
  }
  for (const Index groups : groups_with) {
    for (Index k = 0; k < groups; ++k) ++waves[static_cast<std::size_t>(k)].zero_modes;
  }
}

void summarise(const SpectrumOptions& options, ExcitationSpectrum& spectrum) {
  for (const ExcitationMode& mode : spectrum.modes) {
    if (mode.kind == ModeKind::other) {
      if (!spectrum.lowest_other) spectrum.lowest_other = mode.eigenvalue;
      continue;
    }
    WaveNumber& wave = spectrum.waves[static_cast<std::size_t>(*mode.wave_number)];
    widen(mode.kind == ModeKind::rotation ? wave.rotations : wave.stretches, mode.eigenvalue);
    if (mode.kind == ModeKind::rotation) continue;
    if (!spectrum.lowest_stretch) spectrum.lowest_stretch = mode.eigenvalue;
    if (mode.eigenvalue < options.soft_below) ++spectrum.soft_stretches;
  }
}

Expected<> check(const JointShape& shape, const ConstTableRef& z, const SpectrumOptions& options) {
  if (shape.slices < 1 || shape.dimension < 1 || shape.rows_per_slice() < 1)
    return fail(ErrorCode::invalid_argument, "a spectrum needs a slice, a row and a dimension");
  if (z.rows() != shape.rows() || z.cols() != shape.dimension)
    return fail(ErrorCode::invalid_argument, "the table is ", z.rows(), " x ", z.cols(), ", the problem ", shape.rows(),
                " x ", shape.dimension);
  if (!(options.tolerance > 0 && options.tolerance < 1))
    return fail(ErrorCode::invalid_argument, "the tolerance ", options.tolerance, " is not between 0 and 1");
  if (options.modes < 0) return fail(ErrorCode::invalid_argument, "a negative number of modes");
  if (!z.allFinite()) return fail(ErrorCode::bad_data, "the table is not finite");
  return {};
}

Expected<ExcitationSpectrum> spectrum_at(const JointProblem& problem, const ConstTableRef& z,
                                         const SpectrumOptions& options) {
  const JointShape& shape = problem.shape();
  const ZeroModes zero_modes(problem, z, options.rule);
  const Index left = z.size() - zero_modes.size();
  if (options.modes > left)
    return fail(ErrorCode::invalid_argument, options.modes, " modes, of ", left, " beside the exact zero modes");
  const Index soft = shape.slices * shape.dimension * shape.dimension - zero_modes.size();
  const Index modes = options.modes > 0 ? options.modes : std::min(left, std::max<Index>(soft, 0) + 4);
  const double doubles =
      static_cast<double>(z.size()) * static_cast<double>(krylov_vectors(modes, z.size()) + 4 * modes);
  if (8 * doubles > static_cast<double>(options.memory_limit))
    return fail(ErrorCode::capacity_exceeded, modes, " modes of ", z.size(), " coordinates take ",
                static_cast<std::uint64_t>(8 * doubles / (1U << 20U)), " MiB, more than the ",
                options.memory_limit >> 20U, " MiB allowed");

  ExcitationSpectrum spectrum;
  spectrum.rule = options.rule;
  DoubleTable gradient(z.rows(), z.cols());
  spectrum.loss = problem.gradient(z, gradient, options.rule);
  spectrum.gradient_norm = gradient.norm();
  LowestModes lowest = lowest_modes(
      problem, z, zero_modes,
      {.rule = options.rule, .modes = modes, .tolerance = options.tolerance, .restarts = options.restarts});
  spectrum.hessian_norm = lowest.hessian_norm;
  spectrum.converged = lowest.converged;
  spectrum.hessian_products = lowest.hessian_products + static_cast<std::uint64_t>(zero_modes.size());
  spectrum.zero_modes = zero_modes.size();
  const double moved = zero_modes.residual(problem, z, options.rule);
  spectrum.zero_residual = moved > 0 ? moved / spectrum.hessian_norm : 0;

  const Classifier classifier(problem, z, options.rule);
  for (const double predicted : classifier.chain().eigenvalues) spectrum.waves.push_back({.predicted = predicted});
  for (Index i = 0; i < lowest.eigenvalues.size(); ++i) {
    ExcitationMode mode{.eigenvalue = lowest.eigenvalues(i), .residual = lowest.residuals(i)};
    classifier.classify(lowest.vectors.col(i), mode);
    spectrum.modes.push_back(mode);
  }
  spectrum.vectors = std::move(lowest.vectors);
  count_zero_modes(zero_modes, spectrum.waves);
  summarise(options, spectrum);
  return spectrum;
}

}  // namespace

std::string_view name(ModeKind kind) noexcept {
  return kind == ModeKind::rotation ? "rotation" : kind == ModeKind::stretch ? "stretch" : "other";
}

ChainWaves chain_waves(const std::vector<double>& coupling) {
  const auto slices = static_cast<Index>(coupling.size());
  Eigen::VectorXd diagonal = Eigen::VectorXd::Zero(slices);
  Eigen::VectorXd beside = Eigen::VectorXd::Zero(std::max<Index>(slices - 1, 0));
  for (Index t = 1; t < slices; ++t) {
    const double strength = coupling[static_cast<std::size_t>(t)];
    diagonal(t) += strength;
    diagonal(t - 1) += strength;
    beside(t - 1) = -strength;
  }
  if (slices == 0) return {};
  if (slices == 1) return {.eigenvalues = diagonal, .waves = Eigen::MatrixXd::Ones(1, 1)};
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver;
  solver.computeFromTridiagonal(diagonal, beside);
  return {.eigenvalues = solver.eigenvalues().cwiseMax(0), .waves = solver.eigenvectors()};
}

Expected<ExcitationSpectrum> excitation_spectrum(const JointProblem& problem, const ConstTableRef& z,
                                                 const SpectrumOptions& options) {
  if (auto checked = check(problem.shape(), z, options); !checked) return std::unexpected(checked.error());
  try {
    return spectrum_at(problem, z, options);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::out_of_memory, "no memory for the modes");
  } catch (const std::exception& error) {
    return fail(ErrorCode::bad_data, "the search for the lowest modes gave up: ", std::string_view(error.what()));
  }
}

}  // namespace gaugeline::stream
