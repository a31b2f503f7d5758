// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_HTTP_IPP
#define REPLICATE_IMPL_HTTP_IPP

#include <replicate/detail/call.hpp>
#include <replicate/http.hpp>

#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace replicate::detail {

/// True for text that can stand in a header: no control characters, so that it ends where it should.
inline bool is_header_text(std::string_view text) noexcept
{
    return std::none_of(text.begin(), text.end(), [](char letter) {
        auto const code = static_cast<unsigned char>(letter);
        return (code < 0x20 && letter != '\t') || code == 0x7f;
    });
}

/// True for a word as names of headers and methods are.
inline bool is_header_word(std::string_view text) noexcept
{
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    bool const good = std::all_of(text.begin(), text.end(), [&](char letter) {
        return (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z')
            || others.find(letter) != std::string_view::npos;
    });
    return good && !text.empty();
}

inline void check_header(std::string const& name, std::string const& value)
{
    if (!is_header_word(name) || !is_header_text(value))
        throw_invalid_argument("headers", "a name or a value has a character that no header may have");
    for (std::string_view own : {"host", "accept-encoding", "content-length", "connection", "transfer-encoding"})
        if (boost::beast::iequals(name, own))
            throw_invalid_argument("headers", "the client says '" + std::string(own) + "' itself");
}

/// Where a request goes; throws where it may not go.
inline core::absolute_url checked_url(http_request const& what, client_state const& client)
{
    auto const url = core::parse_absolute_url(what.url);
    if (!url || url->has_fragment || !url->user.empty() || !url->password.empty())
        throw_invalid_argument("url", "is not an absolute https:// URL without user, password and fragment");
    if (!url->origin.secure && !core::is_loopback_host(url->origin.host))
        throw_invalid_argument("url", "is not https://");
    if (what.with_token && !(url->origin == client.base().origin))
        throw_invalid_argument("with_token", "the token is shown to the host of the API alone");
    return *url;
}

inline core::request request_of(http_request what, core::absolute_url const& url)
{
    constexpr std::string_view methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "QUERY"};
    if (std::find(std::begin(methods), std::end(methods), what.method) == std::end(methods))
        throw_invalid_argument("method", "is none of GET, POST, PUT, PATCH, DELETE, QUERY");
    if (!is_header_text(what.content_type))
        throw_invalid_argument("content_type", "has a character that no header may have");
    core::request result(std::move(what.method), url.target());
    for (auto& [name, value] : what.headers) {
        check_header(name, value);
        if (boost::beast::iequals(name, "accept"))
            result.accept = std::move(value);
        else
            result.headers.emplace_back(std::move(name), std::move(value));
    }
    bool const may_change = result.method == "POST" || result.method == "PATCH";
    bool const allowed = what.repeat == http_request::repetition::allowed
        || (what.repeat == http_request::repetition::by_method && !may_change);
    result.repeatability = allowed ? core::repeatability::safe : core::repeatability::creates;
    result.content_type = std::move(what.content_type);
    result.body = std::move(what.body);
    return result;
}

inline call_target target_of(core::absolute_url const& url, client_state const& client, bool with_token)
{
    call_target target;
    target.origin = url.origin;
    target.frame.host = url.origin.authority();
    target.frame.user_agent = client.settings().user_agent;
    target.with_token = with_token;
    target.body_bytes = client.settings().limits.download_bytes;
    target.with_all_headers = true;
    return target;
}

/// The body of `http_resource::async_send`.
inline asio::awaitable<http_response> http_body(operation& owner, http_request what, call_options options)
{
    check(options);
    auto const url = checked_url(what, owner.client());
    auto target = target_of(url, owner.client(), what.with_token);
    auto request = request_of(std::move(what), url);
    bool const creates = target.with_token && target.origin == owner.client().base().origin
        && core::bucket_of(request, owner.client().base().path_prefix) == core::rate_bucket::create;
    if (creates)
        co_await take_place(owner, std::string());
    call one(owner, std::move(request), std::move(target));
    call_result result = co_await one.perform();
    bool const refused = result.code.category() == http_category() || result.code.category() == create_http_category();
    if (result.code && !refused)
        owner.make_failure(result.code).raise();
    http_response response;
    response.set_meta(owner.meta_of(result.response));
    response.status = result.response.status;
    response.headers = std::move(result.response.headers);
    response.body = std::move(result.response.body);
    co_return response;
}

REPLICATE_DECL void start_http(std::shared_ptr<client_state> client, http_request what, call_options options,
    erased_handler<http_response> handler)
{
    auto const timeout = options.timeout.value_or(client->settings().timeouts.call);
    start<http_response>(std::move(client), timeout, std::move(handler),
        [&](operation& owner) { return http_body(owner, std::move(what), options); });
}

} // namespace replicate::detail

#endif
