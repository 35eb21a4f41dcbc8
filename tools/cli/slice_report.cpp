#include "slice_report.hpp"

#include <gaugeline/stream/answers_json.hpp>
#include <gaugeline/stream/json_writer.hpp>

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

void print_slice_report(std::ostream& out, const SliceReport& report, double seconds, ReportForm form) {
  if (form == ReportForm::text) {
    out << slice_report_line(report, seconds) << '\n';
    return;
  }
  stream::JsonWriter json(out);
  json.begin_object();
  stream::write_slice_report(json, report);
  json.member("seconds", seconds).end_object();
}

}  // namespace gaugeline::cli
