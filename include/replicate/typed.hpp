// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TYPED_HPP
#define REPLICATE_TYPED_HPP

// Structs as inputs and outputs:
//
//     struct question { std::string prompt; std::optional<int> max_tokens; };
//     BOOST_DESCRIBE_STRUCT(question, (), (prompt, max_tokens))
//     struct transcript { std::string text; std::vector<segment> segments; };
//     BOOST_DESCRIBE_STRUCT(transcript, (), (text, segments))
//
//     auto heard = co_await client.async_run<transcript>(model, replicate::input_from(asked));

#include <replicate/core/input_writer.hpp>
#include <replicate/detail/converting_start.hpp>
#include <replicate/run.hpp>

#include <concepts>
#include <utility>

namespace replicate {

/// The input that a value describes: a struct that Boost.Describe describes (its public members, inherited ones included), or a
/// map with texts as keys. Members that are `std::optional` and empty are left out; enumerations are written by their names,
/// times as RFC 3339, durations as seconds, and a `file_source` is a file that is sent, at any depth.
/// Errors: those of `input::set`.
template<class T>
    requires detail::described_class<T> || detail::text_map<T>
input input_from(T const& value)
{
    if constexpr (detail::described_class<T>)
        return detail::write_members(value);
    else
        return detail::write_map(value);
}

namespace detail {

template<class T>
T output_as(output answer)
{
    return answer.as<T>();
}

} // namespace detail

template<class T, class... Arguments>
    requires std::default_initializable<T> && detail::call_arguments<T, run_options, Arguments...>
auto client::async_run(model_ref model, input values, Arguments&&... arguments) const
{
    auto start = detail::bind_start<&detail::start_run>(state_, std::move(model), std::move(values));
    return detail::initiate<T, run_options>(
        detail::converting_start<T, output, &detail::output_as<T>, decltype(start)>(std::move(start)), std::forward<Arguments>(arguments)...);
}

/// Runs a model with the default client of the caller's execution context, and gives its output as a T: see
/// `client::async_run<T>`.
template<class T, class... Arguments>
    requires std::default_initializable<T> && detail::call_arguments<T, run_options, Arguments...>
auto async_run(model_ref model, input values, Arguments&&... arguments)
{
    auto start = detail::bind_default_start<&detail::start_default_run>(std::move(model), std::move(values));
    return detail::initiate<T, run_options>(
        detail::converting_start<T, output, &detail::output_as<T>, decltype(start)>(std::move(start)), std::forward<Arguments>(arguments)...);
}

/// Runs a model, blocks until its end, and gives its output as a T. Throws as `run` and `output::as`.
template<class T>
T run(model_ref model, input values, run_options options = run_options())
{
    return run(std::move(model), std::move(values), std::move(options)).template as<T>();
}

} // namespace replicate

#endif
