#include <gaugeline/alignment.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>
#include <unordered_map>

#include <Eigen/LU>

#include <gaugeline/gauge.hpp>

namespace gaugeline {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double welsch_width = 6;       // in medians of the squared displacements, as of the anchors
constexpr double standing_still = 1e-9;  // radians
constexpr int round_limit = 50;
constexpr double told_apart = 1e-6;  // of the largest singular value: the gauge step's regularisation
constexpr Index rows_at_a_time = 256;

// The common rows of the two tables, gathered in double.
struct PairedRows {
  MatrixXd reference;
  MatrixXd table;

  PairedRows(const ConstTable<float>& from_reference, const ConstTable<float>& from_table,
             std::span<const RowPair> rows)
      : reference(static_cast<Index>(rows.size()), from_reference.cols()),
        table(static_cast<Index>(rows.size()), from_table.cols()) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto row = static_cast<Index>(i);
      reference.row(row) = from_reference.row(rows[i].reference).cast<double>();
      table.row(row) = from_table.row(rows[i].table).cast<double>();
    }
  }
};

double relative_residual(const VectorXd& squared, const PairedRows& rows, const VectorXd& weight) {
  return std::sqrt(weight.dot(squared) / weight.dot(rows.reference.rowwise().squaredNorm()));
}

// Where half of the rows lie exactly on the reference, the others do not weigh.
void reweigh(const VectorXd& squared, VectorXd& weight) {
  VectorXd ordered = squared;
  const Index middle = ordered.size() / 2;
  std::nth_element(ordered.begin(), ordered.begin() + middle, ordered.end());
  const double width = welsch_width * ordered[middle];
  weight = width > 0 ? VectorXd((-squared.array() / width).exp()) : VectorXd((squared.array() == 0).cast<double>());
}

std::size_t rank_of(const MatrixXd& overlap, std::span<double> work) {
  const double largest = overlap.cwiseAbs().maxCoeff();
  if (largest == 0) return 0;
  const auto d = static_cast<std::size_t>(overlap.cols());
  const MatrixXd scaled = overlap / largest;
  MatrixXd gram = scaled.transpose() * scaled;
  const std::span<double> eigenvalues = work.first(d);
  symmetric_eigenvalues(gram, eigenvalues, work.subspan(d));
  const double least = told_apart * told_apart * eigenvalues.front();
  return static_cast<std::size_t>(std::ranges::count_if(eigenvalues, [&](double value) { return value > least; }));
}

// Fills everything but the lists of rows.
void find_rotation(PairedRows& rows, AlignmentWeights weights, Alignment& found) {
  const Index d = rows.reference.cols();
  std::vector<double> work(gauge_work_doubles(static_cast<std::size_t>(d)));
  VectorXd weight = VectorXd::Ones(rows.reference.rows());
  VectorXd squared = (rows.table - rows.reference).rowwise().squaredNorm();
  const VectorXd squared_before = squared;
  MatrixXd overlap;
  MatrixXd step(d, d);
  found.rotation.setIdentity(d, d);
  for (int round = 0; round < round_limit; ++round) {
    if (round > 0 && weights == AlignmentWeights::robust) reweigh(squared, weight);
    overlap.noalias() = rows.table.transpose() * weight.asDiagonal() * rows.reference;
    gauge_rotation(overlap, step, work);
    rows.table *= step;
    found.rotation *= step;
    squared = (rows.table - rows.reference).rowwise().squaredNorm();
    if (round > 0 && rotation_angle(step, work) < standing_still) break;
  }
  found.angle = rotation_angle(found.rotation, work);
  found.reflects = found.rotation.determinant() < 0;
  found.rank = rank_of(overlap, work);
  found.residual = relative_residual(squared, rows, weight);
  found.residual_before = relative_residual(squared_before, rows, weight);
  const VectorXd displacement = squared.cwiseSqrt();
  found.displacement.assign(displacement.begin(), displacement.end());
  found.weight.assign(weight.begin(), weight.end());
}

}  // namespace

std::vector<RowPair> common_rows(const TokenList& reference, const TokenList& table) {
  std::unordered_map<std::string_view, RowIndex> row_of;
  row_of.reserve(table.size());
  for (std::size_t row = 0; row < table.size(); ++row) row_of.try_emplace(table[row], static_cast<RowIndex>(row));
  std::vector<RowPair> rows;
  for (std::size_t row = 0; row < reference.size(); ++row) {
    const auto found = row_of.find(reference[row]);
    if (found == row_of.end()) continue;
    rows.push_back({static_cast<RowIndex>(row), found->second});
    row_of.erase(found);  // its second place in the reference finds nothing
  }
  return rows;
}

Expected<Alignment> align(const ConstTable<float>& reference, const ConstTable<float>& table,
                          std::span<const RowPair> common, AlignmentWeights weights) {
  if (reference.cols() != table.cols()) {
    return fail(ErrorCode::bad_data, "the reference has ", reference.cols(), " dimensions and the table ", table.cols(),
                ": only tables of one dimension can be aligned");
  }
  Alignment found;
  std::ranges::copy_if(common, std::back_inserter(found.rows), [&](const RowPair& pair) {
    return !reference.row(pair.reference).isZero(0) && !table.row(pair.table).isZero(0);
  });
  found.zero_rows = common.size() - found.rows.size();
  if (found.rows.empty()) {
    return fail(ErrorCode::not_found, "the tables have no row in common", common.empty() ? "" : " that is not zero");
  }
  PairedRows rows(reference, table, found.rows);
  find_rotation(rows, weights, found);
  return found;
}

std::vector<float> turned_rows(const ConstTable<float>& table, const Eigen::MatrixXd& rotation) {
  std::vector<float> numbers(static_cast<std::size_t>(table.size()));
  Table<float> turned(numbers.data(), table.rows(), table.cols());
  for (Index begin = 0; begin < table.rows(); begin += rows_at_a_time) {
    const Index count = std::min(rows_at_a_time, table.rows() - begin);
    turned.middleRows(begin, count) = (table.middleRows(begin, count).cast<double>() * rotation).cast<float>();
  }
  return numbers;
}

}  // namespace gaugeline
