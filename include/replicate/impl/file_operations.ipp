// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_FILE_OPERATIONS_IPP
#define REPLICATE_IMPL_FILE_OPERATIONS_IPP

#include <replicate/core/data_uri.hpp>
#include <replicate/detail/blocking_result.hpp>
#include <replicate/detail/save.hpp>
#include <replicate/file_operations.hpp>

#include <boost/asio/system_executor.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace replicate::detail {

REPLICATE_DECL void start_read(
    std::shared_ptr<client_state> client, std::string location, call_options options, erased_handler<std::string> handler)
{
    auto const timeout = options.timeout.value_or(client->settings().timeouts.call);
    start<std::string>(std::move(client), timeout, std::move(handler),
        [&](operation& owner) { return read_file_body(owner, std::move(location), options); });
}

REPLICATE_DECL void start_upload(std::shared_ptr<client_state> client, file_source file, upload_options options,
    erased_handler<uploaded_file> handler)
{
    auto const timeout = options.timeout.value_or(client->settings().timeouts.run);
    start<uploaded_file>(std::move(client), timeout, std::move(handler),
        [&](operation& owner) { return upload_body(owner, std::move(file), std::move(options)); });
}

REPLICATE_DECL void start_save(std::shared_ptr<client_state> client, std::string location, std::filesystem::path path,
    save_options options, erased_handler<saved_file> handler)
{
    auto const timeout = options.timeout.value_or(client->settings().timeouts.run);
    start<saved_file>(std::move(client), timeout, std::move(handler),
        [&](operation& owner) { return save_file_body(owner, std::move(location), std::move(path), options); });
}

REPLICATE_DECL void start_file_stream(asio::any_io_executor caller, std::shared_ptr<client_state> client,
    std::string location, file_sink sink, download_options options, erased_handler<std::uint64_t> handler)
{
    auto const timeout = options.timeout.value_or(client->settings().timeouts.run);
    // What a handler without an executor has by default: some thread of the system's, which nobody has asked for.
    if (caller.target<asio::system_executor>() != nullptr)
        caller = client->strand().get_inner_executor();
    start<std::uint64_t>(std::move(client), timeout, std::move(handler), [&](operation& owner) {
        return stream_file_body(owner, std::move(location), std::move(caller), std::move(sink), options);
    });
}

/// Reads a file and blocks. A context that nobody runs must not block for ever: its deadlines do not pass either.
REPLICATE_DECL std::string read_blocking(
    std::weak_ptr<client_state> const& maker, std::string const& location, call_options const& options)
{
    check(options);
    if (location.starts_with("data:"))
        return core::decode_data_uri(location);
    std::shared_ptr<client_state> client = living_client(maker);
    auto const limit = std::chrono::steady_clock::now() + options.timeout.value_or(client->settings().timeouts.call);
    blocking_result<std::string> const result;
    start_read(std::move(client), location, options, result.handler());
    std::optional<std::string> bytes = result.get_until(limit + std::chrono::seconds(1));
    if (!bytes)
        throw make_error(errc::deadline_exceeded,
            "the execution context of the client does not run; file_output::read() blocks, so another thread has to run it");
    return std::move(*bytes);
}

} // namespace replicate::detail

namespace replicate {

REPLICATE_DECL std::string file_output::read() const
{
    return detail::read_blocking(client_, url_, call_options());
}

REPLICATE_DECL std::string file_output::read(call_options const& options) const
{
    return detail::read_blocking(client_, url_, options);
}

} // namespace replicate

#endif
