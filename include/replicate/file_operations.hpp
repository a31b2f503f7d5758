// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_FILE_OPERATIONS_HPP
#define REPLICATE_FILE_OPERATIONS_HPP

#include <replicate/detail/config.hpp>
#include <replicate/detail/start_files.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

// What a `file_output` can do with a client; client.hpp includes it.

namespace replicate {

template<class... Arguments>
auto file_output::async_read(Arguments&&... arguments) const
{
    static_assert(detail::call_arguments<std::string, call_options, Arguments...>,
        "the arguments are [call_options] [diagnostics&] [completion token]");
    auto const client = detail::living_client(client_);
    return detail::initiate<std::string, call_options>(
        detail::bind_start<&detail::start_read>(client, url_), std::forward<Arguments>(arguments)...);
}

template<class... Arguments>
auto file_output::async_save(std::filesystem::path path, Arguments&&... arguments) const
{
    static_assert(detail::call_arguments<saved_file, save_options, Arguments...>,
        "the arguments are a path, [save_options] [diagnostics&] [completion token]");
    auto const client = detail::living_client(client_);
    return detail::initiate<saved_file, save_options>(
        detail::bind_start<&detail::start_save>(client, url_, std::move(path)), std::forward<Arguments>(arguments)...);
}

template<class Sink, class... Arguments>
auto file_output::async_stream(Sink sink, Arguments&&... arguments) const
{
    static_assert(detail::takes_pieces<Sink>,
        "the sink takes a std::string_view and returns nothing or an asio::awaitable<void>");
    static_assert(detail::call_arguments<std::uint64_t, download_options, Arguments...>,
        "the arguments are a sink, [download_options] [diagnostics&] [completion token]");
    auto const client = detail::living_client(client_);
    return detail::initiate<std::uint64_t, download_options>(
        detail::bind_default_start<&detail::start_file_stream>(
            client, url_, detail::file_sink(detail::erased_sink<Sink>(std::move(sink)))),
        std::forward<Arguments>(arguments)...);
}

} // namespace replicate

#ifndef REPLICATE_SEPARATE_COMPILATION
#include <replicate/impl/file_operations.ipp>
#endif

#endif
