// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_DOWNLOAD_HPP
#define REPLICATE_DETAIL_DOWNLOAD_HPP

#include <replicate/core/data_uri.hpp>
#include <replicate/detail/call.hpp>
#include <replicate/run_options.hpp>

#include <string>
#include <utility>

namespace replicate::detail {

/// Where an output file is. It is public to who knows its URL, so the token stays here: an output may name any host.
inline call_target file_target(client_state const& client, core::absolute_url const& url)
{
    call_target target;
    target.origin = url.origin;
    target.frame.host = url.origin.authority();
    target.frame.user_agent = client.settings().user_agent;
    target.body_bytes = client.settings().limits.download_bytes;
    return target;
}

/// The body of `file_output::async_read`.
inline asio::awaitable<std::string> read_file_body(operation& owner, std::string location, call_options options)
{
    check(options);
    if (location.starts_with("data:"))
        co_return core::decode_data_uri(location);
    auto const url = core::parse_absolute_url(location);
    if (!url || !url->origin.secure)
        throw_invalid_argument("file", "is neither an https: nor a data: URL");
    io::permit const admitted = co_await owner.client().scheduler().admit();
    call download(owner, core::request("GET", url->target()), file_target(owner.client(), *url));
    call_result result = co_await download.perform();
    if (result.code)
        owner.make_failure(result.code).raise();
    co_return std::move(result.response.body);
}

} // namespace replicate::detail

#endif
