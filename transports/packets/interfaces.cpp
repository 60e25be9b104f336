// SPDX-License-Identifier: MIT
#include "transports/packets/interfaces.hpp"

#include <linux/if_link.h>
#include <net/if.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/inet6.h>
#include <netlink/route/link/veth.h>

namespace peernet {

namespace {

using link_ptr = std::unique_ptr<rtnl_link, decltype([](rtnl_link* l) { rtnl_link_put(l); })>;
using route_ptr = std::unique_ptr<rtnl_addr, decltype([](rtnl_addr* a) { rtnl_addr_put(a); })>;
using ip_ptr = std::unique_ptr<nl_addr, decltype([](nl_addr* a) { nl_addr_put(a); })>;

/// libnl answers 0 or a negative number of its own.
result<void> checked(int answer, const std::string& doing) {
  if (answer >= 0)
    return {};
  if (answer == -NLE_PERM)
    return error{errc::refused, "the right to " + doing + " (" + nl_geterror(answer) + ")"};
  return error{errc::io, "cannot " + doing + ": " + nl_geterror(answer)};
}

result<link_ptr> find(nl_sock* socket, const std::string& name) {
  rtnl_link* found = nullptr;
  if (auto done = checked(rtnl_link_get_kernel(socket, 0, name.c_str(), &found),
                          "find the interface " + name);
      !done)
    return std::move(done).error();
  return link_ptr(found);
}

} // namespace

void interfaces::closer::operator()(nl_sock* s) const noexcept {
  nl_socket_free(s);
}

result<interfaces> interfaces::of(const network_namespace& inside) {
  interfaces all;
  all.socket_.reset(nl_socket_alloc());
  if (!all.socket_)
    return error{errc::io, "no memory for a socket to the kernel's network"};
  auto done = inside.run_inside([&] {
    return checked(nl_connect(all.socket_.get(), NETLINK_ROUTE),
                   "open a socket to the kernel's network");
  });
  if (!done)
    return std::move(done).error();
  return all;
}

result<void> interfaces::raise(const std::string& name, unsigned queue) const {
  auto link = find(socket_.get(), name);
  if (!link)
    return std::move(link).error();
  const auto doing = "take the interface " + name + " into service";
  // Nothing shall be on the way but what the nodes send: no neighbour discovery of IPv6. Must be
  // known before it is up. A kernel without IPv6 has no such thing to be told.
  const link_ptr quiet(rtnl_link_alloc());
  rtnl_link_inet6_set_addr_gen_mode(quiet.get(), IN6_ADDR_GEN_MODE_NONE);
  const auto told = rtnl_link_change(socket_.get(), link->get(), quiet.get(), 0);
  if (auto done = checked(told == -NLE_AF_NOSUPPORT ? 0 : told, doing); !done)
    return done;
  const link_ptr change(rtnl_link_alloc());
  rtnl_link_set_flags(change.get(), IFF_UP);
  if (queue > 0)
    rtnl_link_set_txqlen(change.get(), queue);
  return checked(rtnl_link_change(socket_.get(), link->get(), change.get(), 0), doing);
}

result<void> interfaces::add_address(const std::string& name, const std::string& address) const {
  const auto doing = "give " + name + " the address " + address;
  auto link = find(socket_.get(), name);
  if (!link)
    return std::move(link).error();
  nl_addr* parsed = nullptr;
  if (auto done = checked(nl_addr_parse(address.c_str(), AF_INET, &parsed), doing); !done)
    return done;
  const ip_ptr ip(parsed);
  const route_ptr given(rtnl_addr_alloc());
  rtnl_addr_set_ifindex(given.get(), rtnl_link_get_ifindex(link->get()));
  if (auto done = checked(rtnl_addr_set_local(given.get(), ip.get()), doing); !done)
    return done;
  return checked(rtnl_addr_add(socket_.get(), given.get(), 0), doing);
}

result<void> interfaces::add_cable(const std::string& name, const network_namespace& there,
                                   const std::string& name_there) const {
  const link_ptr near(rtnl_link_veth_alloc());
  const link_ptr far(near ? rtnl_link_veth_get_peer(near.get()) : nullptr);
  if (!far)
    return error{errc::io, "no memory for the cable " + name};
  rtnl_link_set_name(near.get(), name.c_str());
  rtnl_link_set_name(far.get(), name_there.c_str());
  rtnl_link_set_ns_fd(far.get(), there.descriptor());
  return checked(rtnl_link_add(socket_.get(), near.get(), NLM_F_CREATE | NLM_F_EXCL),
                 "make the cable " + name);
}

result<std::uint64_t> interfaces::missed(const std::string& name) const {
  auto link = find(socket_.get(), name);
  if (!link)
    return std::move(link).error();
  return std::uint64_t{rtnl_link_get_stat(link->get(), RTNL_LINK_TX_DROPPED)};
}

} // namespace peernet
