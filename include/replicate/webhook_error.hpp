// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_WEBHOOK_ERROR_HPP
#define REPLICATE_WEBHOOK_ERROR_HPP

#include <replicate/error.hpp>

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>

#include <string>
#include <type_traits>
#include <utility>

namespace replicate::webhook {

/// What is wrong with a webhook. To all but the last the right answer is a status of 400: whoever sent it is not the
/// service, or sent it long ago.
enum class errc {
    /// There is no header `webhook-id`.
    missing_id = 1,
    /// There is no header `webhook-timestamp`.
    missing_timestamp,
    /// There is no header `webhook-signature`.
    missing_signature,
    /// The timestamp is not a number of seconds.
    malformed_timestamp,
    /// It was sent longer ago than is tolerated: a replay, or the clock of this machine is ahead.
    too_old,
    /// It was sent further in the future than is tolerated: the clock of this machine is behind.
    too_new,
    /// None of its signatures is of version 1.
    unknown_signature_version,
    /// None of its signatures fits: another secret, or id, timestamp or body were changed on the way (also by a server that
    /// parsed the body and wrote it again).
    wrong_signature,
    /// OpenSSL could not compute HMAC-SHA256. Nothing is known about the webhook.
    unavailable
};

} // namespace replicate::webhook

template<>
struct boost::system::is_error_code_enum<replicate::webhook::errc> : std::true_type {};

namespace replicate::detail {

inline char const* message_of(webhook::errc code) noexcept
{
    switch (code) {
    case webhook::errc::missing_id: return "the webhook has no webhook-id";
    case webhook::errc::missing_timestamp: return "the webhook has no webhook-timestamp";
    case webhook::errc::missing_signature: return "the webhook has no webhook-signature";
    case webhook::errc::malformed_timestamp: return "the webhook-timestamp is not a number of seconds";
    case webhook::errc::too_old: return "the webhook was sent too long ago";
    case webhook::errc::too_new: return "the webhook was sent in the future";
    case webhook::errc::unknown_signature_version: return "the webhook has no signature of version 1";
    case webhook::errc::wrong_signature: return "no signature of the webhook fits";
    case webhook::errc::unavailable: return "the signature of the webhook could not be computed";
    }
    return "unknown error";
}

class webhook_category_type final : public boost::system::error_category {
public:
    char const* name() const noexcept override { return "replicate.webhook"; }
    std::string message(int value) const override { return message_of(static_cast<webhook::errc>(value)); }
};

inline constinit webhook_category_type const webhook_category_instance;

inline error make_webhook_error(boost::system::error_code code, std::string const& id)
{
    replicate::diagnostics context;
    if (!id.empty())
        // Not verified, so it is shown as what a stranger wrote.
        context.detail = "webhook-id '" + without_controls(core::utf8_front(id, 100)) + "'";
    return error(code, std::move(context));
}

} // namespace replicate::detail

namespace replicate::webhook {

/// The category of `webhook::errc`.
inline boost::system::error_category const& error_category() noexcept
{
    return replicate::detail::webhook_category_instance;
}

/// Makes an error code of an `errc`; found by argument-dependent lookup.
inline boost::system::error_code make_error_code(errc code) noexcept
{
    return boost::system::error_code(static_cast<int>(code), error_category());
}

} // namespace replicate::webhook

#endif
