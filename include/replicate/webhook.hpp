// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_WEBHOOK_HPP
#define REPLICATE_WEBHOOK_HPP

// Webhooks, for any server: functions of the headers and the body as they came. The service signs as Standard Webhooks
// says (symmetric, v1); http-api 6.2.
//
//     auto prediction = replicate::webhook::parse(headers, body, secret);
//     if (!guard.admit(headers.id(), std::chrono::system_clock::now())) ... // seen before: answer 200 and do nothing

#include <replicate/core/base64.hpp>
#include <replicate/core/hmac.hpp>
#include <replicate/core/json_document.hpp>
#include <replicate/prediction.hpp>
#include <replicate/webhook_error.hpp>
#include <replicate/webhook_headers.hpp>
#include <replicate/webhook_replay.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::webhook {

/// The secrets that a webhook may be signed with: one, or several while the service changes from one to the next. As the
/// service gives them: `whsec_` and base64; the prefix and the padding may be missing, white space around is left out.
/// An `error` of `replicate::errc::invalid_argument` where there is none, or one is empty or not base64; it does not show
/// the secret.
class secrets {
public:
    /// One secret.
    secrets(std::string_view text) { add(text); }
    /// One secret.
    secrets(std::string const& text) { add(text); }
    /// One secret. A null pointer counts as an empty one.
    secrets(char const* text) { add(text == nullptr ? std::string_view() : std::string_view(text)); }
    /// Several secrets.
    secrets(std::initializer_list<std::string_view> texts)
        : secrets(std::vector<std::string>(texts.begin(), texts.end()))
    {
    }
    /// Several secrets.
    secrets(std::vector<std::string> const& texts);

    /// The keys, decoded.
    std::vector<std::string> const& keys() const noexcept { return keys_; }

private:
    void add(std::string_view text);

    std::vector<std::string> keys_;
};

/// How far the time of a webhook may be from now, in both directions.
inline constexpr std::chrono::seconds default_tolerance{300};

/// Whether a webhook is from the service and recent: no error, or an `errc` of this namespace that says what is wrong.
/// `body` has to be the bytes that were received: parsed and written again they differ. Thread-safe.
/// Throws only what the library cannot do: `errc::unavailable`.
[[nodiscard]] boost::system::error_code check(headers const& received, std::string_view body, secrets const& known,
    std::chrono::system_clock::time_point now = std::chrono::system_clock::now(),
    std::chrono::seconds tolerance = default_tolerance);

/// The same, throwing an `error` of what is wrong.
inline void verify(headers const& received, std::string_view body, secrets const& known,
    std::chrono::system_clock::time_point now = std::chrono::system_clock::now(),
    std::chrono::seconds tolerance = default_tolerance)
{
    boost::system::error_code const code = check(received, body, known, now, tolerance);
    if (code)
        throw replicate::detail::make_webhook_error(code, received.id());
}

/// Verifies a webhook and reads it: a prediction, or whatever else has a `from_json`, such as `parse<training>(...)`. Besides
/// the errors of `verify`: `replicate::errc::unexpected_content` and `unexpected_document` for a body that is not one.
template<class T = prediction>
T parse(headers const& received, std::string_view body, secrets const& known,
    std::chrono::system_clock::time_point now = std::chrono::system_clock::now(),
    std::chrono::seconds tolerance = default_tolerance)
{
    verify(received, body, known, now, tolerance);
    boost::system::result<json::value> document = core::parse_document(body);
    if (!document)
        throw replicate::error(document.error(), replicate::diagnostics());
    return T::from_json(std::move(*document));
}

/// The value of the header `webhook-signature` for a body, as the service makes it; for servers of one's own and for tests.
/// The first of several secrets signs. Throws `errc::unavailable` where OpenSSL cannot do it.
inline std::string sign(std::string_view id, std::string_view timestamp, std::string_view body, secrets const& known)
{
    auto const code = core::hmac_sha256(known.keys().front(), {id, ".", timestamp, ".", body});
    if (!code)
        throw replicate::detail::make_webhook_error(make_error_code(errc::unavailable), std::string(id));
    return "v1," + core::base64_encode(*code);
}

} // namespace replicate::webhook

namespace replicate::detail {

/// The seconds of a `webhook-timestamp`; nothing where it is none.
inline std::optional<std::chrono::seconds> webhook_time(std::string_view text) noexcept
{
    // Eleven digits last until the year 5138 and cannot overflow what follows.
    if (text.empty() || text.size() > 11)
        return std::nullopt;
    std::int64_t seconds = 0;
    for (char digit : text) {
        if (digit < '0' || digit > '9')
            return std::nullopt;
        seconds = seconds * 10 + (digit - '0');
    }
    return std::chrono::seconds(seconds);
}

inline boost::system::error_code check_webhook_time(
    std::string_view timestamp, std::chrono::system_clock::time_point now, std::chrono::seconds tolerance) noexcept
{
    std::optional<std::chrono::seconds> const sent = webhook_time(timestamp);
    if (!sent)
        return make_error_code(webhook::errc::malformed_timestamp);
    auto const present = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch());
    std::chrono::milliseconds const age = present - *sent;
    // Rounded up, and compared in seconds, which cannot overflow however large the tolerance is.
    if (std::chrono::ceil<std::chrono::seconds>(age) > tolerance)
        return make_error_code(webhook::errc::too_old);
    if (std::chrono::ceil<std::chrono::seconds>(-age) > tolerance)
        return make_error_code(webhook::errc::too_new);
    return {};
}

/// The signatures of version 1 in a header such as `v1,AAAA v2,BBBB v1,CCCC`.
inline std::vector<std::string_view> webhook_signatures(std::string_view header)
{
    std::vector<std::string_view> signatures;
    while (!header.empty()) {
        std::size_t const end = header.find(' ');
        std::string_view const entry = header.substr(0, end);
        header.remove_prefix(end == std::string_view::npos ? header.size() : end + 1);
        if (entry.size() > 3 && entry.substr(0, 3) == "v1,")
            signatures.push_back(entry);
    }
    return signatures;
}

} // namespace replicate::detail

namespace replicate::webhook {

inline secrets::secrets(std::vector<std::string> const& texts)
{
    if (texts.empty())
        replicate::detail::throw_invalid_argument("webhook secret", "there is none; give at least one");
    for (std::string const& text : texts)
        add(text);
}

inline void secrets::add(std::string_view text)
{
    constexpr std::string_view prefix = "whsec_";
    constexpr std::string_view blanks = " \t\r\n";
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    text = text.substr(0, text.find_last_not_of(blanks) + 1);
    if (text.substr(0, prefix.size()) == prefix)
        text.remove_prefix(prefix.size());
    if (text.empty())
        replicate::detail::throw_invalid_argument(
            "webhook secret", "it is empty, so that anybody could sign; give the key of GET /webhooks/default/secret");
    auto key = core::base64_decode(text);
    if (!key)
        replicate::detail::throw_invalid_argument("webhook secret", "it is not 'whsec_' followed by base64");
    keys_.push_back(std::move(*key));
}

inline boost::system::error_code check(headers const& received, std::string_view body, secrets const& known,
    std::chrono::system_clock::time_point now, std::chrono::seconds tolerance)
{
    if (received.id().empty())
        return make_error_code(errc::missing_id);
    if (received.timestamp().empty())
        return make_error_code(errc::missing_timestamp);
    if (received.signature().empty())
        return make_error_code(errc::missing_signature);
    if (auto const code = replicate::detail::check_webhook_time(received.timestamp(), now, tolerance))
        return code;
    auto const signatures = replicate::detail::webhook_signatures(received.signature());
    if (signatures.empty())
        return make_error_code(errc::unknown_signature_version);
    bool good = false;
    for (std::string const& key : known.keys()) {
        auto const code = core::hmac_sha256(key, {received.id(), ".", received.timestamp(), ".", body});
        if (!code)
            throw replicate::detail::make_webhook_error(make_error_code(errc::unavailable), received.id());
        std::string const expected = "v1," + core::base64_encode(*code);
        for (std::string_view signature : signatures)
            good = core::equal_in_constant_time(signature, expected) || good;
    }
    return good ? boost::system::error_code() : make_error_code(errc::wrong_signature);
}

} // namespace replicate::webhook

#endif
