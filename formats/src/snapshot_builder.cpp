#include "snapshot_builder.hpp"

#include <string>

#include "flatbuffer.hpp"
#include "manifest.hpp"
#include "options_codec.hpp"
#include "snapshot_check.hpp"

namespace gaugeline::formats {

Expected<> SnapshotBuilder::take(const schema::Manifest& manifest) {
  snapshot_.run_ = manifest.run()->str();
  snapshot_.program_ = manifest.program()->str();
  snapshot_.parent_checksum_ = manifest.parent_checksum();
  snapshot_.smoothed_ = manifest.smoothed();
  snapshot_.encoding_ = encoding_of(manifest);
  snapshot_.options_ = read_options(*manifest.options());
  snapshot_.report_ = read_report(*manifest.report());
  snapshot_.time_unit_seconds_ = manifest.time_unit_seconds();
  take_values(*manifest.values());
  snapshot_.rotation_ = copied_elements<double>(manifest.rotation());
  snapshot_.items_.candidate_hashes = copied_elements<std::uint64_t>(manifest.item_candidate_hashes());
  snapshot_.items_.candidate_counts = copied_elements<float>(manifest.item_candidate_counts());
  snapshot_.contexts_.candidate_hashes = copied_elements<std::uint64_t>(manifest.context_candidate_hashes());
  snapshot_.contexts_.candidate_counts = copied_elements<float>(manifest.context_candidate_counts());
  snapshot_.canary_rows_ = copied_elements<RowIndex>(manifest.canary_rows());
  snapshot_.canary_before_ = copied_elements<float>(manifest.canary_before());
  take_sources(manifest);
  if (const auto ok = validate(snapshot_.options_); !ok)
    return fail(ErrorCode::bad_data, "manifest: options: ", ok.error().message());
  if (snapshot_.canary_before_.size() != snapshot_.canary_rows_.size() * snapshot_.options_.dimension)
    return fail(ErrorCode::bad_data, "manifest: ", snapshot_.canary_before_.size(), " numbers for ",
                snapshot_.canary_rows_.size(), " canaries of dimension ", snapshot_.options_.dimension);
  return {};
}

void SnapshotBuilder::take_values(const schema::Values& values) {
  snapshot_.value_scale_ = values.value_scale();
  snapshot_.values_ = {.mean = values.mean(),
                       .mean_precision = values.mean_precision(),
                       .noise_deviation = values.noise_deviation(),
                       .noise_weight = values.noise_weight(),
                       .baseline_noise_deviation = values.baseline_noise_deviation(),
                       .baseline_noise_weight = values.baseline_noise_weight()};
}

void SnapshotBuilder::take_sources(const schema::Manifest& manifest) {
  const auto bytes = elements(manifest.source_name_bytes());
  const TokenList names({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                        elements(manifest.source_name_ends()));
  const auto sequences = copied_elements<std::uint64_t>(manifest.source_sequences());
  for (std::size_t s = 0; s < names.size(); ++s) snapshot_.sources_.push_back({std::string(names[s]), sequences[s]});
  for (const auto& position : snapshot_.sources_)
    snapshot_.source_views_.push_back({position.source, position.sequence});
}

Expected<> SnapshotBuilder::check() const {
  const SnapshotView view = snapshot_.view();
  if (auto ok = check_snapshot(view); !ok) return ok;
  if (auto ok = check_distinct(view.state.items.tokens, "items"); !ok) return ok;
  return check_distinct(view.state.contexts.tokens, "contexts");
}

}  // namespace gaugeline::formats
