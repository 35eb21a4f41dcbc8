// Turns a table back that was turned by a reflection, with gaugeline::lib alone.
#include <vector>

#include <gaugeline/gauge.hpp>

int main() {
  Eigen::MatrixXd reference(4, 2);
  reference << 1, 0, 0, 2, 3, 1, -1, 1;
  Eigen::Matrix2d reflection;
  reflection << 0, 1, 1, 0;
  const Eigen::MatrixXd turned = reference * reflection;

  std::vector<double> work(gaugeline::gauge_work_doubles(2));
  Eigen::MatrixXd rotation(2, 2);
  gaugeline::gauge_rotation(turned.transpose() * reference, rotation, work);
  return (turned * rotation - reference).norm() < 1e-5 ? 0 : 1;
}
