// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_SERVICE_HPP
#define REPLICATE_IMPL_TESTING_SERVICE_HPP

#include <replicate/core/base64.hpp>
#include <replicate/impl/testing/deployment_book.hpp>
#include <replicate/impl/testing/file_shelf.hpp>
#include <replicate/impl/testing/link_targets.hpp>
#include <replicate/impl/testing/model_registry.hpp>
#include <replicate/impl/testing/prediction_book.hpp>
#include <replicate/impl/testing/random_text.hpp>
#include <replicate/impl/testing/rate_gate.hpp>
#include <replicate/impl/testing/replayer.hpp>
#include <replicate/impl/testing/stream_board.hpp>
#include <replicate/impl/testing/target.hpp>
#include <replicate/impl/testing/upload_store.hpp>
#include <replicate/impl/testing/wire.hpp>
#include <replicate/testing/input_file.hpp>
#include <replicate/testing/recorded_request.hpp>
#include <replicate/testing/server_options.hpp>
#include <replicate/testing/webhook_options.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

/// A sync create that waits for its prediction.
class hold {
public:
    std::string id;
    std::chrono::steady_clock::time_point until;
    /// The headers that the answer shall have.
    std::vector<std::pair<std::string, std::string>> headers;

    hold(std::string prediction, std::chrono::steady_clock::time_point end,
        std::vector<std::pair<std::string, std::string>> with_headers)
        : id(std::move(prediction))
        , until(end)
        , headers(std::move(with_headers))
    {
    }
};

/// What comes of a request.
class outcome {
public:
    /// The answer, unless it is `held`.
    reply answer;
    std::optional<hold> held;
    /// For a create that was not refused: its input in canonical form.
    std::optional<std::string> created_input;
    /// For a create that was not refused: the prediction; its webhooks begin.
    std::string created_id;
    /// For a cancel: the prediction that ended by it.
    std::string ended;
    /// No recorded exchange was left for it.
    bool unmatched_replay = false;

    outcome() = default;

    outcome(reply made)
        : answer(std::move(made))
    {
    }
};

class service;

/// One request and what its route found in it.
class call {
public:
    /// A route may take the body away.
    recorded_request& request;
    /// The `{}` of the route's pattern, decoded.
    std::vector<std::string> arguments;
    moment now;

    call(recorded_request& received, std::vector<std::string> found, moment time)
        : request(received)
        , arguments(std::move(found))
        , now(time)
    {
    }
};

/// One row of the routing table. In a pattern `{}` stands for any one segment.
class route {
public:
    std::string_view method;
    std::string_view pattern;
    operation kind = operation::other;
    bucket counted_against = bucket::other;
    /// Whether it asks for a token.
    bool guarded = true;
    outcome (*handler)(service&, call const&) = nullptr;

    constexpr route(std::string_view verb, std::string_view path, operation what, bucket limit,
        outcome (*function)(service&, call const&), bool needs_token = true)
        : method(verb)
        , pattern(path)
        , kind(what)
        , counted_against(limit)
        , guarded(needs_token)
        , handler(function)
    {
    }
};

/// Where a request leads: a row, or no row and the methods that the path does have.
class route_match {
public:
    route const* found = nullptr;
    std::vector<std::string> arguments;
    std::string allowed_methods;

    route_match() = default;

    operation kind() const noexcept { return found == nullptr ? operation::other : found->kind; }
};

/// What the local server does with requests: everything but the network. It is told the time and never waits. Safe
/// from any thread.
class service {
public:
    service(server_options chosen, std::vector<route> routes)
        : options(std::move(chosen))
        , rates(options.rates)
        , random(options.seed)
        , routes_(std::move(routes))
        , rays_(options.seed + 3)
    {
        if (options.token.empty())
            options.token = make_token();
        // By sources of their own, so that ids do not depend on them.
        webhook_secret = options.webhook_secret;
        if (webhook_secret.empty())
            webhook_secret = "whsec_" + core::base64_encode(random_source(options.seed + 1).identity(24));
        file_signing_secret = random_source(options.seed + 2).identity(32);
    }

    /// Set before the first request, then constant.
    server_options options;
    std::string base_url;
    std::string delivery_url;
    std::string stream_url;
    /// What webhooks are signed with: `whsec_...`
    std::string webhook_secret;
    /// What downloads of uploaded files are signed with.
    std::string file_signing_secret;

    model_registry models;
    deployment_book deployments;
    prediction_book predictions;
    prediction_book trainings;
    /// The examples of models.
    prediction_book examples;
    file_shelf files;
    upload_store uploads;
    stream_board streams;
    link_targets links;
    option_queue<webhook_options> webhooks;
    rate_gate rates;
    replayer recorded;
    random_source random;

    /// The row for a request to the API.
    route_match match(recorded_request const& request) const;

    /// Carries a request to the API out.
    outcome answer(recorded_request& request, route_match const& matched, moment now);

    /// The answer of a sync create whose wait is over, for whatever reason.
    reply finish_hold(hold const& waiting, moment now) const;

    /// A prediction in the shape of one of the back ends, with its files as links.
    std::string describe(prediction_record const& record, back_end shape, moment now) const;

    /// Cancels a prediction; its id if that changed anything, empty otherwise.
    std::string cancel(std::string_view id, moment now);

    /// Removes what the service removes after an hour.
    void remove_data(std::string_view id);

    /// Whether a request has the server's token.
    bool knows_token(recorded_request const& request) const;

    /// The file that a URL in an input stands for: an uploaded one, a data URI, or an output file of this server's.
    std::optional<input_file> open_input(std::string_view url, moment now) const;

    /// What is to be done at a time. It is done when somebody looks, at the latest: nothing here waits.
    void plan(std::chrono::steady_clock::time_point when, std::function<void(service&, moment)> what);

    /// Does what was planned for a time up to now. Whoever looks at the service's state does this first.
    void settle(moment now);

private:
    outcome serve(recorded_request& request, route_match const& matched, moment now);
    std::optional<reply> authorize(recorded_request const& request) const;

    std::vector<route> const routes_;
    // The ids of requests; a source of their own, so that other ids do not depend on how often one asks.
    random_source rays_;
    std::mutex plans_mutex_;
    std::multimap<std::chrono::steady_clock::time_point, std::function<void(service&, moment)>> plans_;
};

} // namespace replicate::testing::detail

#ifndef REPLICATE_SEPARATE_COMPILATION
#include <replicate/impl/testing/service.ipp>
#endif

#endif
