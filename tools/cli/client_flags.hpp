// What a command shows to a daemon, and asks it to show, as flags: TLS and tokens.
#pragma once

#include <memory>
#include <string>

#include <gaugeline/stream/access.hpp>
#include <gaugeline/stream/tls.hpp>

#include "command.hpp"

namespace gaugeline::cli {

class ClientFlags {
 public:
  void add_to(CLI::App& app);
  // Null: without TLS.
  [[nodiscard]] Expected<std::shared_ptr<const stream::TlsContext>> tls() const;
  // Empty: none.
  [[nodiscard]] Expected<std::string> token() const;

 private:
  bool tls_ = false;
  stream::TlsClientOptions files_;
  std::string token_file_;
};

}  // namespace gaugeline::cli
