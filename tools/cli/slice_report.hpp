// What happened in one slice, as one line.
#pragma once

#include <ostream>
#include <string>

#include <gaugeline/learner_state.hpp>

namespace gaugeline::cli {

enum class ReportForm { text, json };

[[nodiscard]] std::string slice_report_line(const SliceReport& report, double seconds);
void print_slice_report(std::ostream& out, const SliceReport& report, double seconds, ReportForm form);

}  // namespace gaugeline::cli
