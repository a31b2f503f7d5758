// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_PREDICTION_CALLS_HPP
#define REPLICATE_DETAIL_PREDICTION_CALLS_HPP

#include <replicate/core/prediction_requests.hpp>
#include <replicate/detail/call.hpp>
#include <replicate/page.hpp>
#include <replicate/prediction.hpp>
#include <replicate/run_options.hpp>

#include <string>
#include <utility>

namespace replicate::detail {

/// One admitted request whose answer is a JSON document.
inline asio::awaitable<json::value> fetch(operation& owner, core::request what)
{
    io::permit const admitted = co_await owner.client().scheduler().admit();
    call one(owner, std::move(what));
    call_result const result = co_await one.perform();
    if (result.code)
        owner.make_failure(result.code).raise();
    auto document = core::parse_document(result.response.body);
    if (!document)
        owner.make_failure(document.error()).raise();
    co_return std::move(*document);
}

/// Decodes a document into a T, adding what the operation knows to what the decoding says.
template<class T>
T decode(operation& owner, json::value document)
{
    try {
        return T::from_json(std::move(document));
    } catch (error const& refused) {
        owner.context().detail = refused.diagnostics().detail;
        owner.make_failure(refused.code()).raise();
    }
}

/// The body of `predictions().async_get`.
inline asio::awaitable<prediction> get_body(operation& owner, std::string id, call_options options)
{
    check(options);
    core::check_id("id", id);
    json::value document = co_await fetch(owner, core::get_prediction_request(id));
    co_return decode<prediction>(owner, std::move(document));
}

/// The body of `predictions().async_cancel`.
inline asio::awaitable<prediction> cancel_body(operation& owner, std::string id, call_options options)
{
    check(options);
    core::check_id("id", id);
    json::value document = co_await fetch(owner, core::cancel_prediction_request(id));
    co_return decode<prediction>(owner, std::move(document));
}

/// The body of `predictions().async_list`.
inline asio::awaitable<page<prediction>> list_body(operation& owner, prediction_list_options options)
{
    check_timeout(options.timeout);
    auto request = core::list_predictions_request(options, owner.client().base().origin);
    json::value document = co_await fetch(owner, std::move(request));
    co_return decode<page<prediction>>(owner, std::move(document));
}

} // namespace replicate::detail

#endif
