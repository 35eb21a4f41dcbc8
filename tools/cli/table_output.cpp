#include "table_output.hpp"

#include <gaugeline/formats/npy.hpp>
#include <gaugeline/formats/projector.hpp>
#include <gaugeline/formats/safetensors.hpp>
#include <gaugeline/formats/word2vec.hpp>

#include "scratch_file.hpp"

namespace gaugeline::cli {

CLI::Option* TableOutput::add_flags(CLI::App& app) {
  app.add_option("--format", format_,
                 "word2vec (text), word2vec-binary, npy (tokens beside it), tsv (FILE is a folder for "
                 "TensorFlow's projector) or safetensors")
      ->type_name("NAME")
      ->check(CLI::IsMember({"word2vec", "word2vec-binary", "npy", "tsv", "safetensors"}))
      ->capture_default_str();
  return app.add_option("--out", out_, "The file to write; - is standard output, for formats of one file")
      ->type_name("FILE");
}

Expected<> TableOutput::check() const {
  if (!is_standard_output() || (format_ != "npy" && format_ != "tsv")) return {};
  return fail(ErrorCode::invalid_argument, "--out: --format ", std::string_view(format_),
              " writes more than one file, which standard output cannot take");
}

Expected<> TableOutput::write(const formats::EmbeddingView& table) const {
  if (format_ == "npy") return formats::export_npy(table, out_);
  if (format_ == "tsv") return formats::export_projector(table, out_);
  const auto output = OutputFile::create(out_);
  if (!output) return std::unexpected(output.error());
  const auto written =
      format_ == "safetensors"
          ? formats::export_safetensors(table, output->path())
          : formats::export_word2vec(
                table, format_ == "word2vec" ? formats::Word2vecFormat::text : formats::Word2vecFormat::binary,
                output->path());
  if (!written) return written;
  return output->finish();
}

void TableChoice::add_flag(CLI::App& app) {
  app.add_option("--table", table_, "items or contexts")
      ->type_name("NAME")
      ->check(CLI::IsMember({"items", "contexts"}))
      ->capture_default_str();
}

}  // namespace gaugeline::cli
