#include "learner.hpp"

#include <gaugeline/formats/snapshot_store.hpp>
#include <gaugeline/stream/thread_pool.hpp>

#include "border.hpp"
#include "options.hpp"
#include "slices.hpp"

namespace gaugeline::c {
namespace {

std::unique_ptr<Executor> make_executor(std::uint32_t workers) {
  if (workers == 1) return std::make_unique<SerialExecutor>();
  return std::make_unique<stream::ThreadPool>(workers);
}

// What every way to a learner has in common: `make` gives the run.
template <class Make>
Expected<> assemble(const gaugeline_options& options, gaugeline_learner** out, const Make& make) {
  if (auto ok = validate(options.learner); !ok) return ok;
  auto learner = std::make_unique<gaugeline_learner>();
  if (options.cuts_events) {
    auto intake = stream::Intake::create(options.events);
    if (!intake) return std::unexpected(intake.error());
    learner->intake.emplace(std::move(*intake));
    learner->period = options.events.slicing.period;
  }
  learner->executor = make_executor(options.learner.worker_capacity);
  auto run = make(*learner->executor);
  if (!run) return std::unexpected(run.error());
  learner->run = std::move(*run);
  // Events of windows that are learnt already are late.
  if (const auto until = fed_until(*learner); until && learner->intake) {
    if (auto closed = learner->intake->close_until(*until); !closed) return closed;
  }
  *out = learner.release();
  return {};
}

}  // namespace

std::optional<Time> fed_until(const gaugeline_learner& learner) {
  if (!learner.waiting.empty()) return learner.waiting.back().interval.end;
  const auto report = learner.run->report();
  return report ? std::optional(report->interval.end) : std::nullopt;
}

}  // namespace gaugeline::c

using namespace gaugeline;
using namespace gaugeline::c;

gaugeline_status gaugeline_learner_create(const gaugeline_options* options, gaugeline_learner** learner,
                                          gaugeline_error* error) {
  return at_border(error, [&]() -> Expected<> {
    if (auto ok = require({{learner, "learner"}}); !ok) return ok;
    *learner = nullptr;
    if (auto ok = require({{options, "options"}}); !ok) return ok;
    return assemble(*options, learner,
                    [&](Executor& executor) { return make_memory_run(options->learner, nullptr, executor); });
  });
}

gaugeline_status gaugeline_learner_load(const char* snapshot_path, const gaugeline_options* options,
                                        gaugeline_learner** learner, gaugeline_error* error) {
  return at_border(error, [&]() -> Expected<> {
    if (auto ok = require({{learner, "learner"}}); !ok) return ok;
    *learner = nullptr;
    const auto path = text_of(snapshot_path, "snapshot_path");
    if (!path) return std::unexpected(path.error());
    const auto snapshot = formats::read_snapshot(*path);
    if (!snapshot) return std::unexpected(snapshot.error());
    gaugeline_options same{.learner = snapshot->view().options, .events = {}};
    same.learner.worker_capacity = 1;
    const gaugeline_options& chosen = options == nullptr ? same : *options;
    const auto loaded = assemble(
        chosen, learner, [&](Executor& executor) { return make_memory_run(chosen.learner, &*snapshot, executor); });
    return loaded ? loaded : std::unexpected(loaded.error().within(*path));
  });
}

gaugeline_status gaugeline_learner_open(const char* data_directory, const gaugeline_options* options,
                                        gaugeline_learner** learner, gaugeline_error* error) {
  return at_border(error, [&]() -> Expected<> {
    if (auto ok = require({{learner, "learner"}}); !ok) return ok;
    *learner = nullptr;
    if (auto ok = require({{options, "options"}}); !ok) return ok;
    const auto path = text_of(data_directory, "data_directory");
    if (!path) return std::unexpected(path.error());
    return assemble(*options, learner,
                    [&](Executor& executor) { return make_directory_run(options->learner, *path, executor); });
  });
}

void gaugeline_learner_destroy(gaugeline_learner* learner) { delete learner; }

gaugeline_status gaugeline_learner_save(gaugeline_learner* learner, const char* snapshot_path, gaugeline_error* error) {
  return at_border(error, [&]() -> Expected<> {
    if (auto ok = require({{learner, "learner"}}); !ok) return ok;
    const auto path = text_of(snapshot_path, "snapshot_path");
    if (!path) return std::unexpected(path.error());
    return learner->run->save(*path);
  });
}

gaugeline_status gaugeline_learner_step(gaugeline_learner* learner, gaugeline_report* report, int32_t* learnt,
                                        gaugeline_error* error) {
  return at_border(error, [&]() -> Expected<> {
    if (auto ok = require({{learner, "learner"}, {learnt, "learnt"}}); !ok) return ok;
    *learnt = 0;
    if (report != nullptr) {
      if (auto ok = fill(report, gaugeline_report{}, "report"); !ok) return ok;
    }
    if (learner->waiting.empty()) return {};
    const auto done = learner->run->learn(learner->waiting.front().view());
    if (!done && done.error().code() == ErrorCode::no_space) return std::unexpected(done.error());
    learner->waiting.pop_front();
    if (!done) return std::unexpected(done.error());
    *learnt = 1;
    return report == nullptr ? Expected<>() : fill(report, in_c(*done), "report");
  });
}

gaugeline_status gaugeline_learner_report(const gaugeline_learner* learner, gaugeline_report* report,
                                          gaugeline_error* error) {
  return at_border(error, [&]() -> Expected<> {
    if (auto ok = require({{learner, "learner"}, {report, "report"}}); !ok) return ok;
    const auto last = learner->run->report();
    if (!last) return fail(ErrorCode::not_found, "nothing was learnt yet");
    return fill(report, in_c(*last), "report");
  });
}

gaugeline_status gaugeline_learner_forget(gaugeline_learner* learner, const gaugeline_tokens* tokens,
                                          uint64_t* forgotten, gaugeline_error* error) {
  return at_border(error, [&]() -> Expected<> {
    if (auto ok = require({{learner, "learner"}, {tokens, "tokens"}}); !ok) return ok;
    const auto list = tokens_of(*tokens, "tokens");
    if (!list) return std::unexpected(list.error());
    if (auto ok = check_tokens(*list, "tokens"); !ok) return ok;
    std::vector<std::string_view> views;
    views.reserve(list->size());
    for (std::size_t i = 0; i < list->size(); ++i) views.push_back((*list)[i]);
    const auto known = learner->run->forget(views);
    if (!known) return std::unexpected(known.error());
    if (forgotten != nullptr) *forgotten = *known;
    return {};
  });
}
