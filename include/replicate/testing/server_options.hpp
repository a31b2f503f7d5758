// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTING_SERVER_OPTIONS_HPP
#define REPLICATE_TESTING_SERVER_OPTIONS_HPP

#include <replicate/testing/certificate.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace replicate::testing {

/// Which of the service's two back ends describes a prediction. They differ in the order of members, in absent
/// against null, in the digits of times.
enum class back_end {
    /// The prediction gateway: unset members are absent.
    gateway,
    /// The web application: unset members are null.
    web_application,
    /// One of them for each GET, chosen at random.
    random
};

/// How a sync create is answered whose prediction ended in time.
enum class sync_answer {
    /// As recorded: 201 and the whole output, but `processing`, and without times and metrics.
    processing_with_output,
    /// 201 and the prediction as it is, ended.
    terminal
};

/// How a sync create is answered whose time was up first.
enum class sync_timeout {
    /// 201 and `starting`, whatever the prediction does.
    starting,
    /// 202, `processing` and no output.
    processing
};

/// How the end of an answer is marked.
enum class answer_framing {
    /// By Content-Length.
    content_length,
    /// By chunks, as most answers of the service are.
    chunked,
    /// By the end of the connection.
    connection_close
};

/// What the links from one page of a list to the next look like. They are absolute (http-api 9).
enum class page_links {
    /// They name this server.
    own,
    /// They name this server with `http://`, as a sample of the service's documentation does.
    insecure_scheme,
    /// They name this server, and where there is no page they are the text "null", as in another sample.
    null_as_text,
    /// They name `https://api.replicate.com/v1`, as behind a proxy.
    public_host,
    /// They name `server_options::foreign_page_base`, where no token may be sent.
    foreign_host,
    /// `next` of every page but the last leads to the first page.
    endless_loop
};

/// How the text of a 429 is worded; all three forms were seen.
enum class throttle_text {
    /// "Request was throttled. Your rate limit resets in ~30s."
    documented,
    /// The same with the limit in words, and with the member `retry_after`.
    current,
    /// "Request was throttled. Expected available in 1 second."
    older
};

/// How often one may ask. A limit is a bucket of so many requests that refills evenly over a minute.
class rate_options {
public:
    /// Creates a minute (the service: 600). Empty: no limit.
    std::optional<std::size_t> creates_per_minute;
    /// Reads of single predictions a minute (the service: 60000). Empty: no limit.
    std::optional<std::size_t> gets_per_minute;
    /// Everything else a minute (the service: 3000). Empty: no limit.
    std::optional<std::size_t> others_per_minute;
    /// The most creates at once after a pause; empty: as many as a minute allows.
    std::optional<std::size_t> create_burst;
    /// Little credit left: 6 creates a minute and one at once, and refused tries count too. Default: false.
    bool low_credit = false;
    /// The body of a 429.
    throttle_text text = throttle_text::documented;
    /// Whether a 429 has a `Retry-After` header. Default: false.
    bool retry_after_header = false;

    /// No limits.
    rate_options() = default;
};

/// How the local server behaves. A plain value.
class server_options {
public:
    /// The token that it accepts. Empty, the default: a fresh random one.
    std::string token;
    /// What webhooks are signed with: `whsec_` and base64. Empty, the default: one that follows from the seed.
    std::string webhook_secret;
    /// Decides everything that is random: ids, back ends, fraction digits. Default: 1, so that runs repeat.
    std::uint64_t seed = 1;
    /// The port of the API; 0, the default: any that is free.
    std::uint16_t port = 0;
    /// The path before all routes. Default: `/v1`.
    std::string base_path = "/v1";
    /// The shape of what a GET answers. A create has the gateway's, a cancel and a list the web application's.
    testing::back_end back_end = back_end::gateway;
    /// Leaves out what the service did not send in 2023: `data_removed`, `source`, the link `web`, and an output that is
    /// null. For `back_end::gateway` only. Default: false.
    bool older_members = false;
    /// Sync creates that ended in time.
    testing::sync_answer sync_answer = sync_answer::processing_with_output;
    /// Sync creates that did not.
    testing::sync_timeout sync_timeout = sync_timeout::starting;
    /// Whether those have a `Location` header. Default: false.
    bool sync_location = false;
    /// The longest that a sync create is held, whatever `Prefer` says. Default 60 s, as the service.
    std::chrono::steady_clock::duration longest_wait = std::chrono::seconds(60);
    /// Whether files in a sync answer stand there as data URIs, as in October 2024. Default: false.
    bool data_uri_outputs = false;
    /// Whether the models endpoint takes community models too, by name alone. The service answers 404, and so does this
    /// server unless told otherwise: a program that relies on it would fail in earnest.
    bool community_models_by_name = false;
    /// The smallest `Cancel-After` that is accepted. Default 5 s, as the service.
    std::chrono::seconds shortest_cancel_after = std::chrono::seconds(5);
    /// How answers end.
    answer_framing framing = answer_framing::content_length;
    /// Rate limits.
    rate_options rates;
    /// The account that the token belongs to: the owner of what is created. Default: `acme`.
    std::string account = "acme";
    /// How many items a page of any list has. Empty, the default: as many as the service's.
    std::optional<std::size_t> page_size;
    /// How long a prediction is not yet in the list of predictions after its creation. Default: it is there at once.
    std::chrono::steady_clock::duration list_lag{};
    /// What the clock of the server is ahead of this machine's, in its Date headers and in all times that it tells. Default: nothing.
    std::chrono::seconds clock_offset{};
    /// The links between pages.
    testing::page_links page_links = page_links::own;
    /// What such links begin with for `page_links::foreign_host`.
    std::string foreign_page_base = "https://api.replicate.example/v1";
    /// The largest file that can be uploaded, in bytes. Default: 100,000,000, as the service. A request that announces
    /// 16 KiB more than that is answered before its body is read; then nothing more is read.
    std::uint64_t largest_file = 100'000'000;
    /// How long the connection of such a request stays open after the answer. Default: 3 s.
    std::chrono::steady_clock::duration early_answer_linger = std::chrono::seconds(3);
    /// How long an uploaded file is there. Default: 24 hours, as the service.
    std::chrono::steady_clock::duration file_lifetime = std::chrono::hours(24);
    /// How long a deployment must not have been run before it can be deleted. Default: 15 minutes, as the service.
    std::chrono::steady_clock::duration deployment_rest = std::chrono::minutes(15);
    /// How long a version is still there after it was deleted. Default: a minute; the service takes some.
    std::chrono::steady_clock::duration version_deletion_delay = std::chrono::minutes(1);
    /// The certificate to show; empty, the default: a good one from an authority made at the start.
    std::optional<credentials> certificate;
    /// Whether TLS sessions can be resumed. Default: true.
    bool session_tickets = true;
    /// The newest TLS version: 12 for 1.2, 13 for 1.3 (the default). The oldest is 1.2.
    int newest_tls = 13;
    /// How many requests `server::requests` remembers; older ones are forgotten. Default 10,000.
    std::size_t remembered_requests = 10'000;
    /// The largest body that is remembered with its request, in bytes; a larger one is forgotten. Default: 4 MiB.
    std::size_t largest_remembered_body = 4 * 1024 * 1024;

    /// The defaults.
    server_options() = default;
};

} // namespace replicate::testing

#endif
