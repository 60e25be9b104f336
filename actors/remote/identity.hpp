// SPDX-License-Identifier: MIT
// Who a machine is to other machines: a key pair and a certificate signed by itself. Nobody vouches
// for it; others know it by its fingerprint.
#pragma once

#include "actors/remote/fingerprint.hpp"

#include <filesystem>
#include <memory>

struct evp_pkey_st; // OpenSSL's, which only two files here include
struct x509_st;

namespace peernet {

/// Immutable; copies share the key. Thread: any.
class identity {
public:
  /// A fresh one that was never stored. `name` stands in the certificate (at most 64 characters).
  [[nodiscard]] static result<identity> make(const std::string& name);

  /// What `store` wrote. errc::not_found, errc::unreadable with the file and what to do; a key that
  /// others may read is refused (errc::refused), as SSH does.
  [[nodiscard]] static result<identity> load(const std::filesystem::path& folder);

  /// Writes key.pem (mode 0600) and certificate.pem into `folder`, which is made with mode 0700.
  /// Never replaces one that is there: errc::refused. errc::io with the file.
  [[nodiscard]] result<void> store(const std::filesystem::path& folder) const;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const peernet::fingerprint& print() const noexcept { return print_; }

  [[nodiscard]] evp_pkey_st* key() const noexcept { return key_.get(); }
  [[nodiscard]] x509_st* certificate() const noexcept { return certificate_.get(); }

private:
  identity() = default;

  std::string name_;
  peernet::fingerprint print_;
  std::shared_ptr<evp_pkey_st> key_;
  std::shared_ptr<x509_st> certificate_;
};

/// Where a user's own identity and trust live: $XDG_CONFIG_HOME/peernet, else ~/.config/peernet.
/// errc::not_found if there is no home.
[[nodiscard]] result<std::filesystem::path> default_identity_folder();

} // namespace peernet
