// SPDX-License-Identifier: MIT
#include "runtime/config/node_host.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <netinet/in.h>

namespace peernet {

namespace {

constexpr std::size_t longest_name = 253; // RFC 1035
constexpr std::size_t longest_label = 63;

bool is_ipv4(const std::string& text) noexcept {
  in_addr parsed{};
  return ::inet_pton(AF_INET, text.c_str(), &parsed) == 1;
}

bool is_ipv6(const std::string& text) noexcept {
  in6_addr parsed{};
  return ::inet_pton(AF_INET6, text.c_str(), &parsed) == 1;
}

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool is_label(std::string_view label) noexcept {
  return !label.empty() && label.size() <= longest_label && label.front() != '-' &&
         label.back() != '-' && std::ranges::all_of(label, [](char c) {
           return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                  c == '_';
         });
}

/// A name whose last label is a number would be a misspelt IPv4 address.
bool is_dns_name(std::string_view name) noexcept {
  if (name.size() > longest_name)
    return false;
  for (;;) {
    const auto dot = name.find('.');
    if (!is_label(name.substr(0, dot)))
      return false;
    if (dot == std::string_view::npos)
      return !std::ranges::all_of(name, is_digit);
    name.remove_prefix(dot + 1);
  }
}

error wrong(std::string_view text, const std::string& why) {
  return {errc::bad_scenario, "\"" + std::string(text) + "\" " + why};
}

result<node_host> parse(std::string_view text, std::uint16_t least_port) {
  const bool in_brackets = text.starts_with('[');
  const auto end = in_brackets ? text.find(']') : text.find(':');
  if (!in_brackets && is_ipv6(std::string(text)))
    return wrong(text, "is an IPv6 address without brackets; write \"[" + std::string(text) +
                           "]:" + std::to_string(default_node_port) + "\"");
  node_host host{.name = std::string(text.substr(in_brackets, end - in_brackets))};
  if (in_brackets && (end == std::string_view::npos || !is_ipv6(host.name)))
    return wrong(text, "has no IPv6 address in its brackets; write for example "
                       "\"[fd00::5]:7447\"");
  if (!in_brackets && !is_ipv4(host.name) && !is_dns_name(host.name))
    return wrong(text, "is no machine's address; write an IP address or a name, and a port if it "
                       "is not 7447: \"10.0.0.5\", \"cloud.lab:7447\", \"[fd00::5]:7447\"");
  const auto rest =
      end == std::string_view::npos ? std::string_view{} : text.substr(end + (in_brackets ? 1 : 0));
  if (rest.empty())
    return host;
  const auto port = rest.substr(1);
  const auto [last, failed] = std::from_chars(port.data(), port.data() + port.size(), host.port);
  if (rest.front() != ':' || failed != std::errc{} || last != port.data() + port.size() ||
      host.port < least_port)
    return wrong(text, "has no right port behind the address; write for example \":7447\" (ports "
                       "go from " +
                           std::to_string(least_port) + " to 65535), or leave it out");
  return host;
}

} // namespace

result<node_host> parse_node_host(std::string_view text) {
  return parse(text, 1);
}

result<node_host> parse_listen_address(std::string_view text) {
  return parse(text, 0);
}

std::string to_string(const node_host& host) {
  const bool v6 = host.name.find(':') != std::string::npos;
  return (v6 ? "[" + host.name + "]" : host.name) + ":" + std::to_string(host.port);
}

bool is_ip_address(const std::string& text) noexcept {
  return is_ipv4(text) || is_ipv6(text);
}

} // namespace peernet
