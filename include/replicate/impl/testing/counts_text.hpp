// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_COUNTS_TEXT_HPP
#define REPLICATE_IMPL_TESTING_COUNTS_TEXT_HPP

#include <replicate/impl/testing/wire.hpp>
#include <replicate/testing/counts.hpp>

#include <string>
#include <string_view>

namespace replicate::testing::detail {

/// The counts as a JSON object; the members have the names that they have in C++.
inline std::string describe_counts(server_counts const& counts)
{
    json::object object;
    object["requests"] = counts.requests;
    object["create_requests"] = counts.create_requests;
    object["creates"] = counts.creates;
    object["predictions"] = counts.predictions;
    object["gets"] = counts.gets;
    object["lists"] = counts.lists;
    object["cancels"] = counts.cancels;
    object["models"] = counts.models;
    object["file_creates"] = counts.file_creates;
    object["files"] = counts.files;
    object["training_creates"] = counts.training_creates;
    object["trainings"] = counts.trainings;
    object["deployments"] = counts.deployments;
    object["catalogs"] = counts.catalogs;
    object["downloads"] = counts.downloads;
    object["delivery_authorizations"] = counts.delivery_authorizations;
    object["streams"] = counts.streams;
    object["stream_authorizations"] = counts.stream_authorizations;
    object["live_streams"] = counts.live_streams;
    object["peak_streams"] = counts.peak_streams;
    object["stream_events"] = counts.stream_events;
    object["webhooks"] = counts.webhooks;
    object["webhooks_accepted"] = counts.webhooks_accepted;
    object["webhooks_failed"] = counts.webhooks_failed;
    object["webhooks_withheld"] = counts.webhooks_withheld;
    object["others"] = counts.others;
    object["faults"] = counts.faults;
    object["unmatched_replays"] = counts.unmatched_replays;
    object["connections"] = counts.connections;
    object["live_connections"] = counts.live_connections;
    object["peak_connections"] = counts.peak_connections;
    object["full_handshakes"] = counts.full_handshakes;
    object["resumed_handshakes"] = counts.resumed_handshakes;
    object["failed_handshakes"] = counts.failed_handshakes;
    json::object inputs;
    for (auto const& [input, count] : counts.creates_by_input)
        inputs[view(std::string_view(input))] = count;
    object["creates_by_input"] = std::move(inputs);
    json::array ids;
    for (std::string const& id : counts.last_event_ids)
        ids.emplace_back(view(std::string_view(id)));
    object["last_event_ids"] = std::move(ids);
    object["most_creates_of_one_input"] = counts.most_creates_of_one_input();
    return json::serialize(object);
}

} // namespace replicate::testing::detail

#endif
