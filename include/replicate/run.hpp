// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_RUN_HPP
#define REPLICATE_RUN_HPP

#include <replicate/client.hpp>

#include <utility>

namespace replicate {

/// Runs a model with the default client of the caller's execution context:
///
///     auto output = co_await replicate::async_run("meta/meta-llama-3-8b-instruct", input);
///
/// That client is made at the first call, as the environment then wants it (`REPLICATE_API_TOKEN`), is shared by all calls on
/// that context, and ends with it. The context is that of the executor associated with the handler: of the awaiting
/// coroutine, or of what `asio::bind_executor` says; a handler without an executor gets Asio's system context, with
/// threads of its own. A missing token is an `error` of `errc::missing_token`. All else as `client::async_run`.
template<class... Arguments>
    requires detail::call_arguments<output, run_options, Arguments...>
auto async_run(model_ref model, input values, Arguments&&... arguments)
{
    return detail::initiate<output, run_options>(
        detail::bind_default_start<&detail::start_default_run>(std::move(model), std::move(values)),
        std::forward<Arguments>(arguments)...);
}

/// Streams the output of a model with the default client of the caller's execution context, as `async_run` finds it; else as
/// `client::async_stream`.
template<class... Arguments>
    requires detail::call_arguments<stream, stream_options, Arguments...>
auto async_stream(model_ref model, input values, Arguments&&... arguments)
{
    return detail::initiate<stream, stream_options>(
        detail::bind_default_start<&detail::start_default_stream>(std::move(model), std::move(values)),
        std::forward<Arguments>(arguments)...);
}

/// Runs a model and blocks until its end; for programs without coroutines. Each thread has a client of its own, whose
/// connections serve its next call too. Not to be called from a handler: it would block its `io_context`.
/// Throws as `client::async_run`.
output run(model_ref model, input values, run_options options = run_options());

} // namespace replicate

#ifndef REPLICATE_SEPARATE_COMPILATION
#include <replicate/impl/run.ipp>
#endif

#endif
