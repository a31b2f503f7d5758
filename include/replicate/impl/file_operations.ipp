// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_FILE_OPERATIONS_IPP
#define REPLICATE_IMPL_FILE_OPERATIONS_IPP

#include <replicate/detail/save.hpp>
#include <replicate/file_operations.hpp>

#include <boost/asio/system_executor.hpp>

#include <memory>
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

} // namespace replicate::detail

#endif
