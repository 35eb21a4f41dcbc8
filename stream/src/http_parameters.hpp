// Reads the parameters of a request by name, each checked; what is not asked for is refused. It is the visitor that
// question_parameters.hpp speaks of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/error.hpp>

#include "http_message.hpp"
#include "question_parameters.hpp"

namespace gaugeline::stream {

class ParameterReader {
 public:
  explicit ParameterReader(const HttpParameters& parameters) : parameters_(parameters) {}

  // Each keeps what it is given if the parameter is absent.
  void text(std::string_view name, std::string& value, Needed needed);  // a token: 1 to max_token_bytes bytes
  void texts(std::string_view name, std::vector<std::string>& values, Needed needed);  // at most max_repeats
  void slice(std::string_view name, std::string& value);
  void count(std::string_view name, std::size_t& value, std::size_t least);  // to largest_count
  void uses(std::string_view name, float& value);
  void index(std::string_view name, std::uint64_t& value);

  [[nodiscard]] bool has(std::string_view name) const;
  // The first thing that is wrong; also a parameter that was not read, or came twice. Call last.
  [[nodiscard]] Expected<> finish();

 private:
  static constexpr std::size_t max_repeats = 1000;

  // The one value of that name; nullptr if there is none.
  [[nodiscard]] const std::string* find(std::string_view name);
  void refuse(const Error& error) {
    if (!error_) error_ = error;
  }

  const HttpParameters& parameters_;
  std::vector<std::string> known_;
  std::optional<Error> error_;
};

// For routes that have none.
[[nodiscard]] inline Expected<> no_parameters(const HttpRequest& request) {
  return ParameterReader(request.parameters).finish();
}

}  // namespace gaugeline::stream
