// gaugeline snapshot info: what a snapshot or a delta holds, and where it comes from.
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <span>
#include <system_error>

#include <gaugeline/formats/comparability.hpp>
#include <gaugeline/stream/answers_json.hpp>
#include <gaugeline/stream/json_writer.hpp>

#include "learner_flags.hpp"
#include "slice_report.hpp"
#include "snapshot.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

std::string hexadecimal(std::uint64_t number) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
  const std::string text(digits.data(), end);
  return std::string(digits.size() - text.size(), '0') + text;
}

// By its first bytes; what cannot be read is left to whoever reads all of it.
bool is_delta(const std::string& path) {
  std::error_code none;
  if (!std::filesystem::is_regular_file(path, none)) return false;
  std::array<char, 8> begin{};
  std::ifstream file(path, std::ios::binary);
  return file.read(begin.data(), begin.size()) && formats::begins_as_delta(std::as_bytes(std::span(begin)));
}

class InfoCommand final : public Command {
 public:
  explicit InfoCommand(CLI::App& snapshot)
      : Command(snapshot, "info", "  gaugeline snapshot info run --slice 1862",
                "What a snapshot or a delta holds, and where it comes from") {
    require(app().add_option("PATH", choice_.path, "A snapshot file, a delta, or a data directory"));
    app().add_option("--slice", choice_.slice, "Slice of a data directory; without it, the latest")->type_name("SLICE");
    add_json_flag();
  }

  Expected<ExitStatus> run() override {
    if (is_delta(choice_.path)) return show_delta();
    const auto snapshot = choice_.load();
    if (!snapshot) return std::unexpected(snapshot.error());
    json() ? print_json(*snapshot) : print_text(*snapshot);
    return ExitStatus::done;
  }

 private:
  Expected<ExitStatus> show_delta() const {
    if (const auto checked = choice_.check_slice(); !checked) return std::unexpected(checked.error());
    const auto bytes = formats::read_file(choice_.path);
    if (!bytes) return std::unexpected(bytes.error());
    const auto delta = formats::read_delta_summary(bytes->span());
    if (!delta) return std::unexpected(delta.error().within(choice_.path));
    json() ? print_json(*delta) : print_text(*delta);
    return ExitStatus::done;
  }

  static void print_text(const formats::DeltaSummary& delta) {
    std::cout << what_moved(delta) << '\n'
              << "run " << stream::printable(delta.run) << ", made from the snapshot with checksum "
              << hexadecimal(delta.target_checksum) << '\n'
              << grouped(static_cast<double>(delta.item_rows)) << " items, "
              << grouped(static_cast<double>(delta.context_rows)) << " contexts, " << byte_count(delta.bytes)
              << ", vectors ";
    if (delta.tolerance.amount == 0) {
      std::cout << "exact\n";
    } else {
      const bool absolute = delta.tolerance.unit == formats::DeltaTolerance::Unit::absolute;
      std::cout << "to within " << delta.tolerance.amount << (absolute ? "\n" : " deviations\n");
    }
  }

  static void print_json(const formats::DeltaSummary& delta) {
    stream::JsonWriter json(std::cout);
    json.begin_object();
    write_delta_summary(json, delta);
    json.member("base_digest", hexadecimal(delta.base_digest))
        .member("digest", hexadecimal(delta.digest))
        .member("target_checksum", hexadecimal(delta.target_checksum))
        .end_object();
  }

  static void print_text(const formats::Snapshot& snapshot) {
    const formats::SnapshotView view = snapshot.view();
    const std::string parent = view.lineage.parent_checksum == 0 ? "none" : hexadecimal(view.lineage.parent_checksum);
    std::cout << slice_report_line(view.report, 0).substr(0, slice_report_line(view.report, 0).rfind("  ")) << '\n'
              << "run " << stream::printable(view.lineage.run) << ", written by "
              << stream::printable(view.lineage.program) << '\n'
              << "checksum " << hexadecimal(snapshot.checksum()) << ", parent " << parent
              << (view.lineage.smoothed ? ", smoothed" : "") << '\n'
              << "dimension " << view.state.dimension << ", " << grouped(static_cast<double>(view.state.items.size()))
              << " items, " << grouped(static_cast<double>(view.state.contexts.size())) << " contexts"
              << (view.encoding == formats::Encoding::float32
                      ? std::string()
                      : ", embeddings as " + std::string(formats::encoding_name(view.encoding)))
              << '\n';
    if (const ValueState& values = view.state.values; values.noise_deviation > 0) {
      std::cout << "values: mean " << fixed(values.mean, 4) << ", noise " << fixed(values.noise_deviation, 4)
                << ", scale " << fixed(view.state.value_scale, 4) << '\n';
    }
    if (const formats::FrameCheck frame = formats::check_frame(view); frame.rows > 0) {
      std::cout << "frame: " << frame.rows << " well-known items moved by " << fixed(100 * frame.distance, 1)
                << " % of their length since the parent; a rotation would take away "
                << fixed(100 * frame.share_of_turning, 1) << " % of the square of that, and "
                << fixed(100 * frame.share_by_chance, 1) << " % by chance\n";
    }
    for (const auto& source : view.sources) {
      std::cout << "source " << stream::printable(source.source) << " up to message " << source.sequence << '\n';
    }
    std::cout << "options";
    for_each_option(view.options,
                    [](std::string_view name, const std::string& value) { std::cout << ' ' << name << '=' << value; });
    std::cout << '\n';
  }

  static void print_json(const formats::Snapshot& snapshot) {
    const formats::SnapshotView view = snapshot.view();
    stream::JsonWriter json(std::cout);
    json.begin_object()
        .member("format_version", formats::format_version(view.encoding))
        .member("encoding", formats::encoding_name(view.encoding))
        .member("run", view.lineage.run)
        .member("program", view.lineage.program)
        .member("checksum", hexadecimal(snapshot.checksum()))
        .member("parent_checksum", hexadecimal(view.lineage.parent_checksum))
        .member("smoothed", view.lineage.smoothed)
        .member("dimension", view.state.dimension)
        .member("items", view.state.items.size())
        .member("contexts", view.state.contexts.size())
        .member("time_unit_seconds", view.state.time_unit_seconds);
    if (const ValueState& values = view.state.values; values.noise_deviation > 0) {
      json.key("values")
          .begin_object()
          .member("mean", values.mean)
          .member("noise_deviation", values.noise_deviation)
          .member("baseline_noise_deviation", values.baseline_noise_deviation)
          .member("value_scale", view.state.value_scale)
          .end_object();
    }
    const formats::FrameCheck frame = formats::check_frame(view);
    json.key("frame")
        .begin_object()
        .member("canaries", frame.rows)
        .member("distance", frame.distance)
        .member("distance_turned", frame.distance_turned)
        .member("angle", frame.angle)
        .member("share_of_turning", frame.share_of_turning)
        .member("share_by_chance", frame.share_by_chance)
        .end_object();
    json.key("report").begin_object();
    stream::write_slice_report(json, view.report);
    json.end_object();
    json.key("sources").begin_array();
    for (const auto& source : view.sources) {
      json.begin_object().member("source", source.source).member("sequence", source.sequence).end_object();
    }
    json.end_array();
    json.key("options").begin_object();
    for_each_option(view.options, [&](std::string_view name, const std::string& value) { json.member(name, value); });
    json.end_object().end_object();
  }

  SnapshotChoice choice_;
};

}  // namespace

void add_snapshot_info(CLI::App& snapshot, Commands& commands) {
  commands.push_back(std::make_unique<InfoCommand>(snapshot));
}

}  // namespace gaugeline::cli
