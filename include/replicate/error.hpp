// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

//     std::exception
//       boost::system::system_error
//         replicate::error                 code(), diagnostics(), what(); everything that this library throws
//           replicate::prediction_error    the prediction ended as failed, canceled or aborted (prediction.hpp)
//
// A cancelled operation ends with boost::asio::error::operation_aborted, also as a replicate::error.

#ifndef REPLICATE_ERROR_HPP
#define REPLICATE_ERROR_HPP

#include <replicate/diagnostics.hpp>
#include <replicate/error_code.hpp>

#include <boost/system/system_error.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace replicate {

/// Everything that this library throws.
class error : public boost::system::system_error {
public:
    /// An error with all that is known about it.
    error(boost::system::error_code code, replicate::diagnostics context)
        : system_error(code)
        , content_(std::make_shared<content const>(code, std::move(context)))
    {
    }

    // Copied also where it could be moved: an error that was moved from would have nothing to say.
    error(error const&) = default;
    error& operator=(error const&) = default;

    /// What is known about the failure.
    replicate::diagnostics const& diagnostics() const noexcept { return content_->context; }

    /// One line for people; see `describe`. Never holds the token.
    char const* what() const noexcept override { return content_->line.c_str(); }

private:
    struct content {
        content(boost::system::error_code code, replicate::diagnostics given)
            : context(std::move(given))
            , line(describe(code, context))
        {
        }

        replicate::diagnostics context;
        std::string line;
    };

    // Shared, because copying an exception must not throw.
    std::shared_ptr<content const> content_;
};

namespace detail {

inline error make_error(errc code, std::string explanation)
{
    replicate::diagnostics context;
    context.detail = std::move(explanation);
    return error(make_error_code(code), std::move(context));
}

/// Refuses an argument. The explanation says what is wrong and what would be right.
[[noreturn]] inline void throw_invalid_argument(std::string_view argument, std::string_view explanation)
{
    throw make_error(errc::invalid_argument, std::string(argument) + ": " + std::string(explanation));
}

} // namespace detail

} // namespace replicate

#endif
