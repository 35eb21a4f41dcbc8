// A learner of the C interface: the run, and what was fed and waits.
#pragma once

#include <list>
#include <memory>
#include <optional>

#include <gaugeline/gaugeline.h>
#include <gaugeline/executor.hpp>
#include <gaugeline/formats/slice_codec.hpp>
#include <gaugeline/stream/intake.hpp>

#include "run.hpp"

struct gaugeline_learner {
  std::unique_ptr<gaugeline::Executor> executor;  // before the run, which uses it to its end
  std::unique_ptr<gaugeline::c::Run> run;
  std::optional<gaugeline::stream::Intake> intake;  // none: the options do not cut events
  gaugeline::stream::Period period;                 // by which the intake cuts
  std::list<gaugeline::formats::SliceData> waiting;

  [[nodiscard]] gaugeline::LearnerState<float> state() const noexcept { return run->learner().state(); }
};

namespace gaugeline::c {

// Where what is learnt, and what waits, ends; nullopt if there is neither.
[[nodiscard]] std::optional<Time> fed_until(const gaugeline_learner& learner);
// Lets the windows that are closed wait for a step. ErrorCode::capacity_exceeded after all others: one was too long.
[[nodiscard]] Expected<> take_closed_windows(gaugeline_learner& learner);

}  // namespace gaugeline::c
