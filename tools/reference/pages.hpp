// What is written of the command: a man page each, and one script a shell.
#pragma once

#include <string>

#include "entries.hpp"

namespace gaugeline::reference {

// In the macros of man(7); `page_name` is that of the page and of its file, without the section.
[[nodiscard]] std::string man_page(const CommandEntry& entry, const CommandEntry& program);
[[nodiscard]] std::string page_name(const CommandEntry& entry);

[[nodiscard]] std::string bash_completion(const CommandEntry& program);
[[nodiscard]] std::string zsh_completion(const CommandEntry& program);
[[nodiscard]] std::string fish_completion(const CommandEntry& program);

}  // namespace gaugeline::reference
