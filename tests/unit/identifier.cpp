// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/identifier.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

using replicate::deployment;
using replicate::model_ref;
using form = replicate::model_ref::form;

namespace {

std::string const version_id = "39ed52f2a78e934b3ba6e2a89f5b1c712de7dfea535525255b1aa35c5565e08b";

// What the exception says; empty where nothing is thrown.
std::string refusal(std::string_view text)
{
    try {
        model_ref const reference(text);
    } catch (replicate::error const& error) {
        CHECK(error.code() == replicate::errc::invalid_argument);
        CHECK(error.code() == replicate::condition::invalid_input);
        return error.what();
    }
    return {};
}

std::string deployment_refusal(std::string_view owner, std::string_view name)
{
    try {
        deployment const target(owner, name);
    } catch (replicate::error const& error) {
        CHECK(error.code() == replicate::errc::invalid_argument);
        return error.what();
    }
    return {};
}

bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != std::string_view::npos;
}

std::string by_value(model_ref reference)
{
    return reference.str();
}

// A temporary of an aggregate in a co_await expression is destroyed twice by g++ 12.
static_assert(!std::is_aggregate_v<model_ref>);
static_assert(!std::is_aggregate_v<deployment>);
static_assert(std::is_convertible_v<char const*, model_ref>);
static_assert(std::is_convertible_v<std::string, model_ref>);
static_assert(std::is_convertible_v<std::string_view, model_ref>);
static_assert(std::is_convertible_v<deployment, model_ref>);
static_assert(!std::is_constructible_v<deployment, char const*>);

} // namespace

TEST_CASE("owner/name is a model")
{
    model_ref const reference("meta/meta-llama-3-8b-instruct");
    CHECK(reference.kind() == form::model);
    CHECK(reference.owner() == "meta");
    CHECK(reference.name() == "meta-llama-3-8b-instruct");
    CHECK(reference.version() == "");
    CHECK(reference.str() == "meta/meta-llama-3-8b-instruct");
}

TEST_CASE("owner/name:version is a version of a model")
{
    model_ref const reference("stability-ai/sdxl:" + version_id);
    CHECK(reference.kind() == form::model_version);
    CHECK(reference.owner() == "stability-ai");
    CHECK(reference.name() == "sdxl");
    CHECK(reference.version() == version_id);
    CHECK(reference.str() == "stability-ai/sdxl:" + version_id);
}

TEST_CASE("a version that is not 64 digits is left to the service to judge")
{
    model_ref const reference("stability-ai/sdxl:latest");
    CHECK(reference.kind() == form::model_version);
    CHECK(reference.version() == "latest");
}

TEST_CASE("64 hexadecimal digits are a version without its model")
{
    model_ref const reference(version_id);
    CHECK(reference.kind() == form::version);
    CHECK(reference.owner() == "");
    CHECK(reference.name() == "");
    CHECK(reference.version() == version_id);
    CHECK(reference.str() == version_id);
    CHECK(model_ref(std::string(64, 'F')).kind() == form::version);
    CHECK(refusal(version_id.substr(1)) != "");
    CHECK(refusal(version_id + "0") != "");
    CHECK(refusal("g" + version_id.substr(1)) != "");
}

TEST_CASE("a deployment is a target that looks like a model and is none")
{
    model_ref const reference = deployment("acme", "shouter");
    CHECK(reference.kind() == form::deployment);
    CHECK(reference.owner() == "acme");
    CHECK(reference.name() == "shouter");
    CHECK(reference.version() == "");
    CHECK(reference.str() == "acme/shouter");
    CHECK(reference != model_ref("acme/shouter"));
    CHECK(reference == model_ref(deployment("acme", "shouter")));
    CHECK(by_value(deployment{"acme", "shouter"}) == "acme/shouter");
}

TEST_CASE("a reference is made of every kind of text without being asked for")
{
    std::string const text = "owner/name";
    CHECK(by_value("owner/name") == text);
    CHECK(by_value(text) == text);
    CHECK(by_value(std::string("owner/name")) == text);
    CHECK(by_value(std::string_view(text)) == text);
}

TEST_CASE("the characters seen in names are accepted")
{
    for (std::string_view text :
        {"a/b", "black-forest-labs/flux-1.1-pro", "a_b/c_d", "1/2", "A/B", ".a/..b", "a~/b+c"}) {
        CAPTURE(text);
        CHECK(refusal(text) == "");
        CHECK(model_ref(text).str() == text);
    }
}

TEST_CASE("each malformed reference is refused with a reason of its own")
{
    constexpr std::pair<std::string_view, std::string_view> rows[] = {
        {"", "it is empty"},
        {"a", "there is no '/' in it"},
        {"invalid", "there is no '/' in it"},
        {"a:b", "there is no '/' in it"},
        {"/", "the owner before the '/' is empty"},
        {"/b", "the owner before the '/' is empty"},
        {"a/", "the name after the '/' is empty"},
        {"a/:b", "the name after the '/' is empty"},
        {"a/b:", "the version after the ':' is empty"},
        {"a/b/c", "there is more than one '/' in it"},
        {"a//b", "there is more than one '/' in it"},
        {"/a/b", "there is more than one '/' in it"},
        {"a/b:c:d", "the version after the ':' contains a ':'"},
        {"a:b/c", "the owner before the '/' contains a ':'"},
        {"a/b:c/d", "the version after the ':' contains a character that is not allowed"},
        {"../b", "the owner before the '/' must not be '.' or '..'"},
        {"a/..", "the name after the '/' must not be '.' or '..'"},
        {"./b", "the owner before the '/' must not be '.' or '..'"},
        {"a/b:..", "the version after the ':' must not be '.' or '..'"},
        {" a/b", "the owner before the '/' contains a space"},
        {"a/b ", "the name after the '/' contains a space"},
        {"a/b: c", "the version after the ':' contains a space"},
        {"a/b\r\nX-Injected: 1", "the name after the '/' contains a character"},
        {"a/b\n", "the name after the '/' contains a character that is not allowed"},
        {"a/b?c=d", "the name after the '/' contains a character that is not allowed"},
        {"a/b#c", "the name after the '/' contains a character that is not allowed"},
        {"a/b%2fc", "the name after the '/' contains a character that is not allowed"},
        {"a\\b/c", "the owner before the '/' contains a character that is not allowed"},
        {"a/b\xc3\xbc", "the name after the '/' contains a character that is not allowed"},
        {"https://replicate.com/meta/llama", "it is a URL"},
    };
    for (auto const& [text, reason] : rows) {
        std::string const message = refusal(text);
        CAPTURE(text);
        CAPTURE(message);
        CHECK(contains(message, reason));
        CHECK(contains(message, "owner/name, owner/name:version, or the 64 hexadecimal digits"));
        CHECK(contains(message, "model: "));
        CHECK(model_ref::parse(text).has_error());
    }
}

TEST_CASE("a byte that a path cannot hold is refused in each part of a reference")
{
    for (int value = 0; value < 256; ++value) {
        char const letter = static_cast<char>(value);
        bool const good =
            value > 0x20 && value < 0x7f && std::string_view("/\\?#%:").find(letter) == std::string_view::npos;
        CAPTURE(value);
        CHECK(model_ref::parse(std::string("own") + letter + "er/name").has_value() == good);
        CHECK(model_ref::parse(std::string("owner/name:ver") + letter + "sion").has_value() == good);
        // A ':' in the name begins the version.
        CHECK(model_ref::parse(std::string("owner/na") + letter + "me").has_value() == (good || letter == ':'));
        CHECK((deployment_refusal(std::string("own") + letter + "er", "name").empty()) == good);
        CHECK((deployment_refusal("owner", std::string("na") + letter + "me").empty()) == good);
    }
}

TEST_CASE("a NUL in a text neither ends it nor passes")
{
    CHECK(refusal(std::string_view("a/b\0c", 5)) != "");
    CHECK(model_ref::parse(std::string_view("a/b\0", 4)).has_error());
}

TEST_CASE("a null pointer is refused like the empty text")
{
    char const* nothing = nullptr;
    CHECK_THROWS_AS(model_ref{nothing}, replicate::error);
}

TEST_CASE("parse gives the reference or the code of an invalid argument, without throwing")
{
    boost::system::result<model_ref> const good = model_ref::parse("owner/name:1");
    REQUIRE(good.has_value());
    CHECK(good->kind() == form::model_version);
    CHECK(good->str() == "owner/name:1");
    boost::system::result<model_ref> const bad = model_ref::parse("owner");
    REQUIRE(bad.has_error());
    CHECK(bad.error() == replicate::errc::invalid_argument);
    CHECK(bad.error() == replicate::condition::invalid_input);
}

TEST_CASE("the message about a refused reference shows it without control characters and shortened")
{
    std::string const message = refusal("a/\x1b[31mred");
    CHECK(contains(message, "'a/?[31mred'"));
    CHECK(message.find('\x1b') == std::string::npos);
    std::string const long_message = refusal(std::string(5000, 'x'));
    CHECK(contains(long_message, std::string(100, 'x') + "...'"));
    CHECK(long_message.size() < 400);
    CHECK(contains(refusal(std::string(100, 'x')), "'" + std::string(100, 'x') + "' is not a model reference"));
}

TEST_CASE("a deployment with an empty or unsafe part is refused and says which")
{
    CHECK(deployment_refusal("acme", "shouter") == "");
    CHECK(contains(deployment_refusal("", "shouter"), "the owner is empty"));
    CHECK(contains(deployment_refusal("acme", ""), "the name is empty"));
    CHECK(contains(deployment_refusal("acme", ".."), "the name must not be '.' or '..'"));
    CHECK(contains(deployment_refusal("ac me", "x"), "the owner contains a space"));
    CHECK(contains(deployment_refusal("acme", "x\r\n"), "deployment: "));
}
