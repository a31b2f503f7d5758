// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CLIENT_HPP
#define REPLICATE_CLIENT_HPP

#include <replicate/catalog_resources.hpp>
#include <replicate/client_metrics.hpp>
#include <replicate/deployments.hpp>
#include <replicate/detail/config.hpp>
#include <replicate/file_operations.hpp>
#include <replicate/files.hpp>
#include <replicate/http.hpp>
#include <replicate/map.hpp>
#include <replicate/models.hpp>
#include <replicate/predictions.hpp>
#include <replicate/search_result.hpp>
#include <replicate/stream.hpp>
#include <replicate/trainings.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace replicate {

namespace asio = boost::asio;

class batch;
class model_schema;

/// A client of the API: connections, limits and a token. A handle: cheap to copy, and its copies are one client. Any thread may
/// use it at any time; what happens inside runs on a strand of its own, and every handler on the executor associated with it.
///
/// Operations that are under way keep what they need alive: the last handle may go before they end. The execution context
/// must outlive the handles, as it must outlive timers and sockets.
class client {
public:
    /// A client with a configuration. Throws an `error` of `errc::missing_token` or `errc::invalid_configuration`.
    client(asio::any_io_executor executor, config settings)
        : state_(detail::make_client_state(std::move(executor), std::move(settings)))
    {
    }

    /// A client as the environment wants it; see `config::from_environment`.
    explicit client(asio::any_io_executor executor)
        : client(std::move(executor), config::from_environment())
    {
    }

    /// A client on an execution context, such as an `io_context`.
    template<class Context>
        requires std::derived_from<Context, asio::execution_context>
    client(Context& context, config settings)
        : client(asio::any_io_executor(context.get_executor()), std::move(settings))
    {
    }

    /// A client on an execution context, as the environment wants it.
    template<class Context>
        requires std::derived_from<Context, asio::execution_context>
    explicit client(Context& context)
        : client(asio::any_io_executor(context.get_executor()))
    {
    }

    /// Runs a model: creates a prediction, waits for its end and gives its output.
    ///
    ///     auto output = co_await client.async_run("meta/meta-llama-3-8b-instruct", input);
    ///
    /// Arguments: `[run_options] [diagnostics&] [completion token]`, as for `predictions_resource`.
    /// Effect: POST that creates the prediction, which costs money; then GET until it has ended. The create is never sent twice, unless
    /// the service certainly has not acted on it; when that cannot be known, the prediction is looked for (`config::reconcile`), and where it
    /// is not found `run_options::ambiguous_create` decides. Lost polls are repeated until the deadline.
    /// Errors: `prediction_error` when it ends as failed, canceled or aborted; else `error`. A malformed `model` throws from
    /// its conversion, before the call.
    /// Deadline: `run_options::timeout`; the call ends at it, whatever the network does.
    /// Cancellation: terminal and partial, and total while nothing has been sent. The call ends at once with `operation_aborted`; `run_options::on_cancel` says
    /// what becomes of the prediction. Cancelled before it began, it sends nothing.
    template<class... Arguments>
        requires detail::call_arguments<output, run_options, Arguments...>
    auto async_run(model_ref model, input values, Arguments&&... arguments) const
    {
        return detail::initiate<output, run_options>(
            detail::bind_start<&detail::start_run>(state_, std::move(model), std::move(values)),
            std::forward<Arguments>(arguments)...);
    }

    /// Runs a model and gives its output as a T: `client.async_run<std::string>(model, input)`. What a T can be is said at
    /// `output::as`; besides it must be default constructible. All else as `async_run` without a type. Defined in typed.hpp.
    /// Errors besides: `errc::output_mismatch`, which names the place in the output; the prediction, which is paid for, is in the
    /// diagnostics.
    template<class T, class... Arguments>
        requires std::default_initializable<T> && detail::call_arguments<T, run_options, Arguments...>
    auto async_run(model_ref model, input values, Arguments&&... arguments) const;

    /// Gives the schema of a model's input, to check inputs before anything is paid: of the latest version of `owner/name`, of
    /// one version, or of what a deployment runs. Options: `call_options`. Remembered: a version is asked for once per client,
    /// a name once in five minutes. Defined in model_schema.hpp.
    /// Errors besides those of a request: `errc::unexpected_document` where there is no schema, or what is there is none;
    /// `errc::invalid_argument` for a version without its model.
    template<class... Arguments>
        requires detail::call_arguments<model_schema, call_options, Arguments...>
    auto async_schema(model_ref model, Arguments&&... arguments) const;

    /// Finds models, collections and pages by words. Arguments behind the text: `[search_options] [diagnostics&]
    /// [completion token]`. GET /search
    template<class... Arguments>
        requires detail::call_arguments<search_result, search_options, Arguments...>
    auto async_search(std::string_view text, Arguments&&... arguments) const
    {
        return detail::initiate<search_result, search_options>(
            detail::bind_request<search_result, &core::search_request>(state_, std::string(text)),
            std::forward<Arguments>(arguments)...);
    }

    /// Tells what the client has done so far, and how it stands: a snapshot of one moment.
    /// Arguments: `[call_options] [diagnostics&] [completion token]`, as for `predictions_resource`.
    /// Effect: nothing is sent. All is counted on the client's strand, where that costs no lock and no atomic operation; so it is read
    /// there too, which any thread may ask for: `client.async_metrics(boost::asio::use_future).get()` on one that does not run the client.
    /// Errors: none, but the deadline, where nobody runs the execution context. Cancellation: terminal, partial and total.
    template<class... Arguments>
        requires detail::call_arguments<client_metrics, call_options, Arguments...>
    auto async_metrics(Arguments&&... arguments) const
    {
        return detail::initiate<client_metrics, call_options>(
            detail::bind_start<&detail::start_metrics>(state_), std::forward<Arguments>(arguments)...);
    }

    /// The account of the token.
    account_resource account() const { return account_resource(state_); }

    /// Collections of models.
    collections_resource collections() const { return collections_resource(state_); }

    /// The account's deployments.
    deployments_resource deployments() const { return deployments_resource(state_); }

    /// Uploaded files.
    files_resource files() const { return files_resource(state_); }

    /// The client's connections, for requests of one's own to any host.
    http_resource http() const { return http_resource(state_); }

    /// The machines that models can run on.
    hardware_resource hardware() const { return hardware_resource(state_); }

    /// Models, their versions and examples.
    models_resource models() const { return models_resource(state_); }

    /// Runs a model on many inputs at once, and gives each result as it comes; see `map_results`.
    ///
    ///     auto results = co_await client.async_map(model, inputs);
    ///     while (auto result = co_await results.async_next()) ...
    ///
    /// `inputs`: a range of what converts to `input`, which is moved or copied in (`std::views::all(inputs)` refers to one that lives
    /// long enough), or a function that gives an `std::optional<input>`. They are taken one by one as there is room, inside the
    /// client: on a thread that runs its execution context, never two at once; they must not block.
    /// Arguments behind: `[map_options] [diagnostics&] [completion token]`, as for `predictions_resource`.
    /// Effect: completes as soon as the first inputs are on their way. Each is run as by `async_run`: none is paid twice.
    /// Errors: `errc::invalid_argument` for options that mean nothing; those of the inputs stand in their results.
    /// Deadline: `map_options::run.timeout` for each input. Cancellation: terminal and partial, while it has not completed.
    template<input_sequence Inputs, class... Arguments>
        requires detail::call_arguments<map_results, map_options, Arguments...>
    auto async_map(model_ref model, Inputs inputs, Arguments&&... arguments) const
    {
        return detail::initiate<map_results, map_options>(
            detail::bind_start<&detail::start_map>(
                state_, detail::source_of_inputs(std::move(model), std::move(inputs))),
            std::forward<Arguments>(arguments)...);
    }

    /// The same for inputs of several models: a range of `run_request`, or a function that gives an `std::optional<run_request>`.
    template<request_sequence Requests, class... Arguments>
        requires detail::call_arguments<map_results, map_options, Arguments...>
    auto async_map(Requests requests, Arguments&&... arguments) const
    {
        return detail::initiate<map_results, map_options>(
            detail::bind_start<&detail::start_map>(state_, detail::source_of_requests(std::move(requests))),
            std::forward<Arguments>(arguments)...);
    }

    /// Runs a model and gives its output while it comes; see `stream`.
    ///
    ///     auto stream = co_await client.async_stream("meta/meta-llama-3-8b-instruct", input);
    ///
    /// Arguments: `[stream_options] [diagnostics&] [completion token]`, as for `predictions_resource`.
    /// Effect: creates a prediction, as `async_run` does, and completes with a `stream` as soon as that exists.
    /// Errors: those of a create; `errc::stream_unavailable` where the model does not stream: then the prediction, which the
    /// error tells, is cancelled, unless `stream_options::on_cancel` says otherwise.
    /// Deadline: `stream_options::timeout`, for the stream as a whole. Cancellation: as `async_run`.
    template<class... Arguments>
        requires detail::call_arguments<stream, stream_options, Arguments...>
    auto async_stream(model_ref model, input values, Arguments&&... arguments) const
    {
        return detail::initiate<stream, stream_options>(
            detail::bind_start<&detail::start_stream>(state_, std::move(model), std::move(values)),
            std::forward<Arguments>(arguments)...);
    }

    /// Gives the output of a prediction that exists while it comes, whoever has created it; see `stream`.
    ///
    ///     auto prediction = co_await client.predictions().async_get(id);
    ///     auto stream = co_await client.async_stream(prediction);
    ///
    /// Arguments and deadline as above. Effect: nothing is created. The stream begins with the first event, whatever has come
    /// before, as long as the service keeps it (about an hour); then with what the prediction tells.
    /// Errors: `errc::stream_unavailable` where the prediction has no stream (`prediction_urls::stream`); it is left to run. Bad
    /// arguments are refused before anything is sent.
    /// Closing the stream before its end, or letting its time pass, leaves the prediction running too, because this call has not
    /// started it; `stream_options::on_cancel` may say otherwise.
    template<class... Arguments>
        requires detail::call_arguments<stream, stream_options, Arguments...>
    auto async_stream(prediction known, Arguments&&... arguments) const
    {
        return detail::initiate<stream, stream_options>(
            detail::bind_start<&detail::start_stream_of>(state_, std::move(known)), std::forward<Arguments>(arguments)...);
    }

    /// The file at a URL (`https:` or `data:`), such as one that was kept of an output, to be read with this client. Nothing is
    /// fetched before it is asked for; reading another URL is an `error` of `errc::invalid_argument`. As every `file_output` it does not
    /// keep the client alive.
    file_output file(std::string url) const { return file_output(std::move(url), state_); }

    /// The output of a prediction that one holds, from `predictions()`, a list or a webhook, with its files to be read with
    /// this client; `async_run` gives the same. Nothing is asked of the service, so how the prediction ended is not judged, and
    /// `kind` has to be said by who knows the schema of the version: a text that looks like a URL otherwise counts as a file.
    output output_of(prediction source, output_kind kind = output_kind::unknown) const
    {
        return output(std::move(source), state_, kind);
    }

    /// Predictions.
    predictions_resource predictions() const { return predictions_resource(state_); }

    /// Trainings.
    trainings_resource trainings() const { return trainings_resource(state_); }

    /// What belongs to webhooks.
    webhooks_resource webhooks() const { return webhooks_resource(state_); }

    /// The executor that the client was made with.
    asio::any_io_executor get_executor() const { return detail::executor_of(*state_); }

    /// Closes the connections that are not in use. Returns at once.
    void close_idle_connections() const { detail::close_idle_connections(state_); }

private:
    friend class batch;

    friend class webhook_listener;

    std::shared_ptr<detail::client_state> state_;
};

} // namespace replicate

#ifndef REPLICATE_SEPARATE_COMPILATION
#include <replicate/impl/client.ipp>
#endif

#endif
