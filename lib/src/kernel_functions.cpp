// The kernels that apply a function to every number.
#include <bit>
#include <cstdint>

#include <gaugeline/likelihood.hpp>

#include "versions.hpp"

namespace gaugeline::kernels {
namespace {

// e^-y for y >= 0: 2^n e^r with |r| <= log(2)/2, and Cephes' polynomial (Moshier) for e^r.
template <std::size_t width>
GAUGELINE_INLINE void exp_of_minus(Lanes<float, width>& e, const Lanes<float, width>& y) noexcept {
  using Floats = Lanes<float, width>;
  using Bits = Lanes<std::uint32_t, width>;
  constexpr float round = 0x1.8p23F;  // adding it leaves the nearest integer in the last bits
  constexpr float furthest = 104;     // e^-104 rounds to 0
  const Floats bounded = y > furthest ? Floats{} + furthest : y;  // not NaN
  const Floats rounded = round - bounded * 0x1.715476p+0F;
  const Floats n = rounded - round;
  // log(2) in two parts, of which the first has so few digits that n times it is exact.
  const Floats r = (-bounded - n * 0x1.63p-1F) + n * 0x1.bd0106p-13F;
  Floats p = r * 1.9875691500e-4F + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * (r * r) + r + 1;
  // In two factors, since 2^n itself may be too small for a float: n + 152 is positive and split in halves.
  const Bits shifted = reinterpret_cast<Bits>(rounded) - (std::bit_cast<std::uint32_t>(round) - 152);
  const Bits half = shifted >> 1;
  const Bits first = (half + (127 - 76)) << 23;
  const Bits second = (shifted - half + (127 - 76)) << 23;
  e = p * reinterpret_cast<Floats>(first) * reinterpret_cast<Floats>(second);
}

template <class Function, std::size_t bytes>
GAUGELINE_INLINE void for_all(float* x, std::size_t count) noexcept {
  for_lanes<widest<float, bytes>>(count, [&](auto width, std::size_t begin) __attribute__((always_inline)) {
    using Floats = Lanes<float, width()>;
    Floats lanes;
    load(lanes, x + begin);
    Floats e;
    exp_of_minus<width()>(e, lanes < 0 ? -lanes : lanes);
    Function::template apply<Floats>(lanes, e);
    store(x + begin, lanes);
  });
}

struct Logistic {
  template <class Floats>  // e = e^-|x|
  GAUGELINE_INLINE static void apply(Floats& x, const Floats& e) noexcept {
    x = (x >= 0 ? Floats{} + 1 : e) / (1 + e);
  }
  template <std::size_t bytes>
  GAUGELINE_INLINE static void run(float* x, std::size_t count) noexcept {
    for_all<Logistic, bytes>(x, count);
  }
};

struct LogLogistic {
  // log(1 + e) = 2 artanh(t), t = e / (2 + e) <= 1/3, by its series: the next term is below 2^-27 of the sum.
  template <class Floats>
  GAUGELINE_INLINE static void apply(Floats& x, const Floats& e) noexcept {
    const Floats t = e / (2 + e);
    const Floats z = t * t;
    Floats sum = z * (1 / 15.F) + 1 / 13.F;
    sum = sum * z + 1 / 11.F;
    sum = sum * z + 1 / 9.F;
    sum = sum * z + 1 / 7.F;
    sum = sum * z + 1 / 5.F;
    sum = sum * z + 1 / 3.F;
    const Floats log = 2 * (t + t * (z * sum));
    x = (x < 0 ? x : Floats{}) - log;
  }
  template <std::size_t bytes>
  GAUGELINE_INLINE static void run(float* x, std::size_t count) noexcept {
    for_all<LogLogistic, bytes>(x, count);
  }
};

struct WeighPositives {
  template <std::size_t bytes>
  GAUGELINE_INLINE static void run(PositiveSums<float>* sums, const Positives<float>& positives) noexcept {
    constexpr std::size_t width = widest<float, bytes>;
    using Floats = Lanes<float, width>;
    Floats curvatures{};
    Floats information{};
    for (std::size_t begin = 0; begin < positives.count; begin += width) {
      Floats x;
      Floats weights;
      Floats norms;
      load(x, positives.x + begin);
      load(weights, positives.weights + begin);
      load(norms, positives.squared_norms + begin);
      const Floats size = x < 0 ? -x : x;
      Floats e;
      exp_of_minus<width>(e, size);
      Floats s = x;
      Logistic::apply<Floats>(s, e);
      // As jaakkola_weight in likelihood.hpp.
      const Floats square = x * x;
      const Floats near = .25F - square / 48 + square * square / 480;
      const Floats curvature = weights * (size < .05F ? near : (s - .5F) / x);
      curvatures += curvature * norms;
      information += weights * s * (1 - s) * norms;
      x = weights * (s - 1);
      store(positives.x + begin, x);
      store(positives.curvature + begin, curvature);
    }
    for (std::size_t k = 0; k < width; ++k) {
      sums->curvature += curvatures[k];
      sums->information += information[k];
    }
  }
};

}  // namespace

template <>
PositiveSums<float> weigh_positives(const Positives<float>& positives, Units units) noexcept {
  for (std::size_t e = positives.count; e % most_lanes != 0; ++e)
    positives.x[e] = positives.weights[e] = positives.squared_norms[e] = 0;
  PositiveSums<float> sums;
  kernels::run<WeighPositives>(units, &sums, positives);
  return sums;
}
template <>
PositiveSums<double> weigh_positives(const Positives<double>& positives, Units) noexcept {
  PositiveSums<double> sums;
  for (std::size_t e = 0; e < positives.count; ++e) {
    const double weight = positives.weights[e];
    const double norm = positives.squared_norms[e];
    const double s = gaugeline::logistic(positives.x[e]);
    positives.curvature[e] = weight * jaakkola_weight(positives.x[e], s);
    sums.curvature += positives.curvature[e] * norm;
    sums.information += weight * s * (1 - s) * norm;
    positives.x[e] = weight * (s - 1);
  }
  return sums;
}

template <>
void logistic(std::span<float> x, Units units) noexcept {
  run<Logistic>(units, x.data(), x.size());
}
template <>
void logistic(std::span<double> x, Units) noexcept {
  for (double& value : x) value = gaugeline::logistic(value);
}

template <>
void log_logistic(std::span<float> x, Units units) noexcept {
  run<LogLogistic>(units, x.data(), x.size());
}
template <>
void log_logistic(std::span<double> x, Units) noexcept {
  for (double& value : x) value = gaugeline::log_logistic(value);
}

}  // namespace gaugeline::kernels
