// The command as a whole: its subcommands, and what stands above them.
#pragma once

#include "command.hpp"

namespace gaugeline::cli {

struct Program {
  Program();

  CLI::App root;
  Commands commands;
};

}  // namespace gaugeline::cli
