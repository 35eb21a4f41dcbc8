// The gauge step undoes a known rotation, reflections included.
#include <doctest/doctest.h>

#include <support/random_matrices.hpp>
#include <support/reference_runs.hpp>

using namespace gaugeline;
using namespace gaugeline::testing;

// The state is turned between two slices of the same data, each fitted alone: the turned tables are the frame that the
// second fit, from its own random start, must be brought to.
TEST_CASE("a frame that was turned, reflection included, is taken over by the next slice's fit to 1e-5") {
  for (const double determinant : {1., -1.}) {
    CAPTURE(determinant);
    GaussianStreamOptions stream_options;
    stream_options.rows = 60;
    stream_options.dimension = 6;
    stream_options.drifting_share = 0;
    GaussianStream stream(stream_options);
    Options options = gaussian_reference_options(5);
    options.dimension = 6;
    options.coupling = Coupling::none;
    options.first_slice_sweeps = 2000;  // to rest, so that two fits of the same data differ by a rotation only
    RowLearner<double> learner(options, stream_options.rows);
    stream.next();
    learner.learn(stream.values());

    Random random(17);
    learner.learner().rotate(random_orthogonal(random, options.dimension, determinant)).value();
    const DenseTable turned = stacked(learner.state());
    const SliceReport report = learner.learn(stream.values());
    CHECK((stacked(learner.state()) - turned).norm() / turned.norm() <= 1e-5);
    CHECK(report.gauge_residual <= 1e-5);
    CHECK(report.rotation_angle > .1);
  }
}
