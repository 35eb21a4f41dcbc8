// gaugeline align: brings a table into the frame of another, by the rows that they have in common.
#include <algorithm>
#include <iostream>
#include <numeric>

#include <gaugeline/alignment.hpp>
#include <gaugeline/neighbors.hpp>
#include <gaugeline/stream/json_writer.hpp>

#include "loaded_table.hpp"
#include "table_output.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

struct MovedRow {
  std::string token;
  double displacement = 0;
  float similarity = 0;  // cosine between A's row and B's, turned
  double weight = 0;
};

class AlignCommand final : public Command {
 public:
  explicit AlignCommand(CLI::App& parent)
      : Command(parent, "align",
                "  gaugeline align monday.vec tuesday.npy --robust --out turned.npy --format npy\n"
                "  gaugeline align run other-run --slice-a 1862 --slice-b 1862",
                "Turn an embedding table into the frame of another, by the rows that they have in common") {
    require(app().add_option("A", a_.path,
                             "The table whose frame counts: a snapshot file, a data directory, word2vec (text or "
                             "binary), or .npy with its tokens beside it"));
    require(app().add_option("B", b_.path, "The table that is turned"));
    add_slice("--slice-a", a_.slice, "Slice of A, if that is a data directory; without it, the latest");
    add_slice("--slice-b", b_.slice, "Slice of B, likewise");
    side_.add_flag(app());
    app().add_flag("--robust", robust_, "Rows that moved do not count, as long as they are fewer than half");
    app()
        .add_option("--k", count_, "How many of the rows that moved most are shown")
        ->type_name("NUMBER")
        ->capture_default_str();
    output_.add_flags(app());
    add_json_flag();
  }

  Expected<ExitStatus> run() override {
    if (const auto checked = check_output(); !checked) return std::unexpected(checked.error());
    const auto loaded_a = LoadedTable::load(a_, side_.side());
    if (!loaded_a) return std::unexpected(loaded_a.error());
    const auto loaded_b = LoadedTable::load(b_, side_.side());
    if (!loaded_b) return std::unexpected(loaded_b.error());
    const formats::EmbeddingView a = loaded_a->view();
    const formats::EmbeddingView b = loaded_b->view();
    const auto alignment = align(a.embeddings, b.embeddings, common_rows(a.tokens, b.tokens),
                                 robust_ ? AlignmentWeights::robust : AlignmentWeights::equal);
    if (!alignment) {
      return std::unexpected(alignment.error().within("A (" + a_.path + ") and B (" + b_.path + ")"));
    }
    const std::vector<float> numbers = turned_rows(b.embeddings, alignment->rotation);
    const formats::EmbeddingView turned{.tokens = b.tokens,
                                        .embeddings = {numbers.data(), b.embeddings.rows(), b.embeddings.cols()},
                                        .precision = b.precision,
                                        .uses = b.uses};
    if (output_.given()) {
      if (const auto written = output_.write(turned); !written) return std::unexpected(written.error());
    }
    report(a, turned, *alignment);
    return ExitStatus::done;
  }

 private:
  void add_slice(const std::string& flag, std::string& name, const std::string& help) {
    app().add_option(flag, name, help)->type_name("SLICE");
  }

  [[nodiscard]] Expected<> check_output() const {
    if (json() && output_.is_standard_output()) {
      return fail(ErrorCode::invalid_argument, "--json and --out - both want standard output");
    }
    return output_.check();
  }

  [[nodiscard]] std::vector<MovedRow> moved_rows(const formats::EmbeddingView& a, const formats::EmbeddingView& turned,
                                                 const Alignment& alignment) const {
    std::vector<std::size_t> order(alignment.rows.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto shown = order.begin() + static_cast<std::ptrdiff_t>(std::min(count_, order.size()));
    std::ranges::partial_sort(order, shown, [&](std::size_t left, std::size_t right) {
      const double further = alignment.displacement[left] - alignment.displacement[right];
      return further != 0 ? further > 0 : left < right;
    });
    const auto row = [](const formats::EmbeddingView& table, RowIndex index) {
      const auto d = static_cast<std::size_t>(table.embeddings.cols());
      return std::span<const float>(table.embeddings.data() + index * d, d);
    };
    std::vector<MovedRow> moved;
    for (auto i = order.begin(); i != shown; ++i) {
      const RowPair pair = alignment.rows[*i];
      moved.push_back({std::string(a.tokens[pair.reference]), alignment.displacement[*i],
                       cosine_similarity(row(a, pair.reference), row(turned, pair.table)), alignment.weight[*i]});
    }
    return moved;
  }

  void report(const formats::EmbeddingView& a, const formats::EmbeddingView& turned, const Alignment& alignment) const {
    const std::vector<MovedRow> moved = moved_rows(a, turned, alignment);
    json() ? print_json(a, turned, alignment, moved)
           : print_text(output_.is_standard_output() ? std::cerr : std::cout, a, turned, alignment, moved);
    const auto d = static_cast<std::size_t>(a.embeddings.cols());
    if (alignment.rank < d) {
      std::cerr << "the common rows tell of " << alignment.rank << " of " << d
                << " dimensions; in the others B stays where it was\n";
    }
  }

  void print_text(std::ostream& out, const formats::EmbeddingView& a, const formats::EmbeddingView& turned,
                  const Alignment& alignment, const std::vector<MovedRow>& moved) const {
    const auto count = [](std::size_t number) { return grouped(static_cast<double>(number)); };
    out << count(alignment.rows.size()) << " rows in common, of " << count(a.size()) << " of A and "
        << count(turned.size()) << " of B";
    if (alignment.zero_rows != 0) out << "; " << count(alignment.zero_rows) << " more are zero, and tell nothing";
    out << "\nrotation " << fixed(alignment.angle, 4) << " radians" << (alignment.reflects ? ", a reflection" : "")
        << "\nresidual " << fixed(alignment.residual, 6) << " of the length of A's rows, "
        << fixed(alignment.residual_before, 6) << " before"
        << (robust_ ? "; rows weigh the less the further they moved" : "") << '\n';
    if (moved.empty()) return;
    out << "\nmoved: distance between A's row and B's, turned; self: their cosine\n\n";
    std::vector<TextTable::Column> columns{{"row", TextTable::Align::left}, {"moved"}, {"self"}};
    if (robust_) columns.push_back({"weight"});
    TextTable table(std::move(columns));
    for (const MovedRow& row : moved) {
      std::vector<std::string> cells{stream::printable(row.token), fixed(row.displacement, 4),
                                     fixed(static_cast<double>(row.similarity), 3)};
      if (robust_) cells.push_back(fixed(row.weight, 3));
      table.add(std::move(cells));
    }
    table.print(out);
  }

  void print_json(const formats::EmbeddingView& a, const formats::EmbeddingView& turned, const Alignment& alignment,
                  const std::vector<MovedRow>& moved) const {
    stream::JsonWriter json(std::cout);
    json.begin_object()
        .member("rows_a", a.size())
        .member("rows_b", turned.size())
        .member("common", alignment.rows.size())
        .member("zero_rows", alignment.zero_rows)
        .member("dimension", a.embeddings.cols())
        .member("rank", alignment.rank)
        .member("robust", robust_)
        .member("rotation_angle", alignment.angle)
        .member("reflects", alignment.reflects)
        .member("residual", alignment.residual)
        .member("residual_before", alignment.residual_before);
    json.key("moved").begin_array();
    for (const MovedRow& row : moved) {
      json.begin_object()
          .member("token", row.token)
          .member("displacement", row.displacement)
          .member("similarity", row.similarity)
          .member("weight", row.weight)
          .end_object();
    }
    json.end_array().end_object();
  }

  SnapshotChoice a_;
  SnapshotChoice b_;
  TableChoice side_;
  TableOutput output_;
  bool robust_ = false;
  std::size_t count_ = 10;
};

}  // namespace

void add_align(CLI::App& parent, Commands& commands) { commands.push_back(std::make_unique<AlignCommand>(parent)); }

}  // namespace gaugeline::cli
