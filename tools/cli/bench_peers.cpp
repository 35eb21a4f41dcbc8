#include "bench_peers.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <gaugeline/stream/events.hpp>
#include <gaugeline/stream/json_writer.hpp>

#include "event_files.hpp"
#include "scratch_file.hpp"
#include "slice_input.hpp"

namespace gaugeline::cli {
namespace {

// fastText and gensim cut longer ones, each in its own way.
constexpr std::size_t longest_sequence = 1000;
constexpr std::uint64_t held_out_of = 10;  // sequences

// Writes the sequences of slices as events of tokens at the begin of their slice; every tenth goes to a second file.
class SequenceWriter {
 public:
  explicit SequenceWriter(const std::filesystem::path& folder)
      : train_(folder / "train.ndjson"), held_(folder / "held.ndjson") {}

  Expected<> write(const SliceView& slice) {
    const std::string time = stream::format_time(slice.interval.begin);
    std::size_t begin = 0;
    for (const std::uint32_t end : slice.sequence_ends) {
      for (; begin < end; begin += longest_sequence) {
        const auto ids = slice.sequence_ids.subspan(begin, std::min(longest_sequence, end - begin));
        ++sequences_ % held_out_of == 0 ? write(held_, time, slice.item_tokens, ids)
                                        : write(train_, time, slice.item_tokens, ids);
      }
      begin = end;
    }
    return {};
  }

  Expected<> finish() {
    if (sequences_ < held_out_of) {
      return fail(ErrorCode::bad_data, "--against compares on text or tokens, of which a tenth is held out: there are ",
                  sequences_, " sequences, which is too few");
    }
    if (train_.flush() && held_.flush()) return {};
    return fail(ErrorCode::io_error, "the temporary folder takes no more");
  }

 private:
  static void write(std::ofstream& out, const std::string& time, const TokenList& tokens,
                    std::span<const std::uint32_t> ids) {
    stream::JsonWriter json(out);
    json.begin_object().member("time", time).key("tokens").begin_array();
    for (const std::uint32_t id : ids) json.value(tokens[id]);
    json.end_array().end_object();
  }

  std::ofstream train_, held_;
  std::uint64_t sequences_ = 0;
};

// Installed as PREFIX/bin/gaugeline and PREFIX/share/gaugeline/bench/speed; a build folder has the same shape.
Expected<std::filesystem::path> script_of(const std::filesystem::path& program) {
  auto script = program.parent_path().parent_path() / "share" / "gaugeline" / "bench" / "speed";
  if (std::filesystem::exists(script)) return script;
  return fail(ErrorCode::not_found, script.native(), ", which runs the others, is not installed");
}

Expected<ExitStatus> run(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::setenv("PYTHONDONTWRITEBYTECODE", "1", 1);  // NOLINT(concurrency-mt-unsafe): no other thread runs yet
  pid_t child = 0;
  const int failed = ::posix_spawn(&child, words.front().c_str(), nullptr, nullptr, arguments.data(), environ);
  if (failed == ENOENT) {
    return fail(ErrorCode::not_found, "there is no /usr/bin/python3 (Debian: apt-get install python3-numpy)");
  }
  if (failed != 0) {
    return fail(ErrorCode::io_error, words.front(), ": ", std::string_view(std::generic_category().message(failed)));
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? ExitStatus::done : ExitStatus::failed;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

}  // namespace

Expected<ExitStatus> compare_with_peers(const PeerComparison& comparison) {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto script = script_of(program);
  if (!script) return std::unexpected(script.error());
  const auto folder = ScratchFolder::create();
  if (!folder) return std::unexpected(folder.error());
  SequenceWriter writer(folder->path());
  const auto summary =
      slice_events(comparison.events, comparison.slicing, [&](const SliceView& slice) { return writer.write(slice); });
  if (!summary) return std::unexpected(summary.error());
  if (const auto finished = writer.finish(); !finished) return std::unexpected(finished.error());
  report_slicing(*summary, comparison.slicing);

  std::vector<std::string> words{*script, folder->path() / "train.ndjson", folder->path() / "held.ndjson"};
  const auto add = [&](const char* option, const std::string& value) { words.push_back(option + ("=" + value)); };
  add("--gaugeline", program);
  add("--against", joined(comparison.peers));
  add("--rounds", std::to_string(comparison.rounds));
  add("--every", stream::to_string(summary->period));
  add("--dim", std::to_string(comparison.learner.dimension));
  add("--window", std::to_string(comparison.slicing.window));
  add("--negatives", std::to_string(comparison.learner.negatives));
  add("--min-count", "1");  // rare words were left out above, if they were to be
  for (const std::string& flag : comparison.learner_flags) add("--flag", flag);
  if (comparison.json) add("--json", "-");
  if (!comparison.picture.empty()) add("--picture", comparison.picture);
  return run(words);
}

}  // namespace gaugeline::cli
