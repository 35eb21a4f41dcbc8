// gaugeline evaluate drift: whether tokens whose use is known to have changed move more than the others.
#include <algorithm>
#include <iostream>
#include <map>

#include <gaugeline/stream/evaluate_drift.hpp>
#include <gaugeline/stream/json_writer.hpp>

#include "evaluate.hpp"
#include "gold_lines.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

// Targets by the columns `target` and `drift` of a table whose first line names its columns.
class GoldTargets {
 public:
  Expected<> take(std::span<const std::string_view> fields) {
    return columns_ == 0 ? take_header(fields) : add(fields);
  }
  [[nodiscard]] Expected<std::vector<stream::DriftTarget>> finish() && {
    if (targets_.empty()) return fail(ErrorCode::bad_data, "no target");
    return std::move(targets_);
  }

 private:
  Expected<> take_header(std::span<const std::string_view> fields) {
    columns_ = fields.size();
    for (const auto& [name, column] : {std::pair("target", &target_), std::pair("drift", &drift_)}) {
      const auto found = std::ranges::find(fields, std::string_view(name));
      if (found == fields.end()) return fail(ErrorCode::bad_data, "no column '", name, "' among the names of columns");
      *column = static_cast<std::size_t>(found - fields.begin());
    }
    return {};
  }

  Expected<> add(std::span<const std::string_view> fields) {
    if (fields.size() != columns_)
      return fail(ErrorCode::bad_data, fields.size(), " fields, but the first line names ", columns_);
    const std::string_view token = fields[target_];
    const std::string_view drift = fields[drift_];
    if (token.empty()) return fail(ErrorCode::bad_data, "target is empty");
    if (drift != "0" && drift != "1") return fail(ErrorCode::bad_data, "drift is '", drift, "', neither 0 nor 1");
    const auto [before, is_new] = seen_.emplace(token, targets_.size() + 1);
    if (!is_new) return fail(ErrorCode::bad_data, "'", token, "' is target number ", before->second, " already");
    targets_.push_back({std::string(token), drift == "1" ? stream::KnownDrift::drifts : stream::KnownDrift::still});
    return {};
  }

  std::size_t columns_ = 0, target_ = 0, drift_ = 0;
  std::vector<stream::DriftTarget> targets_;
  std::map<std::string, std::size_t, std::less<>> seen_;
};

Expected<std::vector<stream::DriftTarget>> read_targets(const std::string& path) {
  GoldTargets targets;
  const auto read =
      read_gold_lines(path, [&](std::span<const std::string_view> fields) { return targets.take(fields); });
  if (!read) return std::unexpected(read.error());
  auto finished = std::move(targets).finish();
  if (!finished) return std::unexpected(finished.error().within(path));
  return finished;
}

std::string area_text(const std::optional<stream::AreaUnderCurve>& area) { return area ? fixed(area->area, 3) : "-"; }
std::string error_text(const std::optional<stream::AreaUnderCurve>& area) {
  return area && area->standard_error ? fixed(*area->standard_error, 3) : "-";
}

void write_area(stream::JsonWriter& json, const char* name, const std::optional<stream::AreaUnderCurve>& area) {
  json.key(name);
  if (!area) {
    json.null();
    return;
  }
  json.begin_object().member("auc", area->area).key("standard_error");
  area->standard_error ? json.value(*area->standard_error) : json.null();
  json.member("drifting", area->positives).member("others", area->negatives).end_object();
}

void write_areas(stream::JsonWriter& json, const char* statistic, const stream::DriftAreas& areas) {
  json.key(statistic).begin_object();
  write_area(json, "controls", areas.controls);
  write_area(json, "all_others", areas.all_others);
  json.end_object();
}

class DriftCommand final : public Question {
 public:
  explicit DriftCommand(CLI::App& evaluate)
      : Question(evaluate, "drift", "  gaugeline evaluate drift --data run --gold gold.tsv",
                 "Whether tokens whose use is known to have changed move more than the others") {
    require(app()
                .add_option("--gold", gold_,
                            "A table, separated by tabs, whose first line names its columns: target, a "
                            "token; drift, 1 if its use changed and 0 if not; others are ignored")
                ->type_name("FILE"));
    add_min_uses(protocol_.min_uses, "Leave out tokens that are used less often over all slices");
    app()
        .add_option("--side", protocol_.side, "Slices on each side of a cut")
        ->type_name("NUMBER")
        ->check(CLI::Range(1, 1000000))
        ->capture_default_str();
  }

 private:
  Expected<> ask(const formats::SnapshotStore& store) override {
    const auto targets = read_targets(gold_);
    if (!targets) return std::unexpected(targets.error());
    const auto statistics = stream::measure_drift(store, protocol_);
    if (!statistics) return std::unexpected(statistics.error());
    const auto scores = stream::score_drift(*statistics, *targets);
    json() ? print_json(*statistics, scores) : print_text(*statistics, scores);
    return {};
  }

  void print_text(const stream::DriftStatistics& statistics, const stream::DriftScores& scores) const {
    TextTable table({{"AUC of drift", TextTable::Align::left},
                     {"against controls"},
                     {"standard error"},
                     {"against all others"},
                     {"standard error"}});
    for (const auto& [name, areas] :
         {std::pair("maximum over cuts", &scores.over_cuts), std::pair("first to last slice", &scores.first_last)}) {
      table.add({name, area_text(areas->controls), error_text(areas->controls), area_text(areas->all_others),
                 error_text(areas->all_others)});
    }
    table.print(std::cout);
    const auto number = [](std::size_t count) { return grouped(static_cast<double>(count)); };
    std::cout << '\n'
              << number(scores.drifting) << " targets that drift, " << number(scores.still) << " controls, "
              << number(statistics.frequent.size() - scores.drifting - scores.still) << " further tokens, "
              << number(statistics.slices) << " slices\nleft out of the targets: " << number(scores.unknown)
              << " unknown, " << number(scores.rare) << " used less than " << grouped(protocol_.min_uses) << " times\n";
  }

  void print_json(const stream::DriftStatistics& statistics, const stream::DriftScores& scores) const {
    stream::JsonWriter json(std::cout);
    json.begin_object();
    write_areas(json, "over_cuts", scores.over_cuts);
    write_areas(json, "first_last", scores.first_last);
    json.member("drifting", scores.drifting).member("controls", scores.still);
    json.key("left_out").begin_object().member("unknown", scores.unknown).member("rare", scores.rare).end_object();
    json.member("frequent", statistics.frequent.size()).member("slices", statistics.slices);
    json.member("min_uses", protocol_.min_uses).member("side", protocol_.side).end_object();
  }

  std::string gold_;
  stream::DriftProtocol protocol_;
};

}  // namespace

void add_evaluate_drift(CLI::App& evaluate, Commands& commands) {
  commands.push_back(std::make_unique<DriftCommand>(evaluate));
}

}  // namespace gaugeline::cli
