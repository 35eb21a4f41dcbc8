#include "client_flags.hpp"

namespace gaugeline::cli {
namespace {

constexpr const char* group = "Talking to the daemon";

}  // namespace

void ClientFlags::add_to(CLI::App& app) {
  app.add_flag("--tls", tls_, "Speak TLS; the daemon's certificate must be made out to HOST")->group(group);
  app.add_option("--tls-ca", files_.authorities, "Trust these authorities (PEM) and not the system's; implies --tls")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--tls-certificate", files_.certificate_chain,
                 "Show this certificate (PEM) to a daemon that asks for one; implies --tls")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--tls-key", files_.private_key, "Its private key (PEM)")->type_name("FILE")->group(group);
  app.add_option("--token-file", token_file_, "Show the token in this file to a daemon that asks for one")
      ->type_name("FILE")
      ->group(group);
}

Expected<std::shared_ptr<const stream::TlsContext>> ClientFlags::tls() const {
  const bool is_wanted =
      tls_ || !files_.authorities.empty() || !files_.certificate_chain.empty() || !files_.private_key.empty();
  if (!is_wanted) return nullptr;
  return stream::TlsContext::for_client(files_);
}

Expected<std::string> ClientFlags::token() const {
  if (token_file_.empty()) return std::string();
  auto token = stream::read_token(token_file_);
  if (!token) return std::unexpected(token.error().within("--token-file"));
  return token;
}

}  // namespace gaugeline::cli
