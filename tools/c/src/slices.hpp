// Slices, lists of tokens and reports on their way over the border.
#pragma once

#include <gaugeline/gaugeline.h>
#include <gaugeline/formats/slice_codec.hpp>
#include <gaugeline/learner_state.hpp>

namespace gaugeline::c {

// A copy, checked. The error names the field.
[[nodiscard]] Expected<formats::SliceData> slice_of(const gaugeline_slice& slice);
// A view, checked as far as it can be read safely; the tokens themselves are not (check_tokens).
[[nodiscard]] Expected<TokenList> tokens_of(const gaugeline_tokens& tokens, std::string_view name) noexcept;
[[nodiscard]] gaugeline_tokens in_c(const TokenList& tokens) noexcept;
[[nodiscard]] gaugeline_report in_c(const SliceReport& report) noexcept;

}  // namespace gaugeline::c
