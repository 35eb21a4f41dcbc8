#include "background_publisher.hpp"

#include <memory>

namespace gaugeline::stream {

template <class T>
void SnapshotCopy::own(std::span<const T>& values) {
  if (next_ == pieces_.size()) pieces_.emplace_back();
  std::vector<std::byte>& piece = pieces_[next_++];
  const auto bytes = std::as_bytes(values);
  piece.assign(bytes.data(), bytes.data() + bytes.size());
  values = {reinterpret_cast<const T*>(piece.data()), values.size()};
}

void SnapshotCopy::own(ConstTable<float>& table) {
  std::span<const float> numbers(table.data(), static_cast<std::size_t>(table.size()));
  own(numbers);
  std::construct_at(&table, numbers.data(), table.rows(), table.cols());  // a Map cannot be assigned
}

void SnapshotCopy::own(TokenList& tokens) {
  auto bytes = tokens.bytes();
  auto ends = tokens.ends();
  own(bytes);
  own(ends);
  tokens = TokenList(bytes, ends);
}

void SnapshotCopy::own(std::string_view& text) {
  std::span<const char> bytes(text);
  own(bytes);
  text = {bytes.data(), bytes.size()};
}

void SnapshotCopy::own(SideState<float>& side) {
  own(side.tokens);
  own(side.embeddings);
  own(side.anchor);
  for (auto* column :
       {&side.precision, &side.diffusion, &side.count, &side.uses, &side.null_variance, &side.log_retention,
        &side.gradient_energy, &side.offset, &side.offset_precision, &side.baseline_offset, &side.baseline_precision,
        &side.frequency, &side.candidate_counts, &side.anchor_time})
    own(*column);
  own(side.born);
  own(side.candidate_hashes);
}

void SnapshotCopy::take(const formats::SnapshotView& snapshot) {
  next_ = 0;
  formats::SnapshotView& view = view_.emplace(snapshot);
  own(view.lineage.run);
  own(view.lineage.program);
  own(view.state.items);
  own(view.state.contexts);
  own(view.state.rotation);
  own(view.canaries.rows);
  own(view.canaries.before);
  sources_.assign(view.sources.begin(), view.sources.end());
  for (formats::SourcePositionView& position : sources_) own(position.source);
  view.sources = sources_;
}

void BackgroundPublisher::start(const formats::SnapshotView& snapshot) {
  copy_.take(snapshot);
  result_ = std::async(std::launch::async, [this] { return store_.publish(copy_.view()); });
}

}  // namespace gaugeline::stream
