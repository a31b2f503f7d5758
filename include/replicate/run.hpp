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

/// Runs a model and blocks until its end; for programs without coroutines. Any thread may call it. All calls of a process share one
/// client, as the environment wants it at the call (a change of token, base URL or proxy makes a new client), and one thread in the
/// background: on it a run whose time is up cancels its prediction, after this has returned, and files are read
/// (`file_output::read`; a handler given to `file_output::async_read` without an executor of its own is called there, and must not
/// throw). At the end of the process, when static objects are destroyed, what is under way has 5 s to end.
/// Not to be called from a handler, which would block its `io_context`, nor from the destructor of a static object.
/// Throws as `client::async_run`.
output run(model_ref model, input values, run_options options = run_options());

} // namespace replicate

#ifndef REPLICATE_SEPARATE_COMPILATION
#include <replicate/impl/run.ipp>
#endif

#endif
