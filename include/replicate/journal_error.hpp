// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_JOURNAL_ERROR_HPP
#define REPLICATE_JOURNAL_ERROR_HPP

#include <replicate/error.hpp>

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/is_error_code_enum.hpp>

#include <string>
#include <type_traits>
#include <utility>

namespace replicate {

/// What is wrong with the journal of a batch. All but `unreadable` leave it as it is; the text names the file and says what to do.
enum class journal_errc {
    /// Another process, or this one, uses it.
    locked = 1,
    /// A later version of this library has written it.
    other_version,
    /// It is of a batch with another input.
    other_input,
    /// It was written with another token, so that its predictions may be those of another account.
    other_token,
    /// The file is something else.
    not_a_journal,
    /// There is no space for it. What is not recorded yet can be recorded when there is.
    full,
    /// It may not be written: no permission, no such directory, a file system that is mounted read-only.
    not_writable,
    /// It cannot be read or written: a failing disk, a damaged file.
    unreadable,
    /// It is on another machine that cannot be reached now. What is not recorded yet can be recorded when it can.
    away,
    /// Of a journal that several use: another row that asks for the same is just being created. To be recorded in a moment.
    busy,
    /// Of a journal that several use: its rows were given to others, because this process was away for longer than its lease.
    taken,
    /// Of a journal that several use: this prediction is another row's.
    other_row,
    /// It would forget what is recorded when it is restarted.
    not_durable
};

} // namespace replicate

template<>
struct boost::system::is_error_code_enum<replicate::journal_errc> : std::true_type {};

namespace replicate {

namespace detail {

inline char const* message_of(journal_errc code) noexcept
{
    switch (code) {
    case journal_errc::locked: return "the journal is in use";
    case journal_errc::other_version: return "the journal is of a later version";
    case journal_errc::other_input: return "the journal is of another input";
    case journal_errc::other_token: return "the journal is of another token";
    case journal_errc::not_a_journal: return "the file is no journal";
    case journal_errc::full: return "there is no space for the journal";
    case journal_errc::not_writable: return "the journal cannot be written";
    case journal_errc::unreadable: return "the journal cannot be read or written";
    case journal_errc::away: return "the journal cannot be reached";
    case journal_errc::busy: return "a row that asks for the same is being created";
    case journal_errc::taken: return "the rows were given to others";
    case journal_errc::other_row: return "the prediction is another row's";
    case journal_errc::not_durable: return "the journal would forget what is recorded";
    }
    return "unknown error";
}

class journal_category_type final : public boost::system::error_category {
public:
    char const* name() const noexcept override { return "replicate.journal"; }
    std::string message(int value) const override { return message_of(static_cast<journal_errc>(value)); }
    bool equivalent(int, boost::system::error_condition const& tested) const noexcept override
    {
        return tested.category() == condition_category() && tested.value() == static_cast<int>(condition::local_file);
    }
};

inline constinit journal_category_type const journal_category_instance;

} // namespace detail

/// The category of `journal_errc`; each of them is a `condition::local_file`.
inline boost::system::error_category const& journal_category() noexcept
{
    return detail::journal_category_instance;
}

/// Makes an error code of a `journal_errc`; found by argument-dependent lookup.
inline boost::system::error_code make_error_code(journal_errc code) noexcept
{
    return boost::system::error_code(static_cast<int>(code), journal_category());
}

namespace detail {

/// Whether the same may be recorded after a while.
inline bool is_passing(boost::system::error_code code) noexcept
{
    return code == journal_errc::full || code == journal_errc::away;
}

inline error make_journal_error(journal_errc code, std::string explanation)
{
    replicate::diagnostics context;
    context.detail = std::move(explanation);
    return error(make_error_code(code), std::move(context));
}

} // namespace detail

} // namespace replicate

#endif
