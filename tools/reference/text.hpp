// Small changes to text that the man pages and the completions need.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gaugeline::reference {

[[nodiscard]] std::string joined(const std::vector<std::string>& parts, std::string_view between);

[[nodiscard]] std::string replaced(std::string text, std::string_view what, std::string_view with);

// In single quotes of a POSIX shell, which zsh and bash have, too.
[[nodiscard]] std::string quoted(const std::string& text);

// The first sentence of a description, which is what a list of completions has room for.
[[nodiscard]] std::string first_part(const std::string& description);

}  // namespace gaugeline::reference
