// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTING_OPERATION_HPP
#define REPLICATE_TESTING_OPERATION_HPP

namespace replicate::testing {

/// What a request asks of the local server; faults and counts speak of requests in these words.
enum class operation {
    /// Any request, to the API or to the delivery origin.
    any,
    /// Not a request but a connection, before its TLS handshake.
    connection,
    /// A prediction is created, on any of the three routes.
    create,
    /// One prediction is read.
    get,
    /// A page of predictions is read.
    list,
    /// A prediction is cancelled.
    cancel,
    /// Models or versions: read, listed, searched with QUERY, created, changed, deleted; examples and read-me files.
    model,
    /// A file is uploaded.
    file_create,
    /// Uploaded files: read, listed, deleted, downloaded through the API.
    file,
    /// A training is created.
    training_create,
    /// Trainings: read, listed, cancelled.
    training,
    /// Deployments: read, listed, created, changed, deleted. (To run one is a `create`.)
    deployment,
    /// The account, collections, hardware, the webhook secret, GET /search.
    catalog,
    /// A file is read from the delivery origin.
    download,
    /// The stream of a prediction is read.
    stream,
    /// None of these: an unknown path, a wrong method.
    other
};

/// The word for an operation.
constexpr char const* to_string(operation value) noexcept
{
    constexpr char const* words[] = {"any", "connection", "create", "get", "list", "cancel", "model", "file_create",
        "file", "training_create", "training", "deployment", "catalog", "download", "stream", "other"};
    return words[static_cast<int>(value)];
}

} // namespace replicate::testing

#endif
