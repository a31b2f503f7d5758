// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_EXAMPLES_SUPPORT_SERVICE_HPP
#define REPLICATE_EXAMPLES_SUPPORT_SERVICE_HPP

#include <replicate/testing/server.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>

namespace example {

/// What the examples run against: the Replicate API when REPLICATE_API_TOKEN is set, otherwise a local server in this
/// process, which costs nothing. The rest of an example does not see the difference: the environment tells the client.
class service {
public:
    service()
    {
        if (char const* token = std::getenv("REPLICATE_API_TOKEN"); token != nullptr && *token != '\0') {
            std::cout << "REPLICATE_API_TOKEN is set: the Replicate API answers, and predictions cost money.\n";
            return;
        }
        server_ = std::make_unique<replicate::testing::server>();
        trust(server_->certificate_authority());
        setenv("REPLICATE_API_TOKEN", server_->token().c_str(), 1);
        setenv("REPLICATE_BASE_URL", server_->base_url().c_str(), 1);
        setenv("NO_PROXY", "127.0.0.1", 1); // a proxy would look for it on another machine
        std::cout << "REPLICATE_API_TOKEN is not set: a local server answers, at " << server_->base_url() << "\n";
    }
    service(service const&) = delete;
    service& operator=(service const&) = delete;
    ~service()
    {
        std::error_code ignored;
        if (!trust_file_.empty())
            std::filesystem::remove(trust_file_, ignored);
    }

    /// The local server, or null.
    replicate::testing::server* local() noexcept { return server_.get(); }

private:
    /// OpenSSL takes the certificates that it trusts from the file that SSL_CERT_FILE names.
    void trust(std::string const& certificate)
    {
        auto const name = "replicate-example-" + std::to_string(server_->port()) + ".pem";
        trust_file_ = std::filesystem::temp_directory_path() / name;
        std::ofstream(trust_file_) << certificate;
        setenv("SSL_CERT_FILE", trust_file_.c_str(), 1);
    }

    std::unique_ptr<replicate::testing::server> server_;
    std::filesystem::path trust_file_;
};

} // namespace example

#endif
