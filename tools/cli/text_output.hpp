// What people read: numbers, times and columns.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/stream/query.hpp>
#include <gaugeline/types.hpp>

namespace gaugeline::cli {

[[nodiscard]] std::string fixed(double number, int digits);
[[nodiscard]] std::string grouped(double number);           // rounded: 1234567 -> "1,234,567"
[[nodiscard]] std::string byte_count(std::uint64_t bytes);  // "1.5 MiB"
// The shortest form that says when a slice begins, as exact as its interval: "1862", "1862-05", "1862-05-20".
[[nodiscard]] std::string time_label(const TimeInterval& interval);
[[nodiscard]] std::string slice_label(const stream::SliceStamp& slice);  // "slice 7 (1862)"
// "peace, army, navy"
[[nodiscard]] std::string token_list(const std::vector<std::string>& tokens);
[[nodiscard]] std::string token_list(const std::vector<stream::ScoredToken>& tokens);

// Columns as wide as their widest cell; two spaces between them.
class TextTable {
 public:
  enum class Align { left, right };
  struct Column {
    std::string heading;
    Align align = Align::right;
  };
  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }  // one per column
  void print(std::ostream& out) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace gaugeline::cli
