// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_BATCH_REMEDY_HPP
#define REPLICATE_IMPL_BATCH_REMEDY_HPP

#include <replicate/error_code.hpp>
#include <replicate/journal_error.hpp>
#include <replicate/prediction.hpp>

#include <boost/asio/error.hpp>
#include <boost/system/error_code.hpp>

#include <string>

namespace replicate::detail {

namespace asio = boost::asio;

/// What is done about a failure.
enum class batch_remedy {
    /// It is tried again after a while.
    rest,
    /// The batch ends: the token is not taken any more.
    end,
    /// Nobody can say whether it was created.
    unknown,
    /// The row has failed.
    fail,
    /// The row is left.
    leave
};

inline batch_remedy remedy_of(boost::system::error_code code)
{
    if (code == asio::error::operation_aborted)
        return batch_remedy::leave;
    if (code == condition::outcome_unknown)
        return batch_remedy::unknown;
    if (code == condition::authentication)
        return batch_remedy::end;
    bool const passes = code == condition::insufficient_credit || code == condition::connection || code == condition::timeout
        || code == condition::server_error || code == condition::rate_limited || code == condition::tls || code == journal_errc::away;
    return passes ? batch_remedy::rest : batch_remedy::fail;
}

/// The same where what exists, and is paid for, was waited for: only what cannot become otherwise ends that.
inline batch_remedy remedy_of_wait(boost::system::error_code code)
{
    batch_remedy const remedy = remedy_of(code);
    bool const is_final = code == condition::not_found || code == errc::body_too_large || code == errc::header_too_large
        || code == errc::nested_too_deeply;
    return remedy == batch_remedy::fail && !is_final ? batch_remedy::rest : remedy;
}

/// The same where a file of an output could not be had. One that comes incomplete may be the only one, so that the batch goes on meanwhile.
inline batch_remedy remedy_of_download(boost::system::error_code code)
{
    if (code == condition::authentication)
        return batch_remedy::fail; // it is not ours to have, or not any more
    return code == errc::file_not_writable ? batch_remedy::rest : remedy_of(code);
}

/// Why an ended prediction gives no result; empty where it gives one.
inline std::string why_no_result(prediction const& ended)
{
    if (ended.status != prediction_status::succeeded)
        return ended.error.empty() ? "the prediction has ended as " + ended.status_text : ended.error;
    if (ended.data_removed && ended.output().is_null())
        return "the service has removed its output, as it does an hour after the end; it was paid for";
    return {};
}

} // namespace replicate::detail

#endif
