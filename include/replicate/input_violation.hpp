// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_INPUT_VIOLATION_HPP
#define REPLICATE_INPUT_VIOLATION_HPP

#include <replicate/error.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace replicate {

/// One thing that is wrong with an input, as the schema of a version has it. A plain value; it never holds the value itself.
class input_violation {
public:
    /// How bad it is.
    enum class severity {
        /// The service would refuse the input.
        error,
        /// The service takes it, but it is likely a mistake: a member that the model does not know.
        warning
    };

    /// Where, as a JSON pointer (RFC 6901) from the whole input: `/prompt`, `/images/0`.
    std::string pointer;
    /// What is wrong, and what would be right: `must be at most 4`.
    std::string text;
    /// How bad it is.
    severity level = severity::error;

    /// Nothing.
    input_violation() = default;

    /// All of it.
    input_violation(std::string place, std::string words, severity how_bad = severity::error)
        : pointer(std::move(place))
        , text(std::move(words))
        , level(how_bad)
    {
    }

    /// Whether both say the same.
    friend bool operator==(input_violation const&, input_violation const&) = default;
};

/// An input that does not fit the schema of its model. Its code is `errc::invalid_argument`; nothing was sent.
class invalid_input_error : public error {
public:
    /// For these reasons. Precondition: there is one.
    explicit invalid_input_error(std::vector<input_violation> reasons)
        : error(make_error_code(errc::invalid_argument), describe_all(reasons))
        , violations_(std::make_shared<std::vector<input_violation> const>(std::move(reasons)))
    {
    }

    /// All that is wrong, warnings left out.
    std::vector<input_violation> const& violations() const noexcept { return *violations_; }

private:
    static replicate::diagnostics describe_all(std::vector<input_violation> const& reasons)
    {
        replicate::diagnostics context;
        for (input_violation const& each : reasons)
            context.detail.append(context.detail.empty() ? "input" : "; input").append(each.pointer + " " + each.text);
        return context;
    }

    // Shared, because copying an exception must not throw.
    std::shared_ptr<std::vector<input_violation> const> violations_;
};

} // namespace replicate

#endif
