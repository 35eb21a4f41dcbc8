#include "slice_report.hpp"

#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

std::string padded(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

}  // namespace

std::string slice_report_line(const SliceReport& report, double seconds) {
  const std::string score = report.scored > 0 ? fixed(report.score, 4) : "-";
  const std::string rows = grouped(report.item_rows);
  const std::string baseline = report.baseline_score != 0 ? "  offsets alone " + fixed(report.baseline_score, 4) : "";
  std::string line = "slice " + padded(std::to_string(report.slice), 3) + "  " +
                     padded(time_label(report.interval), 10) + "  observations " +
                     padded(grouped(report.observations), 11) + "  score " + padded(score, 8) + baseline +
                     "  rotation " + fixed(report.rotation_angle, 4) + "  holonomy " + fixed(report.holonomy_angle, 4) +
                     "  rows " + padded(rows, 7) + "  " + fixed(seconds, 2) + " s";
  if (report.unadmitted_tokens != 0) line += "  (" + grouped(report.unadmitted_tokens) + " tokens without a row)";
  return line;
}

void write_slice_report(JsonWriter& json, const SliceReport& report) {
  json.member("index", report.slice).interval(report.interval);
  json.member("elapsed_units", report.elapsed_units)
      .member("observations", report.observations)
      .member("distinct", report.distinct)
      .member("scored", report.scored);
  // A score of nothing is no score.
  if (report.scored > 0) {
    json.member("score", report.score);
  } else {
    json.key("score").null();
  }
  if (report.baseline_score != 0) json.member("baseline_score", report.baseline_score);
  json.member("rotation_angle", report.rotation_angle)
      .member("gauge_residual", report.gauge_residual)
      .member("rows", report.item_rows)
      .member("context_rows", report.context_rows)
      .member("new_rows", report.new_item_rows)
      .member("new_context_rows", report.new_context_rows)
      .member("unadmitted_tokens", report.unadmitted_tokens)
      .member("unadmitted_observations", report.unadmitted_observations)
      .member("holonomy_angle", report.holonomy_angle);
}

void print_slice_report(std::ostream& out, const SliceReport& report, double seconds, ReportForm form) {
  if (form == ReportForm::text) {
    out << slice_report_line(report, seconds) << '\n';
    return;
  }
  JsonWriter json(out);
  json.begin_object();
  write_slice_report(json, report);
  json.member("seconds", seconds).end_object();
}

}  // namespace gaugeline::cli
