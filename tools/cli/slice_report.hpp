// What happened in one slice, as one line.
#pragma once

#include <ostream>
#include <string>

#include <gaugeline/learner_state.hpp>

#include "json_writer.hpp"

namespace gaugeline::cli {

enum class ReportForm { text, json };

[[nodiscard]] std::string slice_report_line(const SliceReport& report, double seconds);
void write_slice_report(JsonWriter& json, const SliceReport& report);  // as members of the object that is open
void print_slice_report(std::ostream& out, const SliceReport& report, double seconds, ReportForm form);

}  // namespace gaugeline::cli
