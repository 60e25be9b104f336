// SPDX-License-Identifier: MIT
#include "actors/remote/identity.hpp"
#include "tests/actors/remote/remote_rig.hpp"
#include "tests/support/temp_folder.hpp"

#include <cstdlib>
#include <fstream>
#include <openssl/x509.h>
#include <optional>
#include <sys/stat.h>

using namespace peernet;

namespace {

/// A variable of the environment, put back at the end.
class variable {
public:
  variable(const char* name, const char* value) : name_(name) {
    if (const char* was = std::getenv(name))
      was_ = was;
    value ? ::setenv(name, value, 1) : ::unsetenv(name);
  }
  variable(const variable&) = delete;
  variable& operator=(const variable&) = delete;
  ~variable() { was_ ? ::setenv(name_, was_->c_str(), 1) : ::unsetenv(name_); }

private:
  const char* name_;
  std::optional<std::string> was_;
};

bool says(const error& e, const std::string& what) {
  return e.message.find(what) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(identity_test)

BOOST_AUTO_TEST_CASE(what_is_stored_is_loaded) {
  const temp_folder folder;
  const auto made = must(identity::make("lab-robot"));
  must(made.store(folder.path() / "a" / "identity"));
  const auto loaded = must(identity::load(folder.path() / "a" / "identity"));
  BOOST_TEST(loaded.name() == "lab-robot");
  BOOST_TEST((loaded.print() == made.print()));
  BOOST_TEST(::X509_check_private_key(loaded.certificate(), made.key()) == 1);
}

BOOST_AUTO_TEST_CASE(a_certificate_is_signed_by_itself_and_lasts_twenty_years) {
  const auto made = must(identity::make("lab-robot"));
  BOOST_TEST(::X509_verify(made.certificate(), made.key()) == 1);
  int days = 0, seconds = 0;
  BOOST_TEST(::ASN1_TIME_diff(&days, &seconds, ::X509_get0_notBefore(made.certificate()),
                              ::X509_get0_notAfter(made.certificate())) == 1);
  BOOST_TEST(days == 20 * 365);
}

BOOST_AUTO_TEST_CASE(two_identities_of_one_name_differ) {
  BOOST_TEST((must(identity::make("twin")).print() != must(identity::make("twin")).print()));
}

BOOST_AUTO_TEST_CASE(a_name_has_up_to_64_characters_without_control_characters) {
  BOOST_TEST(identity::make(std::string(64, 'n')).ok());
  for (const auto& name : {std::string(), std::string(65, 'n'), std::string("a\nb")})
    BOOST_TEST(identity::make(name).error().code == errc::bad_scenario);
  BOOST_TEST(must(identity::make("büro")).name() == "büro");
}

BOOST_AUTO_TEST_CASE(the_key_is_its_owners_only) {
  const temp_folder folder;
  must(must(identity::make("robot")).store(folder.path()));
  struct stat about {};
  BOOST_REQUIRE(::stat((folder / "key.pem").c_str(), &about) == 0);
  BOOST_TEST((about.st_mode & 0777) == 0600);
  std::filesystem::permissions(folder / "key.pem", std::filesystem::perms{0640});
  const auto loaded = identity::load(folder.path());
  BOOST_REQUIRE(!loaded.ok());
  BOOST_TEST(loaded.error().code == errc::refused);
  BOOST_TEST(says(loaded.error(), "key.pem"));
  BOOST_TEST(says(loaded.error(), "chmod 600"));
}

BOOST_AUTO_TEST_CASE(an_identity_that_is_there_is_never_replaced) {
  const temp_folder folder;
  const auto first = must(identity::make("first"));
  must(first.store(folder.path()));
  const auto again = must(identity::make("second")).store(folder.path());
  BOOST_REQUIRE(!again.ok());
  BOOST_TEST(again.error().code == errc::refused);
  std::filesystem::remove(folder / "certificate.pem"); // half of one neither
  BOOST_TEST(must(identity::make("third")).store(folder.path()).error().code == errc::refused);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_loaded_names_the_file_and_the_remedy) {
  const temp_folder folder;
  const auto none = identity::load(folder.path());
  BOOST_REQUIRE(!none.ok());
  BOOST_TEST(none.error().code == errc::not_found);
  BOOST_TEST(says(none.error(), "peernet-node --init"));

  must(must(identity::make("robot")).store(folder.path()));
  const temp_folder other;
  must(must(identity::make("other")).store(other.path()));
  const auto copy = std::filesystem::copy_options::overwrite_existing;
  std::filesystem::copy_file(other / "certificate.pem", folder / "certificate.pem", copy);
  const auto mixed = identity::load(folder.path());
  BOOST_REQUIRE(!mixed.ok());
  BOOST_TEST(mixed.error().code == errc::unreadable);
  BOOST_TEST(says(mixed.error(), "does not belong"));

  for (const std::string file : {"certificate.pem", "key.pem"}) {
    std::ofstream(folder / file) << "no PEM\n";
    const auto broken = identity::load(folder.path());
    BOOST_REQUIRE(!broken.ok());
    BOOST_TEST(broken.error().code == errc::unreadable);
    BOOST_TEST(says(broken.error(), file));
    BOOST_TEST(says(broken.error(), "peernet-node --init"));
  }
  std::filesystem::remove(folder / "certificate.pem");
  std::filesystem::copy_file(other / "key.pem", folder / "key.pem", copy);
  const auto half = identity::load(folder.path());
  BOOST_REQUIRE(!half.ok());
  BOOST_TEST(half.error().code == errc::not_found);
  BOOST_TEST(says(half.error(), "certificate.pem"));
}

BOOST_AUTO_TEST_CASE(a_folder_that_cannot_be_made_is_an_error_with_its_name) {
  const temp_folder folder;
  std::ofstream(folder / "file") << "x";
  const auto stored = must(identity::make("robot")).store(folder.path() / "file" / "below");
  BOOST_REQUIRE(!stored.ok());
  BOOST_TEST(stored.error().code == errc::io);
  BOOST_TEST(says(stored.error(), "below"));
}

BOOST_AUTO_TEST_CASE(the_default_folder_is_where_configuration_lives) {
  const variable home("HOME", "/home");
  {
    const variable config("XDG_CONFIG_HOME", "/config");
    BOOST_TEST(must(default_identity_folder()) == "/config/peernet");
  }
  const variable config("XDG_CONFIG_HOME", "relative"); // its specification says: ignore that
  BOOST_TEST(must(default_identity_folder()) == "/home/.config/peernet");
  const variable no_home("HOME", nullptr);
  BOOST_TEST(default_identity_folder().error().code == errc::not_found);
}

BOOST_AUTO_TEST_SUITE_END()
