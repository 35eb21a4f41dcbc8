#include "slice_learner.hpp"

#include <exception>
#include <utility>

namespace gaugeline::stream {

SliceLearner::SliceLearner(LearningRun run, std::filesystem::path data_directory, std::uint64_t keep_snapshots,
                           formats::FileSystem& files) noexcept
    : run_(std::move(run)),
      data_directory_(std::move(data_directory)),
      keep_snapshots_(keep_snapshots),
      files_(&files) {}

Expected<SliceLearner::Outcome> SliceLearner::take(const Handover& handover) {
  Outcome outcome;
  if (!std::holds_alternative<std::monostate>(handover.slice)) {
    if (const auto learnt = learn(handover, outcome); !learnt) return std::unexpected(learnt.error());
  }
  // The checkpoint belongs to the latest snapshot: older ones are for readers only.
  if (keep_snapshots_ > 0 && outcome.report) {
    if (const auto kept = run_.keep_snapshots(keep_snapshots_); !kept)
      return fail(ErrorCode::io_error, kept.error().message());
  }
  if (!handover.checkpoint) return outcome;
  Checkpoint checkpoint = *handover.checkpoint;
  checkpoint.slices = run_.slices();
  if (const auto written = write_checkpoint(data_directory_, encode_checkpoint(checkpoint), *files_); !written) {
    if (written.error().code() == ErrorCode::no_space) return std::unexpected(written.error());
    return fail(ErrorCode::io_error, written.error().message());
  }
  outcome.next_record = checkpoint.next_record;
  return outcome;
}

Expected<> SliceLearner::learn(const Handover& handover, Outcome& outcome) try {
  // A disk that was full: the slice is learnt, and waits for its snapshot.
  if (!run_.has_unpublished() && handover.sequence <= run_.last_sequence(handover.source)) return {};
  const auto slice = slice_of(handover);
  if (!slice) return std::unexpected(slice.error());
  const auto report =
      run_.has_unpublished() ? run_.publish_again(*slice) : run_.process(*slice, handover.source, handover.sequence);
  if (report) {
    outcome.report = *report;
  } else if (report.error().code() == ErrorCode::no_space || report.error().code() == ErrorCode::io_error) {
    return std::unexpected(report.error());
  } else {
    outcome.verdict = std::unexpected(report.error());
  }
  return {};
} catch (const std::exception& exception) {
  // Memory ran out between learning and publishing: as with a failing disk, the state on disk is what counts.
  return fail(ErrorCode::io_error, "slice ", handover.sequence, " of ", handover.source, ": ", exception.what());
}

Expected<SliceView> SliceLearner::slice_of(const Handover& handover) {
  if (const auto* slice = std::get_if<formats::SliceData>(&handover.slice)) return slice->view();
  const auto& received = std::get<ReceivedSlice>(handover.slice);
  std::span<const std::byte> encoded = received.encoded;
  if (received.place) {
    const auto record =
        formats::read_journal_record(data_directory_ / journal_folder, *received.place, record_, *files_);
    if (!record) return fail(ErrorCode::io_error, record.error().message());
    const auto message = decode_message(record->body);
    if (!message) return fail(ErrorCode::io_error, message.error().message());
    encoded = message->body;
  }
  if (const auto decoded = formats::decode_slice(encoded, decoded_); !decoded)
    return fail(ErrorCode::io_error, "a slice that was checked when it came has changed: ", decoded.error().message());
  return decoded_.view();
}

}  // namespace gaugeline::stream
