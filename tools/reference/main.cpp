// gaugeline_reference: writes man pages and completions into a folder, from the table of subcommands and options.
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "cli/program.hpp"
#include "pages.hpp"

namespace gaugeline::reference {
namespace {

void write(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary);
  out.exceptions(std::ios::badbit | std::ios::failbit);
  out << text << std::flush;
}

void write_all(const std::filesystem::path& folder) {
  const cli::Program command;
  const CommandEntry program = entry_of(command.root);
  for (const CommandEntry* entry : with_all_below(program)) {
    write(folder / "man" / (page_name(*entry) + ".1"), man_page(*entry, program));
  }
  write(folder / "bash" / "gaugeline", bash_completion(program));
  write(folder / "zsh" / "_gaugeline", zsh_completion(program));
  write(folder / "fish" / "gaugeline.fish", fish_completion(program));
}

}  // namespace
}  // namespace gaugeline::reference

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: gaugeline_reference FOLDER\n";
    return 2;
  }
  try {
    gaugeline::reference::write_all(argv[1]);
  } catch (const std::exception& error) {
    std::cerr << "gaugeline_reference: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
