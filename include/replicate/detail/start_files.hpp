// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_START_FILES_HPP
#define REPLICATE_DETAIL_START_FILES_HPP

#include <replicate/catalog.hpp>
#include <replicate/detail/start.hpp>
#include <replicate/file_source.hpp>
#include <replicate/file_options.hpp>

#include <boost/asio/awaitable.hpp>

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

// The part of the wall (see start.hpp) that is about files; the bodies stand in impl/file_operations.ipp.

namespace replicate::detail {

/// Takes the pieces of a file.
using file_sink = std::function<asio::awaitable<void>(std::string)>;

/// What may take the pieces of a file.
template<class Sink>
concept takes_pieces = std::invocable<Sink&, std::string_view>
    && (std::is_void_v<std::invoke_result_t<Sink&, std::string_view>>
        || std::same_as<std::invoke_result_t<Sink&, std::string_view>, asio::awaitable<void>>);

/// A sink of the user's, erased.
template<class Sink>
class erased_sink {
public:
    explicit erased_sink(Sink sink)
        : sink_(std::make_shared<Sink>(std::move(sink)))
    {
    }

    asio::awaitable<void> operator()(std::string bytes) const { return pass(sink_, std::move(bytes)); }

private:
    static asio::awaitable<void> pass(std::shared_ptr<Sink> sink, std::string bytes)
    {
        std::string_view const piece = bytes;
        if constexpr (std::is_void_v<std::invoke_result_t<Sink&, std::string_view>>)
            (*sink)(piece);
        else
            co_await (*sink)(piece);
        co_return;
    }

    std::shared_ptr<Sink> sink_;
};

void start_upload(std::shared_ptr<client_state> client, file_source file, upload_options options,
    erased_handler<uploaded_file> handler);
void start_save(std::shared_ptr<client_state> client, std::string location, std::filesystem::path path,
    save_options options, erased_handler<saved_file> handler);
void start_file_stream(asio::any_io_executor caller, std::shared_ptr<client_state> client, std::string location,
    file_sink sink, download_options options, erased_handler<std::uint64_t> handler);

} // namespace replicate::detail

#endif
