// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_WEBHOOK_JUDGE_HPP
#define REPLICATE_CORE_WEBHOOK_JUDGE_HPP

#include <replicate/webhook.hpp>
#include <replicate/webhook_delivery.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace replicate::core {

/// A request that claims to be a webhook.
class webhook_request {
public:
    /// Its method.
    std::string method;
    /// Its path and query.
    std::string target;
    /// What it is signed with.
    webhook::headers headers;
    /// Its body, as it came.
    std::string body;

    webhook_request() = default;
};

/// How a webhook is to be answered.
class webhook_ruling {
public:
    /// The status.
    unsigned status = 200;
    /// The text, for people.
    std::string_view text;
    /// What it brought; nothing where it was refused, or was seen before.
    std::optional<webhook_delivery> delivery;
    /// True where another secret might fit.
    bool wrong_signature = false;

    webhook_ruling() = default;
    webhook_ruling(unsigned code, std::string_view words)
        : status(code)
        , text(words)
    {
    }
};

/// Says of each request what it is and how to answer it.
class webhook_judge {
public:
    using time_point = std::chrono::system_clock::time_point;

    explicit webhook_judge(std::chrono::seconds tolerance)
        : tolerance_(tolerance)
        , guard_(65536, 2 * tolerance)
    {
    }

    /// Looks at a request. What it accepts is remembered, and its repetition brings nothing.
    webhook_ruling look_at(webhook_request request, webhook::secrets const& known, time_point now)
    {
        if (request.method != "POST")
            return webhook_ruling(405, "a webhook is a POST\n");
        boost::system::error_code const code = webhook::check(request.headers, request.body, known, now, tolerance_);
        if (code)
            return refusal_of(code);
        boost::system::result<boost::json::value> document = parse_document(request.body);
        if (!document || !has_id(*document))
            return webhook_ruling(400, "the body is neither a prediction nor a training\n");
        if (!guard_.admit(request.headers.id(), now))
            return webhook_ruling(200, "seen before\n");
        webhook_ruling made(200, "ok\n");
        made.delivery = read(std::move(request), std::move(*document));
        return made;
    }

    /// Forgets a webhook that could not be taken after all, so that it is taken when it comes again.
    void forget(std::string_view id) { guard_.forget(id); }

private:
    static webhook_ruling refusal_of(boost::system::error_code code)
    {
        if (code == webhook::errc::missing_id || code == webhook::errc::missing_timestamp
            || code == webhook::errc::missing_signature || code == webhook::errc::malformed_timestamp)
            return webhook_ruling(400, "it is not signed as webhooks are\n");
        webhook_ruling made(401, "its signature or its time is wrong\n");
        made.wrong_signature = code == webhook::errc::wrong_signature;
        return made;
    }

    static bool has_id(boost::json::value const& document)
    {
        return document.is_object() && !replicate::detail::text_member(document.get_object(), "id").empty();
    }

    static webhook_delivery read(webhook_request request, boost::json::value document)
    {
        webhook_delivery made;
        made.id = request.headers.id();
        made.sent_at = time_point(replicate::detail::webhook_time(request.headers.timestamp()).value_or(std::chrono::seconds(0)));
        made.target = std::move(request.target);
        made.prediction = prediction::from_json(document);
        bool const is_training = made.prediction.urls.get.find("/trainings/") != std::string::npos
            || made.prediction.urls.cancel.find("/trainings/") != std::string::npos;
        if (is_training)
            made.training = training::from_json(std::move(document));
        return made;
    }

    std::chrono::seconds tolerance_;
    webhook::replay_guard guard_;
};

/// The value of a member of a query; empty where there is none.
inline std::string_view query_member(std::string_view target, std::string_view name) noexcept
{
    std::size_t at = target.find('?');
    while (at != std::string_view::npos) {
        std::string_view const rest = target.substr(at + 1);
        std::size_t const end = rest.find('&');
        std::string_view const member = rest.substr(0, end);
        if (member.starts_with(name) && member.substr(name.size()).starts_with('='))
            return member.substr(name.size() + 1);
        at = end == std::string_view::npos ? end : at + 1 + end;
    }
    return {};
}

} // namespace replicate::core

#endif
