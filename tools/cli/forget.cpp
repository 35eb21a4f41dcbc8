// gaugeline forget: takes tokens out of a data directory.
#include <algorithm>
#include <iostream>
#include <string_view>
#include <unordered_set>

#include <gaugeline/stream/json_writer.hpp>
#include <gaugeline/stream/learning_run.hpp>

#include "command.hpp"
#include "line_reader.hpp"
#include "slice_input.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

class ForgetCommand final : public Command {
 public:
  explicit ForgetCommand(CLI::App& parent)
      : Command(parent, "forget", "  gaugeline forget --data run user:17 user:42",
                "Take tokens out of the latest and all later snapshots of a data directory; earlier ones still hold "
                "them") {
    app().add_option("TOKEN", tokens_, "The tokens, spelled as they were learnt");
    require(app()
                .add_option("--data", data_directory_, "The data directory; nobody else may be writing to it")
                ->type_name("DIR"));
    app()
        .add_option("--from-file", file_, "Also the tokens of this file, one a line; - is standard input")
        ->type_name("FILE");
    add_json_flag();
  }

  Expected<ExitStatus> run() override {
    if (const auto read = add_tokens_of_file(); !read) return std::unexpected(read.error());
    std::unordered_set<std::string> seen;
    std::erase_if(tokens_, [&](const std::string& token) { return !seen.insert(token).second; });
    if (tokens_.empty()) return fail(ErrorCode::invalid_argument, "no TOKEN is given");

    SerialExecutor serial;
    auto run = stream::LearningRun::reopen(data_directory_, serial);
    if (!run) return std::unexpected(run.error());
    std::vector<std::string> unknown;
    std::ranges::copy_if(tokens_, std::back_inserter(unknown),
                         [&](const std::string& token) { return !run->learner().holds(token); });
    const auto forgotten = run->forget(std::vector<std::string_view>(tokens_.begin(), tokens_.end()));
    if (!forgotten) return std::unexpected(forgotten.error());
    if (*forgotten == 0) return fail(ErrorCode::not_found, "none is known: ", std::string_view(token_list(unknown)));
    json() ? print_json(*run, *forgotten, unknown) : print_text(*forgotten, unknown);
    return ExitStatus::done;
  }

 private:
  Expected<> add_tokens_of_file() {
    if (file_.empty()) return {};
    std::vector<HeldFile> held;
    const auto files = hold_inputs({file_}, held);
    if (!files) return std::unexpected(files.error());
    const auto lines = read_lines(files->front().path, max_token_bytes);
    if (!lines) return std::unexpected(lines.error());
    tokens_.insert(tokens_.end(), lines->begin(), lines->end());
    return {};
  }

  static void print_json(const stream::LearningRun& run, std::size_t forgotten,
                         const std::vector<std::string>& unknown) {
    stream::JsonWriter json(std::cout);
    json.begin_object().member("forgotten", forgotten).key("unknown").begin_array();
    for (const std::string& token : unknown) json.value(token);
    json.end_array().slice("slice", {run.slices() - 1, run.learner().state().interval}).end_object();
  }

  static void print_text(std::size_t forgotten, const std::vector<std::string>& unknown) {
    std::cout << "forgot " << forgotten << (forgotten == 1 ? " token" : " tokens");
    if (!unknown.empty()) std::cout << "; " << unknown.size() << " unknown: " << token_list(unknown);
    std::cout << '\n';
  }

  std::vector<std::string> tokens_;
  std::string data_directory_;
  std::string file_;
};

}  // namespace

void add_forget(CLI::App& parent, Commands& commands) { commands.push_back(std::make_unique<ForgetCommand>(parent)); }

}  // namespace gaugeline::cli
