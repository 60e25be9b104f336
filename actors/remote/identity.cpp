// SPDX-License-Identifier: MIT
#include "actors/remote/identity.hpp"

#include "actors/remote/private_file.hpp"

#include <cstdlib>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

namespace peernet {

namespace {

constexpr std::size_t longest_name = 64;       // X.509's own limit of a common name
constexpr std::size_t largest_file = 64 << 10; // a pair needs less than 1 KiB
constexpr long validity_days = 20 * 365;       // nobody checks it; other tools want one
constexpr const char* remedy = "; run peernet-node --init";

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using bio = std::unique_ptr<BIO, freed_by<BIO_free>>;

/// The reason of OpenSSL's last failure on this thread.
std::string reason() {
  const auto code = ::ERR_peek_last_error();
  const char* words = ::ERR_reason_error_string(code);
  ::ERR_clear_error();
  return words ? words : "no reason given";
}

/// Programs have no terminal to ask at.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

bool is_name(const std::string& name) {
  if (name.empty() || name.size() > longest_name)
    return false;
  for (const unsigned char c : name)
    if (c < 0x20 || c == 0x7f)
      return false;
  return true;
}

/// Clears the certificate's fields one by one; false at the first that OpenSSL does not take.
bool fill(X509* certificate, EVP_PKEY* key, const std::string& name) {
  std::uint64_t serial = 0;
  if (::RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1)
    return false;
  auto* subject = ::X509_get_subject_name(certificate);
  return ::X509_set_version(certificate, X509_VERSION_3) == 1 &&
         ::ASN1_INTEGER_set_uint64(::X509_get_serialNumber(certificate), serial >> 1 | 1) == 1 &&
         ::X509_gmtime_adj(::X509_getm_notBefore(certificate), 0) &&
         ::X509_time_adj_ex(::X509_getm_notAfter(certificate), validity_days, 0, nullptr) &&
         ::X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(name.data()),
                                      static_cast<int>(name.size()), -1, 0) == 1 &&
         ::X509_set_issuer_name(certificate, subject) == 1 &&
         ::X509_set_pubkey(certificate, key) == 1 &&
         ::X509_sign(certificate, key, nullptr) > 0; // Ed25519 brings its own digest
}

std::string text_of(BIO* from) {
  char* begin = nullptr;
  const auto size = BIO_get_mem_data(from, &begin);
  return {begin, static_cast<std::size_t>(size)};
}

result<fingerprint> print_of(X509* certificate) {
  fingerprint f;
  unsigned size = 0;
  if (::X509_digest(certificate, ::EVP_sha256(), reinterpret_cast<unsigned char*>(f.bytes.data()),
                    &size) != 1 ||
      size != f.bytes.size())
    return error{errc::internal, "cannot take a certificate's fingerprint: " + reason()};
  return f;
}

/// The subject's common name.
std::string name_of(X509* certificate) {
  auto* subject = ::X509_get_subject_name(certificate);
  const int at = ::X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0)
    return {};
  unsigned char* text = nullptr;
  const int size =
      ::ASN1_STRING_to_UTF8(&text, ::X509_NAME_ENTRY_get_data(::X509_NAME_get_entry(subject, at)));
  if (size < 0)
    return {};
  std::string name(reinterpret_cast<char*>(text), static_cast<std::size_t>(size));
  ::OPENSSL_free(text);
  return name;
}

/// A file of an identity; says what to do when it is not there.
result<std::string> read_part(const std::filesystem::path& file, mode_t forbidden) {
  auto text = read_private_file(file, forbidden, largest_file);
  if (!text && text.error().code == errc::not_found)
    return error{errc::not_found,
                 "this machine has no identity: " + file.string() + " is not there" + remedy};
  return text;
}

error unreadable(const std::filesystem::path& file, const std::string& what) {
  return {errc::unreadable, file.string() + " " + what + ": move it away" + remedy +
                                " and pair again with the other machines"};
}

} // namespace

result<identity> identity::make(const std::string& name) {
  if (!is_name(name))
    return error{errc::bad_scenario, "an identity's name has 1 to 64 characters and no control "
                                     "characters: \"" +
                                         name + "\" is none"};
  ::ERR_clear_error();
  identity made;
  made.name_ = name;
  made.key_ = {::EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), ::EVP_PKEY_free};
  made.certificate_ = {::X509_new(), ::X509_free};
  if (!made.key_ || !made.certificate_ || !fill(made.certificate(), made.key(), name))
    return error{errc::internal, "cannot make a key and certificate: " + reason()};
  auto print = print_of(made.certificate());
  if (!print)
    return print.error();
  made.print_ = *print;
  return made;
}

result<identity> identity::load(const std::filesystem::path& folder) {
  const auto key_file = folder / "key.pem", certificate_file = folder / "certificate.pem";
  auto key = read_part(key_file, 0077);
  if (!key)
    return key.error();
  auto certificate = read_part(certificate_file, 0022);
  if (!certificate)
    return certificate.error();

  ::ERR_clear_error();
  identity loaded;
  const bio key_bytes(::BIO_new_mem_buf(key->data(), static_cast<int>(key->size())));
  loaded.key_ = {::PEM_read_bio_PrivateKey(key_bytes.get(), nullptr, no_passphrase, nullptr),
                 ::EVP_PKEY_free};
  if (!loaded.key_)
    return unreadable(key_file, "holds no private key without a passphrase (" + reason() + ")");
  const bio certificate_bytes(
      ::BIO_new_mem_buf(certificate->data(), static_cast<int>(certificate->size())));
  loaded.certificate_ = {
      ::PEM_read_bio_X509(certificate_bytes.get(), nullptr, no_passphrase, nullptr), ::X509_free};
  if (!loaded.certificate_)
    return unreadable(certificate_file, "holds no certificate (" + reason() + ")");
  if (::X509_check_private_key(loaded.certificate(), loaded.key()) != 1) {
    ::ERR_clear_error();
    return unreadable(certificate_file, "does not belong to key.pem");
  }
  auto print = print_of(loaded.certificate());
  if (!print)
    return print.error();
  loaded.print_ = *print;
  loaded.name_ = name_of(loaded.certificate());
  return loaded;
}

result<void> identity::store(const std::filesystem::path& folder) const {
  const auto key_file = folder / "key.pem", certificate_file = folder / "certificate.pem";
  if (auto made = make_private_folder(folder); !made)
    return made;
  const auto lock = folder_lock::take(folder);
  if (!lock)
    return lock.error();
  for (const auto& file : {key_file, certificate_file})
    if (std::error_code ignored; std::filesystem::exists(file, ignored))
      return error{errc::refused, "this machine has an identity already (" + file.string() +
                                      "): other machines know it; move it away to begin anew"};
  ::ERR_clear_error();
  const bio key_text(::BIO_new(::BIO_s_secmem())), certificate_text(::BIO_new(::BIO_s_mem()));
  if (::PEM_write_bio_PKCS8PrivateKey(key_text.get(), key(), nullptr, nullptr, 0, nullptr,
                                      nullptr) != 1 ||
      ::PEM_write_bio_X509(certificate_text.get(), certificate()) != 1)
    return error{errc::internal, "cannot write down a key and certificate: " + reason()};
  if (auto written = create_private_file(key_file, 0600, text_of(key_text.get())); !written)
    return written;
  auto written = create_private_file(certificate_file, 0644, text_of(certificate_text.get()));
  if (!written) {
    std::error_code ignored;
    std::filesystem::remove(key_file, ignored); // half an identity would be refused for ever
  }
  return written;
}

result<std::filesystem::path> default_identity_folder() {
  for (const auto& [variable, below] :
       {std::pair{"XDG_CONFIG_HOME", "peernet"}, std::pair{"HOME", ".config/peernet"}})
    if (const char* home = std::getenv(variable); home && home[0] == '/')
      return std::filesystem::path(home) / below;
  return error{errc::not_found,
               "no folder for this machine's identity: neither XDG_CONFIG_HOME nor "
               "HOME names one"};
}

} // namespace peernet
