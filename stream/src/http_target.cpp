#include "http_target.hpp"

#include <algorithm>

#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <boost/url/url_view.hpp>
#include <gaugeline/stream/json_writer.hpp>

namespace gaugeline::stream {
namespace {

namespace urls = boost::urls;

// Everything that can be shown as it is: UTF-8 without control characters.
Expected<std::string> checked(std::string text, std::string_view what) {
  if (printable(text) == text) return text;
  return fail(ErrorCode::invalid_argument, what, " is not UTF-8 without control characters");
}

}  // namespace

Expected<HttpTarget> parse_target(std::string_view target) {
  const auto view = urls::parse_origin_form(target);
  if (!view)
    return fail(ErrorCode::invalid_argument,
                "the target is not of the form /path?name=value: ", view.error().message());
  auto path = checked(view->path(), "the path");
  if (!path) return std::unexpected(path.error());
  HttpTarget parsed{std::move(*path), {}};
  if (!view->has_query() || view->encoded_query().empty()) return parsed;
  urls::encoding_opts options;
  options.space_as_plus = true;
  for (const auto& parameter : view->params(options)) {
    auto name = checked(parameter.key, "the name of a parameter");
    if (!name) return std::unexpected(name.error());
    auto value = checked(parameter.value, "parameter " + *name);
    if (!value) return std::unexpected(value.error());
    parsed.parameters.emplace_back(std::move(*name), std::move(*value));
  }
  return parsed;
}

std::string percent_encoded(std::string_view text) { return urls::encode(text, urls::unreserved_chars); }

}  // namespace gaugeline::stream
