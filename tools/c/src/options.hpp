// The options of a learner and of its events, by name.
#pragma once

#include <gaugeline/gaugeline.h>
#include <gaugeline/options.hpp>
#include <gaugeline/stream/intake.hpp>

struct gaugeline_options {
  gaugeline::Options learner;
  gaugeline::stream::IntakeOptions events;
  bool cuts_events = false;  // `every` was given
};

namespace gaugeline::c {

// The defaults of a model, for one thread.
[[nodiscard]] Options defaults(Likelihood likelihood) noexcept;

}  // namespace gaugeline::c
