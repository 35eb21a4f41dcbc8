#include "option_check.hpp"

#include <string_view>

namespace gaugeline::stream {
namespace {

std::string_view shown(Likelihood likelihood) { return likelihood == Likelihood::skipgram ? "skipgram" : "gaussian"; }
std::string_view shown(Coupling coupling) { return coupling == Coupling::random_walk ? "random_walk" : "none"; }
std::string_view shown(GaugeFixing gauge) { return gauge == GaugeFixing::procrustes ? "procrustes" : "none"; }
std::string_view shown(Offsets offsets) { return offsets == Offsets::fitted ? "fitted" : "none"; }
template <class Number>
Number shown(Number number) {
  return number;
}

}  // namespace

Expected<> check_same_behaviour(const Options& begun_with, const Options& asked_for) noexcept {
  Expected<> same;
  const auto compare = [&](std::string_view name, auto Options::* field) {
    if (same && begun_with.*field != asked_for.*field) {
      same = fail(ErrorCode::invalid_argument, "option ", name, " is ", shown(asked_for.*field),
                  ", but the run that is there was begun with ", shown(begun_with.*field));
    }
  };
  compare("likelihood", &Options::likelihood);
  compare("coupling", &Options::coupling);
  compare("gauge", &Options::gauge);
  compare("seed", &Options::seed);
  compare("dimension", &Options::dimension);
  compare("prior_precision", &Options::prior_precision);
  compare("diffusion", &Options::diffusion);
  compare("diffusion_rate", &Options::diffusion_rate);
  compare("diffusion_score_rate", &Options::diffusion_score_rate);
  compare("diffusion_min", &Options::diffusion_min);
  compare("diffusion_max", &Options::diffusion_max);
  compare("time_unit_seconds", &Options::time_unit_seconds);
  compare("sweeps", &Options::sweeps);
  compare("first_slice_sweeps", &Options::first_slice_sweeps);
  compare("passes", &Options::passes);
  compare("pass_slices", &Options::pass_slices);
  compare("pass_rate", &Options::pass_rate);
  compare("pass_sweeps", &Options::pass_sweeps);
  compare("anchor_memory", &Options::anchor_memory);
  compare("mean_reversion", &Options::mean_reversion);
  compare("negatives", &Options::negatives);
  compare("count_decay", &Options::count_decay);
  compare("conjugate_gradient_steps", &Options::conjugate_gradient_steps);
  compare("negative_head", &Options::negative_head);
  compare("negative_tail", &Options::negative_tail);
  compare("noise_deviation", &Options::noise_deviation);
  compare("offsets", &Options::offsets);
  compare("offset_precision", &Options::offset_precision);
  compare("offset_diffusion", &Options::offset_diffusion);
  compare("admission_uses", &Options::admission_uses);
  return same;
}

}  // namespace gaugeline::stream
