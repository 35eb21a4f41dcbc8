#include "skew_exponential.hpp"

#include <cmath>
#include <numbers>
#include <vector>

#include <Eigen/Eigenvalues>

namespace gaugeline {

Eigen::MatrixXd skew_part(const Eigen::Ref<const Eigen::MatrixXd>& m) { return (m - m.transpose()) / 2; }

Eigen::MatrixXd skew_exponential(const Eigen::MatrixXd& a) {
  const double size = a.cwiseAbs().colwise().sum().maxCoeff();
  const int halvings = size > .5 ? std::ilogb(size) + 2 : 0;
  const Eigen::MatrixXd small = std::ldexp(1.0, -halvings) * a;
  const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(a.rows(), a.cols());
  Eigen::MatrixXd r = identity;
  for (int k = 15; k > 0; --k) r = identity + small * r / k;
  for (int k = 0; k < halvings; ++k) r = (r * r).eval();
  return r * (3 * identity - r.transpose() * r) / 2;
}

Eigen::MatrixXd skew_exponential_pullback(const Eigen::MatrixXd& a, const Eigen::MatrixXd& k) {
  const double size = a.cwiseAbs().colwise().sum().maxCoeff();
  const int halvings = size > .25 ? std::ilogb(size) + 3 : 0;
  const Eigen::MatrixXd small = std::ldexp(1.0, -halvings) * a;
  Eigen::MatrixXd term = k;
  Eigen::MatrixXd x = k;
  for (int n = 1; n <= 15; ++n) {
    term = (small * term - term * small).eval() / (n + 1);
    x += term;
  }
  Eigen::MatrixXd turn = skew_exponential(small);
  for (int n = 0; n < halvings; ++n) {
    x = ((x + turn * x * turn.transpose()) / 2).eval();
    turn = (turn * turn).eval();
  }
  return skew_part(x);
}

OrthogonalLogarithm orthogonal_logarithm(const Eigen::MatrixXd& r) {
  const Eigen::Index d = r.rows();
  const Eigen::RealSchur<Eigen::MatrixXd> schur(r);
  const Eigen::MatrixXd& block = schur.matrixT();
  const Eigen::MatrixXd& q = schur.matrixU();
  Eigen::MatrixXd inner = Eigen::MatrixXd::Zero(d, d);
  const auto turn = [&](Eigen::Index i, Eigen::Index j, double angle) {
    inner(j, i) = angle;
    inner(i, j) = -angle;
  };
  std::vector<Eigen::Index> mirrored;  // r v = -v
  for (Eigen::Index i = 0; i < d; ++i) {
    if (i + 1 < d && block(i + 1, i) != 0) {
      turn(i, i + 1, std::atan2(block(i + 1, i) - block(i, i + 1), block(i, i) + block(i + 1, i + 1)));
      ++i;
    } else if (block(i, i) < 0) {
      mirrored.push_back(i);
    }
  }
  OrthogonalLogarithm result{.reflection = Eigen::MatrixXd::Identity(d, d), .gamma = {}};
  if (mirrored.size() % 2 == 1) {
    const Eigen::VectorXd v = q.col(mirrored.back());
    result.reflection -= 2 * v * v.transpose();
    mirrored.pop_back();
  }
  for (std::size_t k = 0; k < mirrored.size(); k += 2) turn(mirrored[k], mirrored[k + 1], std::numbers::pi);
  result.gamma = skew_part(q * inner * q.transpose());
  return result;
}

}  // namespace gaugeline
