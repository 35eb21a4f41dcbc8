// Publishes snapshots in a thread of its own, one at a time, while the learner goes on: from a copy of all that a
// snapshot holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <future>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/snapshot_store.hpp>

namespace gaugeline::stream {

// Its memory grows as needed, and is used again.
class SnapshotCopy {
 public:
  void take(const formats::SnapshotView& snapshot);
  // Shares nothing with what it was taken from; valid until the next take.
  [[nodiscard]] const formats::SnapshotView& view() const noexcept { return *view_; }

 private:
  template <class T>
  void own(std::span<const T>& values);
  void own(ConstTable<float>& table);
  void own(TokenList& tokens);
  void own(std::string_view& text);
  void own(SideState<float>& side);

  std::vector<std::vector<std::byte>> pieces_;
  std::size_t next_ = 0;
  std::vector<formats::SourcePositionView> sources_;
  std::optional<formats::SnapshotView> view_;
};

class BackgroundPublisher {
 public:
  explicit BackgroundPublisher(formats::SnapshotStore store) noexcept : store_(std::move(store)) {}
  BackgroundPublisher(const BackgroundPublisher&) = delete;
  BackgroundPublisher& operator=(const BackgroundPublisher&) = delete;
  // Waits for the snapshot under way.
  ~BackgroundPublisher() = default;

  // Copies the snapshot, and begins to write it. Precondition: !under_way(). O(rows d) for the copy.
  void start(const formats::SnapshotView& snapshot);
  [[nodiscard]] bool under_way() const noexcept { return result_.valid(); }
  // Until it is on disk: SnapshotStore::publish's result. Precondition: under_way().
  [[nodiscard]] Expected<std::uint64_t> wait() { return result_.get(); }

 private:
  SnapshotCopy copy_;
  formats::SnapshotStore store_;
  std::future<Expected<std::uint64_t>> result_;  // destroyed first, which waits for the thread
};

}  // namespace gaugeline::stream
