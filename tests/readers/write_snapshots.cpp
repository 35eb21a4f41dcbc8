// Writes snapshots for readers in other languages, and what C++ reads from them.
//
//   write_snapshots FOLDER COUNT
//
// FOLDER/NUMBER.snapshot, and FOLDER/facts.ndjson with a line for each; FOLDER/small-ENCODING.snapshot, to be damaged.
// In the lines, whole numbers are strings, since JavaScript's numbers end at 2^53; tokens are hexadecimal; a column of
// a table is the XXH3 of its bytes over all chunks; neighbours are all there are, best first.
#include <algorithm>
#include <concepts>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <utility>

#include <gaugeline/formats/comparability.hpp>
#include <gaugeline/stream/json_writer.hpp>

#include "checksum.hpp"
#include "query_slice.hpp"
#include "random_snapshots.hpp"

using namespace gaugeline;
using namespace gaugeline::test;

namespace {

using stream::JsonWriter;
constexpr std::size_t small_chunk_bytes = 1216;  // so that the items of small-float32.snapshot take two chunks
constexpr std::size_t asked_tokens = 4;          // of whose neighbours each line tells

std::vector<std::byte> read_bytes(const std::filesystem::path& file) {
  std::vector<std::byte> bytes(std::filesystem::file_size(file));
  std::ifstream(file, std::ios::binary)
      .read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

void write_bytes(const std::filesystem::path& file, std::span<const std::byte> bytes) {
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

std::string hexadecimal(std::string_view bytes) {
  std::string digits;
  for (const char byte : bytes) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", static_cast<unsigned>(static_cast<unsigned char>(byte)));
    digits += two;
  }
  return digits;
}

template <std::integral Integer>
void fact(JsonWriter& json, std::string_view name, Integer number) {
  if constexpr (std::same_as<Integer, bool>) {
    json.member(name, number);
  } else {
    json.member(name, std::to_string(number));
  }
}
// With the digits of a double, which is what a reader makes of a float.
void fact(JsonWriter& json, std::string_view name, double number) { json.member(name, number); }
template <class Enum>
  requires std::is_enum_v<Enum>
void fact(JsonWriter& json, std::string_view name, Enum value) {
  fact(json, name, std::to_underlying(value));
}
template <class Element>
void fact(JsonWriter& json, std::string_view name, std::span<const Element> column) {
  fact(json, name, formats::checksum(std::as_bytes(column)));
}
template <class Element>
void fact(JsonWriter& json, std::string_view name, const ConstTable<Element>& table) {
  fact(json, name, std::span(table.data(), static_cast<std::size_t>(table.size())));
}

void write_options(JsonWriter& json, const Options& o) {
  json.key("options").begin_object();
#define FACT(name) fact(json, #name, o.name)
  FACT(likelihood), FACT(coupling), FACT(gauge), FACT(seed), FACT(dimension), FACT(prior_precision), FACT(diffusion);
  FACT(diffusion_rate), FACT(diffusion_min), FACT(diffusion_max), FACT(time_unit_seconds), FACT(sweeps);
  FACT(first_slice_sweeps), FACT(negatives), FACT(count_decay), FACT(conjugate_gradient_steps), FACT(negative_head);
  FACT(negative_tail), FACT(noise_deviation), FACT(admission_uses), FACT(item_capacity), FACT(context_capacity);
  FACT(token_bytes_per_row), FACT(slice_token_capacity), FACT(observation_capacity), FACT(worker_capacity);
  FACT(offsets), FACT(offset_precision), FACT(offset_diffusion), FACT(passes), FACT(pass_rate), FACT(pass_sweeps);
  FACT(anchor_memory), FACT(mean_reversion), FACT(diffusion_score_rate), FACT(pass_slices);
#undef FACT
  json.end_object();
}

void write_report(JsonWriter& json, const SliceReport& r) {
  json.key("report").begin_object();
  fact(json, "begin", r.interval.begin.time_since_epoch().count());
  fact(json, "end", r.interval.end.time_since_epoch().count());
#define FACT(name) fact(json, #name, r.name)
  FACT(slice), FACT(elapsed_units), FACT(observations), FACT(distinct), FACT(scored), FACT(score);
  FACT(rotation_angle), FACT(gauge_residual), FACT(item_rows), FACT(context_rows), FACT(new_item_rows);
  FACT(new_context_rows), FACT(unadmitted_tokens), FACT(unadmitted_observations), FACT(baseline_score);
  FACT(holonomy_angle);
#undef FACT
  json.end_object();
}

void write_summary(JsonWriter& json, const formats::SnapshotSummary& summary, const formats::SnapshotView& view) {
  json.key("summary").begin_object();
  json.member("run", summary.run).member("program", summary.program);
  fact(json, "parent_checksum", summary.parent_checksum);
  fact(json, "smoothed", summary.smoothed);
  json.member("encoding", formats::encoding_name(summary.encoding));
  fact(json, "checksum", summary.checksum);
  fact(json, "bytes", summary.bytes);
  fact(json, "options_digest", summary.options_digest);
  fact(json, "time_unit_seconds", view.state.time_unit_seconds);
  write_options(json, summary.options);
  write_report(json, summary.report);
  json.key("sources").begin_array();
  for (const auto& [source, sequence] : view.sources)
    json.begin_array().value(source).value(std::to_string(sequence)).end_array();
  json.end_array().end_object();
}

void write_values(JsonWriter& json, const LearnerState<float>& state) {
  json.key("values").begin_object();
  fact(json, "value_scale", state.value_scale);
#define FACT(name) fact(json, #name, state.values.name)
  FACT(mean), FACT(mean_precision), FACT(noise_deviation), FACT(noise_weight), FACT(baseline_noise_deviation);
  FACT(baseline_noise_weight);
#undef FACT
  json.end_object();
}

// The columns of embeddings as they lie in the file; those of other encodings are empty.
void write_stored(JsonWriter& json, const formats::SnapshotMap& map, Side which) {
  std::vector<std::byte> stored, scale;
  const auto extend = [](std::vector<std::byte>& bytes, auto numbers) {
    const auto more = std::as_bytes(numbers);
    bytes.insert(bytes.end(), more.begin(), more.end());
  };
  const auto numbers = [](const auto& table) {
    return std::span(table.data(), static_cast<std::size_t>(table.size()));
  };
  for (std::size_t c = 0; c < map.chunks(which); ++c) {
    const formats::MappedChunk chunk = map.chunk(which, c).value();
    extend(stored, numbers(chunk.rows.embeddings));
    extend(stored, numbers(chunk.embeddings_bfloat16));
    extend(stored, numbers(chunk.embeddings_int8));
    extend(scale, chunk.embedding_scale);
  }
  fact(json, "stored", std::span<const std::byte>(stored));
  fact(json, "embedding_scale", std::span<const std::byte>(scale));
}

void write_side(JsonWriter& json, const formats::SnapshotMap& map, Side which, const SideState<float>& side) {
  json.key(which == Side::items ? "items" : "contexts").begin_object();
  write_stored(json, map, which);
  json.key("tokens").begin_array();
  for (std::size_t row = 0; row < side.tokens.size(); ++row) json.value(hexadecimal(side.tokens[row]));
  json.end_array();
  fact(json, "candidate_hashes", side.candidate_hashes);
  fact(json, "candidate_counts", side.candidate_counts);
  json.key("columns").begin_object();
#define FACT(name) fact(json, #name, side.name)
  FACT(embeddings), FACT(precision), FACT(diffusion), FACT(count), FACT(uses), FACT(null_variance);
  FACT(log_retention), FACT(gradient_energy), FACT(offset), FACT(offset_precision), FACT(baseline_offset);
  FACT(baseline_precision), FACT(frequency), FACT(born), FACT(anchor), FACT(anchor_time);
#undef FACT
  json.end_object().end_object();
}

void write_frame(JsonWriter& json, const formats::SnapshotView& view) {
  fact(json, "canary_rows", view.canaries.rows);
  fact(json, "canary_before", view.canaries.before);
  fact(json, "rotation", view.state.rotation);
  const formats::FrameCheck frame = formats::check_frame(view);
  json.key("frame").begin_object();
  fact(json, "rows", frame.rows);
  fact(json, "distance", frame.distance);
  fact(json, "distance_turned", frame.distance_turned);
  fact(json, "angle", frame.angle);
  fact(json, "share_of_turning", frame.share_of_turning);
  json.end_object();
}

void write_neighbors(JsonWriter& json, const stream::QuerySlice& slice) {
  const TokenList& tokens = slice.items().tokens;
  json.key("neighbors").begin_array();
  for (RowIndex row = 0; row < std::min(tokens.size(), asked_tokens); ++row) {
    json.begin_object().member("token", hexadecimal(tokens[row])).member("known", slice.known(row));
    json.key("found").begin_array();
    if (slice.known(row)) {
      for (const auto& [token, similarity, uses] : slice.nearest(slice.embedding(row), tokens.size(), 0, row))
        json.begin_array().value(hexadecimal(token)).value(similarity).end_array();
    }
    json.end_array().end_object();
  }
  json.end_array();
}

// Why the vectors of two snapshots may not be compared; empty if they may.
std::string comparability(const formats::SnapshotSummary& a, const formats::SnapshotSummary& b) {
  const auto ok = formats::check_comparable(formats::frame_of(a), formats::frame_of(b));
  return ok ? std::string() : std::string(ok.error().message());
}

void write_facts(std::ostream& out, const std::filesystem::path& file, const std::filesystem::path& before) {
  const auto map = formats::SnapshotMap::open(file).value();
  const auto bytes = read_bytes(file);
  const auto snapshot = formats::Snapshot::decode(bytes).value();
  const formats::SnapshotView view = snapshot.view();
  JsonWriter json(out);
  json.begin_object().member("file", file.filename().native());
  write_summary(json, map.summary(), view);
  write_values(json, view.state);
  write_frame(json, view);
  json.member("contexts_share_tokens", map.contexts_share_tokens());
  for (const Side side : both_sides) write_side(json, map, side, view.state[side]);
  write_neighbors(json, stream::QuerySlice(formats::Snapshot::decode(bytes).value()));
  json.member("comparability", comparability(formats::SnapshotMap::open(before).value().summary(), map.summary()));
  json.end_object();
}

std::string file_name(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(4 - std::min<std::size_t>(4, digits.size()), '0') + digits + ".snapshot";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: write_snapshots FOLDER COUNT\n";
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  const std::uint64_t count = std::stoull(argv[2]);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::ofstream facts(folder / "facts.ndjson", std::ios::binary);
  for (std::uint64_t n = 0; n < count; ++n) {
    const ExampleSnapshot example = random_snapshot(n);
    const auto bytes = encode(example.view(), random_chunk_bytes(n, example.dimension));
    if (!bytes) {
      std::cerr << "snapshot " << n << ": " << bytes.error().message() << '\n';
      return 1;
    }
    write_bytes(folder / file_name(n), *bytes);
    write_facts(facts, folder / file_name(n), folder / file_name(n == 0 ? 0 : n - 1));
  }
  // With offsets, anchors, a canary and sources.
  ExampleSnapshot small = value_snapshot(3, 2, 2);
  for (const auto encoding : {formats::Encoding::float32, formats::Encoding::bfloat16, formats::Encoding::int8}) {
    small.encoding = encoding;
    const std::string name = "small-" + std::string(formats::encoding_name(encoding)) + ".snapshot";
    write_bytes(folder / name, encode(small.view(), small_chunk_bytes).value());
  }
  return facts.flush() ? 0 : 1;
}
