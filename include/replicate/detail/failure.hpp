// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_FAILURE_HPP
#define REPLICATE_DETAIL_FAILURE_HPP

#include <replicate/core/redaction.hpp>
#include <replicate/prediction.hpp>

#include <boost/system/error_code.hpp>

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <new>
#include <string>
#include <utility>

namespace replicate::detail {

/// Why an operation did not succeed, on its way from inside to the caller; empty when it did. It becomes an exception, or an
/// error code and diagnostics, as the caller wants it.
class failure {
public:
    /// No failure.
    failure() = default;

    /// A failure of this library.
    failure(boost::system::error_code code, replicate::diagnostics context)
        : code_(code)
        , context_(std::make_shared<replicate::diagnostics const>(std::move(context)))
    {
    }

    /// What somebody threw: an `error` of ours, or anything that came out of a function of the user's. Such an exception is
    /// passed on as it is; where only a code can be given, it is the exception's own, or `invalid_argument`.
    static failure of_exception(std::exception_ptr thrown)
    {
        failure result;
        try {
            std::rethrow_exception(thrown);
        } catch (error const& known) {
            result = failure(known.code(), known.diagnostics());
        } catch (boost::system::system_error const& known) {
            result.code_ = known.code();
            result.text_ = known.what();
        } catch (std::bad_alloc const&) {
            result.code_ = make_error_code(boost::system::errc::not_enough_memory);
        } catch (std::exception const& unknown) {
            result.code_ = make_error_code(errc::invalid_argument);
            result.text_ = unknown.what();
        } catch (...) {
            result.code_ = make_error_code(errc::invalid_argument);
        }
        result.thrown_ = std::move(thrown);
        result.is_foreign_ = result.context_ == nullptr;
        return result;
    }

    /// The same failure, with what the operation knows where the exception itself knew nothing of it. One of somebody else's stays the
    /// exception that it is, for who wants that; the diagnostics have its text.
    failure within(replicate::diagnostics context) const
    {
        failure result = *this;
        context.detail = is_foreign_ ? text_ : diagnostics().detail;
        result.context_ = std::make_shared<replicate::diagnostics const>(std::move(context));
        if (!is_foreign_)
            result.thrown_ = nullptr;
        return result;
    }

    /// The same failure without a secret. Only an exception of somebody else's is passed on as it is.
    failure redacted(std::string_view secret) const
    {
        failure result = *this;
        core::redact(result.text_, secret);
        replicate::diagnostics told = diagnostics();
        if (context_ && core::redact(told, secret)) {
            result.context_ = std::make_shared<replicate::diagnostics const>(std::move(told));
            if (!is_foreign_)
                result.thrown_ = nullptr;
        }
        return result;
    }

    /// True when there is one.
    explicit operator bool() const noexcept { return code_.failed(); }

    /// Its code.
    boost::system::error_code code() const noexcept { return code_; }

    /// What is known about it.
    replicate::diagnostics diagnostics() const { return context_ ? *context_ : replicate::diagnostics(); }

    /// Throws it. Precondition: there is one.
    [[noreturn]] void raise() const
    {
        if (thrown_)
            std::rethrow_exception(thrown_);
        bool const ended_badly = code_ == condition::prediction_failed || code_ == condition::prediction_canceled
            || code_ == condition::prediction_aborted;
        if (ended_badly && context_ && context_->prediction)
            throw prediction_error(*context_);
        throw error(code_, diagnostics());
    }

private:
    boost::system::error_code code_;
    std::shared_ptr<replicate::diagnostics const> context_;
    std::exception_ptr thrown_;
    std::string text_;
    bool is_foreign_ = false;
};

/// A failure for people, without what went before it.
inline std::string text_of(boost::system::error_code code, replicate::diagnostics const& known)
{
    replicate::diagnostics shown;
    shown.problem = known.problem;
    shown.detail = known.detail;
    return describe(code, shown);
}

} // namespace replicate::detail

#endif
