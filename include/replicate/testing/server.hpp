// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTING_SERVER_HPP
#define REPLICATE_TESTING_SERVER_HPP

#include <replicate/config.hpp>
#include <replicate/detail/config.hpp>
#include <replicate/testing/certificate.hpp>
#include <replicate/testing/counts.hpp>
#include <replicate/testing/delivery_options.hpp>
#include <replicate/testing/fault.hpp>
#include <replicate/testing/fault_point.hpp>
#include <replicate/testing/input_file.hpp>
#include <replicate/testing/model.hpp>
#include <replicate/testing/prediction_link.hpp>
#include <replicate/testing/recorded_request.hpp>
#include <replicate/testing/server_options.hpp>
#include <replicate/testing/stream_options.hpp>
#include <replicate/testing/webhook_options.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace replicate::testing {

/// A Replicate of one's own on this machine: HTTPS on a free port of 127.0.0.1, with a certificate made at the start,
/// scripted models, and faults. Programs are tested against it without a token and without paying.
///
///     replicate::testing::server server;
///     server.model("acme/shout", [](const replicate::input& input) { return upper(input.at("text")); });
///     server.next_create().drop_after_request();
///     replicate::client client(executor, server.config());
///     ...
///     CHECK(server.counts().creates == 1);
///
/// It knows these models from the start: `meta/meta-llama-3-8b-instruct` (pieces of text), `black-forest-labs/flux-schnell`
/// and `stability-ai/sdxl` (a PNG drawn from the prompt, behind a URL), `replicate/hello-world`, and, to test against,
/// `test/fails`, `test/slow`, `test/cold-boot`, `test/never-ends` and `test/echo`. Sixty models `gallery/sketch-NN` fill
/// the lists; they echo.
///
/// Thread safety: every member may be called from any thread, except the destructor beside another member.
/// Errors: those of the system while it starts, as `boost::system::system_error`.
class server {
public:
    /// Starts it on a thread of its own.
    explicit server(server_options options = server_options());

    /// Starts it on an executor, which must be run by somebody and must outlive the server.
    explicit server(boost::asio::any_io_executor executor, server_options options = server_options());

    /// Closes every connection. Its own thread has ended on return; on a given executor the last handlers may still
    /// be waiting to run, and need nothing of the server.
    ~server();

    server(server const&) = delete;
    server& operator=(server const&) = delete;

    /// `https://127.0.0.1:PORT/v1`
    std::string base_url() const;

    /// `https://127.0.0.1:PORT`: where output files are served; plays the part of replicate.delivery.
    std::string delivery_url() const;

    /// `https://127.0.0.1:PORT`: where predictions are streamed from.
    std::string stream_url() const;

    /// The port of the API.
    std::uint16_t port() const noexcept;

    /// The token that it accepts.
    std::string token() const;

    /// What its webhooks are signed with, `whsec_...`; GET /webhooks/default/secret tells it too.
    std::string webhook_secret() const;

    /// What downloads of uploaded files through the API are signed with (http-api 5.2).
    std::string file_signing_secret() const;

    /// The file that a URL in an input stands for: `urls.get` of an uploaded file, a data URI, or an output file of this
    /// server's. Empty where it is none of these, or is not there any more. For use in a model:
    ///
    ///     server.model("acme/count", [&](const replicate::input& input) {
    ///         return server.open_input(input.at("file").as_string().c_str())->bytes().size();
    ///     });
    std::optional<input_file> open_input(std::string_view url) const;

    /// The certificate to trust, PEM.
    std::string certificate_authority() const;

    /// What a client needs in order to talk to it: base URL, token, certificate, and that there are no rate limits where there are
    /// none.
    replicate::config config() const;

    /// Adds a model, or replaces the one of that name. It can be run by `owner/name` and by `owner/name:version`.
    void model(std::string_view name, model_function function);

    /// Sets what the newest version of a model tells as its `openapi_schema`. Inputs are not checked against it. Without
    /// it a model of the user's own tells a document with an empty `Input` and an `Output` that may be anything.
    void model_schema(std::string_view name, json::object const& schema);

    /// Sets what happens while a model is trained: a script as of a model, of which the output does not count. A training
    /// that succeeds adds a version to its destination, which does what the version does that it was trained from.
    /// Without it a training takes about 70 ms, whatever its input.
    void training(std::string_view name, model_function function);

    /// The id (64 hexadecimal digits) of the newest version of a model; empty where there is none.
    std::string version(std::string_view name) const;

    /// Adds a deployment, `owner/name`, of a model.
    void deployment(std::string_view name, std::string_view model_name);

    /// The fault for the next request of a kind. Several such faults wait in the order in which they were said.
    fault_point next(operation kind = operation::any);
    /// The fault for the next create.
    fault_point next_create();
    /// The fault for the next read of a prediction.
    fault_point next_get();
    /// The fault for the next cancel.
    fault_point next_cancel();
    /// The fault for the next read of an output file.
    fault_point next_download();
    /// The fault for the next connection.
    fault_point next_connection();
    /// A fault for all requests of a kind, until `clear_faults`.
    fault_point always(operation kind = operation::any);
    /// A fault for every nth request of a kind, beginning with the nth.
    fault_point every(std::size_t nth, operation kind = operation::any);
    /// A fault for all requests of a kind for which a condition holds. It sees everything but the body, and is called
    /// on the server's thread with the plan locked: it must not plan faults itself.
    fault_point when(std::function<bool(recorded_request const&)> condition, operation kind = operation::any);
    /// Faults chosen at random: each request of a kind has one of these with a probability of 0 to 1. The same seed
    /// gives the same choices for the same sequence of requests.
    void random_faults(
        std::uint64_t seed, double probability, std::vector<fault> choices, operation kind = operation::any);
    /// Forgets all faults that have not happened yet.
    void clear_faults();

    /// How the next streams are sent, so many of them (connections, not predictions). Several such wishes wait in the order
    /// in which they were said.
    void next_stream(stream_options chosen, std::size_t count = 1);
    /// How all other streams are sent from now on; a fresh `stream_options` ends that.
    void every_stream(stream_options chosen);

    /// How the next files are delivered, so many of them (requests). Several such wishes wait in the order in which they
    /// were said.
    void next_delivery(delivery_options chosen, std::size_t count = 1);
    /// How all other files are delivered from now on; a fresh `delivery_options` ends that.
    void every_delivery(delivery_options chosen);

    /// How webhooks are sent for the predictions created from now on.
    void webhooks(webhook_options chosen);

    /// Leads a link of all predictions created from now on to another origin, `https://127.0.0.1:PORT` say; the path
    /// stays. An empty origin ends that. For tests that nothing secret goes there.
    void point(prediction_link which, std::string origin);
    /// A further certificate of this server's authority, for another server that the same clients shall trust.
    credentials issue_certificate() const;

    /// What it has seen.
    server_counts counts() const;
    /// Begins to count anew; what is live stays counted.
    void reset_counts();
    /// Waits until the counts fulfil a condition; false when they did not within the time. It is checked whenever a
    /// count changes, with the server's counts locked: it must not call the server.
    bool wait_until(std::function<bool(server_counts const&)> const& condition,
        std::chrono::steady_clock::duration timeout = std::chrono::seconds(10)) const;
    /// The requests that it remembers, oldest first; a request is here when it was read as far as it will be.
    std::vector<recorded_request> requests() const;
    /// The last one of a kind.
    std::optional<recorded_request> last_request(operation kind = operation::any) const;

    /// The ids of all predictions, oldest first.
    std::vector<std::string> predictions() const;
    /// A prediction as the API would describe it now.
    std::optional<json::object> prediction(std::string_view id) const;
    /// Cancels a prediction, as its user would on the web site. False where there is none that runs.
    bool cancel(std::string_view id);
    /// Removes input, output and logs of a prediction, as the service does an hour after its end.
    void remove_data(std::string_view id);

    /// From now on answers with recorded exchanges: each request gets the first unused one of its method and path.
    /// An exchange is `{"request": {"method", "uri"}, "response": {"status", "headers", "body"}}`; absolute links to
    /// api.replicate.com lead to this server instead. The token is not checked then. A request that no exchange is left
    /// for is answered with 404 and counted. Throws what Boost.JSON does where an exchange is not of that form.
    void replay(json::array exchanges);
    /// How many recorded exchanges have not been used yet.
    std::size_t replays_left() const;

private:
    class runtime;
    std::unique_ptr<runtime> runtime_;
};

} // namespace replicate::testing

#ifndef REPLICATE_SEPARATE_COMPILATION
#include <replicate/impl/testing/server.ipp>
#endif

#endif
