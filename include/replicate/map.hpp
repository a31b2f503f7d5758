// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_MAP_HPP
#define REPLICATE_MAP_HPP

#include <replicate/detail/config.hpp>
#include <replicate/detail/map_source.hpp>
#include <replicate/detail/start.hpp>
#include <replicate/map_options.hpp>
#include <replicate/map_progress.hpp>
#include <replicate/map_result.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace replicate {

class map_results;

namespace detail {

class map_reader;

void start_map(std::shared_ptr<client_state> client, std::shared_ptr<map_source> source, map_options options,
    erased_handler<map_results> handler);
void start_next_result(std::shared_ptr<map_reader> reader, call_options options,
    erased_handler<std::optional<map_result>> handler);

void stop(map_reader const& reader);
map_progress progress_of(map_reader const& reader);

} // namespace detail

/// The results of many inputs, each as it comes: `client::async_map`.
///
///     auto results = co_await client.async_map(model, inputs);
///     while (auto result = co_await results.async_next())
///         if (result->ok()) ...
///
/// Each input that was taken gives one result, an output or an error; one that fails does not disturb the others, unless
/// `map_options::stop_on_error`; but where the account has too little credit (402) no further input is taken, and what is in flight goes
/// on. While results wait to be read no more than `map_options::buffer` of them are kept, and no further input
/// is taken.
///
/// A handle: copies are the same results. When the last one goes before the end, no further input is taken, and what is in flight is
/// cancelled, as `run_options::on_cancel` says. It must not outlive its execution context. Any thread may use it.
class map_results {
public:
    /// No results. Whatever is done with it throws an `error` of `errc::invalid_argument` at once.
    map_results() = default;

    /// For the library itself.
    explicit map_results(std::shared_ptr<detail::map_reader> reader)
        : reader_(std::move(reader))
    {
    }

    /// Waits for the next result: `std::optional<map_result>`, empty behind the last. Several may wait at once; each gets another
    /// result. Arguments: `[call_options] [diagnostics&] [completion token]`, as for `predictions_resource`.
    /// Errors: what a range or a function of inputs has thrown, once, behind the results of the inputs before;
    /// `errc::deadline_exceeded` of the call, which loses nothing.
    /// Cancellation: terminal and partial; ends this wait alone, and no result is lost by it.
    template<class... Arguments>
        requires detail::call_arguments<std::optional<map_result>, call_options, Arguments...>
    auto async_next(Arguments&&... arguments) const
    {
        return detail::initiate<std::optional<map_result>, call_options>(
            detail::bind_start<&detail::start_next_result>(checked()), std::forward<Arguments>(arguments)...);
    }

    /// Takes no further input and cancels what is in flight, as `run_options::on_cancel` says. Returns at once; the results of what
    /// was taken come even so, most of them with `operation_aborted`.
    void cancel() const { detail::stop(*checked()); }

    /// How far it has come.
    map_progress progress() const { return detail::progress_of(*checked()); }

private:
    std::shared_ptr<detail::map_reader> const& checked() const
    {
        if (!reader_)
            throw detail::make_error(errc::invalid_argument, "map_results: there are none; they come from client::async_map");
        return reader_;
    }

    std::shared_ptr<detail::map_reader> reader_;
};

} // namespace replicate

#ifndef REPLICATE_SEPARATE_COMPILATION
#include <replicate/impl/map.ipp>
#endif

#endif
