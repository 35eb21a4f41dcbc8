// Refusals as application/problem+json (RFC 9457): type, title, status, and a detail that tells what to do.
//
// The type is about:blank where the status says it all, and urn:gaugeline:error:NAME where an Error is behind it, so
// that a client gets the ErrorCode back ("not found" -> urn:gaugeline:error:not-found).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <gaugeline/error.hpp>

#include "http_message.hpp"

namespace gaugeline::stream {

[[nodiscard]] HttpResponse problem(unsigned status, std::string_view detail);
// Of a question: 400 for what was asked wrongly, 404 for what is not there, 503 without memory or where something
// changed meanwhile (out_of_order), else 500.
[[nodiscard]] HttpResponse problem_of_question(const Error& error);
// Of something that was sent: 429 where there is no room now, 400 for bad data, 409 for what came out of order, 503
// where the disk refuses, else 500.
[[nodiscard]] HttpResponse problem_of_intake(const Error& error);

[[nodiscard]] std::string type_of(ErrorCode code);
// nullopt for any other type.
[[nodiscard]] std::optional<ErrorCode> code_of(std::string_view type);

}  // namespace gaugeline::stream
