// Where an embedding table is written to, and in which format: flags that commands share.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/embedding_table.hpp>

namespace gaugeline::cli {

class TableOutput {
 public:
  // Adds --out, which it returns, and --format.
  CLI::Option* add_flags(CLI::App& app);
  [[nodiscard]] bool given() const noexcept { return !out_.empty(); }
  [[nodiscard]] bool is_standard_output() const noexcept { return out_ == "-"; }
  // invalid_argument where standard output is asked for, and the format is of several files.
  [[nodiscard]] Expected<> check() const;
  [[nodiscard]] Expected<> write(const formats::EmbeddingView& table) const;

 private:
  std::string out_;
  std::string format_ = "word2vec";
};

// --table: items or contexts.
class TableChoice {
 public:
  void add_flag(CLI::App& app);
  [[nodiscard]] Side side() const { return table_ == "items" ? Side::items : Side::contexts; }

 private:
  std::string table_ = "items";
};

}  // namespace gaugeline::cli
