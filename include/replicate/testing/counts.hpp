// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTING_COUNTS_HPP
#define REPLICATE_TESTING_COUNTS_HPP

#include <algorithm>
#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

namespace replicate::testing {

/// What the local server has seen since it started (or since `server::reset_counts`). A plain value.
///
/// A request counts as soon as its header has been read, whatever is done with it after.
class server_counts {
public:
    /// Requests of every kind, to both origins.
    std::size_t requests = 0;
    /// Requests that create a prediction, on any of the three routes.
    std::size_t create_requests = 0;
    /// Of these the ones that may cost money: received completely and not refused with a status of 4xx. Those whose
    /// answer was lost, or was a status of 5xx, are among them: a client cannot know that nothing came of them.
    std::size_t creates = 0;
    /// `creates` by input: the JSON text of the input with its members sorted, and how often it came.
    std::unordered_map<std::string, std::size_t> creates_by_input;
    /// Predictions that exist.
    std::size_t predictions = 0;
    /// Requests for one prediction.
    std::size_t gets = 0;
    /// Requests for a page of predictions.
    std::size_t lists = 0;
    /// Requests to cancel one.
    std::size_t cancels = 0;
    /// Requests for models and versions.
    std::size_t models = 0;
    /// Requests to upload a file.
    std::size_t file_creates = 0;
    /// Other requests for uploaded files.
    std::size_t files = 0;
    /// Requests to create a training.
    std::size_t training_creates = 0;
    /// Other requests for trainings.
    std::size_t trainings = 0;
    /// Requests for deployments.
    std::size_t deployments = 0;
    /// Requests for the account, collections, hardware, the webhook secret, and searches.
    std::size_t catalogs = 0;
    /// Requests to the delivery origin.
    std::size_t downloads = 0;
    /// Of these the ones that carried an Authorization header, which no client should send there.
    std::size_t delivery_authorizations = 0;
    /// Requests for the stream of a prediction.
    std::size_t streams = 0;
    /// Of these the ones that carried an Authorization header; the address of a stream is enough, unless told otherwise.
    std::size_t stream_authorizations = 0;
    /// The values of the header `Last-Event-ID` of these, in the order in which they came.
    std::vector<std::string> last_event_ids;
    /// Streams that are being sent now.
    std::size_t live_streams = 0;
    /// The most that were sent at once.
    std::size_t peak_streams = 0;
    /// Events sent on streams, on all connections together.
    std::size_t stream_events = 0;
    /// Webhooks sent, each attempt on its own.
    std::size_t webhooks = 0;
    /// Of these the ones that were answered with 2xx.
    std::size_t webhooks_accepted = 0;
    /// Of these the ones that were answered with something else, or not at all.
    std::size_t webhooks_failed = 0;
    /// Predictions whose webhook leads away from this machine: nothing is sent.
    std::size_t webhooks_withheld = 0;
    /// Requests that fit no route.
    std::size_t others = 0;
    /// Requests and connections that a fault was applied to.
    std::size_t faults = 0;
    /// Requests that no recorded exchange was left for, while the server replays.
    std::size_t unmatched_replays = 0;
    /// TCP connections accepted, on both origins.
    std::size_t connections = 0;
    /// Of these the ones that are open now.
    std::size_t live_connections = 0;
    /// The most that were open at once.
    std::size_t peak_connections = 0;
    /// TLS handshakes completed in full.
    std::size_t full_handshakes = 0;
    /// TLS handshakes completed by resuming an earlier session.
    std::size_t resumed_handshakes = 0;
    /// TLS handshakes that failed, for instance because the client did not trust the certificate.
    std::size_t failed_handshakes = 0;

    /// Nothing seen.
    server_counts() = default;

    /// How often the commonest input was created; 1 where no create was ever sent twice.
    std::size_t most_creates_of_one_input() const noexcept
    {
        std::size_t most = 0;
        for (auto const& [input, count] : creates_by_input)
            most = std::max(most, count);
        return most;
    }
};

} // namespace replicate::testing

#endif
