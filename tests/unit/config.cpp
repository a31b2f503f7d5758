// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/config.hpp>

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <type_traits>

using replicate::config;

namespace {

config of_environment(std::map<std::string, std::string> const& variables)
{
    return config::from_environment([&variables](char const* name) -> char const* {
        auto const found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    });
}

static_assert(!std::is_aggregate_v<config>);
static_assert(!std::is_aggregate_v<replicate::tls_config>);
static_assert(!std::is_aggregate_v<replicate::proxy_config>);
static_assert(!std::is_aggregate_v<replicate::timeout_config>);
static_assert(!std::is_aggregate_v<replicate::pool_config>);
static_assert(!std::is_aggregate_v<replicate::retry_config>);
static_assert(!std::is_aggregate_v<replicate::limits_config>);

} // namespace

TEST_CASE("an empty environment gives the defaults without a token")
{
    config const settings = of_environment({});
    CHECK(settings.token == "");
    CHECK_FALSE(settings.token_source);
    CHECK(settings.base_url == "https://api.replicate.com/v1");
    CHECK_FALSE(settings.allow_insecure);
    CHECK(settings.proxy.url == "");
    CHECK(settings.proxy.bypass == "");
    CHECK(settings.tls.session_resumption);
    CHECK_FALSE(settings.tls.only_certificate_authority);
}

TEST_CASE("the environment gives token, base URL and proxy")
{
    config const settings =
        of_environment({{"REPLICATE_API_TOKEN", "r8_abc"}, {"REPLICATE_BASE_URL", "https://proxy.example/replicate"},
            {"HTTPS_PROXY", "http://user:password@proxy.example:3128"}, {"NO_PROXY", "localhost,.internal"}});
    CHECK(settings.token == "r8_abc");
    CHECK(settings.base_url == "https://proxy.example/replicate");
    CHECK(settings.proxy.url == "http://user:password@proxy.example:3128");
    CHECK(settings.proxy.bypass == "localhost,.internal");
}

TEST_CASE("the proxy variables are also read in small letters, and the capital ones come first")
{
    CHECK(of_environment({{"https_proxy", "http://small"}}).proxy.url == "http://small");
    CHECK(of_environment({{"https_proxy", "http://small"}, {"HTTPS_PROXY", "http://capital"}}).proxy.url
        == "http://capital");
    CHECK(of_environment({{"https_proxy", "http://small"}, {"HTTPS_PROXY", ""}}).proxy.url == "http://small");
    CHECK(of_environment({{"no_proxy", "small"}}).proxy.bypass == "small");
    CHECK(of_environment({{"no_proxy", "small"}, {"NO_PROXY", "capital"}}).proxy.bypass == "capital");
}

TEST_CASE("proxies of other protocols are not taken")
{
    CHECK(of_environment({{"HTTP_PROXY", "http://a"}, {"http_proxy", "http://b"}, {"ALL_PROXY", "http://c"}}).proxy.url
        == "");
}

TEST_CASE("a token is taken without the blanks and line ends around it")
{
    CHECK(of_environment({{"REPLICATE_API_TOKEN", " r8_abc\r\n"}}).token == "r8_abc");
    CHECK(of_environment({{"REPLICATE_API_TOKEN", "\tr8_abc\t"}}).token == "r8_abc");
    CHECK(of_environment({{"REPLICATE_API_TOKEN", " \n"}}).token == "");
    CHECK(of_environment({{"REPLICATE_API_TOKEN", ""}}).token == "");
    // A blank inside is a mistake that is reported, not mended.
    CHECK(of_environment({{"REPLICATE_API_TOKEN", "r8_a b"}}).token == "r8_a b");
}

TEST_CASE("an empty base URL in the environment is none")
{
    CHECK(of_environment({{"REPLICATE_BASE_URL", ""}}).base_url == "https://api.replicate.com/v1");
}

TEST_CASE("the user agent names the library and its version")
{
    std::string const agent = config::default_user_agent();
    CHECK(agent.substr(0, 14) == "replicate-cpp/");
    CHECK(agent.size() > 14);
    CHECK(config().user_agent == agent);
}
