// The names under which a server is asked.
//
// A page of another site whose name an attacker lets point to this machine (DNS rebinding) has the browser's leave to
// read what it asks of here, tokens or not, and from behind any firewall. But the browser says under what name it asks.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace gaugeline::stream {

// A host name: letters, digits, '-', '_' and '.', no port.
[[nodiscard]] bool is_host_name(std::string_view name) noexcept;
// The value of a Host field, with or without a port, is an IP address, localhost or one of these names.
[[nodiscard]] bool names_server(std::string_view host, std::span<const std::string> names);

}  // namespace gaugeline::stream
