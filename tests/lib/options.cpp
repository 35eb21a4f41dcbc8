#include <doctest/doctest.h>

#include <limits>
#include <string>

#include <gaugeline/online_learner.hpp>

using namespace gaugeline;

namespace {

template <class Change>
std::string reason(Change change) {
  Options options;
  change(options);
  const auto ok = validate(options);
  return ok ? "" : std::string(ok.error().message());
}

}  // namespace

TEST_CASE("the defaults are valid") {
  CHECK(validate(Options::skipgram()));
  CHECK(validate(Options::gaussian()));
}

TEST_CASE("an option out of range is named with its value and its range") {
  CHECK(reason([](Options& o) { o.dimension = 0; }) == "dimension is 0, not 1 to 1024");
  CHECK(reason([](Options& o) { o.dimension = 1025; }) == "dimension is 1025, not 1 to 1024");
  CHECK(reason([](Options& o) { o.prior_precision = 0; }).starts_with("prior_precision"));
  CHECK(reason([](Options& o) {
          o.diffusion = std::numeric_limits<float>::quiet_NaN();
        }).starts_with("diffusion is nan"));
  CHECK(reason([](Options& o) { o.diffusion_max = 1e-9F; }).starts_with("diffusion_max"));
  CHECK(reason([](Options& o) { o.count_decay = 1.5F; }) == "count_decay is 1.5, not 0 to 1");
  CHECK(reason([](Options& o) { o.negatives = 0; }).starts_with("negatives"));
  CHECK(reason([](Options& o) { o.noise_deviation = -1; }).starts_with("noise_deviation"));
  CHECK(reason([](Options& o) { o.offset_precision = 0; }).starts_with("offset_precision"));
  CHECK(reason([](Options& o) { o.offset_diffusion = -1; }).starts_with("offset_diffusion"));
  CHECK(reason([](Options& o) { o.offsets = static_cast<Offsets>(2); }).starts_with("offsets"));
  CHECK(reason([](Options& o) { o.worker_capacity = 0; }).starts_with("worker_capacity"));
  CHECK(reason([](Options& o) {
          o.pass_slices = 3;
          o.pass_sweeps = 0;
        }).starts_with("pass_slices is 3, but with pass_sweeps 0"));
  CHECK(reason([](Options& o) {
          o.item_capacity = 1U << 30U;
          o.token_bytes_per_row = 255;
        }).find("4 GiB") != std::string::npos);
}

TEST_CASE("no learner is made of invalid options, and it would take no memory") {
  Options options;
  options.sweeps = 0;
  CHECK(memory_bytes<float>(options) == 0);
  CHECK(OnlineLearner<float>::create(options).error().code() == ErrorCode::invalid_argument);
}
