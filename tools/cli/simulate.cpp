// gaugeline simulate: a synthetic stream with a known truth.
#include <chrono>
#include <fstream>
#include <iostream>

#include <gaugeline/formats/slices_file.hpp>
#include <gaugeline/simulate.hpp>

#include "command.hpp"
#include "scratch_file.hpp"

namespace gaugeline::cli {
namespace {

std::string numbered(std::string_view side, std::size_t number) {
  const std::string digits = std::to_string(number);
  return std::string(side) + '-' + std::string(4 - std::min<std::size_t>(4, digits.size()), '0') + digits;
}

void append_tokens(std::string_view side, std::size_t count, std::vector<char>& bytes,
                   std::vector<std::uint32_t>& ends) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::string token = numbered(side, i);
    bytes.insert(bytes.end(), token.begin(), token.end());
    ends.push_back(static_cast<std::uint32_t>(bytes.size()));
  }
}

// A day's slice, from 2000 on, that names every item and context and holds nothing yet.
formats::SliceData empty_day(std::uint64_t day, std::size_t rows) {
  using namespace std::chrono;
  formats::SliceData slice;
  slice.interval.begin = Time(sys_days(2000y / January / 1)) + days(day);
  slice.interval.end = slice.interval.begin + days(1);
  append_tokens("item", rows, slice.item_token_bytes, slice.item_token_ends);
  append_tokens("context", rows, slice.context_token_bytes, slice.context_token_ends);
  slice.item_uses.resize(rows);
  slice.context_uses.resize(rows);
  return slice;
}

Expected<> write_truth(const std::string& file, const std::vector<char>& items, const std::vector<char>& contexts) {
  std::ofstream out(file);
  out << "side\ttoken\tdrifts\n";
  for (std::size_t i = 0; i < items.size(); ++i) {
    out << "item\t" << numbered("item", i) << '\t' << (items[i] != 0 ? 1 : 0) << '\n';
  }
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    out << "context\t" << numbered("context", i) << '\t' << (contexts[i] != 0 ? 1 : 0) << '\n';
  }
  if (!out.flush()) return fail(ErrorCode::io_error, std::string_view(file), ": cannot be written");
  return {};
}

class SimulateCommand final : public Command {
 public:
  explicit SimulateCommand(CLI::App& parent)
      : Command(parent, "simulate", "  gaugeline simulate --model gaussian --slices 30 --out g2.slices --truth g2.tsv",
                "Write a synthetic stream, a slice a day, of which it is known what drifts") {
    app()
        .add_option("--model", model_, "gaussian (values) or skipgram (pair counts)")
        ->type_name("NAME")
        ->check(CLI::IsMember({"gaussian", "skipgram"}))
        ->capture_default_str();
    app()
        .add_option("--slices", slices_, "How many")
        ->type_name("NUMBER")
        ->check(CLI::Range(1, 100000))
        ->capture_default_str();
    app().add_option("--seed", seed_, "Seed of everything random")->type_name("NUMBER")->capture_default_str();
    require(app().add_option("--out", out_, "The .slices file to write; - is standard output")->type_name("FILE"));
    app().add_option("--truth", truth_, "Write which tokens drift, tab-separated")->type_name("FILE");
  }

  Expected<ExitStatus> run() override {
    const auto output = OutputFile::create(out_);
    if (!output) return std::unexpected(output.error());
    auto writer = formats::SlicesWriter::create(output->path());
    if (!writer) return std::unexpected(writer.error());
    const auto simulated = model_ == "gaussian" ? simulate_values(*writer) : simulate_pairs(*writer);
    if (!simulated) return std::unexpected(simulated.error());
    if (const auto finished = writer->finish(); !finished) return std::unexpected(finished.error());
    if (const auto finished = output->finish(); !finished) return std::unexpected(finished.error());
    std::cerr << out_ << ": " << slices_ << " slices\n";
    return ExitStatus::done;
  }

 private:
  Expected<> simulate_values(formats::SlicesWriter& writer) const {
    GaussianStreamOptions options;
    options.seed = seed_;
    GaussianStream stream(options);
    for (std::uint64_t day = 0; day < slices_; ++day) {
      stream.next();
      formats::SliceData slice = empty_day(day, options.rows);
      slice.values = stream.values();
      for (const PairValue& value : slice.values) {
        slice.item_uses[value.item] += 1;
        slice.context_uses[value.context] += 1;
      }
      if (const auto appended = writer.append(slice.view()); !appended) return appended;
    }
    const auto middle = stream.drifts().begin() + static_cast<std::ptrdiff_t>(options.rows);
    return truth({stream.drifts().begin(), middle}, {middle, stream.drifts().end()});
  }

  Expected<> simulate_pairs(formats::SlicesWriter& writer) const {
    SkipGramStreamOptions options;
    options.seed = seed_;
    SkipGramStream stream(options);
    for (std::uint64_t day = 0; day < slices_; ++day) {
      stream.next();
      formats::SliceData slice = empty_day(day, options.rows);
      slice.pairs = stream.pairs();
      for (const PairCount& pair : slice.pairs) {
        slice.item_uses[pair.item] += pair.weight;
        slice.context_uses[pair.context] += pair.weight;
      }
      if (const auto appended = writer.append(slice.view()); !appended) return appended;
    }
    return truth(stream.drifts(Side::items), stream.drifts(Side::contexts));
  }

  Expected<> truth(const std::vector<char>& items, const std::vector<char>& contexts) const {
    return truth_.empty() ? Expected<>{} : write_truth(truth_, items, contexts);
  }

  std::string model_ = "gaussian";
  std::uint64_t slices_ = 30;
  std::uint64_t seed_ = 11;
  std::string out_;
  std::string truth_;
};

}  // namespace

void add_simulate(CLI::App& parent, Commands& commands) {
  commands.push_back(std::make_unique<SimulateCommand>(parent));
}

}  // namespace gaugeline::cli
